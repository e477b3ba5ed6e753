/**
 * Steps that bring an older database file to the schema of `schema.sql`.
 *
 * Step i leads from user_version i to i + 1. A step that was released is never changed; each runs
 * inside the transaction that opens the file, so a failed upgrade leaves the old file as it was.
 */
import type { Database } from 'better-sqlite3';

/** The first 48 bits of an id as a number, in SQL: it has no such conversion. */
const RANK = Array.from({ length: 12 }, (_, i) => {
  const digit = `(instr('0123456789ABCDEF', substr(hex(id), ${i + 1}, 1)) - 1)`;
  return `(${digit} << ${44 - 4 * i})`;
}).join(' | ');

const STEPS: readonly string[] = [
  // 0 → 1: files without a version never left development.
  '',
  // 1 → 2: every index in the order of answers; tombstones; requests to vanish.
  `ALTER TABLE event ADD COLUMN rank INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE event ADD COLUMN redacted INTEGER NOT NULL DEFAULT 0;
   UPDATE event SET rank = ${RANK};
   DROP INDEX event_by_time;
   DROP INDEX event_by_kind;
   DROP INDEX event_by_author;
   CREATE INDEX event_by_time ON event (created_at DESC, rank);
   CREATE INDEX event_by_kind ON event (kind, created_at DESC, rank);
   CREATE INDEX event_by_author ON event (author, created_at DESC, rank);
   CREATE INDEX event_by_author_kind ON event (author, kind, created_at DESC, rank);
   ALTER TABLE tag RENAME TO old_tag;
   CREATE TABLE tag (
     hash INTEGER NOT NULL,
     created_at INTEGER NOT NULL,
     rank INTEGER NOT NULL,
     event INTEGER NOT NULL REFERENCES event,
     PRIMARY KEY (hash, created_at DESC, rank, event)
   ) STRICT, WITHOUT ROWID;
   INSERT INTO tag SELECT t.hash, t.created_at, e.rank, t.event
     FROM old_tag t JOIN event e ON e.n = t.event;
   DROP TABLE old_tag;
   CREATE TABLE vanished (
     author INTEGER PRIMARY KEY REFERENCES author,
     created_at INTEGER NOT NULL,
     done INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX evidence_by_author ON evidence (author, created_at);
   ALTER TABLE machine ADD COLUMN redacted INTEGER NOT NULL DEFAULT 0;`,
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
