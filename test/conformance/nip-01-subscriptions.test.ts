/**
 * Subscriptions over a socket (NIP-01): stored events, EOSE, live events, and each of them once.
 *
 * Every test has a connection of its own; authors and kinds keep the tests apart.
 */

import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type NostrEvent, newestFirst } from '../../src/nostr/event.ts';
import { type Client, connect, type Frame } from '../support/client.ts';
import { NOW, note, publishAll } from '../support/machines.ts';
import { setStage } from '../support/stage.ts';

const stage = setStage();
let client: Client;
let kinds = 2_000;
/** A kind that no other test has. */
let kind: number;

/** So many events of one kind that sending them takes several turns. */
const LONG = 9_000;

beforeAll(async () => {
  await Promise.all(some(450, LONG).map((event) => stage.client.publish(event)));
});

beforeEach(async () => {
  client = await stage.another();
  kind = ++kinds;
});

const publish = (...events: readonly NostrEvent[]) => publishAll(stage.client, events);
/** Events of this test's kind, the first one the oldest. */
const some = (count: number, of = kind): readonly NostrEvent[] =>
  Array.from({ length: count }, (_, i) => note(of, `${i}`, { at: NOW - count + i }));
const eventsOf = (frames: readonly Frame[], id: string): readonly unknown[] =>
  frames.flatMap(([verb, about, event]) => (verb === 'EVENT' && about === id ? [event] : []));

describe('a subscription', () => {
  it('gets what is stored, then EOSE, then what comes', async () => {
    const [first, second, third] = some(3) as [NostrEvent, NostrEvent, NostrEvent];
    await publish(first, second);
    client.send(['REQ', 'a', { kinds: [kind] }]);
    const stored = await client.unread();
    await publish(third);
    expect([...stored, ...(await client.unread())]).toEqual([
      ['EVENT', 'a', second],
      ['EVENT', 'a', first],
      ['EOSE', 'a'],
      ['EVENT', 'a', third],
    ]);
  });

  it('stays open when all it can find is found, or nothing ever can be', async () => {
    const [event] = some(1) as [NostrEvent];
    await publish(event);
    client.send(['REQ', 'an id', { ids: [event.id] }]);
    client.send(['REQ', 'the past', { kinds: [kind], until: NOW - 500 }]);
    client.send(['REQ', 'nothing', { ids: [] }]);
    expect(await client.unread()).toEqual([
      ['EVENT', 'an id', event],
      ['EOSE', 'an id'],
      ['EOSE', 'the past'],
      ['EOSE', 'nothing'],
    ]);
  });

  it('to an id that is not there yet gets it when it comes', async () => {
    const [event] = some(1) as [NostrEvent];
    const subscription = client.subscribe('a', { ids: [event.id] });
    expect(await subscription.stored()).toEqual([]);
    await publish(event);
    expect(await subscription.next()).toEqual(event);
  });

  it('has a limit for what is stored only', async () => {
    await publish(...some(3));
    client.send(['REQ', 'one', { kinds: [kind], limit: 1 }]);
    client.send(['REQ', 'none', { kinds: [kind], limit: 0 }]);
    expect(eventsOf(await client.unread(), 'one')).toHaveLength(1);
    const more = ['x', 'y', 'z'].map((content) => note(kind, content));
    await publish(...more);
    const live = await client.unread();
    expect(eventsOf(live, 'one')).toEqual(more);
    expect(eventsOf(live, 'none')).toEqual(more);
  });
});

