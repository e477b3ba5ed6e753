/**
 * A copy of the database as it is at one moment, taken while it is in use.
 *
 * The copying connection stays in one read transaction, so a busy writer cannot make SQLite begin
 * again and again; meanwhile the write-ahead log cannot restart. The copy is one file without a
 * log beside it, and is on the disk when the promise resolves.
 */
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { DATABASE_FILE, openDatabaseToRead } from './database.ts';

/** How far a copy is, in pages. */
export type CopyProgress = { readonly done: number; readonly total: number };

const PAGES_PER_STEP = 1_000;

/** Copies the database of one folder into another, which must not have one. */
export async function copyDatabase(
  from: string,
  to: string,
  onProgress: (progress: CopyProgress) => void = () => {},
): Promise<void> {
  const source = openDatabaseToRead(from);
  const path = join(to, DATABASE_FILE);
  try {
    source.exec('BEGIN');
    source.prepare('SELECT count(*) FROM sqlite_schema').get();
    await source.backup(path, {
      progress: ({ totalPages: total, remainingPages }) => {
        onProgress({ done: total - remainingPages, total });
        return PAGES_PER_STEP;
      },
    });
  } finally {
    source.close();
  }
  const copy = new Database(path);
  copy.pragma('journal_mode = DELETE');
  copy.close();
  syncToDisk(path);
}

function syncToDisk(path: string): void {
  const file = openSync(path, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
