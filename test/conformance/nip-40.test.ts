/**
 * Expiration (NIP-40): looked at whenever an event is taken or sent, never left to a clean-up.
 *
 * The clock is the test's own and only moves forward.
 */

import { beforeEach, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { verdictOf } from '../support/answers.ts';
import { NOW, note, type Person, type Said } from '../support/machines.ts';
import { testKey } from '../support/sign.ts';
import { setStage } from '../support/stage.ts';

let clock = NOW;
const stage = setStage({}, { now: () => clock });
let authors = 0;
/** The author of this test. */
let by: Person;

beforeEach(() => {
  by = testKey(`author ${++authors}`);
});

const submit = async (event: NostrEvent): Promise<string> =>
  verdictOf(await stage.client.publish(event));
const allBy = ({ pubkey }: Person): Promise<NostrEvent[]> =>
  stage.client.query({ authors: [pubkey] });
/** An event of now with an expiration so many seconds ahead. */
const expiring = (seconds: number, kind = 1, said: Said = {}): NostrEvent => {
  const tags = [['expiration', `${clock + seconds}`], ...(said.tags ?? [])];
  return note(kind, '', { by, at: clock, ...said, tags });
};

describe('an event that will expire', () => {
  it('is found until then and not from that very second on, however one asks', async () => {
    const event = expiring(10, 1, { tags: [['t', by.pubkey]] });
    expect(await submit(event)).toBe('ok');
    const filters = [
      { ids: [event.id] },
      { authors: [by.pubkey] },
      { authors: [by.pubkey], kinds: [1] },
      { kinds: [1], since: event.created_at },
      { '#t': [by.pubkey] },
      { since: event.created_at },
      {},
    ];
    clock += 9;
    for (const filter of filters) expect(await stage.client.query(filter)).toEqual([event]);
    clock += 1;
    for (const filter of filters) expect(await stage.client.query(filter)).toEqual([]);
  });

  it('does not count towards a limit when it has', async () => {
    const lasting = [1, 2].map((ago) => note(1, 'lasting', { by, at: clock - ago }));
    for (const event of [...lasting, expiring(1)]) expect(await submit(event)).toBe('ok');
    clock += 1;
    const filter = { authors: [by.pubkey], limit: 2 };
    expect(await stage.client.query(filter)).toEqual(lasting);
  });

  it('is sent live while it has not, and never again', async () => {
    const reader = await stage.another();
    await reader.subscribe('live', { authors: [by.pubkey] }).stored();
    const event = expiring(1);
    await submit(event);
    expect(await reader.unread()).toEqual([['EVENT', 'live', event]]);
    clock += 1;
    expect(await submit(event)).toBe('invalid: expired:');
    expect(await reader.unread()).toEqual([]);
  });
});

describe('an event that has expired', () => {
  it.each([
    ['in this second', 0, 1],
    ['a second ago', -1, 1],
    ['long ago', -1_000_000, 30_000],
    ['though it is ephemeral', -1, 20_000],
  ])('is refused, and nobody hears of it: %s (expired)', async (_, seconds, kind) => {
    const reader = await stage.another();
    await reader.subscribe('live', { authors: [by.pubkey] }).stored();
    expect(await submit(expiring(seconds, kind))).toBe('invalid: expired:');
    expect(await reader.unread()).toEqual([]);
    expect(await allBy(by)).toEqual([]);
  });

  it('at the first second of all is refused (expired)', async () => {
    const event = note(1, '', { by, at: clock, tags: [['expiration', '0']] });
    expect(await submit(event)).toBe('invalid: expired:');
  });
});

describe('an expiration', () => {
  it.each<readonly [string, readonly string[]]>([
    ['without a value', ['expiration']],
    ['that is empty', ['expiration', '']],
    ['that is negative', ['expiration', '-1']],
    ['that is a fraction', ['expiration', '1.5']],
    ['in words', ['expiration', 'yesterday']],
    ['with an exponent', ['expiration', '1e3']],
    ['with blanks', ['expiration', ' 1 ']],
    ['too large to be exact', ['expiration', '99999999999999999999']],
    ['under another name', ['Expiration', '1']],
  ])('%s is none', async (_, tag) => {
    const event = note(1, '', { by, at: clock, tags: [tag] });
    expect(await submit(event)).toBe('ok');
    expect(await allBy(by)).toEqual([event]);
  });

  it.each([
    ['beyond 2^32', 2 ** 32 + 1],
    ['of 2^53 - 1', Number.MAX_SAFE_INTEGER],
  ])('%s is taken as it is', async (_, seconds) => {
    const event = note(1, '', { by, at: clock, tags: [['expiration', `${seconds}`]] });
    expect(await submit(event)).toBe('ok');
    expect(await allBy(by)).toEqual([event]);
  });

  it('is the first of several', async () => {
    const later = ['expiration', `${clock + 1_000}`];
    expect(await submit(expiring(-1, 1, { tags: [later] }))).toBe('invalid: expired:');
    const soon = note(1, 'soon', { by, at: clock, tags: [later, ['expiration', '1']] });
    expect(await submit(soon)).toBe('ok');
  });

  it('does not outlive the version it is on', async () => {
    const first = expiring(5, 30_000);
    clock += 1;
    const second = note(30_000, 'lasting', { by, at: clock });
    expect([await submit(first), await submit(second)]).toEqual(['ok', 'ok']);
    clock += 10;
    expect(await allBy(by)).toEqual([second]);
  });

  it('may come with a new version, and leaves nothing when it is over', async () => {
    const first = note(30_000, 'lasting', { by, at: clock });
    clock += 1;
    const second = expiring(5, 30_000);
    expect([await submit(first), await submit(second)]).toEqual(['ok', 'ok']);
    clock += 10;
    expect(await allBy(by)).toEqual([]);
    expect(await submit(first)).toBe('duplicate: have-newer:');
    expect(await allBy(by)).toEqual([]);
    const third = note(30_000, 'lasting again', { by, at: clock });
    expect(await submit(third)).toBe('ok');
    expect(await allBy(by)).toEqual([third]);
  });
});

describe('after a restart', () => {
  it('what has expired stays gone', async () => {
    const [event, other] = [expiring(1), expiring(100)];
    for (const one of [event, other]) await submit(one);
    clock += 1;
    await stage.relay.restart();
    const client = await stage.another();
    expect(await client.query({ authors: [by.pubkey] })).toEqual([other]);
    expect(verdictOf(await client.publish(event))).toBe('invalid: expired:');
  });
});
