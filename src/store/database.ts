/**
 * Opens the SQLite file: durability, schema and migrations.
 *
 * `synchronous` is set on every open, because SQLite builds differ in what they assume for WAL
 * files, and `OK true` promises that the event is on disk.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { migrate, SCHEMA_VERSION } from './migrations.ts';

/** An open SQLite database. */
export type Db = Database.Database;

/** A prepared statement that takes any values. */
export type Statement = Database.Statement<unknown[]>;

/** The name of the database file inside the data folder. */
export const DATABASE_FILE = 'headkeeper.db';

/** How long a statement waits for another process that writes. */
export const BUSY_TIMEOUT_MS = 5_000;

/** What the write-ahead log is cut down to when it starts anew. */
const LOG_BYTES_KEPT = 67_108_864;

/** The file that shows that a database was made here and not restored; see custody.ts. */
export const CUSTODY_FILE = 'custody.count';

const SCHEMA = new URL('../../schema.sql', import.meta.url);

/**
 * Opens or creates the database of a data folder, brought to the current schema. Throws when the
 * file is newer than this program.
 */
export function openDatabase(dataDir: string, synchronous: 'full' | 'normal'): Db {
  const path = join(dataDir, DATABASE_FILE);
  const isNew = !existsSync(path);
  const db = new Database(path, { timeout: BUSY_TIMEOUT_MS });
  db.pragma('journal_mode = WAL');
  db.pragma(`synchronous = ${synchronous === 'full' ? 'FULL' : 'NORMAL'}`);
  db.pragma('foreign_keys = OFF');
  db.pragma('cache_size = -65536');
  db.pragma('mmap_size = 268435456');
  db.pragma('temp_store = MEMORY');
  // Checkpoints run in a thread of their own; see checkpoints.ts.
  db.pragma('wal_autocheckpoint = 0');
  db.pragma(`journal_size_limit = ${LOG_BYTES_KEPT}`);
  db.transaction(() => {
    if (isNew || isEmpty(db)) createSchema(db, dataDir);
    else migrate(db);
  }).immediate();
  return db;
}

/**
 * Opens the database of a data folder without changing it, also while a relay has it open. Throws
 * when there is none, or when it is not of the current schema.
 */
export function openDatabaseToRead(dataDir: string): Db {
  const path = join(dataDir, DATABASE_FILE);
  if (!existsSync(path)) throw new Error(`there is no database in ${dataDir}`);
  const db = new Database(path, { readonly: true, timeout: BUSY_TIMEOUT_MS });
  db.pragma('mmap_size = 268435456');
  const version = Number(db.pragma('user_version', { simple: true }));
  if (version === SCHEMA_VERSION) return db;
  db.close();
  const remedy = version < SCHEMA_VERSION ? '; start this version once, or repair a copy' : '';
  throw new Error(
    `the database has schema ${version}; this version reads ${SCHEMA_VERSION}${remedy}`,
  );
}

function isEmpty(db: Db): boolean {
  return db.prepare('SELECT count(*) AS n FROM sqlite_schema').pluck().get() === 0;
}

function createSchema(db: Db, dataDir: string): void {
  writeFileSync(join(dataDir, CUSTODY_FILE), '0\n', { mode: 0o600 });
  db.exec(readFileSync(SCHEMA, 'utf8'));
  db.pragma(`user_version = ${SCHEMA_VERSION}`);
}
