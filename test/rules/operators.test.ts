/**
 * Every operator: what it yields, which values it refuses, how many arguments it takes.
 */
import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/rules/json.ts';
import { OPERATORS } from '../../src/rules/operators.ts';
import { ALICE, evaluate } from './run-rules.ts';

const MAX = Number.MAX_SAFE_INTEGER;
const HELLO = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';

const CONTEXT: Json = {
  n: 7,
  half: 0.5,
  minus: -0,
  s: 'é🤙',
  list: [1, 2, 3],
  nested: [[1], [2, 3]],
  object: { b: 2, a: 1, '10': 3, '9': 4, Z: 5, é: 6 },
};

const list = { var: 'ctx.list' };
const object = { var: 'ctx.object' };
const half = { var: 'ctx.half' };
const it_ = { var: 'it' };
const never = { div: [1, 0] };

const VALUES: readonly (readonly [expression: Json, value: Json])[] = [
  [null, null],
  [true, true],
  [-5, -5],
  ['a.b', 'a.b'],
  [{ lit: { a: [1, null] } }, { a: [1, null] }],
  [{ lit: [] }, []],
  [{ lit: 3 }, 3],

  [{ if: [true, 1, never] }, 1],
  [{ if: [false, never, 2] }, 2],
  [{ and: [true, true] }, true],
  [{ and: [true, false, never] }, false],
  [{ and: true }, true],
  [{ or: [false, false] }, false],
  [{ or: [false, true, never] }, true],
  [{ '!': true }, false],
  [{ '!': [false] }, true],

  [{ '==': [1, 1] }, true],
  [{ '==': [1, '1'] }, false],
  [{ '==': [null, false] }, false],
  [{ '==': [{ lit: { a: [1] } }, { lit: { a: [1] } }] }, true],
  [{ '==': [half, half] }, true],
  [{ '==': [{ var: 'ctx.minus' }, 0] }, true],
  [{ '!=': [1, 2] }, true],
  [{ '!=': [{ lit: [] }, { lit: {} }] }, true],

  [{ '<': [1, 2] }, true],
  [{ '<': [2, 2] }, false],
  [{ '<=': [2, 2] }, true],
  [{ '>': [2, 1] }, true],
  [{ '>=': [1, 2] }, false],

  [{ in: [2, list] }, true],
  [{ in: ['2', list] }, false],
  [{ in: [{ lit: [1] }, { var: 'ctx.nested' }] }, true],
  [{ in: ['a', object] }, true],
  [{ in: [1, { lit: [] }] }, false],

  [{ '+': [1, 2, 3] }, 6],
  [{ '*': [2, 3, -4] }, -24],
  [{ '-': [1, 3] }, -2],
  [{ div: [7, 2] }, 3],
  [{ div: [-7, 2] }, -3],
  [{ div: [7, -2] }, -3],
  [{ div: [MAX, 2] }, 4503599627370495],
  [{ '%': [7, 3] }, 1],
  [{ '%': [-7, 3] }, -1],
  [{ '%': [7, -3] }, 1],
  [{ min: [3, 1, 2] }, 1],
  [{ min: 4 }, 4],
  [{ max: [3, 1, 5] }, 5],
  [{ '+': [MAX, -1] }, MAX - 1],

  [{ len: list }, 3],
  [{ len: object }, 6],
  [{ len: { var: 'ctx.s' } }, 2],
  [{ len: '' }, 0],
  [{ keys: object }, ['10', '9', 'Z', 'a', 'b', 'é']],
  [{ values: object }, [3, 4, 5, 1, 2, 6]],
  [{ keys: { lit: {} } }, []],
  [{ get: [list, 0] }, 1],
  [{ get: [list, 3] }, null],
  [{ get: [list, -1] }, null],
  [{ get: [object, 'a'] }, 1],
  [{ get: [object, 'x'] }, null],

  [{ cat: ['a', 1, -2, { var: 'ctx.s' }] }, 'a1-2é🤙'],
  [{ cat: [] }, ''],
  [{ cat: 'a' }, 'a'],
  [{ list: [1, list] }, [1, [1, 2, 3]]],
  [{ list: [] }, []],
  [{ list: 'a' }, ['a']],
  [{ append: [list, { lit: [4] }] }, [1, 2, 3, [4]]],
  [{ sha256: 'hello' }, HELLO],
  [{ sha256: ['hello'] }, HELLO],
  [{ sha256: 'é' }, '4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c'],

  [{ is: [1, 'int'] }, true],
  [{ is: [half, 'int'] }, false],
  [{ is: ['', 'string'] }, true],
  [{ is: [false, 'bool'] }, true],
  [{ is: [null, 'null'] }, true],
  [{ is: [{ lit: {} }, 'object'] }, true],
  [{ is: [{ lit: [] }, 'object'] }, false],
  [{ is: [null, 'object'] }, false],
  [{ is: [{ lit: [] }, 'array'] }, true],
  [{ is: [ALICE, 'hex64'] }, true],
  [{ is: [ALICE.toUpperCase(), 'hex64'] }, false],
  [{ is: [`${ALICE}\n`, 'hex64'] }, false],
  [{ is: [{ var: 'ctx.nothing' }, 'null'] }, true],

  [{ all: [list, { '>': [it_, 0] }] }, true],
  [{ all: [{ lit: [] }, never] }, true],
  [{ some: [list, { '==': [it_, 2] }] }, true],
  [{ some: [{ lit: [] }, never] }, false],
  [{ count: [list, { '>': [it_, 1] }] }, 2],
  [{ filter: [list, { '!=': [it_, 2] }] }, [1, 3]],
  [{ map: [list, { '*': [it_, it_] }] }, [1, 4, 9]],
];

