/**
 * Backups of a relay that is at work: each is whole, equals the relay at some moment, and becomes a
 * relay again; older ones and other folders are safe from it.
 */

import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { examine } from '../../src/doctor/doctor.ts';
import { createRelay } from '../../src/index.ts';
import { BUNDLED_RULES as rules } from '../../src/nsm/rule-set.ts';
import { openStoreToRead } from '../../src/store/store.ts';
import { newestBackup, takeBackup } from '../../src/upkeep/backup.ts';
import { type Client, connect } from '../support/client.ts';
import { type OldStore, oldStore } from '../support/old-store.ts';
import { signEvent, testKey } from '../support/sign.ts';
import { startTestRelay } from '../support/start-relay.ts';

const { secret } = testKey('client');
const DATED = (day: number) => new Date(Date.UTC(2026, 0, day));

let folder: string;
let old: OldStore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'headkeeper-backup-'));
  old = oldStore();
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  old.remove();
});

const idsIn = (dataDir: string, upTo: number): readonly unknown[] => {
  const store = openStoreToRead(dataDir);
  try {
    // The record of machines and plain notes: what nothing replaces.
    const query = 'SELECT n, id FROM event WHERE kind IN (1, 7500, 7501) AND n <= ? ORDER BY n';
    return store.db.prepare(query).all(upTo);
  } finally {
    store.close();
  }
};

/** Extends a new machine for as long as is wanted; resolves with its height. */
async function drive(client: Client, goesOn: () => boolean): Promise<number> {
  const content = JSON.stringify({
    ...{ initial: 'a', context: { n: 0 } },
    meta: { nsm: { v: 1, actions: { add: [{ inc: ['n', 1] }] } } },
    states: { a: { on: { GO: { target: 'a', actions: 'add', reenter: true } } } },
  });
  const said = { created_at: 1_700_000_000, tags: [] };
  const machine = signEvent({ kind: 7500, ...said, content }, secret);
  await client.publish(machine);
  let prior: string | undefined;
  let height = 0;
  for (; goesOn(); height++) {
    const link = prior === undefined ? [] : [['transition', prior]];
    const tags = [['e', machine.id], ['t', 'GO'], ...link];
    const step = signEvent({ kind: 7501, ...said, tags, content: '' }, secret);
    expect(await client.publish(step)).toMatchObject({ accepted: true });
    prior = step.id;
  }
  return height;
}

describe('a backup', () => {
  it('taken under load is whole and equals the relay as it was at some moment', async () => {
    const relay = await startTestRelay();
    const client = await connect(relay.url);
    let isTaken = false;
    const watcher = await connect(relay.url);
    const steps = watcher.subscribe('steps', { kinds: [7501] });
    const loaded = drive(client, () => !isTaken);
    const taken = [];
    for (const name of ['a', 'b', 'c']) {
      for (let i = 0; i < 5; i++) await steps.next();
      const target = join(folder, name);
      taken.push(await takeBackup({ dataDir: relay.dataDir, target, rules }));
    }
    isTaken = true;
    expect(await loaded).toBeGreaterThan(15);
    for (const { folder: copy, manifest, repairable } of taken) {
      expect(repairable).toBe(0);
      const at = manifest.last_event;
      expect(idsIn(copy, at)).toEqual(idsIn(relay.dataDir, at));
      expect(idsIn(copy, at + 1_000_000)).toEqual(idsIn(copy, at));
    }
    await Promise.all([client.close(), watcher.close()]);
    await relay.stop();
  });

  it('is a data folder from which a relay starts, and goes on', async () => {
    const { folder: dataDir, manifest } = await takeBackup({
      ...{ dataDir: old.dataDir, target: join(folder, 'copy'), rules },
    });
    expect(manifest).toMatchObject({ machines: 7, transitions: 96 });
    const relay = await createRelay({ listen: { port: 0 }, dataDir });
    const client = await connect(relay.url);
    const note = signEvent({ kind: 1, created_at: 1_700_000_000, tags: [], content: 'on' }, secret);
    expect(await client.publish(note)).toMatchObject({ accepted: true });
    expect(await client.query({ kinds: [7501] })).toHaveLength(96);
    await client.close();
    await relay.stop();
  });

  it('has no secret in it', async () => {
    writeFileSync(join(old.dataDir, 'relay.key'), `${'1'.repeat(64)}\n`);
    const target = join(folder, 'copy');
    await takeBackup({ dataDir: old.dataDir, target, rules });
    expect(readdirSync(target).sort()).toEqual(['backup.json', 'headkeeper.db']);
  });
});

