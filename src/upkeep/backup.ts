/**
 * Backups: checked copies of the database, each a data folder of its own.
 *
 * A copy is opened again and examined before it takes the place of an older one, so a failed backup
 * costs nothing but its own time. To restore is to start a relay on the folder. The relay's key is
 * not in it: a backup is carried to places where a secret has no business.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { examine } from '../doctor/doctor.ts';
import { writeDurably } from '../durable-file.ts';
import type { RuleSet } from '../nsm/rule-set.ts';
import { RELAY_KEY_FILE } from '../relay-key.ts';
import { type CopyProgress, copyDatabase } from '../store/copy.ts';
import { DATABASE_FILE } from '../store/database.ts';
import { openStoreToRead } from '../store/store.ts';
import { VERSION } from '../version.ts';

/** What a backup says of itself, in `backup.json` beside the database. */
export type Manifest = {
  readonly version: string;
  /** When the copy was begun, ISO 8601. */
  readonly taken_at: string;
  readonly events: number;
  readonly machines: number;
  readonly transitions: number;
  /** Sequence number of the newest event in it. */
  readonly last_event: number;
  readonly bytes: number;
};

/** A backup that was taken: its folder, and what is not as it should be but follows from events. */
export type Backup = {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly repairable: number;
};

/** What is to be backed up, and where to. */
export type BackupOrder = {
  readonly dataDir: string;
  readonly target: string;
  /** Keep so many dated folders in the target; without it the target itself is the backup. */
  readonly keep?: number | undefined;
  readonly rules: RuleSet;
  readonly now?: Date;
  readonly onProgress?: (progress: CopyProgress) => void;
  /** Told how many events of the copy have been examined. */
  readonly onExamined?: (events: number) => void;
};

const MANIFEST_FILE = 'backup.json';
const DATED = /^\d{8}T\d{6}Z$/;
/** Ends the name of a folder that is being made or being removed, and is no backup. */
const PARTIAL = '.partial';

/** Takes a backup. Rejects, and leaves older ones as they are, when anything is wrong with it. */
export async function takeBackup(order: BackupOrder): Promise<Backup> {
  const { dataDir, target, keep, now = new Date() } = order;
  const folder = keep === undefined ? target : join(target, stampOf(now));
  refuseTarget(dataDir, folder);
  const partial = folder + PARTIAL;
  rmSync(partial, { recursive: true, force: true });
  if (keep !== undefined) removePartial(target);
  mkdirSync(partial, { recursive: true });
  try {
    await copyDatabase(dataDir, partial, order.onProgress);
    const { manifest, repairable } = check(partial, order, now);
    writeDurably(join(partial, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`);
    putInPlace(partial, folder);
    if (keep !== undefined) removeOldest(target, keep, stampOf(now));
    return { folder, manifest, repairable };
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

/** When the newest dated backup in a folder was taken, in Unix seconds; undefined without one. */
export function newestBackup(target: string): number | undefined {
  const newest = datedIn(target).at(-1);
  if (newest === undefined) return undefined;
  const { taken_at } = JSON.parse(readFileSync(join(target, newest, MANIFEST_FILE), 'utf8'));
  return Math.floor(Date.parse(taken_at) / 1_000);
}

/** `20261231T235959Z`: in order of time when sorted as text. */
const stampOf = (time: Date): string => time.toISOString().replace(/[-:]|\.\d+/g, '');

/** A backup replaces a backup and nothing else: never the data folder of a relay. */
function refuseTarget(dataDir: string, folder: string): void {
  const isOwn = resolve(folder) === resolve(dataDir);
  const holdsData = existsSync(join(folder, DATABASE_FILE));
  const isBackup = existsSync(join(folder, MANIFEST_FILE));
  if (isOwn || existsSync(join(folder, RELAY_KEY_FILE)) || (holdsData && !isBackup)) {
    throw new Error(`${folder} is the data folder of a relay; a backup goes somewhere else`);
  }
}

function check(folder: string, { rules, onExamined }: BackupOrder, now: Date) {
  const store = openStoreToRead(folder);
  try {
    const found = [...examine(store, rules, onExamined)].filter(({ isNote }) => isNote !== true);
    const damage = found.filter(({ repair }) => repair === undefined);
    if (damage.length > 0) {
      const [first] = damage;
      const says = `${damage.length} problems, first: ${first?.where}: ${first?.says}`;
      throw new Error(`the copy does not pass its examination: ${says}`);
    }
    const { events, machines, transitions } = store.totals(0);
    const manifest: Manifest = {
      ...{ version: VERSION, taken_at: now.toISOString(), events, machines, transitions },
      ...{ last_event: store.lastEvent(), bytes: statSync(join(folder, DATABASE_FILE)).size },
    };
    return { manifest, repairable: found.length };
  } finally {
    store.close();
  }
}

function putInPlace(partial: string, folder: string): void {
  if (!existsSync(folder)) return renameSync(partial, folder);
  // Left by whoever opened the older copy and was killed; it must not be applied to the new one.
  for (const end of ['-wal', '-shm', '-journal']) {
    rmSync(join(folder, DATABASE_FILE + end), { force: true });
  }
  for (const file of [DATABASE_FILE, MANIFEST_FILE]) {
    renameSync(join(partial, file), join(folder, file));
  }
}

/**
 * Keeps the newest, and the one that was just taken even if a clock that went back makes it look
 * old. What is removed stops being a backup first, so that none is ever there in part.
 */
function removeOldest(target: string, keep: number, taken: string): void {
  const others = datedIn(target).filter((name) => name !== taken);
  for (const name of others.slice(0, Math.max(0, others.length - keep + 1))) {
    renameSync(join(target, name), join(target, name + PARTIAL));
  }
  removePartial(target);
}

/** What an interrupted backup or removal has left. */
function removePartial(target: string): void {
  if (!existsSync(target)) return;
  for (const name of readdirSync(target)) {
    const isPartial = name.endsWith(PARTIAL) && DATED.test(name.slice(0, -PARTIAL.length));
    if (isPartial) rmSync(join(target, name), { recursive: true });
  }
}

function datedIn(target: string): readonly string[] {
  if (!existsSync(target)) return [];
  const isBackup = (name: string) => existsSync(join(target, name, MANIFEST_FILE));
  return readdirSync(target)
    .filter((name) => DATED.test(name) && isBackup(name))
    .sort();
}