describe('an expression yields', () => {
  it.each(VALUES)('%j = %j', (expression, value) => {
    expect(evaluate(expression, { context: CONTEXT })).toMatchObject({ value });
  });
});

describe('a loop', () => {
  it('stops at the first item that decides', () => {
    const decides = { if: [{ '==': [it_, 1] }, true, never] };
    expect(evaluate({ some: [list, decides] }, { context: CONTEXT })).toMatchObject({
      value: true,
    });
    const fails = { if: [{ '==': [it_, 1] }, false, never] };
    expect(evaluate({ all: [list, fails] }, { context: CONTEXT })).toMatchObject({ value: false });
  });

  it('shadows the item of the loop around it, and gives it back', () => {
    const inner = { map: [it_, { '+': [it_, 10] }] };
    const outer = { map: [{ var: 'ctx.nested' }, { list: [inner, { len: it_ }] }] };
    expect(evaluate(outer, { context: CONTEXT })).toMatchObject({
      value: [
        [[11], 1],
        [[12, 13], 2],
      ],
    });
  });
});

describe('a value of the wrong type is a guard-error', () => {
  const text = { lit: 'x' };
  it.each<[Json]>([
    [{ if: [1, 1, 2] }],
    [{ if: [null, 1, 2] }],
    [{ and: [true, 1] }],
    [{ or: ['true'] }],
    [{ '!': null }],
    [{ '<': [1, '2'] }],
    [{ '<=': [half, 1] }],
    [{ '>': [null, 1] }],
    [{ '>=': [true, false] }],
    [{ in: [1, 'text'] }],
    [{ in: [1, null] }],
    [{ in: [1, object] }],
    [{ '+': [1, half] }],
    [{ '+': [1, text] }],
    [{ '*': [1, null] }],
    [{ '-': [true, 1] }],
    [{ div: [1, 0] }],
    [{ '%': [1, 0] }],
    [{ div: [text, 1] }],
    [{ min: [half] }],
    [{ max: [1, text] }],
    [{ '+': [MAX, 1] }],
    [{ '+': [MAX, 1, -1] }],
    [{ '-': [-MAX, 1] }],
    [{ '*': [MAX, MAX] }],
    [{ len: 1 }],
    [{ len: null }],
    [{ keys: list }],
    [{ keys: null }],
    [{ values: text }],
    [{ get: [list, '0'] }],
    [{ get: [list, half] }],
    [{ get: [object, 1] }],
    [{ get: [text, 0] }],
    [{ get: [null, 'a'] }],
    [{ cat: [null] }],
    [{ cat: ['a', half] }],
    [{ cat: [list] }],
    [{ append: [object, 1] }],
    [{ append: [null, 1] }],
    [{ sha256: 1 }],
    [{ all: [object, true] }],
    [{ all: [list, 1] }],
    [{ some: [null, true] }],
    [{ some: [list, null] }],
    [{ count: [list, it_] }],
    [{ count: ['abc', true] }],
    [{ filter: [list, it_] }],
    [{ map: [object, it_] }],
  ])('%j', (expression) => {
    expect(evaluate(expression, { context: CONTEXT })).toMatchObject({ error: 'guard-error' });
  });
});

describe('negative zero', () => {
  it.each<[Json]>([
    [{ '*': [0, -1] }],
    [{ div: [-1, 2] }],
    [{ '%': [-4, 2] }],
    [{ '-': [{ var: 'ctx.minus' }, 0] }],
    [{ max: { var: 'ctx.minus' } }],
    [-0],
    [{ lit: -0 }],
  ])('becomes zero in %j', (expression) => {
    expect(evaluate(expression, { context: CONTEXT })).toMatchObject({ value: 0 });
  });
});

describe('the number of arguments', () => {
  const exactly = { '!': 1, len: 1, keys: 1, values: 1, sha256: 1, if: 3 };
  const pairs = ['==', '!=', '<', '<=', '>', '>=', 'in', 'get', '-', 'div', '%', 'append'];
  const loops = ['all', 'some', 'count', 'filter', 'map'];
  const least = { and: 1, or: 1, min: 1, max: 1, '+': 2, '*': 2, cat: 0, list: 0 };
  const rows: [string, number, number][] = [
    ...Object.entries(exactly).map(([name, n]): [string, number, number] => [name, n, n]),
    ...[...pairs, ...loops].map((name): [string, number, number] => [name, 2, 2]),
    ...Object.entries(least).map(([name, n]): [string, number, number] => [name, n, 40]),
  ];

  it('is known here for every operator', () => {
    expect(rows.map(([name]) => name).sort()).toEqual([...OPERATORS.keys()].sort());
  });

  it.each(rows)('of %s is at least %i and at most %i', (name, fewest, most) => {
    const call = (count: number) => evaluate({ [name]: Array.from({ length: count }, () => true) });
    const refused = { problem: 'rules-invalid', path: `/${name}` };
    expect(call(fewest)).not.toHaveProperty('problem');
    expect(call(most)).not.toHaveProperty('problem');
    if (fewest > 0) expect(call(fewest - 1)).toEqual(refused);
    if (most < 40) expect(call(most + 1)).toEqual(refused);
  });
});
