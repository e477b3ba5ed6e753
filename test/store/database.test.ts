/**
 * The database file: durable on every open, never opened by an older program or twice.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DATABASE_FILE } from '../../src/store/database.ts';
import { migrate, SCHEMA_VERSION } from '../../src/store/migrations.ts';
import { openStore, type Store } from '../../src/store/store.ts';

let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'headkeeper-database-'));
});

afterEach(() => {
  rmSync(dataDir, { recursive: true, force: true });
});

const pragma = ({ db }: Store, name: string): unknown => db.pragma(name, { simple: true });

/** Opens the store of the test's folder, and closes it after `use`. */
function withStore<Result>(use: (store: Store) => Result, synchronous: 'full' | 'normal' = 'full') {
  const store = openStore(dataDir, synchronous);
  try {
    return use(store);
  } finally {
    store.close();
  }
}

/** Changes the file behind the store's back. */
function withFile<Result>(use: (db: Database.Database) => Result): Result {
  const db = new Database(join(dataDir, DATABASE_FILE));
  try {
    return use(db);
  } finally {
    db.close();
  }
}

describe('the database file', () => {
  it('is synchronous=FULL on every open, the first and any other', () => {
    for (const _ of [1, 2, 3]) expect(withStore((store) => pragma(store, 'synchronous'))).toBe(2);
  });

  it('is synchronous=NORMAL only when that was asked for, and only that time', () => {
    expect(withStore((store) => pragma(store, 'synchronous'), 'normal')).toBe(1);
    expect(withStore((store) => pragma(store, 'synchronous'))).toBe(2);
  });

  it('is FULL again after rows that follow from others, written or not', () => {
    withStore((store) => {
      expect(store.derived(() => pragma(store, 'synchronous'))).toBe(1);
      expect(pragma(store, 'synchronous')).toBe(2);
      const fail = () => {
        throw new Error('no');
      };
      expect(() => store.derived(fail)).toThrow('no');
      expect(pragma(store, 'synchronous')).toBe(2);
    });
  });

  it('has a write-ahead log that only the checkpoint thread copies', () => {
    withStore((store) => {
      expect(pragma(store, 'journal_mode')).toBe('wal');
      expect(pragma(store, 'wal_autocheckpoint')).toBe(0);
    });
  });

  it('carries the version of its schema', () => {
    expect(withStore((store) => pragma(store, 'user_version'))).toBe(SCHEMA_VERSION);
  });

  it('is not opened when it is of a newer version, and is left as it is', () => {
    withStore(() => {});
    withFile((db) => db.pragma(`user_version = ${SCHEMA_VERSION + 1}`));
    for (const _ of [1, 2]) expect(() => openStore(dataDir, 'full')).toThrow(/has schema/);
    const version = withFile((db) => db.pragma('user_version', { simple: true }));
    expect(version).toBe(SCHEMA_VERSION + 1);
  });

  it('is not opened by two at a time', () => {
    withStore(() => {
      expect(() => openStore(dataDir, 'full')).toThrow(/another relay/);
    });
    expect(withStore(() => 'free again')).toBe('free again');
  });

  it('is not opened when it is no database', () => {
    withStore(() => {});
    withFile((db) => db.exec('DROP TABLE event'));
    expect(() => openStore(dataDir, 'full')).toThrow(/no such table/);
  });
});

describe('the migrations of a database', () => {
  const STEPS = ['CREATE TABLE one (a)', 'CREATE TABLE two (a)', 'INSERT INTO two VALUES (7)'];

  const version = (db: Database.Database) => db.pragma('user_version', { simple: true });

  it('run from the version of the file on, each once', () => {
    withFile((db) => {
      migrate(db, STEPS.slice(0, 1));
      expect(version(db)).toBe(1);
      migrate(db, STEPS);
      migrate(db, STEPS);
      expect(version(db)).toBe(3);
      expect(db.prepare('SELECT a FROM two').pluck().all()).toEqual([7]);
    });
  });

  it('leave the file as it was when one fails', () => {
    withFile((db) => {
      const all = db.transaction(() => migrate(db, [...STEPS, 'INSERT INTO three VALUES (1)']));
      expect(() => all.immediate()).toThrow(/three/);
      expect(version(db)).toBe(0);
      expect(db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get()).toBe(0);
    });
  });

  it('refuse a file that has more of them', () => {
    withFile((db) => {
      db.pragma('user_version = 4');
      expect(() => migrate(db, STEPS)).toThrow('the database has schema 4; this version knows 3');
    });
  });
});