describe('an event reaches', () => {
  it('a subscription once, however many of its filters it fits', async () => {
    const filters = [
      { kinds: [kind] },
      { authors: [note(1).pubkey], kinds: [kind] },
      { kinds: [kind] },
    ];
    const [stored, live] = some(2) as [NostrEvent, NostrEvent];
    await publish(stored);
    client.send(['REQ', 'a', ...filters]);
    expect(eventsOf(await client.unread(), 'a')).toEqual([stored]);
    await publish(live);
    expect(eventsOf(await client.unread(), 'a')).toEqual([live]);
  });

  it('every subscription that wants it', async () => {
    client.send(['REQ', 'a', { kinds: [kind] }]);
    client.send(['REQ', 'b', { kinds: [kind, 1] }]);
    await client.unread();
    const [event] = some(1);
    await publish(...some(1));
    expect(await client.unread()).toEqual([
      ['EVENT', 'a', event],
      ['EVENT', 'b', event],
    ]);
  });

  it('no subscription of another connection by the same id', async () => {
    const other = await stage.another();
    const mine = client.subscribe('a', { kinds: [kind] });
    const others = other.subscribe('a', { kinds: [kind + 500] });
    await Promise.all([mine.stored(), others.stored()]);
    others.close();
    await other.unread();
    await publish(...some(1), ...some(1, kind + 500));
    expect(eventsOf(await client.unread(), 'a')).toEqual(some(1));
    expect(await other.unread()).toEqual([]);
  });
});

describe('a subscription ends', () => {
  it('with CLOSE', async () => {
    await client.subscribe('a', { kinds: [kind] }).stored();
    client.send(['CLOSE', 'a']);
    await client.unread();
    await publish(...some(1));
    expect(await client.unread()).toEqual([]);
  });

  it('without a word when there was none to CLOSE', async () => {
    client.send(['CLOSE', 'never opened']);
    expect(await client.unread()).toEqual([]);
  });

  it('with the next REQ of its id', async () => {
    const [stored, live] = some(2, kind + 500) as [NostrEvent, NostrEvent];
    await publish(stored);
    await client.subscribe('a', { kinds: [kind] }).stored();
    client.send(['REQ', 'a', { kinds: [kind + 500] }]);
    expect(await client.unread()).toEqual([
      ['EVENT', 'a', stored],
      ['EOSE', 'a'],
    ]);
    await publish(...some(1), live);
    expect(await client.unread()).toEqual([['EVENT', 'a', live]]);
  });

  it.each<readonly [string, readonly unknown[]]>([
    ['a REQ of its id has an unknown element', ['REQ', 'a', { foo: 1 }]],
    ['a REQ of its id has a malformed filter', ['REQ', 'a', { kinds: ['x'] }]],
    ['a REQ of its id has no filter', ['REQ', 'a']],
    ['a COUNT of its id is refused', ['COUNT', 'a', { foo: 1 }]],
  ])('with CLOSED when %s', async (_, message) => {
    await client.subscribe('a', { kinds: [kind] }).stored();
    client.send(message);
    const closed = ['CLOSED', 'a', expect.stringMatching(/^(unsupported|invalid): \S/)];
    expect(await client.unread()).toEqual([closed]);
    await publish(...some(1));
    expect(await client.unread()).toEqual([]);
  });

  it('in the middle of its stored events with CLOSE', async () => {
    client.send(['REQ', 'a', { kinds: [LONG] }]);
    client.send(['CLOSE', 'a']);
    const frames = await client.unread();
    expect(frames.length).toBeLessThan(450);
    expect(frames.filter(([verb]) => verb === 'EOSE')).toEqual([]);
    expect(await client.unread()).toEqual([]);
  });

  it('in the middle of its stored events with the next REQ of its id', async () => {
    await publish(...some(2));
    client.send(['REQ', 'a', { kinds: [LONG] }]);
    client.send(['REQ', 'a', { kinds: [kind] }]);
    const frames = await client.unread();
    const kindsSeen = (eventsOf(frames, 'a') as NostrEvent[]).map((event) => event.kind);
    expect(kindsSeen.length).toBeLessThan(450);
    expect(kindsSeen.slice(-2)).toEqual([kind, kind]);
    expect(kindsSeen.slice(0, -2).filter((seen) => seen !== LONG)).toEqual([]);
    expect(frames.filter(([verb]) => verb === 'EOSE')).toHaveLength(1);
    expect(frames.at(-1)).toEqual(['EOSE', 'a']);
  });

  it('with its connection, and the relay goes on', async () => {
    client.send(['REQ', 'a', { kinds: [LONG] }]);
    client.socket.terminate();
    await client.ended;
    expect(await stage.client.query({ kinds: [LONG] })).toHaveLength(450);
  });
});

