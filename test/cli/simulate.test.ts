/**
 * `headkeeper simulate`: scripts against definitions, without a relay.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { definitionEvent } from '../../src/cli/input.ts';
import { type Simulated, simulateSteps } from '../../src/cli/simulate.ts';
import { exampleNames, scriptNames } from '../../src/examples/example.ts';
import { parseScript } from '../../src/examples/script.ts';
import { headkeeper } from './headkeeper.ts';

const read = (path: string): string =>
  readFileSync(new URL(`../../examples/${path}`, import.meta.url), 'utf8');

const COUNTER = read('counter/definition.json');

/** What a script, given by its lines, comes to. */
const simulated = (definition: string, ...lines: readonly object[]): readonly Simulated[] => {
  const script = lines.map((line) => JSON.stringify(line)).join('\n');
  return [...simulateSteps(definition, parseScript(script, 'script'))];
};

describe.each(exampleNames())('the example %s', (example) => {
  it('goes as its scripts say, over the very states that a relay comes to', () => {
    const golden = JSON.parse(read(`${example}/hashes.json`));
    for (const name of scriptNames(example)) {
      const script = parseScript(read(`${example}/${name}.jsonl`), name);
      const results = [...simulateSteps(read(`${example}/definition.json`), script)];
      expect(results.flatMap(({ differences }) => differences)).toEqual([]);
      const hashes = results.map(({ state }) => state?.state_hash ?? '');
      const changes = hashes.filter((hash, i) => i === 0 || hash !== hashes[i - 1]);
      expect(changes).toEqual(golden[name]);
    }
  });
});

describe('a script', () => {
  it('needs no more than who does what, and starts with the machine', () => {
    const results = simulated(
      COUNTER,
      { by: 'one', type: 'INC', data: { by: 2 } },
      { by: 'one', type: 'INC', data: { by: 2 } },
      { by: 'two', type: 'INC', data: { by: 2 }, at: 60 },
    );
    expect(results.map(({ step, verdict }) => [step, verdict])).toEqual([
      ...[
        [0, 'ok'],
        [1, 'ok'],
        [2, 'guard-denied'],
        [3, 'ok'],
      ],
    ]);
    expect(results[2]?.differences).toEqual(['expected ok']);
    expect(results[3]?.state).toMatchObject({ status: 'done', value: 'won', height: 2 });
  });

  it('takes pubkeys for names, and Unix times for seconds after the start', () => {
    const given = definitionEvent(COUNTER);
    const { players } = JSON.parse(given.content).context;
    const at = given.created_at + 30;
    const results = simulated(COUNTER, { by: players[0], type: 'INC', data: { by: 1 }, at });
    expect(results[1]).toMatchObject({ verdict: 'ok', by: players[0] });
  });

  it('can be run on an event, whose time is the start', () => {
    const given = { ...definitionEvent(COUNTER), created_at: 1_800_000_000 };
    const results = simulated(
      JSON.stringify(given),
      { by: 'one', type: 'INC', data: { by: 1 }, at: 5 },
      { by: 'two', type: 'INC', data: { by: 1 }, at: 1_800_000_004, expect: 'time-regress' },
    );
    expect(results.flatMap(({ differences }) => differences)).toEqual([]);
    expect(results.map(({ verdict }) => verdict)).toEqual(['ok', 'ok', 'time-regress']);
  });

  it('ends at a definition that is refused', () => {
    const results = simulated('{}', { by: 'one', type: 'INC' });
    expect(results.map(({ verdict }) => verdict)).toEqual(['definition-invalid']);
  });
});

describe('headkeeper simulate', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'headkeeper-simulate-'));
    writeFileSync(join(folder, 'counter.json'), COUNTER);
    writeFileSync(join(folder, 'odd.jsonl'), '{"by":"one","type":"INC","data":{"by":3}}\n');
    writeFileSync(join(folder, 'bad.jsonl'), '{"by":"one","typ":"INC"}\n');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const run = (script: string, ...flags: readonly string[]) =>
    headkeeper(['simulate', join(folder, 'counter.json'), join(folder, script), ...flags]);

  it('prints the state after each step, and exits with 1 for one not as expected', async () => {
    const [{ code, stdout }, programs] = await Promise.all([
      run('odd.jsonl'),
      run('odd.jsonl', '--json'),
    ]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^0 {2}publishes machine [0-9a-f]{64}\n {3}ok\n {3}height 0 {2}active/);
    expect(stdout).toContain('1  one  INC {"by":3}\n   invalid: guard-denied: ');
    expect(stdout).toContain('   DIFFERENCE: expected ok\n');
    const told = programs.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(told).toMatchObject([
      { step: 0, verdict: 'ok', state: { value: 'playing', height: 0 } },
      { step: 1, by: 'one', verdict: 'guard-denied', state: { height: 0 } },
    ]);
  });

  it('exits with 2 and the line when a script is malformed', async () => {
    const { code, stderr } = await run('bad.jsonl');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^headkeeper: .*bad\.jsonl:1: /);
  });
});
