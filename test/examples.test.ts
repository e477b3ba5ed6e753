/**
 * Every example, played against a relay and without one: verdicts, states and hashes are what its
 * scripts, the rules and the record say.
 *
 * `hashes.json` of an example has the state hash at every height. They change only with the meaning
 * of the machine or of the rule set; `vitest run test/examples.test.ts -u` writes them anew.
 */

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { play, type Report } from '../src/cli/play.ts';
import { eventOf, follow, judgeIn, newCourse, stepIn } from '../src/examples/course.ts';
import { exampleNames, readExample, scriptNames } from '../src/examples/example.ts';
import type { Step } from '../src/examples/script.ts';
import { createRelay, type RunningRelay } from '../src/index.ts';
import type { NostrEvent } from '../src/nostr/event.ts';

const at = (path: string): string => fileURLToPath(new URL(`../examples/${path}`, import.meta.url));

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

/** A script played without a relay: the hash at every height, and what is not as it says. */
function rehearse(name: string, script: string) {
  const example = readExample(name, script);
  const course = newCourse(example);
  const surprises = example.steps.flatMap((template, line) => {
    const step = stepIn(course, template);
    if ('state' in step) return [];
    const verdict = judgeIn(course, eventOf(course, step));
    follow(course, verdict);
    const code = verdict.verdict === 'refused' ? verdict.refusal.code : 'ok';
    return code === step.expect ? [] : [`${script}:${line + 1}: ${code}`];
  });
  return { hashes: course.nodes.map(({ computed }) => computed.hash), surprises };
}

/** The hash at every height of a chain that a relay hands out, computed from its events alone. */
async function replay(machine: string): Promise<readonly string[]> {
  const base = `${relay.httpUrl}/api/v1/machines/${machine}`;
  const read = async (path: string) => (await fetch(base + path)).json();
  const { definition } = (await read('')) as { definition: NostrEvent };
  const { transitions } = (await read('/transitions')) as { transitions: { event: NostrEvent }[] };
  const course = newCourse({ content: definition.content });
  for (const event of [definition, ...transitions.map((each) => each.event)]) {
    follow(course, judgeIn(course, event));
  }
  return course.nodes.map(({ computed }) => computed.hash);
}

const scripts = exampleNames().flatMap((name) =>
  scriptNames(name).map((script) => [name, script] as const),
);
const recordOf = (name: string): Record<string, readonly string[]> =>
  JSON.parse(readFileSync(at(`${name}/hashes.json`), 'utf8'));

describe.each(exampleNames())('the example %s', (name) => {
  it('comes to the hashes on record, without a relay', async () => {
    const played = scriptNames(name).map((script) => [script, rehearse(name, script)] as const);
    const hashes = Object.fromEntries(played.map(([script, { hashes }]) => [script, hashes]));
    expect(played.flatMap(([, { surprises }]) => surprises)).toEqual([]);
    const text = `${JSON.stringify(hashes, null, 2)}\n`;
    await expect(text).toMatchFileSnapshot(at(`${name}/hashes.json`));
  });

  it('goes as its scripts say, and to the same hashes, against a relay', async () => {
    const reports: Report[] = [];
    for await (const report of play(name, relay.url)) reports.push(report);
    const differences = reports.map(({ did, differences }) => [did, ...differences]);
    expect(differences).toEqual(reports.map(({ did }) => [did]));
    for (const [script, hashes] of Object.entries(recordOf(name))) {
      const reached = reports.flatMap(
        (report) => (report.script === script && report.reached) || [],
      );
      expect(reached.map(({ computed }) => computed.hash)).toEqual(hashes);
      const machine = reports.findLast((report) => report.script === script)?.machine ?? '';
      expect(await replay(machine)).toEqual(hashes);
    }
  });

  it('says in a README what it is for, and whom it trusts', () => {
    const path = at(`${name}/README.md`);
    expect(existsSync(path) && readFileSync(path, 'utf8')).toMatch(/^# \S[\s\S]*\btrust/i);
  });
});

describe.each(scripts)('the script %s/%s', (name, script) => {
  const { steps } = readExample(name, script);

  it('begins with the definition and ends with the state it leads to', () => {
    expect(steps[0]).toHaveProperty('definition');
    expect(steps.at(-1)).toHaveProperty('state.status', 'done');
  });
});

describe('the examples', () => {
  const stepsOf = (name: string, script: string) => readExample(name, script).steps;

  it('show every remedy a client can need for a transition', () => {
    const codes = scripts.flatMap(([name, script]) =>
      stepsOf(name, script).map((step) => ('expect' in step ? step.expect : 'ok')),
    );
    for (const code of ['guard-denied', 'no-transition', 'stale-head', 'link-missing'] as const) {
      expect(codes).toContain(code);
    }
  });

  it('each refuse something', () => {
    const isRefused = (step: Step) => 'expect' in step && step.expect !== 'ok';
    const docile = exampleNames().filter((name) => !stepsOf(name, 'script').some(isRefused));
    expect(docile).toEqual([]);
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
