/**
 * The chain of a machine and its tree, over HTTP.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { connect } from '../support/client.ts';
import { signEvent } from '../support/sign.ts';
import { startTestRelay } from '../support/start-relay.ts';
import {
  ALICE,
  ask,
  BOB,
  definition,
  NOW,
  nextPage,
  publishAll,
  START,
  type Told,
  transition,
} from './job.ts';

const relay = await startTestRelay({}, { now: () => NOW });
const client = await connect(relay.url);
afterAll(() => relay.stop());

const job = definition();
const take = transition(job, 'TAKE', { at: START + 10 });
const begin = transition(job, 'START', { on: take, at: START + 20 });
const pause = transition(job, 'PAUSE', { on: begin, at: START + 30 });
/** Bob contradicts himself, Alice is only late, and somebody builds on what was refused. */
const twice = transition(job, 'FINISH', { on: take, at: START + 21 });
const late = transition(job, 'START', { on: take, at: START + 22, by: ALICE });
const above = transition(job, 'PAUSE', { on: late, at: START + 40, by: ALICE });

const PATH = `/api/v1/machines/${job.id}`;

beforeAll(async () => {
  await publishAll(client, [job, take, begin, pause]);
  for (const event of [twice, late, above]) await client.publish(event);
});

type Row = { id: string; height: number; state_hash: string };
type Transitions = { transitions: Row[]; next: string | null };
type Dag = { nodes: Row[]; next: string | null };

describe('the transitions of a machine', () => {
  it('are told in chain order, each with its event and what it led to', async () => {
    const { json } = await ask<Transitions>(relay, `${PATH}/transitions`);
    expect(json.next).toBeNull();
    expect(json.transitions.map(({ id }) => id)).toEqual([take.id, begin.id, pause.id]);
    expect(json.transitions[1]).toEqual({
      id: begin.id,
      prior: take.id,
      height: 2,
      type: 'START',
      author: BOB.pubkey,
      created_at: START + 20,
      first_seen: NOW,
      canonical: true,
      implied: false,
      state_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      status: 'active',
      value: { taken: 'busy' },
      event: begin,
    });
    expect(json.transitions[0]).toMatchObject({ prior: null, height: 1 });
  });

  it('have the hash that the state at each has', async () => {
    const { json } = await ask<Transitions>(relay, `${PATH}/transitions`);
    for (const { id, state_hash } of json.transitions) {
      const told = await ask(relay, `${PATH}/state?at=${id}`);
      expect(told.json).toMatchObject({ state_hash });
    }
  });

  it('are paged without gap or repetition', async () => {
    const seen: string[] = [];
    let path: string | undefined = `${PATH}/transitions?limit=2&branch=all`;
    while (path !== undefined) {
      const page: Told<Transitions> = await ask(relay, path);
      seen.push(...page.json.transitions.map(({ id }) => id));
      path = nextPage(page);
      if (path) expect(path).toContain('branch=all');
    }
    expect(seen).toEqual([take.id, begin.id, pause.id]);
  });

  it('are none at the initial state', async () => {
    const fresh = definition({ at: START + 1 });
    await publishAll(client, [fresh]);
    const { json } = await ask(relay, `/api/v1/machines/${fresh.id}/transitions`);
    expect(json).toEqual({ transitions: [], next: null });
  });

  it.each([
    ['branch=side', 'bad-request'],
    ['cursor=abc', 'bad-cursor'],
  ])('are refused for %s', async (query, code) => {
    const { status, json } = await ask(relay, `${PATH}/transitions?${query}`);
    expect({ status, json }).toMatchObject({ status: 400, json: { code } });
  });
});

describe('the tree of a machine', () => {
  const node = (event: NostrEvent, more: Record<string, unknown>) => ({
    id: event.id,
    prior: event.tags[2]?.[1] ?? null,
    type: event.tags[1]?.[1],
    author: event.pubkey,
    created_at: event.created_at,
    canonical: true,
    final: false,
    evidence: false,
    implied: false,
    equivocation: false,
    ...more,
  });
  const refused = { canonical: false, evidence: true };

  it('has evidence one above its prior, and tells equivocation from a race', async () => {
    const { json } = await ask<Dag>(relay, `${PATH}/dag`);
    expect(json).toEqual({
      machine: job.id,
      head: pause.id,
      nodes: expect.arrayContaining([
        node(take, { height: 1 }),
        node(begin, { height: 2, equivocation: true }),
        node(twice, { height: 2, equivocation: true, ...refused }),
        node(late, { height: 2, ...refused }),
        node(pause, { height: 3 }),
        node(above, { height: 3, ...refused }),
      ]),
      endorsements: [],
      frozen: null,
      next: null,
    });
    expect(json.nodes.map(({ height }) => height)).toEqual([1, 2, 2, 2, 3, 3]);
  });

  it('is paged by heights, so that siblings stay together', async () => {
    const first = await ask<Dag>(relay, `${PATH}/dag?limit=2`);
    expect(first.json.nodes.map(({ height }) => height)).toEqual([1, 2, 2, 2]);
    const second = await ask<Dag>(relay, nextPage(first) ?? '');
    expect(second.json.nodes.map(({ height }) => height)).toEqual([3, 3]);
    expect(second.json.next).toBeNull();
  });

  it('does not hold wrong snapshots, which are no transitions', async () => {
    const claim = { status: 'active', value: 'nowhere', context: {}, historyValue: {} };
    const wrong = {
      kind: 30078,
      created_at: NOW,
      tags: [
        ['d', 'mine'],
        ['e', job.id],
        ['transition', pause.id],
      ],
      content: JSON.stringify(claim),
    };
    const { message } = await client.publish(signEvent(wrong, BOB.secret));
    expect(message).toContain('snapshot-mismatch');
    expect((await ask<Dag>(relay, `${PATH}/dag`)).json.nodes).toHaveLength(6);
    expect((await ask(relay, PATH)).json).toMatchObject({ counts: { evidence: 4 } });
  });

  it('is refused for a cursor that is not one of its own', async () => {
    const { status, json } = await ask(relay, `${PATH}/dag?cursor=abc`);
    expect({ status, json }).toMatchObject({ status: 400, json: { code: 'bad-cursor' } });
  });
});
