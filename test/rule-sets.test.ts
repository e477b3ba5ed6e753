/**
 * A change of the rule set, rehearsed as docs/rule-sets.md tells it: look first, start, decide.
 *
 * The rule set changes by an operator's library, which is part of it, from "at most 3" to less.
 */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { examine } from '../src/doctor/doctor.ts';
import { createRelay, type RunningRelay } from '../src/index.ts';
import { loadLibraries } from '../src/libraries.ts';
import { makeRuleSet } from '../src/nsm/rule-set.ts';
import { revalidateMachine } from '../src/revalidation.ts';
import type { MachineRow } from '../src/store/machine-rows.ts';
import { openStore, type Store } from '../src/store/store.ts';
import { thaw } from '../src/thaw.ts';
import { headkeeper } from './cli/headkeeper.ts';
import { type Client, connect } from './support/client.ts';
import { signEvent, testKey } from './support/sign.ts';

const NOW = 1_700_000_000;
const { secret, pubkey } = testKey('ann');
const COORDINATE = 'sizes';

let folder: string;
let dataDir: string;
let relay: RunningRelay | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'headkeeper-rules-'));
  dataDir = join(folder, 'data');
  mkdirSync(join(folder, 'libraries'));
  sayLarge(3);
});
afterEach(async () => {
  await relay?.stop();
  relay = undefined;
  rmSync(folder, { recursive: true });
});

/** The library, in which that is the largest number that counts as small. */
function sayLarge(largest: number): void {
  const guards = { isSmall: { '<=': [{ var: 'data.n' }, largest] } };
  const library = { name: '@acme/sizes', version: '1.0.0', v: 1, guards };
  writeFileSync(join(folder, 'libraries', 'sizes.json'), JSON.stringify(library));
}

async function start(): Promise<Client> {
  const libraries = join(folder, 'libraries');
  const verify = { workers: 0 };
  relay = await createRelay({ listen: { port: 0 }, dataDir, machines: { libraries }, verify });
  return connect(relay.url);
}

async function stop(client: Client): Promise<void> {
  await client.close();
  await relay?.stop();
  relay = undefined;
}

const rulesOfToday = () => makeRuleSet(loadLibraries(join(folder, 'libraries')));

/** Looks at the stopped relay's store by the rules of today, or changes it. */
function inStore<Result>(work: (store: Store, machine: MachineRow) => Result): Result {
  const store = openStore(dataDir, 'normal');
  try {
    const [row] = store.machines.after(0, 1);
    if (row === undefined) throw new Error('there is no machine');
    return work(store, row);
  } finally {
    store.close();
  }
}

/** The operator's decision, as `headkeeper thaw` carries it out. */
const decide = (adopts: boolean) =>
  inStore((store, row) => store.transaction(() => thaw(store, rulesOfToday(), { row, adopts })));

const problems = () =>
  inStore((store) => [...examine(store, rulesOfToday())].filter(({ isNote }) => !isNote));

/** A machine that takes small numbers. */
function define(): ReturnType<typeof signEvent> {
  const content = JSON.stringify({
    initial: 'a',
    context: { n: 0 },
    meta: { nsm: { v: 1, actions: { keep: [{ set: ['n', { var: 'data.n' }] }] } } },
    states: { a: { on: { GO: { target: 'a', guard: 'isSmall', actions: 'keep' } } } },
  });
  const tags = [
    ['engine', '@acme/sizes@1', 'guards'],
    ['state', `30078:${pubkey}:${COORDINATE}`],
  ];
  return signEvent({ kind: 7500, created_at: NOW, tags, content }, secret);
}

function step(machine: string, n: number, prior: string | null) {
  const link = prior === null ? [] : [['transition', prior]];
  const tags = [['e', machine], ['t', 'GO'], ...link];
  return signEvent({ kind: 7501, created_at: NOW, tags, content: JSON.stringify({ n }) }, secret);
}

/** A relay that has stopped, with a machine that took 1, 3, 2: its id and those of its steps. */
async function history(): Promise<readonly [machine: string, ...steps: string[]]> {
  const client = await start();
  const definition = define();
  expect(await client.publish(definition)).toMatchObject({ accepted: true });
  const steps: string[] = [];
  for (const n of [1, 3, 2]) {
    const event = step(definition.id, n, steps.at(-1) ?? null);
    expect(await client.publish(event)).toMatchObject({ accepted: true });
    steps.push(event.id);
  }
  await stop(client);
  return [definition.id, ...steps];
}

