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
  // 3 → 4: removed events leave tombstones; what operators set while it runs; quotas.
  `CREATE TABLE tombstone (
     id BLOB PRIMARY KEY,
     machine INTEGER REFERENCES machine,
     cause TEXT NOT NULL,
     reason TEXT NOT NULL,
     at INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX tombstone_by_time ON tombstone (cause, at);
   CREATE INDEX tombstone_by_machine ON tombstone (machine) WHERE machine IS NOT NULL;
   CREATE TABLE listed (
     list TEXT NOT NULL,
     entry TEXT NOT NULL,
     reason TEXT NOT NULL,
     at INTEGER NOT NULL,
     PRIMARY KEY (list, entry)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE setting (
     name TEXT PRIMARY KEY,
     value TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE role (
     id TEXT PRIMARY KEY,
     label TEXT NOT NULL,
     description TEXT NOT NULL,
     color TEXT NOT NULL,
     position INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE assignment (
     pubkey TEXT NOT NULL,
     what TEXT NOT NULL,
     name TEXT NOT NULL,
     PRIMARY KEY (what, name, pubkey)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE admin_log (
     n INTEGER PRIMARY KEY AUTOINCREMENT,
     at INTEGER NOT NULL,
     method TEXT NOT NULL,
     request TEXT NOT NULL,
     error TEXT,
     auth_id BLOB NOT NULL UNIQUE,
     auth TEXT NOT NULL
   ) STRICT;
   CREATE TABLE quota (
     name TEXT NOT NULL,
     machine INTEGER NOT NULL,
     author INTEGER NOT NULL,
     full_at INTEGER NOT NULL,
     PRIMARY KEY (name, machine, author)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX quota_by_time ON quota (full_at);`,
  // 4 → 5: every index in the order of answers; requests to vanish.
  `ALTER TABLE event ADD COLUMN rank INTEGER NOT NULL DEFAULT 0;
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
   CREATE INDEX evidence_by_author ON evidence (author, created_at);`,
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
