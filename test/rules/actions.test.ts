/**
 * Operations: what they write, what they refuse, and that they never touch what they were given.
 */
import serialize from 'canonicalize';
import { describe, expect, it } from 'vitest';
import { deepFreeze, type Json } from '../../src/rules/json.ts';
import { newMeter } from '../../src/rules/meter.ts';
import { ALICE, act, BOB } from './run-rules.ts';

const CONTEXT: Json = {
  n: 1,
  none: null,
  text: 'x',
  list: [1, 2, 3],
  boards: [{ a: 1 }, { a: 2 }],
  votes: { [ALICE]: 'yes' },
  half: 0.5,
  '0': 'zero',
};

const GIVEN = {
  environment: { by: BOB, data: { key: 'constructor', i: 1, half: 0.5, minus: -0 } },
};

const WRITES: readonly (readonly [operation: Json, members: { readonly [name: string]: Json }])[] =
  [
    [{ set: ['n', 5] }, { n: 5 }],
    [{ set: ['n', null] }, { n: null }],
    [{ set: ['fresh', 5] }, { fresh: 5 }],
    [{ set: ['half', { var: 'data.half' }] }, { half: 0.5 }],
    [{ set: ['fresh.a.b', 5] }, { fresh: { a: { b: 5 } } }],
    [{ set: ['none.a', 5] }, { none: { a: 5 } }],
    [{ set: ['list.1', 'b'] }, { list: [1, 'b', 3] }],
    [{ set: [['list', 2], 'c'] }, { list: [1, 2, 'c'] }],
    [{ set: [['list', { var: 'data.i' }], 'b'] }, { list: [1, 'b', 3] }],
    [{ set: ['boards.1.a', 9] }, { boards: [{ a: 1 }, { a: 9 }] }],
    [{ set: ['boards.1.b.c', 9] }, { boards: [{ a: 1 }, { a: 2, b: { c: 9 } }] }],
    [{ set: [['votes', { var: 'by' }], 'no'] }, { votes: { [ALICE]: 'yes', [BOB]: 'no' } }],
    [{ set: [['fresh', 'a.b'], 1] }, { fresh: { 'a.b': 1 } }],
    [{ set: [['fresh', 3], 1] }, { fresh: { '3': 1 } }],
    [{ set: [['votes', { lit: 'toString' }], 1] }, { votes: { [ALICE]: 'yes', toString: 1 } }],
    [{ set: ['0', 'naught'] }, { '0': 'naught' }],
    [{ set: [[0], 'naught'] }, { '0': 'naught' }],
    [{ set: [[{ cat: ['n', 'ew'] }], 1] }, { new: 1 }],
    [{ set: ['n', { var: 'ctx' }] }, { n: CONTEXT }],

    [{ inc: ['n', 2] }, { n: 3 }],
    [{ inc: ['n', -1] }, { n: 0 }],
    [{ inc: ['none', 2] }, { none: 2 }],
    [{ inc: ['fresh', 2] }, { fresh: 2 }],
    [{ inc: [['votes', { var: 'by' }], 2] }, { votes: { [ALICE]: 'yes', [BOB]: 2 } }],
    [{ inc: ['list.0', 2] }, { list: [3, 2, 3] }],
    [{ inc: ['none.a.b', 2] }, { none: { a: { b: 2 } } }],

    [{ push: ['list', 4] }, { list: [1, 2, 3, 4] }],
    [{ push: ['list', { lit: [4] }] }, { list: [1, 2, 3, [4]] }],
    [{ push: ['none', 4] }, { none: [4] }],
    [{ push: ['fresh', 4] }, { fresh: [4] }],
    [{ push: ['fresh.a', 4] }, { fresh: { a: [4] } }],
    [{ push: ['boards.0.log', 4] }, { boards: [{ a: 1, log: [4] }, { a: 2 }] }],

    [{ del: ['n'] }, { n: null }],
    [{ del: ['votes'] }, { votes: null }],
    [{ del: ['none'] }, {}],
    [{ del: [['votes', ALICE]] }, { votes: {} }],
    [{ del: ['boards.0.a'] }, { boards: [{}, { a: 2 }] }],
    [{ del: ['list.1'] }, { list: [1, 3] }],
    [{ del: ['boards.0'] }, { boards: [{ a: 2 }] }],
    [{ del: ['votes.nobody'] }, {}],
    [{ del: ['none.a.b'] }, {}],
    [{ del: ['boards.0.b.c'] }, {}],
  ];

