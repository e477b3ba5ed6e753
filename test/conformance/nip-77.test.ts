/**
 * Reconciliation (NIP-77) over a real websocket: which events are in the set, who is refused, and
 * what ends a session.
 */

import { nip77 } from 'nostr-tools';
import { beforeEach, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { ask } from '../http/job.ts';
import { authenticate } from '../support/authenticate.ts';
import { type Client, connect, type FilterJson, type Frame } from '../support/client.ts';
import { define, move, NOW, note, publishAccepted, publishAll, Z } from '../support/machines.ts';
import { setStage } from '../support/stage.ts';
import { startTestRelay } from '../support/start-relay.ts';

const stage = setStage();
let client: Client;
let topics = 0;
let topic: string;

beforeEach(async () => {
  client = await stage.another();
  topic = `topic ${++topics}`;
});

const EMPTY_LIST = '6100000200';
const isNeg = ([verb]: Frame): boolean => verb.startsWith('NEG-');
const tagged = (i: number): NostrEvent =>
  note(1, `${i}`, { tags: [['t', topic]], at: NOW - (i % 3) });

/** Says something of a reconciliation and waits for the answer. */
async function say(...frame: Frame): Promise<readonly unknown[]> {
  client.send(frame);
  return client.nextFrame(isNeg);
}

/** The ids of a set: a client that has nothing needs them all. */
async function idsOf(filter: FilterJson, asked = client): Promise<readonly string[]> {
  const storage = new nip77.NegentropyStorageVector();
  storage.seal();
  const negentropy = new nip77.Negentropy(storage);
  const ids: string[] = [];
  asked.send(['NEG-OPEN', 'all', filter, negentropy.initiate()]);
  for (;;) {
    const [verb, , message] = await asked.nextFrame(isNeg);
    if (verb !== 'NEG-MSG') throw new Error(String(message));
    const next = negentropy.reconcile(String(message), undefined, (id) => void ids.push(id));
    if (next === null) break;
    asked.send(['NEG-MSG', 'all', next]);
  }
  asked.send(['NEG-CLOSE', 'all']);
  return ids.sort();
}

const idsIn = (events: readonly NostrEvent[]) => events.map(({ id }) => id).sort();

describe('the set of a filter', () => {
  it('is what REQ would answer, without its limits', async () => {
    const events = Array.from({ length: 700 }, (_, i) => tagged(i));
    await Promise.all(events.map((event) => client.publish(event)));
    expect(await idsOf({ '#t': [topic] })).toEqual(idsIn(events));
    const some = events.slice(0, 5);
    expect(await idsOf({ ids: idsIn(some) })).toEqual(idsIn(some));
    const filter = { '#t': [topic], since: NOW - 1, until: NOW - 1 };
    const second = events.filter(({ created_at: at }) => at === NOW - 1);
    expect(await idsOf(filter)).toEqual(idsIn(second));
    for (const limit of [0, 1, 20, 699]) {
      const newest = await client.query({ '#t': [topic], limit });
      // REQ goes on to the end of the last second (NIP-67), a set does not.
      expect(await idsOf({ '#t': [topic], limit })).toEqual(idsIn(newest.slice(0, limit)));
    }
  });

  it.each<readonly [string, FilterJson]>([
    ['one author', { authors: [Z.pubkey] }],
    ['an author and kinds', { authors: [Z.pubkey], kinds: [1, 7501] }],
    ['kinds', { kinds: [1] }],
    ['a time', { since: NOW - 100 }],
    ['two tags', { '#t': ['a', 'b'] }],
  ])('of %s is that of REQ', async (_, filter) => {
    await publishAll(client, [
      note(1, topic, {
        tags: [
          ['t', 'a'],
          ['t', 'b'],
        ],
      }),
      note(7, topic, { tags: [['t', 'b']] }),
    ]);
    const { self } = stage.relay;
    const events = await client.query({ ...filter, limit: 1_000 });
    const others = events.filter(({ pubkey }) => pubkey !== self);
    expect(others.length).toBeGreaterThan(0);
    expect(await idsOf(filter)).toEqual(idsIn(others));
  });

  it('holds machines as they were accepted, and no keeper snapshot', async () => {
    const { machine, first } = await publishAccepted(client);
    await client.publish(move(machine, 'DELIVER', { on: first, at: NOW - 50 }));
    expect(await client.query({ kinds: [30_078], '#e': [machine.id] })).toHaveLength(1);
    expect(await idsOf({ '#e': [machine.id] })).toEqual([first.id]);
    expect(await idsOf({ authors: [stage.relay.self] })).toEqual([]);
  });
});

describe('what is in no set', () => {
  it.each([1_059, 7_502, 21_059])('is kind %i, whoever asks', async (kind) => {
    await publishAll(client, [
      note(kind, topic, {
        tags: [
          ['p', Z.pubkey],
          ['t', topic],
        ],
      }),
      note(1, topic, { tags: [['t', topic]] }),
    ]);
    for (const person of [undefined, Z]) {
      if (person) await authenticate(client, stage.relay.url, person);
      expect(await idsOf({ '#t': [topic] })).toHaveLength(1);
      const [verb, , reason] = await say('NEG-OPEN', 'x', { kinds: [kind] }, EMPTY_LIST);
      const expected = person ? /^restricted: / : /^auth-required: /;
      expect([verb, reason]).toEqual(['NEG-ERR', expect.stringMatching(expected)]);
    }
  });

  it('is what has expired', async () => {
    let now = NOW;
    const relay = await startTestRelay({}, { now: () => now });
    const other = await connect(relay.url);
    await publishAll(other, [note(1, '', { tags: [['expiration', `${NOW + 10}`]] })]);
    expect(await idsOf({}, other)).toHaveLength(1);
    now += 10;
    expect(await idsOf({}, other)).toEqual([]);
    await other.close();
    await relay.stop();
  });

  it('is what came after it was opened', async () => {
    await publishAll(client, [tagged(1)]);
    const [, , before] = await say('NEG-OPEN', 'x', { '#t': [topic] }, EMPTY_LIST);
    await publishAll(client, [tagged(2)]);
    expect(await say('NEG-MSG', 'x', EMPTY_LIST)).toEqual(['NEG-MSG', 'x', before]);
    const [, , after] = await say('NEG-OPEN', 'x', { '#t': [topic] }, EMPTY_LIST);
    expect(String(after).length).toBeGreaterThan(String(before).length);
  });
});

describe('a session', () => {
  it('has an id of its own beside subscriptions', async () => {
    await client.subscribe('x', { kinds: [7_500] }).stored();
    await say('NEG-OPEN', 'x', {}, EMPTY_LIST);
    const machine = define();
    await client.publish(machine);
    expect(await client.nextFrame(([verb]) => verb === 'EVENT')).toEqual(['EVENT', 'x', machine]);
  });

  it.each<readonly [string, Frame, string]>([
    ['a message nobody opened', ['NEG-MSG', 'x', EMPTY_LIST], 'closed: '],
    ['a filter that is none', ['NEG-OPEN', 'x', { kind: [1] }, EMPTY_LIST], 'unsupported: '],
    ['a message that is no hex', ['NEG-OPEN', 'x', {}, 'zz'], 'invalid: '],
    ['a message that is cut off', ['NEG-OPEN', 'x', {}, '61000001'], 'invalid: '],
    ['a message of another protocol', ['NEG-OPEN', 'x', {}, '70'], 'invalid: '],
  ])('is refused for %s', async (_, frame, reason) => {
    const answer = await say(...frame);
    expect(answer.slice(0, 2)).toEqual(['NEG-ERR', 'x']);
    expect(answer[2]).toMatch(new RegExp(`^${reason}`));
  });

  it.each([
    [['NEG-OPEN', 1, {}, EMPTY_LIST]],
    [['NEG-OPEN', 'x'.repeat(65), {}, EMPTY_LIST]],
    [['NEG-OPEN', 'x', {}]],
    [['NEG-MSG', 'x', 5]],
    [['NEG-CLOSE']],
  ])('is not begun by %j', async (frame) => {
    client.send(frame);
    const [verb, problem] = await client.nextFrame();
    expect([verb, problem]).toEqual(['NOTICE', expect.stringMatching(/^invalid: NEG-/)]);
  });

  it('answers another version with its own, and goes on', async () => {
    expect(await say('NEG-OPEN', 'x', {}, '62aabb')).toEqual(['NEG-MSG', 'x', '61']);
    expect((await say('NEG-MSG', 'x', EMPTY_LIST))[0]).toBe('NEG-MSG');
  });

  it('takes one message at a time', async () => {
    client.send(['NEG-OPEN', 'x', {}, EMPTY_LIST]);
    const answer = await say('NEG-MSG', 'x', EMPTY_LIST);
    expect(answer).toEqual(['NEG-ERR', 'x', 'closed: the last message is not answered yet']);
    expect(await client.unread()).toEqual([]);
  });

  it('is one of at most sixteen, and its place is free once it is closed', async () => {
    for (let i = 0; i < 16; i++) await say('NEG-OPEN', `${i}`, { kinds: [2] }, EMPTY_LIST);
    const [verb, , reason] = await say('NEG-OPEN', 'x', { kinds: [2] }, EMPTY_LIST);
    expect([verb, reason]).toEqual(['NEG-ERR', expect.stringMatching(/^blocked: /)]);
    client.send(['NEG-CLOSE', '0']);
    expect((await say('NEG-OPEN', 'x', { kinds: [2] }, EMPTY_LIST))[0]).toBe('NEG-MSG');
  });
});

describe('an operator', () => {
  const withRelay = async (
    negentropy: { readonly enabled?: boolean; readonly recordsMax?: number },
    look: (other: Client, nips: readonly number[]) => Promise<void>,
  ): Promise<void> => {
    const relay = await startTestRelay({ negentropy }, { now: () => NOW });
    const headers = { Accept: 'application/nostr+json' };
    const { json } = await ask<{ supported_nips: number[] }>(relay, '/', { headers });
    const other = await connect(relay.url);
    await publishAll(other, [note(1, 'a'), note(1, 'b')]);
    await look(other, json.supported_nips);
    await other.close();
    await relay.stop();
  };

  it('may switch it off, and then it is not advertised', async () => {
    await withRelay({ enabled: false }, async (other, nips) => {
      expect(nips).not.toContain(77);
      other.send(['NEG-OPEN', 'x', {}, EMPTY_LIST]);
      expect((await other.nextFrame(isNeg))[2]).toMatch(/^blocked: /);
    });
  });

  it('bounds what is held together: who comes later waits until there is room', async () => {
    await withRelay({ recordsMax: 2 }, async (other) => {
      for (const id of ['1', '2', '3', '4']) {
        other.send(['NEG-OPEN', id, {}, EMPTY_LIST]);
        expect((await other.nextFrame(isNeg)).slice(0, 2)).toEqual(['NEG-MSG', id]);
      }
      other.send(['NEG-OPEN', '5', {}, EMPTY_LIST]);
      // Whoever is in answers meanwhile, and is answered after the fifth has been put off.
      other.send(['NEG-MSG', '4', EMPTY_LIST]);
      expect((await other.nextFrame(isNeg))[1]).toBe('4');
      expect(await other.unread()).toEqual([]);
      other.send(['NEG-CLOSE', '1']);
      expect((await other.nextFrame(isNeg))[1]).toBe('5');
    });
  });

  it('bounds the records, and who asks for more is told how many', async () => {
    await withRelay({ recordsMax: 1 }, async (other, nips) => {
      expect(nips).toContain(77);
      other.send(['NEG-OPEN', 'x', {}, EMPTY_LIST]);
      const [verb, , reason, max] = await other.nextFrame(isNeg);
      expect([verb, reason, max]).toEqual(['NEG-ERR', expect.stringMatching(/^blocked: /), 1]);
      expect(await idsOf({ limit: 1 }, other)).toHaveLength(1);
    });
  });
});