describe('a machine whose log means something else by new rules', () => {
  it('is found beforehand, freezes, and goes on when the old rules are back', async () => {
    const [machine, , , third = ''] = await history();
    sayLarge(2);
    const looked = inStore((store, row) => revalidateMachine(store, row, rulesOfToday()));
    expect(looked.differences).toMatchObject([{ height: 2, is: 'guard-denied' }]);

    let client = await start();
    const next = step(machine, 1, third);
    const refused = 'blocked: machine-frozen';
    expect((await client.publish(next)).message).toContain(refused);
    await stop(client);
    const says = expect.stringMatching(/^height 2, [0-9a-f]{64}: refused now, guard-denied$/);
    expect(decide(false)).toMatchObject({ machine, outcome: 'kept', says });

    sayLarge(3);
    client = await start();
    expect((await client.publish(next)).message).toContain(refused);
    await stop(client);
    expect(decide(false)).toMatchObject({ machine, outcome: 'lifted', setAside: [] });
    client = await start();
    expect(await client.publish(next)).toMatchObject({ accepted: true });
    await stop(client);
    expect(problems()).toEqual([]);
  });

  it('goes on by new rules from where they agree, when the operator adopts them', async () => {
    const [machine, first = '', second, third] = await history();
    sayLarge(2);
    let client = await start();
    await client.publish(step(machine, 1, third ?? null));
    await stop(client);
    expect(decide(true)).toMatchObject({
      ...{ machine, outcome: 'adopted', setAside: [second, third] },
      ...{ before: { head: third, height: 3 }, after: { head: first, height: 1 } },
    });

    client = await start();
    const [snapshot] = await client.query({ kinds: [30_078], '#e': [machine] });
    expect(snapshot?.tags).toContainEqual(['transition', first]);
    expect(JSON.parse(snapshot?.content ?? '')).toMatchObject({ context: { n: 1 } });
    expect(await client.publish(step(machine, 2, first))).toMatchObject({ accepted: true });
    expect((await client.publish(step(machine, 0, first))).message).toContain('stale-head');
    expect(await client.query({ ids: [second, third] })).toHaveLength(2);
    await stop(client);
    expect(problems()).toEqual([]);
    expect(decide(true)).toMatchObject({ outcome: 'kept', says: 'it is not frozen' });
  });
});

describe('a machine that new rules have frozen', () => {
  it('never loses what its custodian has endorsed', async () => {
    const [machine, , second = ''] = await history();
    let client = await start();
    const [snapshot] = await client.query({ kinds: [30_078], '#e': [machine] });
    const content = snapshot?.content.replace('"n":2', '"n":3') ?? '';
    const tags = [
      ['d', COORDINATE],
      ['e', machine],
      ['transition', second],
    ];
    const endorsement = signEvent({ kind: 30_078, created_at: NOW, tags, content }, secret);
    expect(await client.publish(endorsement)).toMatchObject({ accepted: true });
    await stop(client);
    sayLarge(2);
    client = await start();
    await client.publish(step(machine, 1, second));
    await stop(client);
    const says = `its custodian endorsed ${second}, which would change`;
    expect(decide(true)).toMatchObject({ outcome: 'kept', says });
  });

  it('stays where it is while its definition is refused', async () => {
    const [machine, , , third = ''] = await history();
    rmSync(join(folder, 'libraries', 'sizes.json'));
    const client = await start();
    expect((await client.publish(step(machine, 1, third))).message).toContain('machine-frozen');
    await stop(client);
    const says = 'its definition is refused now: unsupported-engine';
    expect(decide(true)).toMatchObject({ outcome: 'kept', says });
    expect(problems()).toEqual([]);
  });

  it('is thawed by a command that notes each decision, and names those that stay', async () => {
    const [machine, first, , third = ''] = await history();
    sayLarge(2);
    const client = await start();
    await client.publish(step(machine, 1, third));
    await stop(client);
    const env = { HEADKEEPER_MACHINES_LIBRARIES: join(folder, 'libraries') };
    const command = (...words: readonly string[]) =>
      headkeeper(['thaw', ...words, '--data', dataDir], { env });
    const kept = await command(machine);
    expect(kept.code).toBe(1);
    expect(kept.stdout).toContain(`${machine} kept (height 2, `);
    const adopted = await command('--all', '--adopt');
    expect(adopted.code).toBe(0);
    expect(adopted.stdout).toContain(`${machine} adopted: height 3 to 1, 2 set aside (height 2, `);
    const noted = JSON.parse(readFileSync(join(dataDir, 'decisions.jsonl'), 'utf8'));
    expect(noted).toMatchObject({ machine, outcome: 'adopted', after: { head: first } });
    expect(noted.rules).toBe(rulesOfToday().hash);
  });
});