describe('an operation writes', () => {
  it.each(WRITES)('%j: %j', (operation, members) => {
    expect(act([operation], CONTEXT, GIVEN)).toEqual({ ...Object(CONTEXT), ...members });
  });

  it('zero for negative zero', () => {
    const written = act([{ set: ['n', { var: 'data.minus' }] }], CONTEXT, GIVEN);
    expect(Object.is(Object(written).n, 0)).toBe(true);
  });

  it('and shares with the old context what it leaves alone', () => {
    const before = deepFreeze({ a: { x: 1 }, b: { y: [1] } });
    const after = act([{ set: ['a.x', 2] }], before);
    expect(Object(after).b).toBe(before.b);
    expect(before).toEqual({ a: { x: 1 }, b: { y: [1] } });
  });
});

const REFUSED: readonly (readonly [operation: Json])[] = [
  [{ set: ['n.a', 1] }],
  [{ set: ['text.0', 'y'] }],
  [{ set: ['text.length', 1] }],
  [{ set: ['half.a', 1] }],
  [{ set: ['list.3', 1] }],
  [{ set: ['list.-1', 1] }],
  [{ set: ['list.00', 1] }],
  [{ set: ['list.length', 0] }],
  [{ set: ['list.x.y', 0] }],
  [{ set: [['list', -1], 0] }],
  [{ set: [['votes', { var: 'data.key' }], 1] }],
  [{ set: [['votes', { cat: ['__pro', 'to__'] }], 1] }],
  [{ set: [[{ var: 'data.key' }], 1] }],
  [{ set: [['votes', { var: 'data.half' }], 1] }],
  [{ set: [['votes', { lit: null }], 1] }],
  [{ set: [['votes', { lit: true }], 1] }],
  [{ set: [['votes', { lit: ['a'] }], 1] }],
  [{ set: ['n', { '+': [1, 'x'] }] }],
  [{ inc: ['text', 1] }],
  [{ inc: ['half', 1] }],
  [{ inc: ['list', 1] }],
  [{ inc: ['n', 'x'] }],
  [{ inc: ['n', { var: 'data.half' }] }],
  [{ inc: ['n', null] }],
  [{ inc: ['n', Number.MAX_SAFE_INTEGER] }],
  [{ push: ['n', 1] }],
  [{ push: ['votes', 1] }],
  [{ push: ['text', 1] }],
  [{ push: ['list.3', 1] }],
  [{ push: ['list.0', 1] }],
  [{ del: ['fresh'] }],
  [{ del: ['fresh.a'] }],
  [{ del: ['toString'] }],
  [{ del: ['list.3'] }],
  [{ del: ['list.x'] }],
  [{ del: ['n.a'] }],
];

describe('an operation is a guard-error', () => {
  it.each(REFUSED)('%j', (operation) => {
    expect(act([operation], CONTEXT, GIVEN)).toBe('guard-error');
  });

  it.each([null, 1, 'x', [1]])('on a context that is %j', (context) => {
    expect(act([{ set: ['a', 1] }], context)).toBe('guard-error');
  });
});

describe('an action', () => {
  it('shows each operation what earlier ones wrote', () => {
    const operations = [
      { set: ['a', 1] },
      { inc: ['a', 2] },
      { push: ['log', { var: 'ctx.a' }] },
      { set: ['a', { var: 'ctx.log' }] },
      { push: ['log', 4] },
    ];
    expect(act(operations, {})).toEqual({ a: [3], log: [3, 4] });
  });

  it('copies values: a later write to one place does not show in the other', () => {
    const operations = [{ set: ['b', { var: 'ctx.a' }] }, { set: ['b.x', 2] }, { inc: ['a.y', 1] }];
    expect(act(operations, { a: { x: 1 } })).toEqual({ a: { x: 1, y: 1 }, b: { x: 2 } });
  });

  it('does nothing when its last operation fails', () => {
    expect(act([{ set: ['n', 2] }, { inc: ['text', 1] }], CONTEXT)).toBe('guard-error');
    expect(act([], CONTEXT)).toBe(CONTEXT);
  });
});

