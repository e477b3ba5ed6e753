/**
 * Filters: what is accepted, what is refused and how, and what matches.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { type Filter, isImpossible, matches, parseFilter } from '../../src/nostr/filter.ts';
import { eventArbitrary, filterArbitrary } from '../support/arbitraries.ts';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);
const LIMITS = { filterValuesMax: 100 };
const EVENT: NostrEvent = {
  id: B,
  pubkey: A,
  created_at: 100,
  kind: 1,
  tags: [
    ['t', 'x', 'third'],
    ['T', 'upper'],
    ['t'],
    ['-'],
    [],
    ['d', ''],
    ['e', A],
    ['tt', 'long'],
  ],
  content: '',
  sig: '0'.repeat(128),
};

function filter(value: unknown): Filter {
  const parsed = parseFilter(value, LIMITS);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed;
}

function problem(value: unknown, limits = LIMITS): string | undefined {
  const parsed = parseFilter(value, limits);
  return 'problem' in parsed ? parsed.problem : undefined;
}

describe('parsing a filter', () => {
  it('reads every member', () => {
    const members = { ids: [A], authors: [B], kinds: [1, 2], since: 1, until: 2, limit: 3 };
    expect(filter({ ...members, '#e': [A], '#T': ['x', 'x'] })).toEqual({
      ids: new Set([A]),
      authors: new Set([B]),
      kinds: new Set([1, 2]),
      since: 1,
      until: 2,
      limit: 3,
      tags: [
        { letter: 'e', values: new Set([A]) },
        { letter: 'T', values: new Set(['x']) },
      ],
    });
  });

  it('takes the empty filter', () => {
    expect(filter({})).toEqual({ tags: [] });
  });

  it.each([
    { '#d': [''] },
    { '#E': ['x'], '#P': ['x'], '#K': ['1'], '#I': ['y'], '#A': ['z'] },
    { '#a': [`30078:${A}:x`] },
    { kinds: [0, 65_535] },
    { since: 0, until: 0, limit: 0 },
    { ids: [], authors: [], kinds: [], '#e': [], '#t': [] },
  ])('takes %j', (value) => {
    expect(problem(value)).toBeUndefined();
  });

  it.each([null, 1, 'x', true, [], [{}], undefined])('refuses %j as a filter', (value) => {
    expect(problem(value)).toMatch(/^invalid: a filter/);
  });

  it.each([
    ['ids', [null, {}, A, [null], [1], ['a'], [''], [A.toUpperCase()], [A, `${A}a`], [[A]]]],
    ['authors', [null, A, ['a'.repeat(63)], ['g'.repeat(64)], [A.toUpperCase()], ['']]],
    ['#e', [null, A, ['x'], [A.toUpperCase()], [''], [A.slice(1)]]],
    ['#p', [null, A, ['x'], [A.toUpperCase()], ['']]],
    ['kinds', [null, 1, {}, ['1'], [-1], [1.5], [65_536], [null], [[1]]]],
    ['#t', [null, 'x', {}, [1], [null], [['x']], ['\ud800']]],
    ['since', [null, -1, 1.5, '1', [], 2 ** 53, true]],
    ['until', [null, -1, 1.5, '1', [], 2 ** 53]],
    ['limit', [null, -1, 1.5, '1', [], 2 ** 53]],
  ])('refuses a malformed %s as invalid', (name, values) => {
    const problems = values.map((value) => problem({ [name]: value }) ?? '');
    expect(problems.filter((text) => !text.startsWith(`invalid: ${name} must be`))).toEqual([]);
  });

  it.each(['search', 'kind', '#tt', '#', '#é', '#9', '##', '&t', 'e', '', 'Ids', 'constructor'])(
    'refuses the unknown member %j as unsupported',
    (name) => {
      expect(problem({ kinds: [1], [name]: ['x'] })).toBe(
        `unsupported: unknown filter element ${JSON.stringify(name)}`,
      );
    },
  );

  it('refuses __proto__, toString and the like as unknown, and reads nothing from them', () => {
    for (const name of ['__proto__', 'prototype', 'toString', 'hasOwnProperty']) {
      expect(problem(JSON.parse(`{"${name}":{"kinds":[1]}}`))).toMatch(/^unsupported: /);
    }
    expect(filter(Object.create({ kinds: [1], search: 'x' }))).toEqual({ tags: [] });
  });

  it('prints a hostile name cut and as well-formed text', () => {
    const text = problem({ [`${'x'.repeat(31)}🤙${'y'.repeat(5000)}`]: 1 }) ?? '';
    expect(text.length).toBeLessThan(100);
    expect(text.isWellFormed()).toBe(true);
  });

  it('bounds the values of all lists together, before it looks at them', () => {
    const limits = { filterValuesMax: 3 };
    expect(problem({ kinds: [1, 1], '#t': ['x'] }, limits)).toBeUndefined();
    const tooMany = 'invalid: a filter has at most 3 values';
    expect(problem({ kinds: [1, 1], '#t': ['x', 'y'] }, limits)).toBe(tooMany);
    expect(problem({ search: [1, 2, 3, 4] }, limits)).toBe(tooMany);
  });

  it('never throws, whatever the JSON', () => {
    const names = fc.constantFrom('ids', 'authors', 'kinds', 'since', 'limit', '#e', '#t', 'x');
    const anyFilter = fc.oneof(fc.jsonValue(), fc.dictionary(names, fc.jsonValue()));
    fc.assert(
      fc.property(anyFilter, (value) => {
        expect(problem(value) ?? 'invalid: ').toMatch(/^(invalid|unsupported): /);
      }),
    );
  });
});

describe('matching', () => {
  it.each([
    [true, {}],
    [true, { ids: [A, B] }],
    [false, { ids: [A] }],
    [true, { authors: [A] }],
    [false, { authors: [B] }],
    [true, { kinds: [7, 1] }],
    [false, { kinds: [7] }],
    [true, { since: 100, until: 100 }],
    [false, { since: 101 }],
    [false, { until: 99 }],
    [true, { since: 0 }],
    [false, { until: 0 }],
    [true, { limit: 0 }],
    [true, { '#t': ['y', 'x'] }],
    [false, { '#t': ['third'] }],
    [false, { '#t': [''] }],
    [false, { '#t': ['upper'] }],
    [true, { '#T': ['upper'] }],
    [true, { '#d': [''] }],
    [true, { '#e': [A], '#t': ['x'] }],
    [false, { '#e': [B], '#t': ['x'] }],
    [false, { '#q': ['x'] }],
    [false, { kinds: [1], authors: [B] }],
    [false, { ids: [] }],
    [false, { authors: [] }],
    [false, { kinds: [] }],
    [false, { '#t': [] }],
  ])('is %s for %j', (expected, value) => {
    expect(matches(filter(value), EVENT)).toBe(expected);
  });

  it('finds an event of second 0 with until 0 and since 0', () => {
    const first = { ...EVENT, created_at: 0 };
    expect(matches(filter({ until: 0 }), first)).toBe(true);
    expect(matches(filter({ since: 0, until: 0 }), first)).toBe(true);
    expect(matches(filter({ since: 1 }), first)).toBe(false);
  });

  it('agrees with a naive matcher on any event and filter', () => {
    fc.assert(
      fc.property(eventArbitrary, filterArbitrary, (event, value) => {
        expect(matches(filter(value), event)).toBe(matchesNaively(value, event));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('an impossible filter', () => {
  it.each([
    [true, { ids: [] }],
    [true, { authors: [] }],
    [true, { kinds: [] }],
    [true, { '#e': [], kinds: [1] }],
    [true, { since: 2, until: 1 }],
    [true, { since: 1, until: 0 }],
    [false, {}],
    [false, { limit: 0 }],
    [false, { since: 1, until: 1 }],
    [false, { until: 0 }],
    [false, { ids: [A], authors: [A], kinds: [1], '#t': [''] }],
  ])('is recognised: %s for %j', (expected, value) => {
    expect(isImpossible(filter(value))).toBe(expected);
  });

  it('matches no event at all', () => {
    fc.assert(
      fc.property(eventArbitrary, filterArbitrary, (event, value) => {
        if (isImpossible(filter(value))) expect(matches(filter(value), event)).toBe(false);
      }),
    );
  });
});

/** NIP-01 word for word, from the plain JSON. */
function matchesNaively(value: Readonly<Record<string, unknown>>, event: NostrEvent): boolean {
  return Object.entries(value).every(([name, member]) => {
    if (name === 'limit') return true;
    if (name === 'since') return Number(member) <= event.created_at;
    if (name === 'until') return event.created_at <= Number(member);

    const wanted = Array.isArray(member) ? member : [];
    if (name === 'ids') return wanted.includes(event.id);
    if (name === 'authors') return wanted.includes(event.pubkey);
    if (name === 'kinds') return wanted.includes(event.kind);
    const tags = event.tags.filter((tag) => `#${tag[0]}` === name && tag.length > 1);
    return tags.some((tag) => wanted.includes(tag[1]));
  });
}
