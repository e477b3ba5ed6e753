/**
 * What can be seen without running: every mistake in the source with the pointer to its place.
 */
import { describe, expect, it } from 'vitest';
import { compileRules, isRuleProblem } from '../../src/rules/compile.ts';
import type { Json } from '../../src/rules/json.ts';

/** The code and path of the first problem; undefined when there is none. */
function problemOf(source: Json): readonly [code: string, path: string] | undefined {
  const compiled = compileRules(source);
  return isRuleProblem(compiled) ? [compiled.code, compiled.path] : undefined;
}

const guard = (expression: Json): Json => ({ v: 1, guards: { g: expression } });
const action = (operations: Json): Json => ({ v: 1, actions: { a: operations } });

/** An expression so many levels deep. */
const deep = (levels: number): Json =>
  Array.from({ length: levels - 1 }).reduce<Json>((inner) => ({ '!': inner }), true);

/** A list so many levels deep. */
const nested = (levels: number): Json =>
  Array.from({ length: levels - 1 }).reduce<Json>((inner) => [inner], []);

const big = 2 ** 53;

describe('the rules object', () => {
  it.each<[Json, string]>([
    [null, ''],
    [[], ''],
    [1, ''],
    [{}, '/v'],
    [{ v: 2 }, '/v'],
    [{ v: '1' }, '/v'],
    [{ v: 1, guards: [] }, '/guards'],
    [{ v: 1, guards: null }, '/guards'],
    [{ v: 1, actions: 'a' }, '/actions'],
    [{ v: 1, guard: {} }, '/guard'],
    [{ v: 2, 'a/b~c': {} }, '/a~1b~0c'],
  ])('%j is rules-invalid at "%s"', (source, path) => {
    expect(problemOf(source)).toEqual(['rules-invalid', path]);
  });

  it('may leave guards and actions out', () => {
    expect(compileRules({ v: 1 })).toEqual({ guards: new Map(), actions: new Map() });
  });

  it('reads own members only', () => {
    expect(problemOf(Object.create({ v: 1 }))).toEqual(['rules-invalid', '/v']);
  });
});

const EXPRESSIONS: readonly (readonly [expression: Json, path: string])[] = [
  [[], ''],
  [[true], ''],
  [{}, ''],
  [{ '==': [1, 1], '!=': [1, 1] }, ''],
  [1.5, ''],
  [big, ''],
  [{ '==': [1, 1.5] }, '/==/1'],
  [{ '!': [[true]] }, '/!/0'],
  [{ in: [1, [1, 2]] }, '/in/1'],
  [{ '!': { '==': 1 } }, '/!/=='],
  [{ nope: 1 }, '/nope'],
  [{ 'a/b~c': 1 }, '/a~1b~0c'],
  [{ constructor: [1] }, '/constructor'],
  [{ toString: [] }, '/toString'],
  [JSON.parse('{"__proto__":[1]}'), '/__proto__'],
  [{ if: [true, 1] }, '/if'],
  [{ if: [true, 1, { nope: 1 }] }, '/if/2/nope'],
  [{ and: [] }, '/and'],
  [{ '!': [] }, '/!'],
  [{ '+': 1 }, '/+'],
  [{ get: 'x' }, '/get'],

  [{ var: 'nope' }, '/var'],
  [{ var: '' }, '/var'],
  [{ var: 'context.a' }, '/var'],
  [{ var: 'toString' }, '/var'],
  [{ var: 1 }, '/var'],
  [{ var: null }, '/var'],
  [{ var: { lit: 'ctx' } }, '/var'],
  [{ var: [] }, '/var'],
  [{ var: ['ctx', 'a'] }, '/var'],
  [{ var: ['nope'] }, '/var/0'],
  [{ var: 'it' }, '/var'],
  [{ var: 'it.a' }, '/var'],
  [{ all: [{ var: 'it' }, true] }, '/all/0/var'],
  [{ var: 'ctx.constructor' }, '/var'],
  [{ var: 'ctx.a.__proto__.b' }, '/var'],
  [{ var: 'data.prototype' }, '/var'],

  [{ is: 1 }, '/is'],
  [{ is: [1] }, '/is'],
  [{ is: [1, 'int', 2] }, '/is'],
  [{ is: [1, 'number'] }, '/is/1'],
  [{ is: [1, 'toString'] }, '/is/1'],
  [{ is: [1, { lit: 'int' }] }, '/is/1'],
  [{ is: [[], 'array'] }, '/is/0'],

  [{ lit: 0.5 }, '/lit'],
  [{ lit: { a: [1, { b: big }] } }, '/lit/a/1/b'],
  [{ lit: { 'x/y': 0.5 } }, '/lit/x~1y'],
  [{ lit: [{ constructor: 1 }] }, '/lit/0/constructor'],
  [{ lit: JSON.parse('{"__proto__":1}') }, '/lit/__proto__'],
];

