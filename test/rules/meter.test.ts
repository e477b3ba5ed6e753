/**
 * What rules cost, to the unit, and that no nesting of cheap parts buys much time or memory.
 */
import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/rules/json.ts';
import { newMeter, RULE_LIMITS, RuleError, spend, spendSize } from '../../src/rules/meter.ts';
import { ALICE, act, BOB, evaluate } from './run-rules.ts';

const CONTEXT: Json = {
  roster: [ALICE, BOB],
  votes: { [ALICE]: 'yes' },
  list: [1, 2, 3],
  long: 'x'.repeat(40),
};

const roster = { var: 'ctx.roster' };
const list = { var: 'ctx.list' };

/** The deep size of a key of 64 digits is 1 + 4, of the roster 1 + 2 × 5. */
const COSTS: readonly (readonly [expression: Json, fuel: number])[] = [
  [1, 1],
  [{ var: 'ctx.votes' }, 1],
  [{ lit: [1, [2, 3]] }, 1],
  [{ is: [{ var: 'by' }, 'hex64'] }, 2],
  [{ '!': true }, 2],
  [{ if: [true, 1, { '+': [1, 2] }] }, 3],
  [{ or: [true, { '!': false }] }, 2],
  [{ '+': [1, 2, 3] }, 4],
  [{ '==': [1, 2] }, 3 + 2],
  [{ '==': ['', 'seventeen letters'] }, 3 + 1 + 1 + 2],
  [{ '==': [{ var: 'by' }, ALICE] }, 3 + 5 + 5],
  [{ '!=': [roster, null] }, 3 + 11 + 1],
  [{ '==': [{ var: 'ctx.votes' }, 0] }, 3 + (1 + 4 + 2) + 1],
  [{ in: [{ var: 'by' }, roster] }, 3 + 5 + 5 + 5],
  [{ in: [ALICE, roster] }, 3 + 5 + 5],
  [{ in: [ALICE, { var: 'ctx.votes' }] }, 3],
  [{ get: [roster, 1] }, 3],
  [{ keys: { var: 'ctx.votes' } }, 2 + 1 + 5],
  [{ values: { var: 'ctx.votes' } }, 2 + 1 + 2],
  [{ cat: ['a', 12, 'é'] }, 4 + 1 + 1],
  [{ cat: [{ var: 'ctx.long' }, 'x'] }, 3 + 1 + 3],
  [{ cat: [] }, 1 + 1],
  [{ list: [1, roster] }, 3 + 1 + 1 + 11],
  [{ append: [roster, 1] }, 3 + 11 + 1],
  [{ sha256: { var: 'ctx.long' } }, 2 + 20 + 3],
  [{ sha256: '' }, 2 + 20],
  [{ all: [list, true] }, 2 + 3 * (1 + 1)],
  [{ some: [list, { '>': [{ var: 'it' }, 1] }] }, 2 + 2 * (1 + 3)],
  [{ count: [list, false] }, 2 + 3 * 2],
  [{ filter: [list, { '>': [{ var: 'it' }, 1] }] }, 2 + 1 + 3 * 4 + 2],
  [{ map: [list, roster] }, 2 + 1 + 3 * (1 + 1 + 11)],
  [{ len: list }, 2],
  [{ len: { var: 'ctx.long' } }, 2 + 2],
  [{ len: { var: 'ctx.votes' } }, 2],
];

const given = { context: CONTEXT, environment: { by: BOB } };

/** Fuel an action takes. */
function costOf(operations: Json, context: Json = CONTEXT): number {
  const meter = newMeter();
  expect(act(operations, context, { ...given, meter })).toBeTypeOf('object');
  return RULE_LIMITS.fuel - meter.fuel;
}

describe('fuel', () => {
  it.each(COSTS)('of %j is exact', (expression, fuel) => {
    expect(evaluate(expression, given)).toMatchObject({ value: expect.anything(), fuel });
  });

  it.each<[Json, number]>([
    [{ set: ['n', 1] }, 1 + 1],
    [{ set: ['n', roster] }, 1 + 11],
    [{ set: [['votes', { var: 'by' }], 'yes'] }, 2 + 2],
    [{ set: ['a.bc', 1] }, 1 + (1 + 1 + 1)],
    [{ inc: ['list.0', 1] }, 1 + 1],
    [{ push: ['list', ALICE] }, 1 + 5],
    [{ push: ['fresh', 1] }, 1 + 2],
    [{ del: ['list.0'] }, 0],
    [{ del: ['votes'] }, 1],
  ])('of %j is what it evaluates and writes', (operation, fuel) => {
    expect(costOf([operation])).toBe(fuel);
  });

  it('is taken for every full 16 members or items a write copies', () => {
    const board = Array.from({ length: 33 }, () => 0);
    expect(costOf([{ set: ['board.0', 1] }], { board })).toBe(2 + 2);
    expect(costOf([{ push: ['board', 1] }], { board })).toBe(2 + 2);
    expect(costOf([{ del: ['board.0'] }], { board })).toBe(2);
  });

  it('can be spent to the last unit', () => {
    const meter = newMeter();
    spend(meter, 10_000);
    expect(() => spend(meter, 1)).toThrow(RuleError);
    expect(meter.fuel).toBe(0);
  });

  it('may be too little by one', () => {
    const meter = { ...newMeter(), fuel: 4 };
    expect(evaluate({ '+': [1, 2, 3] }, { meter })).toMatchObject({ value: 6 });
    const short = { ...newMeter(), fuel: 3 };
    expect(evaluate({ '+': [1, 2, 3] }, { meter: short })).toMatchObject({
      error: 'engine-budget',
    });
  });

  it('is shared by all rules of a step', () => {
    const meter = newMeter();
    const burn = { all: [{ lit: Array.from({ length: 4_000 }, () => 0) }, true] };
    expect(evaluate(burn, { meter })).toMatchObject({ value: true, fuel: 8_002 });
    expect(evaluate(burn, { meter })).toMatchObject({ error: 'engine-budget', fuel: 10_000 });
  });
});

