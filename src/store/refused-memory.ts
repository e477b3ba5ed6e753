/**
 * Which events a relay has refused in a sync, so that it is not offered them for ever.
 *
 * A file of its own beside the database, since a sync may run while a relay has that open. Bounded:
 * the oldest entries go first; and where a refusal depends on what the relay holds, the event is
 * offered again after a day.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { fromHex } from './events.ts';

/** The name of the file inside the data folder. */
const REFUSED_FILE = 'sync.db';

/** How many refusals are remembered, all relays together. */
export const REFUSED_MAX = 200_000;

const PROVISIONAL_SECONDS = 86_400;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS refused (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    relay TEXT NOT NULL,
    id BLOB NOT NULL,
    code TEXT NOT NULL,
    until INTEGER,
    UNIQUE (relay, id)
  ) STRICT;
`;

/** An open memory. */
export type RefusedMemory = ReturnType<typeof openRefusedMemory>;

/** A refusal to remember. */
export type RefusedEvent = {
  /** Who refused it: the address of a relay, or empty for the relay of the data folder. */
  readonly relay: string;
  readonly id: string;
  readonly code: string;
  /** True when it may be accepted later. */
  readonly isProvisional: boolean;
  /** Unix seconds. */
  readonly now: number;
};

/** Opens the memory of a data folder, which is made if it is not there. */
export function openRefusedMemory(dataDir: string) {
  mkdirSync(dataDir, { recursive: true });
  const db = new Database(join(dataDir, REFUSED_FILE), { timeout: 5_000 });
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  db.exec(SCHEMA);
  const has = db
    .prepare('SELECT 1 FROM refused WHERE relay = ? AND id = ? AND (until IS NULL OR until > ?)')
    .pluck();
  const add = db.prepare(
    'INSERT OR REPLACE INTO refused (relay, id, code, until) VALUES (?, ?, ?, ?)',
  );
  const trim = db.prepare('DELETE FROM refused WHERE n <= ?');
  return {
    /** True when that relay is not to be offered the event at a time (Unix seconds). */
    has: (relay: string, id: string, now: number): boolean =>
      has.get(relay, fromHex(id), now) !== undefined,

    remember: ({ relay, id, code, isProvisional, now }: RefusedEvent): void => {
      const until = isProvisional ? now + PROVISIONAL_SECONDS : null;
      const { lastInsertRowid } = add.run(relay, fromHex(id), code, until);
      trim.run(Number(lastInsertRowid) - REFUSED_MAX);
    },

    close: (): void => void db.close(),
  };
}