describe('a subscription id', () => {
  it.each([
    ['of one character', 'x'],
    ['of 64 characters', 'x'.repeat(64)],
    ['of 64 characters beyond the first plane', '🤙'.repeat(64)],
    ['of a keep-alive', '<forced-ping>:1'],
    ['with quotes and backslashes', '"\\"],["EVENT'],
    ['with control characters', '\u0000\n\u001f'],
    ['of blanks', '  '],
    ['that every object has', '__proto__'],
  ])('%s is taken and given back', async (_, id) => {
    const [stored, live] = some(2) as [NostrEvent, NostrEvent];
    await publish(stored);
    client.send(['REQ', id, { kinds: [kind] }]);
    expect(await client.unread()).toEqual([
      ['EVENT', id, stored],
      ['EOSE', id],
    ]);
    await publish(live);
    expect(await client.unread()).toEqual([['EVENT', id, live]]);
  });

  it.each([
    ['that is empty', '', ''],
    ['of 65 characters', 'x'.repeat(65), 'x'.repeat(64)],
    ['of 100,000 characters', 'x'.repeat(100_000), 'x'.repeat(64)],
  ])('%s is refused with CLOSED', async (_, id, shown) => {
    client.send(['REQ', id, { kinds: [kind] }]);
    const closed = ['CLOSED', shown, expect.stringMatching(/^invalid: \S/)];
    expect(await client.unread()).toEqual([closed]);
  });
});

type Step = 'publish' | 'subscribe' | 'yield';

describe('every event', () => {
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.constant<Step>('publish') },
    { weight: 1, arbitrary: fc.constant<Step>('subscribe') },
    { weight: 3, arbitrary: fc.constant<Step>('yield') },
  );

  it('reaches every subscription once, whenever that opens while others publish', async () => {
    const publishers = await Promise.all([1, 2, 3].map(() => connect(stage.relay.url)));
    const before = some(450, LONG);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80 }), async (script) => {
        const { published, subscriptions, frames } = await play(script, publishers);
        const expected = [...before, ...published].map(({ id }) => id).sort();
        for (const id of subscriptions) {
          const seen = eventsOf(frames, id) as readonly NostrEvent[];
          expect(seen.map((event) => event.id).sort()).toEqual(expected);
          const eose = frames.findIndex(([verb, about]) => verb === 'EOSE' && about === id);
          const stored = eventsOf(frames.slice(0, eose), id) as readonly NostrEvent[];
          expect(stored).toEqual([...stored].sort(newestFirst));
        }
      }),
      { numRuns: 10 },
    );
    await Promise.all(publishers.map((publisher) => publisher.close()));
  });

  /** Plays a script without ever waiting for an answer; each event comes on two connections. */
  async function play(script: readonly Step[], publishers: readonly Client[]) {
    const reader = await connect(stage.relay.url);
    const own = ++kinds;
    const answers: Promise<unknown>[] = [];
    const published: NostrEvent[] = [];
    const subscriptions: string[] = [];
    for (const [i, what] of script.entries()) {
      if (what === 'yield') await new Promise((resolve) => setImmediate(resolve));
      if (what === 'subscribe') {
        reader.send(['REQ', `${i}`, { kinds: [LONG, own], limit: 1_000 }]);
        subscriptions.push(`${i}`);
      }
      if (what !== 'publish') continue;
      const event = note(own, `${i}`, { at: NOW - (i % 7) * 100 });
      published.push(event);
      const two = publishers.filter((_, at) => at !== i % 3);
      answers.push(...two.map((publisher) => publisher.publish(event)));
    }
    await Promise.all(answers);
    const frames: Frame[] = [];
    for (let open = subscriptions.length; open > 0; ) {
      const frame = await reader.nextFrame();
      if (frame[0] === 'EOSE') open--;
      frames.push(frame);
    }
    frames.push(...(await reader.unread()));
    await reader.close();
    return { published, subscriptions, frames };
  }
});
