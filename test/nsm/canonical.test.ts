/**
 * Canonical state and hashes: the worked example of PROTOCOL §5, as far as no timer is in it.
 */

import serialize from 'canonicalize';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canonicalJson,
  computeState,
  contentHash,
  readState,
  type State,
  sha256Hex,
} from '../../src/nsm/canonical.ts';

const EXAMPLE =
  '{"id":"ex","initial":"work","context":{"n":0},"states":{"work":{"initial":"a","after":' +
  '{"60000":"rest"},"on":{"PAUSE":"rest"},"states":{"a":{"on":{"NEXT":"b"}},"b":{},"h":' +
  '{"type":"history"}}},"rest":{"on":{"RESUME":"work.h"}}}}';

const PAUSED: State = {
  status: 'active',
  value: 'rest',
  context: { n: 0 },
  history: { 'ex.work.h': ['ex.work.b'] },
  timers: [],
};

describe('the worked example of the protocol', () => {
  it('has the content hash the protocol prints', () => {
    expect(contentHash(JSON.parse(EXAMPLE))).toBe(
      '2b6f7baa966aa7a52b0c0608a72bac681c08348cf38d52be38bc8e7e89de1244',
    );
  });

  it('has the canonical state and hash the protocol prints after PAUSE', () => {
    const { canonical, hash } = computeState(PAUSED);
    expect(canonical).toBe(
      '{"context":{"n":0},"history":{"ex.work.h":["ex.work.b"]},"status":"active","timers":[],' +
        '"value":"rest"}',
    );
    expect(hash).toBe('834348a23b726cf30d74a04679a8f927238f11b91aed8d00ab75ed79b21c0e40');
  });

  it.each([
    ['a', {}, 1_700_000_060, '897ca72f19d06e4c1bd457e8307976789bda92d6bdab0941fb0c58d7f1e8b1d5'],
    ['b', {}, 1_700_000_060, 'ac19f165f1fc79a70a0ad7a47ed00985f032e3f18b0a7a4916db1bc9d8f8dfea'],
    [
      'b',
      PAUSED.history,
      1_700_000_090,
      '0653b44a9d852128d7e48023da3ef7bab992380df4a9ca3fb27cfc2c94898578',
    ],
  ])('has the hash the protocol prints in %s with history %j', (...row) => {
    const [child, history, due, hash] = row;
    const timers = [{ event: 'xstate.after.60000.ex.work', due }];
    const state: State = { ...PAUSED, value: { work: child }, history, timers };
    expect(computeState(state).hash).toBe(hash);
  });
});

describe('computeState', () => {
  it('gives one text for one state, however its members are ordered', () => {
    const { status, value, history, timers } = PAUSED;
    const a = computeState({ ...PAUSED, context: { b: 1, a: { d: [1, 2], c: 'é' } } });
    const b = computeState({
      ...{ timers, history, context: { a: { c: 'é', d: [1, 2] }, b: 1 } },
      ...{ value, status },
    });
    expect(b.canonical).toBe(a.canonical);
    expect(b.hash).toBe(a.hash);
  });

  it('tells apart lists in another order, and a number from its text', () => {
    const hashOf = (n: State['context'][string]) =>
      computeState({ ...PAUSED, context: { n } }).hash;
    expect(hashOf([1, 2])).not.toBe(hashOf([2, 1]));
    expect(hashOf(1)).not.toBe(hashOf('1'));
    expect(hashOf(null)).not.toBe(computeState({ ...PAUSED, context: {} }).hash);
  });

  it('writes -0 as 0 and leaves no trace of it in the state', () => {
    const { state, canonical } = computeState({ ...PAUSED, context: { n: -0 } });
    expect(canonical).toContain('"context":{"n":0}');
    expect(Object.is(state.context['n'], 0)).toBe(true);
  });

  it('shares nothing with what it was given, and is frozen all the way down', () => {
    const context = { list: [{ n: 1 }] };
    const { state } = computeState({ ...PAUSED, context });
    context.list[0] = { n: 2 };
    expect(state.context).toEqual({ list: [{ n: 1 }] });
    expect(Object.isFrozen((state.context['list'] as unknown[])[0])).toBe(true);
  });

  it.each([
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['half a surrogate pair', '\ud83e'],
  ])('throws on %s, which is not JSON', (_, value) => {
    expect(() => computeState({ ...PAUSED, context: { value } })).toThrow();
  });

  it('is undone by readState', () => {
    const computed = computeState({ ...PAUSED, output: { won: true }, status: 'done' });
    expect(readState(computed.canonical)).toEqual(computed);
  });
});

describe('canonicalJson', () => {
  it('sorts names by UTF-16 code units and escapes as RFC 8785 says', () => {
    expect(
      canonicalJson({ '\ufb33': 1, '\ud83d\ude00': 2, '\r': 3, '1': 4, é: '\u20ac$\u000f\n' }),
    ).toBe('{"\\r":3,"1":4,"é":"€$\\u000f\\n","😀":2,"\ufb33":1}');
  });

  it('writes numbers as RFC 8785 says', () => {
    expect(canonicalJson([1e21, 1e-7, 0.1, 4.5, 2e-3, 1e20])).toBe(
      '[1e+21,1e-7,0.1,4.5,0.002,100000000000000000000]',
    );
  });

  it('hashes the UTF-8 bytes of a text', () => {
    expect(sha256Hex('é')).toBe('4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c');
  });
});

describe('canonical JSON', () => {
  const name = fc.oneof(
    fc.constantFrom('', '0', '1', '9', '10', '-1', '01', 'a', 'Z', 'é', '\u{1f600}', '\uffff'),
    fc.constantFrom('__proto__', 'toString', 'constructor', 'toJSON', '\ud800'),
    fc.string({ unit: 'binary', maxLength: 3 }),
  );
  const scalar = fc.oneof(
    fc.constantFrom<unknown>(null, true, false, 0, -0, 1e21, 1e-7, Number.NaN, 1 / 0, undefined),
    fc.double(),
    fc.string({ unit: 'binary', maxLength: 5 }),
    fc.constantFrom<unknown>('\udc00', 5n, new Date(0), () => 1, { toJSON: () => 'x' }),
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ depthSize: 'small' }, scalar, tie('list'), tie('object')),
    list: fc.array(tie('value'), { maxLength: 4 }),
    object: fc.dictionary(name, tie('value'), { maxKeys: 6 }),
  }));

  const textOf = (serialize: (value: unknown) => unknown, given: unknown): unknown => {
    try {
      return serialize(given);
    } catch {
      return 'no JSON';
    }
  };

  it('is what RFC 8785 says of any value, or an error where it says nothing', () => {
    let texts = 0;
    fc.assert(
      fc.property(value, (given) => {
        const expected = textOf(serialize, given) ?? 'no JSON';
        if (expected !== 'no JSON') texts++;
        expect(textOf(canonicalJson, given)).toBe(expected);
      }),
      { numRuns: 3_000 },
    );
    expect(texts).toBeGreaterThan(500);
  });
});
