/**
 * `doctor` and `backup` as a shell sees them: exit codes, and what they print.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OldStore, oldStore } from '../support/old-store.ts';
import { startTestRelay } from '../support/start-relay.ts';
import { headkeeper } from './headkeeper.ts';

let folder: string;
let old: OldStore;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'headkeeper-doctor-'));
  old = oldStore();
});
afterAll(() => {
  rmSync(folder, { recursive: true });
  old.remove();
});

describe('headkeeper doctor', () => {
  it('exits with 1 while something is wrong, and with 0 when it was put right', async () => {
    old.sql('DELETE FROM participant');
    const data = ['--data', old.dataDir];
    const found = await headkeeper(['doctor', ...data]);
    expect(found.code).toBe(1);
    expect(found.stdout).toMatch(/^problem: participant: [0-9a-f]{64}: takes part and is not/m);
    const mended = await headkeeper(['doctor', '--repair', '--json', ...data]);
    expect(mended.code).toBe(0);
    const { ok, repaired, problems } = JSON.parse(mended.stdout);
    expect({ ok, problems }).toEqual({ ok: true, problems: [] });
    expect(repaired[0]).toMatchObject({ where: 'participant', repairable: true });
  });

  it('looks at the folder of a running relay, and repairs nothing there', async () => {
    const relay = await startTestRelay();
    const data = ['--data', relay.dataDir];
    const [looked, repaired] = await Promise.all([
      headkeeper(['doctor', ...data]),
      headkeeper(['doctor', '--repair', ...data]),
    ]);
    expect(looked).toMatchObject({ code: 0, stderr: '' });
    expect(repaired.code).toBe(2);
    expect(repaired.stderr).toBe(`headkeeper: another relay is using ${relay.dataDir}\n`);
    await relay.stop();
  });

  it('exits with 2 where there is nothing to look at', async () => {
    const ended = await headkeeper(['doctor', '--data', folder]);
    expect(ended).toMatchObject({
      code: 2,
      stderr: `headkeeper: there is no database in ${folder}\n`,
    });
  });
});

describe('headkeeper backup', () => {
  it('makes a folder that doctor approves', async () => {
    const target = join(folder, 'copy');
    const taken = await headkeeper(['backup', target, '--data', old.dataDir]);
    expect(taken).toMatchObject({ code: 0, stderr: '' });
    expect(taken.stdout).toMatch(/: 118 events, 7 machines, \d+ bytes; checked\n$/);
    expect(await headkeeper(['doctor', '--data', target])).toMatchObject({ code: 0 });
  });

  it('says what it took as JSON, and exits with 2 where it took nothing', async () => {
    const [taken, refused] = await Promise.all([
      headkeeper(['backup', folder, '--keep', '3', '--json', '--data', old.dataDir]),
      headkeeper(['backup', old.dataDir, '--data', old.dataDir]),
    ]);
    expect(JSON.parse(taken.stdout)).toMatchObject({ machines: 7, transitions: 96, repairable: 0 });
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('is the data folder of a relay');
  });
});