describe('a step', () => {
  it('runs 32 actions, not 33', () => {
    const meter = newMeter();
    for (let i = 0; i < 32; i++) expect(act([], {}, { meter })).toEqual({});
    expect(act([], {}, { meter })).toBe('engine-budget');
  });

  it('runs 256 operations, not 257, in however many actions', () => {
    const pushes = (count: number) => Array.from({ length: count }, () => ({ push: ['a', 1] }));
    const meter = newMeter();
    expect(act(pushes(200), {}, { meter })).toHaveProperty('a.length', 200);
    expect(act(pushes(56), {}, { meter })).toHaveProperty('a.length', 56);
    expect(act([{ del: ['a'] }], { a: 1 }, { meter })).toBe('engine-budget');
  });
});

describe('a bomb is stopped', () => {
  const rounds = Array.from({ length: 28 }, (_, i) => i);
  const doubled = { var: 'ctx.a' };

  /** Heap bytes that running an action leaves reachable or waiting for collection. */
  function heapGrowth(run: () => void): number {
    const before = process.memoryUsage().heapUsed;
    run();
    return process.memoryUsage().heapUsed - before;
  }

  it.each<[string, Json, Json]>([
    ['list', { a: [0] }, rounds.map(() => ({ set: ['a', { list: [doubled, doubled] }] }))],
    ['cat', { a: 'xxxxxxxx' }, rounds.map(() => ({ set: ['a', { cat: [doubled, doubled] }] }))],
    ['push', { a: [0] }, rounds.map(() => ({ push: ['a', doubled] }))],
    ['append', { a: [0] }, rounds.map(() => ({ set: ['a', { append: [doubled, doubled] }] }))],
    ['map', { a: [0, 0] }, rounds.map(() => ({ set: ['a', { map: [doubled, doubled] }] }))],
    ['set', { a: {} }, rounds.map((i) => ({ set: [['a', `m${i}`], doubled] }))],
  ])('that doubles by %s', (_, context, operations) => {
    const grown = heapGrowth(() => {
      expect(['engine-budget', 'state-limits']).toContain(act(operations, context));
    });
    expect(grown).toBeLessThan(64 * 2 ** 20);
  });

  it('that nests loops', () => {
    const items = { lit: Array.from({ length: 60 }, () => 0) };
    const bomb = [0, 1, 2, 3].reduce<Json>((body) => ({ all: [items, body] }), true);
    expect(evaluate(bomb)).toMatchObject({ error: 'engine-budget' });
  });

  it('that doubles within one expression by way of loops', () => {
    const twice = (inner: Json): Json => ({
      get: [{ map: [{ list: [inner] }, { list: [{ var: 'it' }, { var: 'it' }] }] }, 0],
    });
    const bomb = rounds.slice(0, 10).reduce<Json>(twice, { lit: ['x'.repeat(1_000)] });
    expect(evaluate(bomb)).toMatchObject({ error: 'engine-budget' });
  });

  it('that counts a large value over and over', () => {
    const items = { lit: Array.from({ length: 2_000 }, () => 0) };
    const members = Object.fromEntries(items.lit.map((_, i) => [`m${i}`, 0]));
    for (const large of ['x'.repeat(50_000), members]) {
      const bomb = { all: [items, { '>': [{ len: { var: 'ctx.a' } }, 0] }] };
      expect(evaluate(bomb, { context: { a: large } })).toMatchObject({ error: 'engine-budget' });
    }
  });

  it('that hashes, compares or searches a large value over and over', () => {
    const items = { lit: Array.from({ length: 100 }, () => 0) };
    const large = { var: 'ctx.a' };
    const bodies = [
      { '!=': [{ sha256: large }, 'x'] },
      { '==': [large, large] },
      { in: [large, { list: large }] },
    ];
    for (const body of bodies) {
      const outcome = evaluate({ all: [items, body] }, { context: { a: 'x'.repeat(50_000) } });
      expect(outcome).toMatchObject({ error: 'engine-budget', fuel: 10_000 });
    }
  });

  it('before a value of exponential size is walked', () => {
    let value: Json = [];
    for (let i = 0; i < 40; i++) value = [value, value];
    const meter = newMeter();
    expect(() => spendSize(meter, value)).toThrow(RuleError);
    expect(meter.fuel).toBe(0);
  });
});
