/**
 * JSON values: equality, sizes and own names, against what the platform says of the same values.
 */
import serialize from 'canonicalize';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canonicalBytes,
  codePoints,
  decimalIndex,
  deepEqual,
  deepFreeze,
  depthOf,
  type Json,
  ownMember,
  utf8Bytes,
} from '../../src/rules/json.ts';

const text = fc.string({ unit: 'grapheme' });

/** JSON with strings of every kind of character, escapes and fractions included. */
const json: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<Json>(null, true, false, '', '\u0001"\\\n', 'é', '€', '🤙', 0.5, 1e21, 5e-324),
    fc.maxSafeInteger(),
    text,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(text, tie('value'), { maxKeys: 4 }),
  ),
})).value;

describe('sizes', () => {
  it('counts the bytes of strings as UTF-8 does', () => {
    const encoder = new TextEncoder();
    fc.assert(
      fc.property(text, (s) => {
        expect(utf8Bytes(s)).toBe(encoder.encode(s).length);
      }),
    );
    expect(['', 'a', 'é', '€', '🤙'].map(utf8Bytes)).toEqual([0, 1, 2, 3, 4]);
  });

  it('counts code points, not UTF-16 units', () => {
    fc.assert(
      fc.property(text, (s) => {
        expect(codePoints(s)).toBe([...s].length);
      }),
    );
    expect(codePoints('a🤙é')).toBe(3);
  });

  it('counts the bytes of a value as its RFC 8785 text has them', () => {
    fc.assert(
      fc.property(json, (v) => {
        expect(canonicalBytes(v)).toBe(utf8Bytes(serialize(v) ?? ''));
      }),
    );
    expect(canonicalBytes(-0)).toBe(1);
  });

  it('counts depth in lists and objects', () => {
    expect([0, [], {}, [[]], { a: [1, { b: {} }] }].map(depthOf)).toEqual([0, 1, 1, 2, 4]);
  });
});

describe('equality', () => {
  it.each<[Json, Json, boolean]>([
    [null, null, true],
    [0, -0, true],
    [1, '1', false],
    [1.5, 1.5, true],
    [false, 0, false],
    [null, {}, false],
    [[], {}, false],
    [[1, [2]], [1, [2]], true],
    [[1, 2], [2, 1], false],
    [[1], [1, 1], false],
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
    [{ a: 1 }, { b: 1 }, false],
    [{ a: null }, {}, false],
    [{ toString: null }, { a: null }, false],
  ])('of %j and %j is %j', (a, b, equal) => {
    expect(deepEqual(a, b)).toBe(equal);
    expect(deepEqual(b, a)).toBe(equal);
  });

  it('is equality of canonical texts', () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        expect(deepEqual(a, b)).toBe(serialize(a) === serialize(b));
        expect(deepEqual(a, JSON.parse(JSON.stringify(a)))).toBe(true);
      }),
    );
  });
});

describe('names', () => {
  it('finds own members only', () => {
    expect(ownMember({}, 'constructor')).toBeUndefined();
    expect(ownMember({}, '__proto__')).toBeUndefined();
    expect(ownMember(JSON.parse('{"__proto__":1}'), '__proto__')).toBe(1);
  });

  it('reads decimal indexes and nothing that merely looks like one', () => {
    expect(['0', '7', '10'].map(decimalIndex)).toEqual([0, 7, 10]);
    for (const other of ['', '01', '-1', '1.0', '1e1', ' 1', 'x', 'length']) {
      expect(decimalIndex(other)).toBe(-1);
    }
  });
});

it('freezes a value all the way down and returns it', () => {
  const value = { a: [{ b: 1 }] };
  expect(deepFreeze(value)).toBe(value);
  expect([value, value.a, value.a[0]].every(Object.isFrozen)).toBe(true);
});