describe('the size of a context', () => {
  it('is known after every kind of write as if it were measured again', () => {
    for (const [operation] of WRITES) {
      const meter = newMeter();
      const after = act([operation], CONTEXT, { ...GIVEN, meter });
      const bytes = new TextEncoder().encode(serialize(after)).length;
      if (meter.contextBytes === null) expect(after).toEqual(CONTEXT);
      else expect(meter.contextBytes, JSON.stringify(operation)).toBe(bytes);
    }
  });

  it('may be 65,536 bytes, not one more', () => {
    const frame = '{"a":"é","b":0}'.length + 1;
    const context = (bytes: number): Json => ({ a: `${'x'.repeat(bytes - frame)}é`, b: 0 });
    const grow = [{ set: ['b', 10] }];
    expect(act(grow, context(65_535))).toHaveProperty('b', 10);
    expect(act(grow, context(65_536))).toBe('state-limits');
  });

  it('is checked after every operation, not only at the end', () => {
    const context = { a: 'x'.repeat(60_000) };
    const back = [{ set: ['b', { var: 'ctx.a' }] }, { set: ['b', 0] }];
    expect(act(back, context)).toBe('state-limits');
  });

  it('is refused beyond 64 levels', () => {
    const path = Array.from({ length: 63 }, () => 'a').join('.');
    const made = act([{ set: [path, 0] }], {});
    expect(act([{ set: [`${path}.a`, 0] }], { a: null })).not.toBe('state-limits');
    expect(act([{ set: [path, { lit: {} }] }], made)).not.toBe('state-limits');
    expect(act([{ set: [path, { lit: { a: {} } }] }], made)).toBe('state-limits');
    expect(act([{ set: ['a', { list: { var: 'ctx' } }] }], made)).toBe('state-limits');
    expect(act([{ push: ['b', { var: 'ctx' }] }], made)).toBe('state-limits');
    const listed = { ...Object(made), b: [] };
    expect(act([{ push: ['b', { var: 'ctx.a' }] }], listed)).not.toBe('state-limits');
    expect(act([{ push: ['b', { var: 'ctx' }] }], listed)).toBe('state-limits');
  });
});

describe('a value that was written and stands elsewhere too', () => {
  const A = { var: 'ctx.a' };
  const one = { set: ['a.x', 1] };
  const two = { set: ['a.x', 2] };

  it.each<[string, Json[], Json]>([
    ['set', [one, { set: ['b', A] }, two], { a: { x: 2 }, b: { x: 1 } }],
    ['set, and there', [one, { set: ['b', A] }, { set: ['b.x', 3] }], { a: { x: 1 }, b: { x: 3 } }],
    ['pushed', [one, { push: ['b', A] }, two], { a: { x: 2 }, b: [{ x: 1 }] }],
    ['within a list', [one, { set: ['b', { list: [A] }] }, two], { a: { x: 2 }, b: [{ x: 1 }] }],
    [
      'within itself',
      [one, { set: ['a.self', A] }, two, { set: ['a.self.x', 4] }],
      { a: { x: 2, self: { x: 4 } } },
    ],
    [
      'within the whole context',
      [one, { set: ['b', { var: 'ctx' }] }, two],
      { a: { x: 2 }, b: { a: { x: 1 } } },
    ],
    [
      'removed from',
      [one, { set: ['b', A] }, { del: ['a.x'] }, { set: ['a.y', 1] }],
      { a: { y: 1 }, b: { x: 1 } },
    ],
    ['removed and set again', [one, { del: ['a.x'] }, { inc: ['a.x', 5] }], { a: { x: 5 } }],
  ])('is another there than where it is changed later: %s', (_, operations, context) => {
    const given = { a: {} };
    expect(act(operations, given)).toEqual(context);
    expect(given).toEqual({ a: {} });
  });

  it('is the literal of a rule no longer than until it is changed', () => {
    const operations = [{ set: ['a', { lit: { x: 1 } }] }, two];
    expect([act(operations, { a: 0 }), act(operations, { a: 0 })]).toEqual([
      { a: { x: 2 } },
      { a: { x: 2 } },
    ]);
  });
});
