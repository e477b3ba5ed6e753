/**
 * Forks over a socket (PROTOCOL §7): what each mode accepts, where the head is then, what is kept
 * as evidence and how it is shown.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { standing, verdictOf } from '../support/answers.ts';
import { connect } from '../support/client.ts';
import {
  C,
  claim,
  DELIVERY,
  define,
  ENGINE_TAG,
  type Move,
  move,
  NOW,
  persisted,
  publishAll,
  X,
  Z,
} from '../support/machines.ts';
import { setStage } from '../support/stage.ts';
import { startTestRelay, type TestRelay } from '../support/start-relay.ts';

const stage = setStage();
const FORKS_MAX = 8;

type Node = Readonly<Record<string, unknown>> & { readonly id: string };
type Dag = {
  readonly head: string | null;
  readonly nodes: readonly Node[];
  readonly frozen: {
    readonly at: string | null;
    readonly cause: string;
    proof: NostrEvent[];
  } | null;
};

const ask = async (machine: NostrEvent, what: string): Promise<Record<string, unknown>> => {
  const { httpUrl } = stage.relay;
  const answer = await fetch(`${httpUrl}/api/v1/machines/${machine.id}/${what}`);
  return (await answer.json()) as Record<string, unknown>;
};
const dagOf = async (machine: NostrEvent): Promise<Dag> => (await ask(machine, 'dag')) as Dag;

let coordinates = 0;
/** A delivery machine with a fork mode, accepted by X. */
async function publishForked(forks: string): Promise<{ machine: NostrEvent; first: NostrEvent }> {
  const state = ['state', `30078:${C.pubkey}:forked-${++coordinates}`];
  const machine = define(DELIVERY, { tags: [ENGINE_TAG, state, ['forks', forks]] });
  const first = move(machine, 'ACCEPT', { at: NOW - 100 });
  await publishAll(stage.client, [machine, first]);
  return { machine, first };
}

const noted = (machine: NostrEvent, text: string, said: Move): NostrEvent =>
  move(machine, 'NOTE', { data: { note: text }, ...said });

describe('a machine in dag mode', () => {
  it('takes siblings in any order and heads for the lowest id (side-branch)', async () => {
    const { machine, first } = await publishForked('dag');
    const [low, high] = [1, 2]
      .map((n) => noted(machine, `${n}`, { on: first }))
      .sort((a, b) => (a.id < b.id ? -1 : 1)) as [NostrEvent, NostrEvent];
    const atLow = standing(low, 2, 'accepted');
    expect(await stage.submit(low, machine)).toEqual({ verdict: 'ok', held: atLow });
    expect(await stage.submit(high, machine)).toEqual({ verdict: 'ok side-branch', held: atLow });

    const other = await publishForked('dag');
    const [second, third] = [1, 2]
      .map((n) => noted(other.machine, `${n}`, { on: other.first }))
      .sort((a, b) => (a.id < b.id ? 1 : -1)) as [NostrEvent, NostrEvent];
    await publishAll(stage.client, [second]);
    expect(await stage.submit(third, other.machine)).toEqual({
      verdict: 'ok side-branch',
      held: standing(third, 2, 'accepted'),
    });
    expect(await ask(other.machine, 'state')).toMatchObject({
      ...{ head: third.id, finality: 'provisional', final_height: null, revision: 4 },
    });
  });

  it('takes a second first transition, and branches that go on', async () => {
    const { machine, first } = await publishForked('dag');
    const rival = move(machine, 'ACCEPT', { by: Z, at: NOW - 90 });
    const moved = move(machine, 'START_TRANSIT', { by: Z, on: rival });
    await publishAll(stage.client, [rival, moved]);
    const head = first.id < rival.id ? first : moved;
    const { nodes } = await dagOf(machine);
    expect(nodes.filter(({ canonical }) => canonical).at(-1)?.id).toBe(head.id);
    expect(nodes.map(({ id, evidence }) => [id, evidence])).toEqual(
      expect.arrayContaining([first, rival, moved].map(({ id }) => [id, false])),
    );
    const state = await ask(machine, `state?at=${moved.id}`);
    expect(state).toMatchObject({ head: moved.id, value: 'in_transit', finality: 'provisional' });
  });

  it('answers a sibling that is not valid with the reason of its own prior', async () => {
    const { machine, first } = await publishForked('dag');
    await publishAll(stage.client, [move(machine, 'START_TRANSIT', { on: first })]);
    const denied = move(machine, 'START_TRANSIT', { by: Z, on: first });
    expect((await stage.submit(denied, machine)).verdict).toBe('invalid: guard-denied:');
  });

  it(`takes ${FORKS_MAX} side branches on a node and no more (fork-limit)`, async () => {
    const { machine, first } = await publishForked('dag');
    const rivals = Array.from({ length: FORKS_MAX + 2 }, (_, n) =>
      noted(machine, `${n}`, { on: first }),
    );
    const verdicts: string[] = [];
    for (const rival of rivals) verdicts.push(verdictOf(await stage.client.publish(rival)));
    expect(verdicts.filter((verdict) => verdict.startsWith('ok'))).toHaveLength(FORKS_MAX + 1);
    expect(verdicts.at(-1)).toBe('rate-limited: fork-limit:');
  });
});

