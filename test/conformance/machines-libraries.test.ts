/**
 * Machines that use an operator's own library, before and after the operator takes it away
 * (PROTOCOL §3.6, §13): frozen where they stand, but not lost, and nobody else is touched.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDefinitionTrial, type DefinitionTrial } from '../../src/definition-trial.ts';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { ask } from '../http/job.ts';
import { heldBy, keeperSnapshotOf, standing, verdictOf } from '../support/answers.ts';
import { type Client, connect } from '../support/client.ts';
import {
  C,
  claim,
  define,
  move,
  NOW,
  publishAccepted,
  publishAll,
  X,
} from '../support/machines.ts';
import { startTestRelay, type TestRelay } from '../support/start-relay.ts';

/** Counts to whatever the library allows; the state is another each time. */
const COUNTER = {
  id: 'counter',
  initial: 'a',
  context: { n: 0 },
  meta: { nsm: { v: 1, actions: { add: [{ inc: ['n', 1] }] } } },
  states: {
    a: {
      initial: 'x',
      states: { x: {} },
      on: { ADD: { target: 'b', guard: 'ok', actions: 'add' } },
    },
    b: { on: { ADD: { target: 'a', guard: 'ok', actions: 'add' } } },
  },
};

const LIBRARY = { name: '@acme/limits', version: '2.0.1', v: 1 };
const GUARD = { guards: { ok: { '<': [{ var: 'ctx.n' }, 100] } } };

let folder: string;
let trial: DefinitionTrial;
let relay: TestRelay;
let client: Client;

const writeLibrary = (rules: object): void =>
  writeFileSync(join(folder, 'limits.json'), JSON.stringify({ ...LIBRARY, ...rules }));

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'headkeeper-libraries-'));
  writeLibrary(GUARD);
  trial = createDefinitionTrial({ libraries: folder });
  relay = await startTestRelay({ machines: { libraries: folder } }, { now: () => NOW, trial });
  client = await connect(relay.url);
});
afterAll(async () => {
  await relay.stop();
  await trial.close();
  rmSync(folder, { recursive: true });
});

const restart = async (meanwhile: () => void): Promise<void> => {
  await relay.restart(meanwhile);
  client = await connect(relay.url);
};

const STATE_TAG = ['state', `30078:${C.pubkey}:counter`];

/** A machine that names the library, and its chain so far. */
async function publishCounter(length: number): Promise<readonly NostrEvent[]> {
  const tags = [['engine', '@acme/limits@2', 'guards'], STATE_TAG];
  const events = [define(COUNTER, { at: NOW - 200, tags })];
  const [machine] = events;
  if (machine === undefined) throw new Error('a machine begins with its definition');
  for (let n = 1; n <= length; n++) {
    const on = n === 1 ? null : (events.at(-1) ?? null);
    events.push(move(machine, 'ADD', { on, at: NOW - 100 }));
  }
  await publishAll(client, events);
  return events;
}

type State = {
  readonly [member in 'head' | 'height' | 'value' | 'context' | 'state_hash']: unknown;
};

let machine: NostrEvent;
let chain: readonly NostrEvent[];
let other: Awaited<ReturnType<typeof publishAccepted>>;
/** What was answered while the library was there. */
let before: State;

const head = () => chain.at(-1) ?? null;
const path = (rest = '/state') => `/api/v1/machines/${machine.id}${rest}`;

beforeAll(async () => {
  const [first, ...more] = await publishCounter(66);
  if (first === undefined) throw new Error('nothing was published');
  [machine, chain] = [first, more];
  other = await publishAccepted(client);
  before = (await ask<State>(relay, path())).json;
  await restart(() => rmSync(join(folder, 'limits.json')));
});

