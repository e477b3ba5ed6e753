/**
 * COUNT (NIP-45): how many events filters want, each once, of those that the asker may see.
 */

import { beforeEach, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { authenticate } from '../support/authenticate.ts';
import type { Client, FilterJson } from '../support/client.ts';
import { NOW, note, publishAll, R, type Said, X, Z } from '../support/machines.ts';
import { testKey } from '../support/sign.ts';
import { setStage } from '../support/stage.ts';

let time = NOW;
const stage = setStage({}, { now: () => time });
let client: Client;
let kind = 1_000;

beforeEach(async () => {
  client = await stage.another();
  kind++;
});

const publish = (...events: readonly NostrEvent[]) => publishAll(stage.client, events);
const some = (count: number, said: Said = {}): NostrEvent[] =>
  Array.from({ length: count }, (_, i) => note(kind, `${i}`, { at: NOW - i, ...said }));

/** What COUNT is answered with: the members of its object, or the reason of CLOSED. */
async function count(...filters: readonly FilterJson[]): Promise<unknown> {
  client.send(['COUNT', 'c', ...filters]);
  const [, , answer] = await client.nextFrame(
    ([verb, id]) => ['COUNT', 'CLOSED'].includes(verb) && id === 'c',
  );
  return answer;
}

describe('a count', () => {
  it('is of stored events, however many, whatever the limit', async () => {
    await publish(...some(620));
    expect(await count({ kinds: [kind] })).toEqual({ count: 620 });
    expect(await count({ kinds: [kind], limit: 3 })).toEqual({ count: 620 });
    expect(await count({ kinds: [kind], since: NOW - 9 })).toEqual({ count: 10 });
    expect(await count({ kinds: [kind], authors: [X.pubkey] })).toEqual({ count: 0 });
  });

  it('has an event that several filters want once', async () => {
    const events = some(6, { tags: [['t', 'a']] });
    await publish(...events);
    const ids = events.slice(0, 4).map(({ id }) => id);
    const filters = [{ ids }, { kinds: [kind], '#t': ['a', 'b'] }, { kinds: [kind] }];
    expect(await count(...filters)).toEqual({ count: 6 });
  });

  it('has nothing that was replaced, deleted or has expired', async () => {
    const at = (d: string, said: Said = {}) => {
      const { tags = [] } = said;
      return note(30_000 + kind, d, { ...said, tags: [['d', d], ...tags] });
    };
    const passing = at('passing', { tags: [['expiration', String(NOW + 5)]] });
    const gone = at('gone');
    const remains = [at('kept', { at: NOW - 1 }), at('kept'), passing, gone];
    await publish(...remains, note(5, '', { tags: [['e', gone.id]] }));
    expect(await count({ kinds: [30_000 + kind] })).toEqual({ count: 2 });
    time = NOW + 5;
    expect(await count({ kinds: [30_000 + kind] })).toEqual({ count: 1 });
    time = NOW;
  });

  it('opens no subscription, and leaves one of its id alone', async () => {
    await count({ kinds: [kind] });
    const [first, second] = some(2) as [NostrEvent, NostrEvent];
    await publish(first);
    expect(await client.unread()).toEqual([]);
    await client.subscribe('c', { kinds: [kind] }).stored();
    expect(await count({ kinds: [kind] })).toEqual({ count: 1 });
    await publish(second);
    expect(await client.unread()).toEqual([['EVENT', 'c', second]]);
  });

  it('is closed when a filter is not understood', async () => {
    expect(await count({ kinds: ['x'] })).toMatch(/^invalid: \S/);
    expect(await count({ foo: 1 })).toMatch(/^unsupported: \S/);
    expect(await count({ kinds: [kind], search: 'x' })).toMatch(/^unsupported: \S/);
  });

  it('is closed when too many are asked for at a time, and the others are answered', async () => {
    for (let i = 0; i < 30; i++) client.send(['COUNT', `c${i}`, {}]);
    const verbs = [];
    for (let i = 0; i < 30; i++) {
      const [verb, , answer] = await client.nextFrame();
      verbs.push(verb);
      if (verb === 'CLOSED') expect(answer).toMatch(/^rate-limited: \S/);
    }
    expect(verbs).toContain('COUNT');
  });

  it('that is closed is not answered', async () => {
    await publish(...some(400));
    for (let i = 0; i < 6; i++) {
      client.send(['COUNT', `c${i}`, {}]);
      client.send(['CLOSE', `c${i}`]);
    }
    expect(await count({ kinds: [kind] })).toEqual({ count: 400 });
  });
});

describe('a count of what is not for everybody', () => {
  const wrapFor = (pubkey: string, at = NOW) =>
    note(1059, `${kind} ${at}`, { by: testKey('once'), at, tags: [['p', pubkey]] });

  it('alone asks who is there', async () => {
    expect(await count({ kinds: [1059] })).toMatch(/^auth-required: \S/);
    expect(await client.unread()).toEqual([['AUTH', expect.stringMatching(/\S/)]]);
  });

  it('has for nobody what others are sent, however it is asked', async () => {
    const wraps = [wrapFor(R.pubkey), wrapFor(R.pubkey, NOW - 1), wrapFor(Z.pubkey, NOW - 2)];
    await publish(...wraps, note(kind));
    const ids = wraps.map(({ id }) => id);
    const filters = [{ ids }, { '#p': [R.pubkey] }, { authors: [testKey('once').pubkey] }];
    for (const filter of filters) expect(await count(filter)).toEqual({ count: 0 });
    expect(await count({ kinds: [1059, kind] })).toEqual({ count: 1 });
    await authenticate(client, stage.relay.url, R);
    expect(await count({ ids })).toEqual({ count: 2 });
    expect(await count({ kinds: [1059], '#p': [R.pubkey] })).toEqual({ count: 2 });
    expect(await count({ kinds: [1059], '#p': [Z.pubkey] })).toEqual({ count: 0 });
  });
});

describe('a count of reactions, reposts, quotes, replies, comments or followers', () => {
  it('has registers that tell how many there are with those of another relay', async () => {
    const target = note(kind).id;
    const likes = [X, R, Z, X].map((by, i) =>
      note(7, '+', { by, at: NOW - i, tags: [['e', target]] }),
    );
    await publish(...likes);
    const answer = (await count({ kinds: [7], '#e': [target] })) as { hll: string };
    expect(answer).toEqual({ count: 4, hll: expect.stringMatching(/^[0-9a-f]{512}$/) });
    expect(answer.hll.replaceAll('00', '').length).toBeGreaterThanOrEqual(4);
    expect(await count({ kinds: [7], '#e': [target], since: 0 })).toEqual({ count: 4 });
  });
});