describe('a machine in void mode', () => {
  it('freezes at the fork when a second valid transition turns up on a node', async () => {
    const { machine, first } = await publishForked('void');
    const second = move(machine, 'START_TRANSIT', { on: first });
    const third = move(machine, 'DELIVER', { on: second });
    await publishAll(stage.client, [second, third]);
    const rival = noted(machine, 'on second thoughts', { on: first });
    const verdict = `blocked: machine-frozen: head=${first.id} height=1`;
    const held = { ...standing(first, 1, 'accepted'), status: 'frozen' };
    expect(await stage.submit(rival, machine)).toEqual({ verdict, held });
    const next = move(machine, 'DELIVER', { on: third });
    expect(await stage.submit(next, machine)).toEqual({ verdict, held });

    const { head, frozen, nodes } = await dagOf(machine);
    expect([head, frozen?.at, frozen?.cause]).toEqual([first.id, first.id, 'void']);
    expect(frozen?.proof).toEqual([second, rival]);
    const named = nodes.filter(({ prior }) => prior === first.id);
    expect(named.map(({ id, evidence, equivocation }) => [id, evidence, equivocation])).toEqual([
      [second.id, false, true],
      [rival.id, true, true],
    ]);
  });

  it('freezes further down when an earlier fork turns up, and nowhere else', async () => {
    const { machine, first } = await publishForked('void');
    const second = noted(machine, 'one', { on: first });
    const third = noted(machine, 'two', { on: second });
    await publishAll(stage.client, [second, third]);
    await stage.client.publish(noted(machine, 'three', { on: second }));
    expect((await dagOf(machine)).frozen?.at).toBe(second.id);
    const earlier = noted(machine, 'four', { on: first });
    const frozen = { ...standing(first, 1, 'accepted'), status: 'frozen' };
    expect((await stage.submit(earlier, machine)).held).toEqual(frozen);
  });

  it('goes on when the second transition is not valid (stale-head)', async () => {
    const { machine, first } = await publishForked('void');
    const second = move(machine, 'START_TRANSIT', { on: first });
    await publishAll(stage.client, [second]);
    const denied = move(machine, 'START_TRANSIT', { by: Z, on: first });
    const verdict = `invalid: stale-head: head=${second.id} height=2`;
    const held = standing(second, 2, 'in_transit');
    expect(await stage.submit(denied, machine)).toEqual({ verdict, held });
    expect((await dagOf(machine)).nodes.filter(({ evidence }) => evidence)).toEqual([]);
  });

  it('goes on when the fork is below the final prefix (stale-head)', async () => {
    const { machine, first } = await publishForked('void');
    const second = move(machine, 'START_TRANSIT', { on: first });
    const moved = persisted('in_transit', { executorPubKey: X.pubkey });
    await publishAll(stage.client, [second, claim(machine, moved, { on: second })]);
    const late = noted(machine, 'late', { on: first });
    const verdict = `invalid: stale-head: head=${second.id} height=2`;
    const held = standing(second, 2, 'in_transit');
    expect(await stage.submit(late, machine)).toEqual({ verdict, held });
  });
});

describe('evidence', () => {
  it('is shown in the tree, as race or equivocation, and to who asks for its id', async () => {
    const { machine, first } = await publishForked('head-only');
    const second = move(machine, 'START_TRANSIT', { on: first });
    const third = move(machine, 'DELIVER', { by: C, on: second });
    await publishAll(stage.client, [second, third]);
    const own = noted(machine, 'instead', { on: first });
    const race = move(machine, 'DELIVER', { by: Z, on: second });
    for (const event of [own, race]) await stage.client.publish(event);
    const { nodes } = await dagOf(machine);
    const shown = nodes.map(({ id, evidence, equivocation, height }) => [
      ...[id, height, evidence, equivocation],
    ]);
    expect(shown).toEqual([
      [first.id, 1, false, false],
      [second.id, 2, false, true],
      [own.id, 2, true, true],
      [third.id, 3, false, false],
      [race.id, 3, true, false],
    ]);
    expect(await stage.client.query({ ids: [own.id] })).toEqual([own]);
    const named = await stage.client.query({ '#e': [machine.id], kinds: [7501] });
    expect(named.map(({ id }) => id)).not.toContain(own.id);
  });

  it(`is kept of ${FORKS_MAX} siblings on one node`, async () => {
    const { machine, first } = await publishForked('head-only');
    await publishAll(stage.client, [move(machine, 'START_TRANSIT', { on: first })]);
    const late = Array.from({ length: FORKS_MAX + 2 }, (_, n) =>
      noted(machine, `${n}`, { on: first }),
    );
    for (const event of late) await stage.client.publish(event);
    const { nodes } = await dagOf(machine);
    expect(nodes.filter(({ evidence }) => evidence)).toHaveLength(FORKS_MAX);
    expect(await stage.client.query({ ids: late.map(({ id }) => id) })).toHaveLength(FORKS_MAX);
  });
});

describe('a relay that allows some fork modes', () => {
  let relay: TestRelay;
  beforeAll(async () => {
    const machines = { forks: 'dag', allowedForks: ['dag', 'head-only'] } as const;
    relay = await startTestRelay({ machines }, { now: () => NOW });
  });
  afterAll(() => relay.stop());

  it('refuses the others, and hosts machines that name none in its own mode', async () => {
    const client = await connect(relay.url);
    const asking = define(DELIVERY, { tags: [['forks', 'void']] });
    expect(verdictOf(await client.publish(asking))).toBe('blocked: unsupported-feature:');
    const plain = define(DELIVERY, { tags: [] });
    await publishAll(client, [plain]);
    const answer = await fetch(`${relay.httpUrl}/api/v1/machines/${plain.id}`);
    expect(await answer.json()).toMatchObject({ forks: 'dag', state: { finality: 'provisional' } });
    const info = await fetch(relay.httpUrl, { headers: { accept: 'application/nostr+json' } });
    expect(await info.json()).toMatchObject({
      nsm: { forks: ['dag', 'head-only'], default_forks: 'dag' },
    });
    await client.close();
  });
});
