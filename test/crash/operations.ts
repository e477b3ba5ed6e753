/**
 * Operations that are cut off in their middle, by a kill or by a disk that is full: what one does,
 * and what must be so afterwards. A further operation is a further row.
 */

import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'vitest';
import { repair } from '../../src/doctor/doctor.ts';
import { BUNDLED_RULES as rules } from '../../src/nsm/rule-set.ts';
import { migrate, SCHEMA_VERSION } from '../../src/store/migrations.ts';
import { openStore } from '../../src/store/store.ts';
import { takeBackup } from '../../src/upkeep/backup.ts';
import { oldStore } from '../support/old-store.ts';
import { RELAY_OPERATIONS } from './relay-operations.ts';
import { expectWhole } from './whole.ts';

/** Runs what is to be cut off; whatever else an operation does is preparation. */
export type Inside = (work: () => Promise<void> | void) => Promise<void>;

/** An operation on a folder of its own, which is empty at first. */
export type Operation = {
  readonly run: (folder: string, inside: Inside) => Promise<void>;
  /** What holds after it was cut off at any moment, and after it was done once more. */
  readonly check: (folder: string) => Promise<void> | void;
  /** Units of 512 bytes, from to: where a bound on the size of files cuts it off in its middle. */
  readonly room: readonly [number, number];
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
  ...RELAY_OPERATIONS,

  'a backup': {
    room: [40, 560],
    run: async (folder, inside) => {
      const dataDir = oldData(folder);
      const target = join(folder, 'backups');
      await inside(async () => {
        await takeBackup({ dataDir, target, keep: 2, rules, now: next() });
      });
    },
    check: async (folder) => {
      const dataDir = oldData(folder);
      expectWhole(dataDir);
      const target = join(folder, 'backups');
      const names = existsSync(target) ? readdirSync(target).filter((name) => /Z$/.test(name)) : [];
      for (const name of names) expectWhole(join(target, name));
      const { folder: made } = await takeBackup({ dataDir, target, keep: 2, rules, now: next() });
      expectWhole(made);
    },
  },

  'a migration': {
    room: [600, 8_000],
    run: async (folder, inside) => {
      const path = join(folder, 'migrated.db');
      for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true });
      copyFileSync(join(oldData(folder), 'headkeeper.db'), path);
      await inside(() => migrateFile(path));
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

  'a repair': {
    room: [40, 400],
    run: async (folder, inside) => {
      const store = openStore(oldData(folder), 'full');
      store.transaction(() => store.db.exec(DAMAGE));
      await inside(() => void repair(store, rules));
      store.close();
    },
    check: (folder) => {
      const store = openStore(oldData(folder), 'full');
      repair(store, rules);
      store.close();
      expectWhole(oldData(folder));
    },
  },
};

/** The data folder that an operation starts from: what an old version left behind. */
function oldData(folder: string): string {
  const dataDir = join(folder, 'data');
  if (existsSync(dataDir)) return dataDir;
  const old = oldStore();
  const making = `${dataDir}.new`;
  mkdirSync(making, { recursive: true });
  openStore(old.dataDir, 'full').close();
  copyFileSync(join(old.dataDir, 'headkeeper.db'), join(making, 'headkeeper.db'));
  old.remove();
  renameSync(making, dataDir);
  return dataDir;
}

let seconds = Math.floor(Date.now() / 1_000);

/** A later second for each backup, so that no two have one name. */
function next(): Date {
  seconds = Math.max(seconds + 1, Math.floor(Date.now() / 1_000));
  return new Date(seconds * 1_000);
}

function migrateFile(path: string): void {
  const db = new Database(path);
  try {
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.transaction(() => migrate(db, STEPS)).immediate();
  } finally {
    db.close();
  }
}
