/**
 * The database that was written by schema version 1, as a folder to open, damage and throw away.
 *
 * It holds what five examples left behind, a machine of 70 steps, notes, a profile and an article.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { openStore } from '../../src/store/store.ts';

const FILE = new URL('../fixtures/schema-1.db.gz', import.meta.url);

const PAGE_BYTES = 4_096;

/** A folder with a database in it. */
export type OldStore = {
  readonly dataDir: string;
  /** Runs a statement on the database file itself. */
  readonly sql: (statement: string) => void;
  /** Rows of a query. */
  readonly rows: (query: string) => readonly unknown[];
  /** Overwrites a page of the file with zeros, as a failing disk might. */
  readonly spoilPage: (page: number) => void;
  readonly remove: () => void;
};

/** Puts the database into a folder of its own, with the present schema unless it is `asIs`. */
export function oldStore({ asIs = false }: { readonly asIs?: boolean } = {}): OldStore {
  const dataDir = mkdtempSync(join(tmpdir(), 'headkeeper-old-'));
  const path = join(dataDir, 'headkeeper.db');
  writeFileSync(path, gunzipSync(readFileSync(FILE)));
  if (!asIs) openStore(dataDir, 'normal').close();
  const withDb = <Result>(work: (db: Database.Database) => Result): Result => {
    const db = new Database(path);
    db.pragma('foreign_keys = OFF');
    try {
      return work(db);
    } finally {
      db.close();
    }
  };
  return {
    dataDir,
    sql: (statement) => withDb((db) => void db.exec(statement)),
    rows: (query) => withDb((db) => db.prepare(query).all()),
    spoilPage: (page) => {
      const bytes = readFileSync(path);
      writeFileSync(path, bytes.fill(0, page * PAGE_BYTES, (page + 1) * PAGE_BYTES));
    },
    remove: () => rmSync(dataDir, { recursive: true, force: true }),
  };
}
