/**
 * Requests to vanish (NIP-62, PROTOCOL §9): refused unless the operator carries them out; then all
 * that an author published up to that time is gone for good, and nothing of anybody else's.
 */

import { beforeEach, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { authorHash } from '../../src/store/tombstones.ts';
import { heldBy, standing, verdictOf } from '../support/answers.ts';
import { authenticate } from '../support/authenticate.ts';
import type { Client } from '../support/client.ts';
import {
  C,
  define,
  move,
  NOW,
  note,
  type Person,
  publishAll,
  R,
  type Said,
  X,
} from '../support/machines.ts';
import { testKey } from '../support/sign.ts';
import { setStage } from '../support/stage.ts';

const stage = setStage({ vanish: { mode: 'redact' } });
const refusing = setStage();
let client: Client;
let people = 0;
/** Whoever wants to vanish in this test. */
let by: Person;

beforeEach(async () => {
  client = await stage.another();
  by = testKey(`vanishing ${++people}`);
});

const submit = async (event: NostrEvent): Promise<string> => verdictOf(await client.publish(event));
const vanish = (said: Said = {}): NostrEvent =>
  note(62, 'forget me', { by, tags: [['relay', 'ALL_RELAYS']], ...said });
const stored = () => client.query({ authors: [by.pubkey] });
/** The machine of `GET /api/v1/machines/{id}` or something below it. */
const get = async (path: string) => {
  const response = await fetch(`${stage.relay.httpUrl}/api/v1/machines/${path}`);
  return (await response.json()) as Record<string, unknown>;
};

describe('a request to vanish', () => {
  it('is refused where it is not carried out', async () => {
    client = await refusing.another();
    expect(await submit(vanish())).toBe('restricted: kind-not-accepted:');
    expect(await stored()).toEqual([]);
  });

  it.each([
    ['no relay', []],
    ['another relay', [['relay', 'wss://other.example.com']]],
    ['another place on the same host', [['relay', 'ws://127.0.0.1:1/other']]],
    [
      'no address',
      [
        ['relay', 'all_relays'],
        ['relay', ''],
      ],
    ],
  ])('is refused, and has no effect, when it names %s', async (_, tags) => {
    const event = note(1, 'stays', { by });
    await submit(event);
    expect(await submit(vanish({ tags }))).toBe('restricted: kind-not-accepted:');
    expect(await stored()).toEqual([event]);
  });

  it('may name this relay by its address', async () => {
    await submit(note(1, 'goes', { by }));
    const tags = [
      ['relay', 'wss://other.example.com'],
      ['relay', `${stage.relay.url}/`],
    ];
    expect(await submit(vanish({ tags }))).toBe('ok');
    expect(await stored()).toEqual([vanish({ tags })]);
  });

  it('removes everything up to its time, deletions too, and keeps it out', async () => {
    const events = [
      note(0, '{}', { by, at: NOW - 9 }),
      note(1, 'old', { by, at: NOW - 9 }),
      note(5, '', { by, at: NOW - 8, tags: [['e', 'ab'.repeat(32)]] }),
      note(30_023, 'x', { by, tags: [['d', 'x']] }),
      note(1, 'passing', { by, tags: [['expiration', `${NOW + 900}`]] }),
    ];
    const later = note(1, 'later', { by, at: NOW + 1 });
    await publishAll(client, [...events, later]);
    expect(await submit(vanish())).toBe('ok');
    expect(await stored()).toEqual([later, vanish()]);
    await stage.relay.restart();
    client = await stage.another();
    for (const event of events) expect(await submit(event)).toBe('blocked: deleted:');
    expect(await submit(note(1, 'older than that', { by, at: 0 }))).toBe('blocked: deleted:');
    expect(await submit(vanish())).toBe('ok duplicate');
    expect(await submit(note(1, 'again', { by, at: NOW + 2 }))).toBe('ok');
    expect(await stored()).toHaveLength(3);
  });
});

describe('what a request to vanish covers', () => {
  it('is removed even if it is more than a turn holds, and hidden from the start', async () => {
    const events = Array.from({ length: 250 }, (_, i) => note(1, `${i}`, { by, at: NOW - i }));
    await publishAll(client, events);
    client.send(['EVENT', vanish()]);
    client.send(['COUNT', 'c', { authors: [by.pubkey] }]);
    await client.nextFrame(([verb]) => verb === 'OK');
    client.send(['COUNT', 'd', { authors: [by.pubkey] }]);
    const [, , counted] = await client.nextFrame(([verb, id]) => verb === 'COUNT' && id === 'd');
    expect(counted).toEqual({ count: 1 });
    expect(await stored()).toEqual([vanish()]);
  });

  it('are the gift wraps for its author too, for good', async () => {
    const wrap = (to: Person, at = NOW) =>
      note(1059, `${people}`, { by: testKey('once'), at, tags: [['p', to.pubkey]] });
    await publishAll(client, [wrap(by), wrap(R), wrap(by, NOW + 1)]);
    await submit(vanish());
    await authenticate(client, stage.relay.url, by, R);
    const found = await client.query({ authors: [testKey('once').pubkey], since: NOW });
    expect(found.filter(({ content }) => content === `${people}`)).toEqual([
      wrap(by, NOW + 1),
      wrap(R),
    ]);
    expect(await submit(wrap(by))).toBe('blocked: deleted:');
  });

  it('is not given back by a deletion, and is nothing of others', async () => {
    const other = note(1, 'of another', { by: R, tags: [['p', by.pubkey]] });
    await publishAll(client, [other, vanish()]);
    expect(await submit(note(5, '', { by, at: NOW + 1, tags: [['e', vanish().id]] }))).toBe('ok');
    expect(await client.query({ ids: [vanish().id, other.id] })).toHaveLength(2);
    expect(await submit(note(1, 'x', { by, at: NOW - 1 }))).toBe('blocked: deleted:');
  });
});

/** A machine of C, accepted and started by whoever is about to vanish, and by R in between. */
const play = async (creator: Person = C) => {
  const machine = { ...define(undefined, { by: creator, at: NOW - 100 }) };
  const first = move(machine, 'ACCEPT', { by, at: NOW - 90 });
  const second = move(machine, 'NOTE', { by: R, on: first, at: NOW - 80, data: { note: 'x' } });
  const third = move(machine, 'START_TRANSIT', { by, on: second, at: NOW - 70 });
  await publishAll(client, [machine, first, second, third]);
  return { machine, first, second, third };
};

/** Asks to vanish, and waits until a machine's record shows it. */
const vanishFrom = async ({ id }: NostrEvent): Promise<void> => {
  expect(await submit(vanish())).toBe('ok');
  while ((await get(id))['replayable'] === true);
};

describe('in the record of a machine', () => {
  it('a tombstone stays for each step, so that the chain holds and goes on', async () => {
    const { machine, first, second, third } = await play();
    const before = await get(`${machine.id}/transitions`);
    await vanishFrom(machine);
    expect(await stored()).toEqual([vanish()]);
    expect(await client.query({ '#e': [machine.id], kinds: [7501] })).toEqual([second]);
    for (const event of [first, third]) expect(await submit(event)).toBe('blocked: tombstoned:');

    const { transitions } = (await get(`${machine.id}/transitions`)) as Record<string, unknown[]>;
    const was = (before as Record<string, object[]>)['transitions'] ?? [];
    expect(transitions).toEqual([
      { ...was[0], author: authorHash(by.pubkey), event: null },
      was[1],
      { ...was[2], author: authorHash(by.pubkey), event: null },
    ]);
    expect(await get(machine.id)).toMatchObject({
      replayable: false,
      participants: expect.arrayContaining([authorHash(by.pubkey), ...[C, R].map(keyOf)]),
    });
    expect(await get(`${machine.id}/dag`)).toMatchObject({
      nodes: [
        { id: first.id, author: authorHash(by.pubkey) },
        { author: R.pubkey },
        { author: authorHash(by.pubkey) },
      ],
    });

    await stage.relay.restart();
    client = await stage.another();
    for (const [at, value] of [
      [first, 'accepted'],
      [second, 'accepted'],
      [third, 'in_transit'],
    ] as const) {
      expect(await get(`${machine.id}/state?at=${at.id}`)).toMatchObject({ value });
    }
    const last = move(machine, 'DELIVER', { by: X, on: third });
    expect(await submit(last)).toBe('ok');
    const held = await heldBy(client, stage.relay.self, machine.id);
    expect(held).toEqual(standing(last, 4, 'delivered'));
  });

  it('the definition leaves a frozen machine, served as it was', async () => {
    const { machine, third } = await play(by);
    await vanishFrom(machine);
    expect(await submit(machine)).toBe('blocked: tombstoned:');
    const frozen = {
      ...{ definition: null, author: authorHash(by.pubkey) },
      ...{ replayable: false, title: null },
    };
    for (const restarted of [false, true]) {
      if (restarted) await stage.relay.restart();
      client = await stage.another();
      expect(await get(machine.id)).toMatchObject({
        ...frozen,
        state: { status: 'frozen', value: 'in_transit', head: third.id },
      });
      const next = move(machine, 'DELIVER', { on: third });
      expect(await submit(next)).toMatch(/^blocked: machine-frozen/);
      expect(await get(`${machine.id}/state?at=${third.id}`)).toMatchObject({ height: 3 });
      expect(await get(`${machine.id}/state?at=${machine.id}`)).toMatchObject({ status: 404 });
      expect(JSON.stringify(await get(`${machine.id}/dag`))).not.toContain(by.pubkey);
    }
    const response = await fetch(`${stage.relay.httpUrl}/api/v1/machines?limit=200`);
    const list = (await response.json()) as { machines: readonly { machine: string }[] };
    const listed = list.machines.find((one) => one.machine === machine.id);
    expect(listed).toMatchObject({ author: authorHash(by.pubkey), status: 'frozen' });
  });

  it('what contradicts it goes', async () => {
    const { machine, first } = await play();
    const late = move(machine, 'NOTE', { by, on: first, at: NOW - 60, data: { note: 'late' } });
    expect(await submit(late)).toMatch(/^invalid: stale-head/);
    expect(await client.query({ ids: [late.id] })).toEqual([late]);
    await vanishFrom(machine);
    expect(await stored()).toEqual([vanish()]);
    expect(await client.query({ ids: [late.id] })).toEqual([]);
    const refusals = await fetch(`${stage.relay.httpUrl}/api/v1/refusals?machine=${machine.id}`);
    expect(await refusals.text()).not.toContain(late.id);
  });
});

function keyOf({ pubkey }: Person): string {
  return pubkey;
}
