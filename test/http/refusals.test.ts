/**
 * What was refused lately, over HTTP, and how often, in the figures.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../support/client.ts';
import { startTestRelay } from '../support/start-relay.ts';
import { ask, BOB, definition, NOW, publishAll, START, transition } from './job.ts';

const relay = await startTestRelay({}, { now: () => NOW });
const client = await connect(relay.url);
afterAll(() => relay.stop());

const job = definition();
const other = definition({ at: START + 1 });
const take = transition(job, 'TAKE');
const unhandled = transition(job, 'PAUSE', { on: take });
const denied = transition(job, 'NOTE', { on: take, data: { text: 'a' } });
const elsewhere = transition(other, 'PAUSE');
const broken = definition({ config: {} });

beforeAll(async () => {
  await publishAll(client, [job, other, take]);
  for (const event of [unhandled, denied, elsewhere, broken]) await client.publish(event);
});

type Listing = { refusals: { id: string; message: string }[]; next: string | null };

const list = (query: string) => ask<Listing>(relay, `/api/v1/refusals${query}`);
const idsOf = async (query: string) => (await list(query)).json.refusals.map(({ id }) => id);

describe('the listing of refusals', () => {
  it('has the newest first, each with what the sender was told', async () => {
    const { json } = await list('');
    const ids = json.refusals.map(({ id }) => id);
    expect(ids).toEqual([broken.id, elsewhere.id, denied.id, unhandled.id]);
    expect(json.refusals[0]).toMatchObject({ kind: 7500, machine: null });
    expect(json.refusals[2]).toEqual({
      id: denied.id,
      kind: 7501,
      machine: job.id,
      author: BOB.pubkey,
      code: 'guard-denied',
      message: 'invalid: guard-denied: no guard lets this author do this now',
      at: NOW,
    });
  });

  it('can be of one machine, with one code, or both', async () => {
    expect(await idsOf(`?machine=${other.id}`)).toEqual([elsewhere.id]);
    expect(await idsOf('?code=no-transition')).toEqual([elsewhere.id, unhandled.id]);
    expect(await idsOf(`?code=no-transition&machine=${job.id}`)).toEqual([unhandled.id]);
    expect(await idsOf('?code=stale-head')).toEqual([]);
  });

  it('is paged without gap or repetition', async () => {
    const first = await list('?limit=2');
    const second = await list(`?limit=2&cursor=${first.json.next}`);
    const seen = [...first.json.refusals, ...second.json.refusals].map(({ id }) => id);
    expect(seen).toEqual([broken.id, elsewhere.id, denied.id, unhandled.id]);
    expect(second.json.next).toBeNull();
  });

  it.each([
    ['machine=job', 'bad-request'],
    ['code=No%20Such', 'bad-request'],
    ['cursor=abc', 'bad-cursor'],
  ])('is refused for %s', async (query, code) => {
    const { status, json } = await list(`?${query}`);
    expect({ status, json }).toMatchObject({ status: 400, json: { code } });
  });
});

describe('figures', () => {
  it('count what is stored, accepted and refused', async () => {
    expect((await ask(relay, '/api/v1/stats')).json).toMatchObject({
      machines: 2,
      transitions: 1,
      connections: 1,
      accepted: 3,
      refused: { 'no-transition': 2, 'guard-denied': 1, 'definition-invalid': 1 },
    });
  });
});
