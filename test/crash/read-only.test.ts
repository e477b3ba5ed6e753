/**
 * A disk that becomes read-only under a relay, or is so from the start: nothing acknowledged is
 * lost, reads go on, the operator is told what is wrong, and afterwards all is as before.
 */

import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BUNDLED_RULES } from '../../src/nsm/rule-set.ts';
import { takeBackup } from '../../src/upkeep/backup.ts';
import { type Client, connect } from '../support/client.ts';
import { commandLine } from '../support/compiled.ts';
import { note } from '../support/machines.ts';
import { type OldStore, oldStore } from '../support/old-store.ts';
import { type FailingDisk, failingDisk, KIND } from './failing-disk.ts';
import { checkFolder, startProcess } from './killed-relay.ts';

const THEN = 1_700_000_000;
const BEFORE = 20;
const EVENTS_MAX = 5_000;

/** Publishes notes until one is refused; returns why. The others are added to `acknowledged`. */
async function publishUntilRefused(client: Client, acknowledged: Set<string>): Promise<string> {
  for (let i = 0; i < EVENTS_MAX; i++) {
    const event = note(1, `${i} ${'x'.repeat(500)}`, { at: THEN + acknowledged.size });
    const { accepted, message } = await client.publish(event);
    if (!accepted) return message;
    acknowledged.add(event.id);
  }
  return 'nothing was refused';
}

describe(`a disk that takes no more writes: ${KIND}`, () => {
  let disk: FailingDisk;
  beforeEach(() => {
    disk = failingDisk();
  });
  afterEach(() => disk.remove());

  it('costs no acknowledged event, no read and no orderly end', async () => {
    const { dataDir } = disk;
    const acknowledged = new Set<string>();
    const relay = await startProcess(dataDir, { around: disk.around, isUnguarded: true });
    const client = await connect(relay.url);
    for (let i = 0; i < BEFORE; i++) {
      const event = note(1, `before ${i}`, { at: THEN });
      expect(await client.publish(event)).toEqual({ accepted: true, message: '' });
      acknowledged.add(event.id);
    }
    disk.fail();
    expect(await publishUntilRefused(client, acknowledged)).toMatch(/^error: storage: /);
    const stored = await client.query({ kinds: [1], limit: 1_000 });
    const ids = new Set(stored.map(({ id }) => id));
    expect([...acknowledged].slice(-900).filter((id) => !ids.has(id))).toEqual([]);
    expect(await relay.stop()).toBe(0);

    disk.heal();
    checkFolder(dataDir, acknowledged, new Set());
    const again = await startProcess(dataDir, { isUnguarded: true });
    const next = await connect(again.url);
    expect(await next.publish(note(1, 'after', { at: THEN }))).toMatchObject({ accepted: true });
    expect(await again.stop()).toBe(0);
  });
});

/** A mount of one's own needs the right to make name spaces; file permissions are for the rest. */
const MOUNTS = spawnSync('unshare', ['-rm', 'true']).status === 0;
const READ_ONLY_MOUNT = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"';

/** Runs a command where a folder is read-only. */
function runOn(dataDir: string, args: readonly string[]) {
  const command = [process.execPath, ...commandLine(args)];
  const mounted = ['unshare', '-rm', 'sh', '-c', READ_ONLY_MOUNT, dataDir, ...command];
  const [program = '', ...rest] = MOUNTS ? mounted : command;
  const child = spawn(program, rest, { env: { PATH: process.env['PATH'] } });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise<{ code: number | null; said: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, said: stderr.trim().split('\n').at(-1) ?? '' }));
  });
}

describe(`a folder that is read-only (${MOUNTS ? 'mounted so' : 'by its permissions'})`, () => {
  let folder: string;
  let target: string;
  let old: OldStore;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'headkeeper-read-only-'));
    target = join(folder, 'backup');
    old = oldStore();
  });
  afterEach(() => {
    for (const path of [old.dataDir, target]) if (existsSync(path)) chmodSync(path, 0o700);
    old.remove();
    rmSync(folder, { recursive: true });
  });

  it('is one that a relay cannot start on, which it says in a line', async () => {
    const { dataDir } = old;
    if (!MOUNTS) chmodSync(dataDir, 0o500);
    const { code, said } = await runOn(dataDir, ['start', '--port', '0', '--data', dataDir]);
    expect(code).toBe(1);
    expect(said).toContain(`headkeeper: cannot start: the database in ${dataDir}: `);
    expect(said).toContain('is the disk mounted read-only?');
  });

  it('can be examined when it is a backup', async () => {
    await takeBackup({ dataDir: old.dataDir, target, rules: BUNDLED_RULES });
    if (!MOUNTS) chmodSync(target, 0o500);
    expect(await runOn(target, ['doctor', '--data', target])).toEqual({ code: 0, said: '' });
  });
});