describe('a machine whose library is gone', () => {
  it('moved while the library was there', () => {
    expect(before).toMatchObject({ status: 'active', height: 66, context: { n: 66 } });
  });

  it('is frozen (machine-frozen)', async () => {
    const answer = await client.publish(move(machine, 'ADD', { on: head() }));
    const at = `head=${head()?.id} height=66`;
    expect(verdictOf(answer)).toBe(`blocked: machine-frozen: ${at}`);
  });

  it('shows that, its head and its state in its keeper snapshot', async () => {
    const held = await heldBy(client, relay.self, machine.id);
    expect(held).toEqual({ ...standing(head(), 66, ''), status: 'frozen', value: { a: 'x' } });
    const { tags = [], content = '' } =
      (await keeperSnapshotOf(client, relay.self, machine.id)) ?? {};
    expect(tags.filter(([name]) => name === 's')).toEqual([
      ['s', 'a'],
      ['s', 'a.x'],
    ]);
    expect(tags.filter(([name]) => name === 'n')).toEqual([]);
    expect(tags).toContainEqual(['p', X.pubkey]);
    expect(JSON.parse(content)).toMatchObject({ context: { n: 66 } });
  });

  it('has its log as before', async () => {
    const stored = await client.query({ kinds: [7501], '#e': [machine.id] });
    expect(stored.map(({ id }) => id).sort()).toEqual(chain.map(({ id }) => id).sort());
    expect(await client.query({ ids: [machine.id] })).toEqual([machine]);
    const { json } = await ask(relay, path('/transitions?limit=1'));
    expect(json).toMatchObject({ transitions: [{ id: chain[0]?.id, height: 1 }] });
  });

  it('has its state over HTTP, where it is on record and nowhere else', async () => {
    const { head: at, height, value, context, state_hash } = before;
    const { json } = await ask<State>(relay, path());
    const same = { head: at, height, value, context, state_hash };
    expect(json).toMatchObject({ ...same, status: 'frozen', next: [] });
    const stored = await ask(relay, path(`/state?at=${chain[63]?.id}`));
    expect(stored.json).toMatchObject({ height: 64, context: { n: 64 }, next: [] });
    for (const query of [`at=${chain[4]?.id}`, `at=${machine.id}`, `at_time=${NOW - 150}`]) {
      const none = await ask(relay, path(`/state?${query}`));
      expect([none.status, none.json]).toMatchObject([409, { type: '/problems/machine-frozen' }]);
    }
    expect((await ask(relay, path(`/state?at=${other.first.id}`))).status).toBe(404);
    const projected = await ask(relay, path('/state?projected=true'));
    expect(projected.json).toMatchObject({ projected: { value: { a: 'x' }, status: 'frozen' } });
  });
});

describe('whoever asks for a machine whose library is gone', () => {
  it('finds it described as before, but for what would have to be understood', async () => {
    const { json } = await ask(relay, path(''));
    expect(json).toMatchObject({
      ...{ machine: machine.id, definition: machine, author: C.pubkey, warnings: [] },
      custodian: { pubkey: C.pubkey, d: 'counter', status: 'silent' },
      ...{ counts: { transitions: 66 }, state: { status: 'frozen' } },
    });
    expect((await ask(relay, path('/next'))).json).toMatchObject({ next: [] });
    const frozen = { at: head()?.id, cause: 'rules' };
    expect((await ask(relay, path('/dag'))).json).toMatchObject({ frozen });
  });

  it('may publish no snapshot of it, right or wrong, until the operator has decided', async () => {
    const content = (n: number) => ({
      ...{ status: 'active', value: { a: 'x' }, context: { n }, historyValue: {}, children: {} },
    });
    for (const n of [66, 67]) {
      const sent = claim(machine, content(n), { on: head() });
      expect(verdictOf(await client.publish(sent))).toMatch(/^blocked: machine-frozen:/);
    }
  });

  it('finds the other machines as they were', async () => {
    const next = move(other.machine, 'START_TRANSIT', { on: other.first });
    expect(verdictOf(await client.publish(next))).toBe('ok');
    const held = await heldBy(client, relay.self, other.machine.id);
    expect(held).toEqual(standing(next, 2, 'in_transit'));
  });

  it('finds it frozen when the library is back, for it is the operator who decides', async () => {
    await restart(() => writeLibrary(GUARD));
    const answer = await client.publish(move(machine, 'ADD', { on: head() }));
    expect(verdictOf(answer)).toMatch(/^blocked: machine-frozen:/);
  });
});
