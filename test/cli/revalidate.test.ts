/**
 * `revalidate` as a shell sees it: on the data of a relay that has stopped, of one that runs, and
 * after the meaning of a library has changed.
 */

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { play } from '../../src/cli/play.ts';
import { createRelay, type RunningRelay } from '../../src/index.ts';
import { BUNDLED_RULES } from '../../src/nsm/rule-set.ts';
import { connect } from '../support/client.ts';
import { commandLine } from '../support/compiled.ts';
import { signEvent, testKey } from '../support/sign.ts';

const NOW = 1_700_000_000;

let folder: string;
let data: string;
let libraries: string;
let own: string;
let relay: RunningRelay;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'headkeeper-revalidate-'));
  data = join(folder, 'data');
  libraries = join(folder, 'libraries');
  mkdirSync(libraries);
  writeLibrary({ '<=': [{ var: 'data.n' }, 3] });
  const config = { listen: { port: 0 }, dataDir: data, machines: { libraries } };
  relay = await createRelay(config);
  for await (const { differences } of play('counter', relay.url)) expect(differences).toEqual([]);
  own = await useLibrary(relay.url);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The library with one guard, `isSmall`, of that meaning. */
function writeLibrary(isSmall: object): void {
  const library = { name: '@acme/sizes', version: '1.0.0', v: 1, guards: { isSmall } };
  writeFileSync(join(libraries, 'sizes.json'), JSON.stringify(library));
}

/** A machine that uses the library, after the numbers 1, 3 and 2; its id. */
async function useLibrary(url: string): Promise<string> {
  const { secret } = testKey('ann');
  const content = JSON.stringify({
    initial: 'a',
    states: { a: { on: { GO: { target: 'b', guard: 'isSmall' } } }, b: { on: { GO: 'a' } } },
  });
  const tags = [['engine', '@acme/sizes@1', 'guards']];
  const definition = signEvent({ kind: 7500, created_at: NOW, tags, content }, secret);
  const client = await connect(url);
  expect(await client.publish(definition)).toMatchObject({ accepted: true });
  let prior: string | undefined;
  for (const n of [1, 3, 2]) {
    const link = prior === undefined ? [] : [['transition', prior]];
    const body = { kind: 7501, created_at: NOW, content: JSON.stringify({ n }) };
    const event = signEvent(
      { ...body, tags: [['e', definition.id], ['t', 'GO'], ...link] },
      secret,
    );
    expect(await client.publish(event)).toMatchObject({ accepted: true });
    prior = event.id;
  }
  await client.close();
  return definition.id;
}

/** Runs the command on the data of the test. */
function revalidate(...words: readonly string[]): Promise<{ code: unknown; said: string[] }> {
  const command = commandLine(['revalidate', '--data', data, ...words]);
  const env = { HEADKEEPER_MACHINES_LIBRARIES: libraries };
  return new Promise((resolve) => {
    execFile(process.execPath, command, { cwd: folder, env }, (error, stdout, stderr) =>
      resolve({
        code: error === null ? 0 : error.code,
        said: `${stdout}${stderr}`.trimEnd().split('\n'),
      }),
    );
  });
}

const fingerprint = (): string =>
  createHash('sha256')
    .update(readFileSync(join(data, 'headkeeper.db')))
    .digest('hex');

describe('headkeeper revalidate', () => {
  it('finds everything as it was, beside a running relay', async () => {
    const { code, said } = await revalidate();
    expect({ code, lines: said.length }).toEqual({ code: 0, lines: 1 });
    expect(said[0]).toMatch(/: machines 2, transitions 6, differences 0, not judged 0$/);
  });

  it('names what differs after a library has changed, and leaves the database alone', async () => {
    await relay.stop();
    writeLibrary({ '<': [{ var: 'data.n' }, 2] });
    const before = fingerprint();
    const { code, said } = await revalidate();
    expect(code).toBe(1);
    expect(said[0]).toMatch(
      new RegExp(`^${own} height 3 [0-9a-f]{64}: was [0-9a-f]{64}, is guard-denied$`),
    );
    expect(said[1]).toContain('differences 1, not judged 0');
    expect(said[1]).not.toContain(BUNDLED_RULES.hash);
    expect(fingerprint()).toBe(before);
  });

  it('says so when a definition is refused that was hosted', async () => {
    rmSync(join(libraries, 'sizes.json'));
    const { code, said } = await revalidate('--machine', own);
    expect(code).toBe(1);
    expect(said[0]).toBe(`${own} height 0: was hosted, is unsupported-engine`);
    expect(said[1]).toMatch(/: machines 1, transitions 0, differences 1, not judged 3$/);
  });

  it('does not judge what builds on a transition that differs', async () => {
    const db = new Database(join(data, 'headkeeper.db'));
    db.prepare('UPDATE transition SET state_hash = zeroblob(32) WHERE height = 2').run();
    db.close();
    writeLibrary({ '<=': [{ var: 'data.n' }, 3] });
    const { code, said } = await revalidate();
    expect(code).toBe(1);
    expect(said.map((line) => line.replace(/[0-9a-f]{64}/g, '…'))).toEqual([
      expect.stringContaining('… height 2 …: was …, is …'),
      expect.stringContaining('… height 2 …: was …, is …'),
      expect.stringMatching(/: machines 2, transitions 4, differences 2, not judged 2$/),
    ]);
  });

  it('exits with 2 where there is no such machine, or no database', async () => {
    const none = '00'.repeat(32);
    expect(await revalidate('--machine', none)).toEqual({
      code: 2,
      said: [`headkeeper: there is no machine ${none}`],
    });
    rmSync(data, { recursive: true });
    expect(await revalidate()).toEqual({
      code: 2,
      said: [`headkeeper: there is no database in ${data}`],
    });
  });
});
