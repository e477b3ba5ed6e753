/**
 * Listings of machines, and everything about one of them.
 */

import { noteEncode } from 'nostr-tools/nip19';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { contentHash } from '../../src/nsm/canonical.ts';
import { snapshotContent } from '../../src/nsm/snapshot.ts';
import { connect } from '../support/client.ts';
import { signEvent, testKey } from '../support/sign.ts';
import { startTestRelay } from '../support/start-relay.ts';
import {
  ALICE,
  ask,
  BOB,
  definition,
  JOB,
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

const CAROL = testKey('carol');
const custodian = ['state', `30078:${CAROL.pubkey}:jobs`];

const described = definition({
  tags: [['title', 'Bread for Élodie'], ['description', 'two "loaves", 50% rye'], custodian],
});
const begun = definition({ at: START + 1, tags: [['title', 'Begun']] });
const take = transition(begun, 'TAKE');
const start = transition(begun, 'START', { on: take });
const ended = definition({ at: START + 2, by: BOB });
const taken = transition(ended, 'TAKE');
const finish = transition(ended, 'FINISH', { on: taken });

beforeAll(async () => {
  await publishAll(client, [described, begun, ended, taken, finish, take, start]);
});

type Listing = { machines: { machine: string; height: number }[]; next: string | null };

const list = (query: string) => ask<Listing>(relay, `/api/v1/machines${query}`);
const idsOf = async (query: string) =>
  (await list(query)).json.machines.map(({ machine }) => machine);

describe('the listing of machines', () => {
  it('has the newest activity first', async () => {
    expect(await idsOf('')).toEqual([begun.id, ended.id, described.id]);
  });

  it('says of each what people look for', async () => {
    const { json } = await list('?limit=1');
    expect(json.machines).toEqual([
      {
        machine: begun.id,
        title: 'Begun',
        author: ALICE.pubkey,
        status: 'active',
        value: { taken: 'busy' },
        height: 2,
        head: start.id,
        forks: 'head-only',
        participants: [ALICE.pubkey, BOB.pubkey],
        updated_at: NOW,
      },
    ]);
  });

  it.each<[string, string, NostrEvent[]]>([
    ['an active state', 'state=open', [described]],
    ['a state with active children', 'state=taken', [begun]],
    ['an active child', 'state=taken.busy', [begun]],
    ['a child that is not active', 'state=taken.idle', []],
    ['a type that has a handler', 'type=TAKE', [described]],
    ['a type that had one', 'type=START', []],
    ['a status', 'status=done', [ended]],
    ['another status', 'status=active', [begun, described]],
    ['an author', `author=${ALICE.pubkey}`, [begun, described]],
    ['a participant', `participant=${BOB.pubkey}`, [begun, ended]],
    ['a key nobody has seen', `participant=${testKey('nobody').pubkey}`, []],
    ['an author nobody has seen', `author=${testKey('nobody').pubkey}`, []],
    ['part of a title, in whatever case', 'q=BREAD', [described]],
    ['part of a title beyond ASCII', 'q=%C3%89LO', [described]],
    ['part of a description with quotes', 'q=%22loaves%22', [described]],
    ['what would be a wildcard elsewhere', 'q=50%25', [described]],
    ['part of an id', `q=${begun.id.slice(20, 40).toUpperCase()}`, [begun]],
    ['an id as NIP-19 has it', `q=${noteEncode(begun.id)}`, [begun]],
    ['text of another tag', `q=${CAROL.pubkey.slice(0, 20)}`, []],
    ['several conditions', `status=active&participant=${BOB.pubkey}&state=taken`, [begun]],
    ['conditions that exclude each other', 'state=open&type=START', []],
  ])('finds machines by %s', async (_, query, expected) => {
    expect(await idsOf(`?${query}`)).toEqual(expected.map(({ id }) => id));
  });

  it('follows a machine from state to state', async () => {
    const moving = definition({ at: START + 3 });
    await publishAll(client, [moving]);
    expect(await idsOf('?state=open')).toContain(moving.id);
    await publishAll(client, [transition(moving, 'TAKE')]);
    expect(await idsOf('?state=open')).not.toContain(moving.id);
    expect(await idsOf('?state=taken.idle')).toEqual([moving.id]);
  });
});

describe('a page of the listing', () => {
  it('leads to the next by cursor and by link, without gap or repetition', async () => {
    const all = await idsOf('');
    const seen: string[] = [];
    let path: string | undefined = '/api/v1/machines?limit=1';
    while (path !== undefined) {
      const page: Told<Listing> = await ask(relay, path);
      const { machines, next } = page.json;
      seen.push(...machines.map(({ machine }) => machine));
      path = nextPage(page);
      expect(path).toBe(next === null ? undefined : `/api/v1/machines?limit=1&cursor=${next}`);
    }
    expect(seen).toEqual(all);
  });

  it('has a bound, however many machines are asked for', async () => {
    expect((await list('?limit=999999')).status).toBe(200);
  });

  it.each(['limit=0', 'limit=-1', 'limit=many', 'status=odd', 'author=bob', 'q=', 'state='])(
    'is refused for %s',
    async (query) => {
      const { status, json } = await list(`?${query}`);
      expect({ status, json }).toMatchObject({ status: 400, json: { code: 'bad-request' } });
    },
  );

  it('is refused for a cursor that is not one of its own', async () => {
    const { status, json } = await list('?cursor=abc');
    expect({ status, json }).toMatchObject({ status: 400, json: { code: 'bad-cursor' } });
  });
});

describe('a machine', () => {
  const PATH = `/api/v1/machines/${described.id}`;

  it('is told with its definition, what is known of it, and its state', async () => {
    const { json } = await ask(relay, PATH);
    const { json: state } = await ask(relay, `${PATH}/state`);
    expect(json).toEqual({
      machine: described.id,
      definition: described,
      title: 'Bread for Élodie',
      description: 'two "loaves", 50% rye',
      author: ALICE.pubkey,
      created_at: START,
      first_seen: NOW,
      content_hash: contentHash(JOB),
      custodian: { pubkey: CAROL.pubkey, d: 'jobs', status: 'silent' },
      forks: 'head-only',
      participants: [ALICE.pubkey],
      warnings: [],
      replayable: true,
      counts: { transitions: 0, evidence: 0, snapshots: 0 },
      state,
    });
  });

  it('has null for what its definition does not say', async () => {
    const { json } = await ask(relay, `/api/v1/machines/${ended.id}`);
    expect(json).toMatchObject({ title: null, description: null, custodian: null });
  });

  it('passes on the warnings of the linter', async () => {
    const config = { initial: 'a', states: { a: { on: { GO: 'b' } }, b: {}, c: {} } };
    const odd = definition({ config });
    await publishAll(client, [odd]);
    const { json } = await ask(relay, `/api/v1/machines/${odd.id}`);
    expect(json).toMatchObject({
      warnings: [
        { code: 'dead-end', path: '/states/b', message: expect.stringContaining('b') },
        { code: 'unreachable-state', path: '/states/c', message: expect.stringContaining('c') },
      ],
    });
  });

  it('counts transitions, contradictions and snapshots, and hears its custodian', async () => {
    const job = definition({ at: START + 4, tags: [custodian] });
    const first = transition(job, 'TAKE');
    const stale = transition(job, 'TAKE', { by: ALICE });
    await publishAll(client, [job, first]);
    await client.publish(stale);
    const { json } = await ask<Parameters<typeof snapshotContent>[0]>(
      relay,
      `/api/v1/machines/${job.id}/state`,
    );
    const { status, value, context, history, timers } = json;
    const content = snapshotContent({ status, value, context, history, timers });
    const tags = [
      ['d', 'jobs'],
      ['e', job.id],
      ['transition', first.id],
    ];
    const snapshot = signEvent({ kind: 30078, created_at: NOW, tags, content }, CAROL.secret);
    await publishAll(client, [snapshot]);
    expect((await ask(relay, `/api/v1/machines/${job.id}`)).json).toMatchObject({
      counts: { transitions: 1, evidence: 1, snapshots: 1 },
      custodian: { status: 'active' },
    });
    expect((await ask(relay, `/api/v1/machines/${job.id}/dag`)).json).toMatchObject({
      endorsements: [
        { snapshot: snapshot.id, head: first.id, pubkey: CAROL.pubkey, created_at: NOW },
      ],
    });
  });

  it.each([
    ['that nobody knows', '0'.repeat(64)],
    ['that is a transition', take.id],
  ])('is not-found by an id %s', async (_, id) => {
    const { status, json } = await ask(relay, `/api/v1/machines/${id}`);
    expect({ status, json }).toMatchObject({ status: 404, json: { code: 'not-found' } });
  });
});
