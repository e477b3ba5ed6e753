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
  // 1 → 2: events that were removed leave tombstones.
  `CREATE TABLE tombstone (
     id BLOB PRIMARY KEY,
     machine INTEGER REFERENCES machine,
     cause TEXT NOT NULL,
     reason TEXT NOT NULL,
     at INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX tombstone_by_time ON tombstone (cause, at);
   CREATE INDEX tombstone_by_machine ON tombstone (machine) WHERE machine IS NOT NULL;`,
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
