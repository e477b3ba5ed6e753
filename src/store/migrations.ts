/**
 * Steps that bring an older database file to the schema of `schema.sql`.
 *
 * Step i leads from user_version i to i + 1. A step that was released is never changed; each runs
 * inside the transaction that opens the file, so a failed upgrade leaves the old file as it was.
 */
import type { Database } from 'better-sqlite3';

const STEPS: readonly string[] = [
  // 0 → 1: files without a version never left development.
  '',
  // 1 → 2: machines whose order is inferred.
  "ALTER TABLE machine ADD COLUMN links TEXT NOT NULL DEFAULT 'strict'",
  // 2 → 3: final prefixes, side branches, and this relay as custodian.
  `ALTER TABLE machine ADD COLUMN final INTEGER REFERENCES transition;
   ALTER TABLE machine ADD COLUMN final_height INTEGER;
   CREATE INDEX transition_beside ON transition (machine, prior) WHERE canonical = 0;
   CREATE TABLE custody (
     machine INTEGER PRIMARY KEY REFERENCES machine,
     d TEXT NOT NULL UNIQUE,
     head INTEGER REFERENCES transition,
     height INTEGER
   ) STRICT;
   CREATE TABLE custody_count (n INTEGER NOT NULL) STRICT;
   INSERT INTO custody_count VALUES (0);`,
];

/** The version that `schema.sql` describes. */
export const SCHEMA_VERSION = STEPS.length;

/** Runs the missing steps. Throws when the file was written by a newer version of this program. */
export function migrate(db: Database, steps: readonly string[] = STEPS): void {
  const version = Number(db.pragma('user_version', { simple: true }));
  if (version > steps.length) {
    throw new Error(`the database has schema ${version}; this version knows ${steps.length}`);
  }
  for (const step of steps.slice(version)) db.exec(step);
  db.pragma(`user_version = ${steps.length}`);
}
