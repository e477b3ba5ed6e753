/**
 * What kind and tags say about an event: class, coordinate, expiration, protection, order.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addressOf,
  beats,
  expiration,
  isExpired,
  isProtected,
  kindClass,
  newestFirst,
  parseAddress,
  tagValues,
} from '../../src/nostr/event.ts';
import { eventArbitrary } from '../support/arbitraries.ts';

const P = 'a'.repeat(64);
const tagged = (...tags: string[][]) => ({ tags });
const event = (kind: number, ...tags: string[][]) => ({ kind, pubkey: P, tags });

describe('the class of a kind', () => {
  it.each([
    ['replaceable', [0, 3, 10_000, 10_003, 19_999]],
    ['ephemeral', [20_000, 21_059, 22_242, 29_999]],
    ['addressable', [30_000, 30_078, 39_999]],
    ['regular', [1, 2, 4, 5, 44, 45, 62, 64, 999, 1000, 1059, 7500, 7501, 7502, 9999]],
    ['regular', [40_000, 65_535]],
  ])('is %s for %j', (expected, kinds) => {
    expect(kinds.map(kindClass)).toEqual(kinds.map(() => expected));
  });
});

describe('the address of an event', () => {
  it.each([
    ['a regular one has none', event(1, ['d', 'x']), undefined],
    ['an ephemeral one has none', event(20_001, ['d', 'x']), undefined],
    ['d is ignored on a replaceable one', event(10_003, ['d', 'x']), `10003:${P}:`],
    ['kind 0 is replaceable', event(0), `0:${P}:`],
    ['the d of an addressable one', event(30_078, ['d', 'x']), `30078:${P}:x`],
    ['a missing d is empty', event(30_078, ['t', 'x']), `30078:${P}:`],
    ['a d without a value is empty', event(30_078, ['d']), `30078:${P}:`],
    ['an empty d', event(30_078, ['d', '']), `30078:${P}:`],
    ['the first d counts, even if empty', event(30_078, ['d', ''], ['d', 'x']), `30078:${P}:`],
    ['the first d counts, even without value', event(30_078, ['d'], ['d', 'x']), `30078:${P}:`],
    ['the first d counts', event(30_078, ['d', 'x'], ['d', 'y']), `30078:${P}:x`],
    ['D is not d', event(30_078, ['D', 'x']), `30078:${P}:`],
  ])('%s', (_, subject, expected) => {
    expect(addressOf(subject)).toBe(expected);
  });
});

describe('parsing an address', () => {
  it.each([
    [`30078:${P}:x`, { kind: 30_078, pubkey: P, d: 'x' }],
    [`30078:${P}:a:b::c`, { kind: 30_078, pubkey: P, d: 'a:b::c' }],
    [`0:${P}:`, { kind: 0, pubkey: P, d: '' }],
    [`65535:${P}:two\nlines`, { kind: 65_535, pubkey: P, d: 'two\nlines' }],
  ])('splits %j at the first two colons', (value, expected) => {
    expect(parseAddress(value)).toEqual(expected);
  });

  it.each([
    '',
    '::',
    `30078:${P}`,
    `:${P}:x`,
    `65536:${P}:x`,
    `030078:${P}:x`,
    `+1:${P}:x`,
    `-1:${P}:x`,
    `1.5:${P}:x`,
    ` 1:${P}:x`,
    `1e3:${P}:x`,
    `30078:${P.toUpperCase()}:x`,
    `30078:${P.slice(1)}:x`,
    `30078:npub1xyz:x`,
  ])('finds none in %j', (value) => {
    expect(parseAddress(value)).toBeUndefined();
  });

  it('reads back the address of any event that has one', () => {
    fc.assert(
      fc.property(eventArbitrary, (subject) => {
        const address = addressOf(subject);
        if (address === undefined) return;
        const { kind, pubkey, d } = parseAddress(address) ?? {};
        expect([kind, pubkey]).toEqual([subject.kind, subject.pubkey]);
        expect(`${kind}:${pubkey}:${d}`).toBe(address);
      }),
    );
  });
});

describe('tag values', () => {
  it('are the second elements of all tags of exactly that name, in order', () => {
    const subject = tagged(
      ['t', 'b', 'c'],
      ['T', 'x'],
      [],
      ['t'],
      ['t', ''],
      ['tt', 'y'],
      ['t', 'a'],
    );
    expect(tagValues(subject, 't')).toEqual(['b', '', 'a']);
    expect(tagValues(subject, 'b')).toEqual([]);
  });
});

describe('expiration (NIP-40)', () => {
  const big = '9007199254740991';
  it.each([
    ['none without the tag', tagged(['t', '5']), undefined],
    ['the value in seconds', tagged(['expiration', '1700000000']), 1_700_000_000],
    ['zero counts', tagged(['expiration', '0']), 0],
    ['the first tag counts', tagged(['expiration', '7'], ['expiration', '9']), 7],
    [
      'a bad first tag hides the second',
      tagged(['expiration', 'x'], ['expiration', '9']),
      undefined,
    ],
    ['a missing value', tagged(['expiration']), undefined],
    ['an empty value', tagged(['expiration', '']), undefined],
    ['a negative value', tagged(['expiration', '-1']), undefined],
    ['a fraction', tagged(['expiration', '1.5']), undefined],
    ['an exponent', tagged(['expiration', '1e3']), undefined],
    ['hex', tagged(['expiration', '0x10']), undefined],
    ['blanks', tagged(['expiration', ' 5']), undefined],
    ['a line break', tagged(['expiration', '5\n']), undefined],
    ['digits of another script', tagged(['expiration', '٥']), undefined],
    ['the largest safe integer', tagged(['expiration', big]), Number.MAX_SAFE_INTEGER],
    ['beyond the safe integers', tagged(['expiration', '9007199254740992']), undefined],
    ['far too many digits', tagged(['expiration', '9'.repeat(400)]), undefined],
  ])('%s', (_, subject, expected) => {
    expect(expiration(subject)).toBe(expected);
  });

  it('is over from its very second on', () => {
    const subject = tagged(['expiration', '100']);
    expect([99, 100, 101].map((now) => isExpired(subject, now))).toEqual([false, true, true]);
  });

  it('never comes for an event without a valid tag', () => {
    expect(isExpired(tagged(['expiration', '-1']), Number.MAX_SAFE_INTEGER)).toBe(false);
  });
});

describe('a protected event (NIP-70)', () => {
  it('has a tag named -, with or without values', () => {
    expect(isProtected(tagged(['t', 'x'], ['-']))).toBe(true);
    expect(isProtected(tagged(['-', 'x', 'y']))).toBe(true);
  });

  it('is not one that has - as a value', () => {
    expect(isProtected(tagged(['t', '-'], ['--'], []))).toBe(false);
  });
});

describe('which of two versions stays', () => {
  const old = { created_at: 1, id: '0'.repeat(64) };
  const low = { created_at: 2, id: `0${'f'.repeat(63)}` };
  const high = { created_at: 2, id: `1${'0'.repeat(63)}` };

  it('is the newer one, whatever the ids', () => {
    expect([beats(low, old), beats(old, low)]).toEqual([true, false]);
  });

  it('is the one with the lower id in the same second, whichever came first', () => {
    expect([beats(low, high), beats(high, low)]).toEqual([true, false]);
  });

  it('is not decided between an event and itself', () => {
    expect(beats(low, low)).toBe(false);
  });

  it('is the first one when sorted newest first', () => {
    expect([high, old, low].sort(newestFirst)).toEqual([low, high, old]);
  });

  it('is decided the same way from both sides', () => {
    fc.assert(
      fc.property(eventArbitrary, eventArbitrary, (a, b) => {
        const same = a.created_at === b.created_at && a.id === b.id;
        expect(beats(a, b) !== beats(b, a)).toBe(!same);
        expect(newestFirst(a, b) + newestFirst(b, a)).toBe(0);
      }),
    );
  });
});