describe('what is in a target', () => {
  it('is replaced only by a copy that has passed its examination', async () => {
    const target = join(folder, 'copy');
    const order = { dataDir: old.dataDir, target, rules };
    await takeBackup(order);
    old.sql("UPDATE event SET content = 'changed' WHERE kind = 30023");
    await expect(takeBackup(order)).rejects.toThrow(/does not pass its examination: 1 problems/);
    expect(readdirSync(folder)).toEqual(['copy']);
    const store = openStoreToRead(target);
    expect([...examine(store, rules)]).toEqual([]);
    store.close();
  });

  it('does not matter to derived rows that differ: they are counted', async () => {
    old.sql('DELETE FROM participant');
    const order = { dataDir: old.dataDir, target: join(folder, 'copy'), rules };
    const { repairable } = await takeBackup(order);
    expect(repairable).toBeGreaterThan(0);
  });

  it('leaves no log of an older copy for the new one to be spoilt by', async () => {
    const target = join(folder, 'copy');
    const order = { dataDir: old.dataDir, target, rules };
    await takeBackup(order);
    for (const end of ['-wal', '-shm']) writeFileSync(join(target, `headkeeper.db${end}`), 'old');
    await takeBackup(order);
    expect(readdirSync(target).sort()).toEqual(['backup.json', 'headkeeper.db']);
  });

  it('is never replaced where it is no backup', async () => {
    const { dataDir } = old;
    const own = takeBackup({ dataDir, target: dataDir, rules });
    await expect(own).rejects.toThrow(/is the data folder of a relay/);
    const other = oldStore();
    const foreign = takeBackup({ dataDir, target: other.dataDir, rules });
    await expect(foreign).rejects.toThrow(/is the data folder of a relay/);
    other.remove();
    const target = join(folder, 'restored');
    await takeBackup({ dataDir, target, rules });
    writeFileSync(join(target, 'relay.key'), 'a relay was started on it');
    await expect(takeBackup({ dataDir, target, rules })).rejects.toThrow(/is the data folder/);
  });

  it('is the newest in dated folders, and nothing else is removed', async () => {
    mkdirSync(join(folder, '20200101T000000Z'));
    mkdirSync(join(folder, 'letters'));
    expect(newestBackup(folder)).toBeUndefined();
    for (const day of [1, 2, 3, 4]) {
      await takeBackup({ dataDir: old.dataDir, target: folder, keep: 2, rules, now: DATED(day) });
    }
    expect(readdirSync(folder).sort()).toEqual([
      '20200101T000000Z',
      '20260103T000000Z',
      '20260104T000000Z',
      'letters',
    ]);
    expect(newestBackup(folder)).toBe(DATED(4).getTime() / 1_000);
  });

  it('is not removed at once when the clock went back', async () => {
    for (const day of [9, 8, 1]) {
      await takeBackup({ dataDir: old.dataDir, target: folder, keep: 2, rules, now: DATED(day) });
    }
    expect(readdirSync(folder).sort()).toEqual(['20260101T000000Z', '20260109T000000Z']);
  });

  it('loses what an interrupted backup left there in part', async () => {
    mkdirSync(join(folder, '20200101T000000Z.partial'));
    await takeBackup({ dataDir: old.dataDir, target: folder, keep: 2, rules, now: DATED(1) });
    expect(readdirSync(folder)).toEqual(['20260101T000000Z']);
  });
});

describe('the folder for scheduled backups', () => {
  it('may be unreadable: the relay counts a failure and goes on', async () => {
    const file = join(folder, 'no folder');
    writeFileSync(file, '');
    const relay = await startTestRelay({ backup: { folder: file } });
    const text = await (await fetch(`${relay.httpUrl}/metrics`)).text();
    expect(text).toMatch(/^nsm_backup_failures_total 1$/m);
    await relay.stop();
  });

  it('is added to as soon as the newest is too old', async () => {
    const relay = await startTestRelay({ backup: { folder } });
    while (newestBackup(folder) === undefined) await new Promise((next) => setTimeout(next, 50));
    const [name = ''] = readdirSync(folder).filter((entry) => /Z$/.test(entry));
    expect(existsSync(join(folder, name, 'headkeeper.db'))).toBe(true);
    await relay.restart();
    expect(readdirSync(folder).filter((entry) => /Z$/.test(entry))).toEqual([name]);
    await relay.stop();
  });
});
