/**
 * Operations that are killed in their middle: what one does, and what must be so afterwards.
 *
 * A child process repeats the operation and prints `begin` and `end` around each; whoever kills it
 * knows by the last line whether it was inside. A further operation is a further row.
 */

import { copyFileSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'vitest';
import { examine, repair } from '../../src/doctor/doctor.ts';
import { BUNDLED_RULES as rules } from '../../src/nsm/rule-set.ts';
import { migrate, SCHEMA_VERSION } from '../../src/store/migrations.ts';
import { openStore, openStoreToRead } from '../../src/store/store.ts';
import { takeBackup } from '../../src/upkeep/backup.ts';

/** An operation on a folder with a database. */
export type Operation = {
  readonly run: (folder: string) => Promise<void> | void;
  /** What holds after a kill at any moment, and after the operation was done once more. */
  readonly check: (folder: string) => Promise<void> | void;
};

/** A migration that takes its time: a table that is filled from the log, and a new column. */
const STEP = `
  CREATE TABLE summary (event INTEGER PRIMARY KEY, length INTEGER NOT NULL) STRICT;
  INSERT INTO summary SELECT n, length(content) FROM event;
  CREATE TABLE filling AS WITH RECURSIVE some(i) AS
    (SELECT 1 UNION ALL SELECT i + 1 FROM some WHERE i < 40000)
    SELECT i, hex(randomblob(32)) AS text FROM some;
  ALTER TABLE machine ADD COLUMN note TEXT;`;

const STEPS = [...Array.from({ length: SCHEMA_VERSION }, () => ''), STEP];

const DAMAGE =
  'DELETE FROM tag; DELETE FROM participant; UPDATE machine SET head = NULL, height = 0;' +
  ' UPDATE transition SET state_hash = zeroblob(32)';

/** By name, as they are given to the child process. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  backup: {
    run: async (dataDir) => {
      await takeBackup({ dataDir, target: join(dataDir, 'backups'), keep: 2, rules, now: next() });
    },
    check: async (dataDir) => {
      expectWhole(dataDir);
      const target = join(dataDir, 'backups');
      const names = existsSync(target) ? readdirSync(target).filter((name) => /Z$/.test(name)) : [];
      for (const name of names) expectWhole(join(target, name));
      const { folder } = await takeBackup({ dataDir, target, keep: 2, rules, now: next() });
      expectWhole(folder);
    },
  },

  migration: {
    run: (folder) => {
      const path = join(folder, 'migrated.db');
      for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true });
      copyFileSync(join(folder, 'headkeeper.db'), path);
      migrateFile(path);
    },
    check: (folder) => {
      const path = join(folder, 'migrated.db');
      if (!existsSync(path)) return;
      const db = new Database(path);
      const version = Number(db.pragma('user_version', { simple: true }));
      const isDone = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'filling'").get();
      expect([version, isDone !== undefined]).toEqual(
        isDone === undefined ? [SCHEMA_VERSION, false] : [SCHEMA_VERSION + 1, true],
      );
      expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
      db.close();
      if (isDone === undefined) migrateFile(path);
    },
  },

  repair: {
    run: (dataDir) => {
      const store = openStore(dataDir, 'full');
      store.transaction(() => store.db.exec(DAMAGE));
      repair(store, rules);
      store.close();
    },
    check: (dataDir) => {
      const store = openStore(dataDir, 'full');
      repair(store, rules);
      store.close();
      expectWhole(dataDir);
    },
  },
};

let seconds = Math.floor(Date.now() / 1_000);

/** A later second for each backup, so that no two have one name. */
function next(): Date {
  seconds = Math.max(seconds + 1, Math.floor(Date.now() / 1_000));
  return new Date(seconds * 1_000);
}

function migrateFile(path: string): void {
  const db = new Database(path);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.transaction(() => migrate(db, STEPS)).immediate();
  db.close();
}

function expectWhole(dataDir: string): void {
  const store = openStoreToRead(dataDir);
  const found = [...examine(store, rules)].filter(({ isNote }) => !isNote);
  store.close();
  expect(found).toEqual([]);
}
