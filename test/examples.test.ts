/**
 * Every example, played against a relay: verdicts, states and hashes are what its script and the
 * rules say.
 */

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exampleNames, readExample } from '../src/cli/example.ts';
import { play, type Report } from '../src/cli/play.ts';
import { createRelay, type RunningRelay } from '../src/index.ts';

let dataDir: string;
let relay: RunningRelay;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'headkeeper-examples-'));
  relay = await createRelay({ listen: { port: 0 }, dataDir });
});
afterAll(async () => {
  await relay.stop();
  rmSync(dataDir, { recursive: true });
});

const stepsOf = (name: string) => readExample(name, { pubkeyOf: () => '', end: 0 }).steps;

describe.each(exampleNames())('the example %s', (name) => {
  it('goes as its script says', async () => {
    const reports: Report[] = [];
    for await (const report of play(name, relay.url)) reports.push(report);
    const differences = reports.map(({ did, differences }) => [did, ...differences]);
    expect(differences).toEqual(reports.map(({ did }) => [did]));
    expect(reports).toHaveLength(stepsOf(name).length);
  });

  it('begins with the definition and ends with the state it leads to', () => {
    const steps = stepsOf(name);
    expect(steps[0]).toHaveProperty('definition');
    expect(steps.at(-1)).toHaveProperty('state.status', 'done');
  });

  it('says what it is about in a README', () => {
    const path = new URL(`../examples/${name}/README.md`, import.meta.url);
    expect(existsSync(path) && readFileSync(path, 'utf8')).toMatch(/^# \S/);
  });
});

describe('the examples', () => {
  it('show every remedy a client can need for a transition', () => {
    const codes = exampleNames().flatMap((name) =>
      stepsOf(name).map((step) => ('expect' in step ? step.expect : 'ok')),
    );
    for (const code of ['guard-denied', 'no-transition', 'stale-head', 'link-missing'] as const) {
      expect(codes).toContain(code);
    }
  });

  it('are reported where a relay answers otherwise', async () => {
    const access = { allowAuthors: ['ab'.repeat(32)] };
    const closed = await createRelay({
      listen: { port: 0 },
      dataDir: join(dataDir, 'closed'),
      access,
    });
    const steps = play('counter', closed.url);
    const { value } = await steps.next();
    expect(value?.answers).toEqual([expect.stringContaining('author-not-allowed')]);
    expect(value?.differences).toEqual(['expected ok']);
    await steps.return(undefined);
    await closed.stop();
  });
});