describe('an expression', () => {
  it.each(EXPRESSIONS)('%j is rules-invalid at "%s"', (expression, path) => {
    expect(problemOf(guard(expression))).toEqual(['rules-invalid', `/guards/g${path}`]);
  });

  it('may use the item in the body of a loop, however deep', () => {
    const body = { all: [{ var: 'it' }, { '==': [{ var: 'it.a' }, { list: { var: 'it' } }] }] };
    expect(problemOf(guard({ some: [{ var: 'ctx.a' }, body] }))).toBeUndefined();
  });

  it('may be 32 deep, not 33', () => {
    expect(problemOf(guard(deep(32)))).toBeUndefined();
    const path = `/guards/g${'/!'.repeat(32)}`;
    expect(problemOf(guard(deep(33)))).toEqual(['definition-limits', path]);
    expect(problemOf(guard(deep(5_000)))).toEqual(['definition-limits', path]);
  });

  it('may hold a literal as deep as a context, not deeper', () => {
    expect(problemOf(guard({ lit: nested(64) }))).toBeUndefined();
    const path = `/guards/g/lit${'/0'.repeat(64)}`;
    expect(problemOf(guard({ lit: nested(65) }))).toEqual(['definition-limits', path]);
    expect(problemOf(guard({ lit: nested(5_000) }))).toEqual(['definition-limits', path]);
  });
});

describe('the rules of a definition', () => {
  const ones = (count: number): Json => ({ list: Array.from({ length: count }, () => 1) });

  it('may hold 2,000 expressions in all, not one more', () => {
    const push = [{ push: [['a', { var: 'by' }], 1] }];
    const rules = (count: number): Json => ({
      v: 1,
      guards: { g: ones(999), h: ones(count) },
      actions: { push },
    });
    // A list is an expression itself; the action has two.
    expect(problemOf(rules(997))).toBeUndefined();
    expect(problemOf(rules(998))).toEqual(['definition-limits', '/actions/push/0/push/1']);
  });

  it('count a literal once, whatever it holds', () => {
    const values = Array.from({ length: 5_000 }, () => 1);
    expect(problemOf(guard({ lit: values }))).toBeUndefined();
  });

  it('keep nothing of the source', () => {
    const value = [1];
    const compiled = compileRules(guard({ '==': [{ lit: value }, { list: [1] }] }));
    value.push(2);
    if (isRuleProblem(compiled)) throw new Error(compiled.message);
    const step = { by: null, at: 0, data: null, id: null, type: null };
    const environment = { ...step, def: { id: '', pubkey: '', created_at: 0 } };
    const meter = { fuel: 100, actions: 0, operations: 0, contextBytes: null };
    expect(compiled.guards.get('g')?.({}, environment, null, meter)).toBe(true);
  });
});

const OPERATIONS: readonly (readonly [operations: Json, path: string])[] = [
  [{ set: ['a', 1] }, ''],
  [null, ''],
  ['set', ''],
  [['set'], '/0'],
  [[[]], '/0'],
  [[{}], '/0'],
  [[{ set: ['a', 1], inc: ['b', 1] }], '/0'],
  [[{ del: ['a'] }, { nope: ['a', 1] }], '/1/nope'],
  [[{ toString: ['a', 1] }], '/0/toString'],
  [[{ set: 'a' }], '/0/set'],
  [[{ set: ['a'] }], '/0/set'],
  [[{ set: ['a', 1, 2] }], '/0/set'],
  [[{ inc: ['a'] }], '/0/inc'],
  [[{ push: [] }], '/0/push'],
  [[{ del: [] }], '/0/del'],
  [[{ del: ['a', 1] }], '/0/del'],
  [[{ set: [1, 1] }], '/0/set/0'],
  [[{ set: [null, 1] }], '/0/set/0'],
  [[{ set: [{ var: 'by' }, 1] }], '/0/set/0'],
  [[{ set: [[], 1] }], '/0/set/0'],
  [[{ set: [['a', null], 1] }], '/0/set/0/1'],
  [[{ set: [['a', 0.5], 1] }], '/0/set/0/1'],
  [[{ set: [['a', ['b']], 1] }], '/0/set/0/1'],
  [[{ set: [['a', { nope: 1 }], 1] }], '/0/set/0/1/nope'],
  [[{ set: [['a', { var: 'it' }], 1] }], '/0/set/0/1/var'],
  [[{ set: ['a.__proto__', 1] }], '/0/set/0'],
  [[{ set: ['constructor', 1] }], '/0/set/0'],
  [[{ del: ['a.prototype.b'] }], '/0/del/0'],
  [[{ del: 'a.constructor' }], '/0/del'],
  [[{ set: [['a', 'constructor'], 1] }], '/0/set/0/1'],
  [[{ set: ['a', [1]] }], '/0/set/1'],
  [[{ set: ['a', 1.5] }], '/0/set/1'],
  [[{ set: ['a', { var: 'it' }] }], '/0/set/1/var'],
];

describe('an action', () => {
  it.each(OPERATIONS)('%j is rules-invalid at "%s"', (operations, path) => {
    expect(problemOf(action(operations))).toEqual(['rules-invalid', `/actions/a${path}`]);
  });

  it('may have no operations, and a lone path without its list', () => {
    expect(problemOf(action([]))).toBeUndefined();
    expect(
      problemOf(action([{ del: 'a.b' }, { del: ['a'] }, { del: [['a', 0]] }])),
    ).toBeUndefined();
  });

  it('may have a path of 64 segments, not 65', () => {
    const path = (length: number) => Array.from({ length }, () => 'a').join('.');
    expect(problemOf(action([{ set: [path(64), 1] }]))).toBeUndefined();
    const refused = ['definition-limits', '/actions/a/0/set/0'];
    expect(problemOf(action([{ set: [path(65), 1] }]))).toEqual(refused);
  });
});
