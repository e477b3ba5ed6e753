/**
 * Random values, expressions and operations of the rules language, all of them well formed.
 *
 * Arguments mostly have the type their operator wants, since otherwise nearly every expression
 * would end at its first step; now and then they have not, so that every error is reached too.
 */
import * as fc from 'fast-check';
import type { Json } from '../../src/rules/json.ts';
import { OPERATORS } from '../../src/rules/operators.ts';

type Type = 'bool' | 'int' | 'string' | 'list' | 'object';

const name = fc.constantFrom('a', 'b', '0', '1', 'é', 'toString', 'length');
const int = fc.constantFrom<Json>(0, 1, 2, -3, 7, 2 ** 53 - 1);
const string = fc.constantFrom<Json>('', 'a', 'é🤙', 'toString');

/** Any JSON value, fractions and negative zero included. */
export const valueArbitrary = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    int,
    string,
    fc.constantFrom<Json>(null, true, false, 0.5, -0),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(name, tie('value'), { maxKeys: 4 }),
  ),
})).value;

/** A context of fixed names, so that paths lead somewhere, holding values of any kind. */
export const contextArbitrary = fc.record({
  n: int,
  s: string,
  list: fc.array(valueArbitrary, { maxLength: 4 }),
  o: fc.dictionary(name, valueArbitrary, { maxKeys: 4 }),
  none: fc.constant<Json>(null),
  x: valueArbitrary,
});

const VARIABLES: Readonly<Record<Type, readonly string[]>> = {
  bool: ['ctx.x'],
  int: ['ctx.n', 'at'],
  string: ['ctx.s', 'by'],
  list: ['ctx.list'],
  object: ['ctx.o', 'def', 'ctx'],
};

const LITERALS: Readonly<Record<Type, fc.Arbitrary<Json>>> = {
  bool: fc.boolean(),
  int,
  string,
  list: fc.array(int, { maxLength: 4 }).map((items): Json => ({ lit: items })),
  object: fc.dictionary(name, int, { maxKeys: 3 }).map((members): Json => ({ lit: members })),
};

const TYPES: readonly Type[] = ['bool', 'int', 'string', 'list', 'object'];

/** What each operator takes and yields; `value` is of whatever type. */
export const SIGNATURES: readonly (readonly [
  operator: string,
  takes: readonly (Type | 'value')[],
  yields: Type | 'value',
])[] = [
  ['if', ['bool', 'value', 'value'], 'value'],
  ['and', ['bool', 'bool'], 'bool'],
  ['or', ['bool', 'bool', 'bool'], 'bool'],
  ['!', ['bool'], 'bool'],
  ['==', ['value', 'value'], 'bool'],
  ['!=', ['value', 'value'], 'bool'],
  ['<', ['int', 'int'], 'bool'],
  ['<=', ['int', 'int'], 'bool'],
  ['>', ['int', 'int'], 'bool'],
  ['>=', ['int', 'int'], 'bool'],
  ['in', ['value', 'list'], 'bool'],
  ['in', ['string', 'object'], 'bool'],
  ['get', ['list', 'int'], 'value'],
  ['get', ['object', 'string'], 'value'],
  ['+', ['int', 'int', 'int'], 'int'],
  ['*', ['int', 'int'], 'int'],
  ['-', ['int', 'int'], 'int'],
  ['div', ['int', 'int'], 'int'],
  ['%', ['int', 'int'], 'int'],
  ['min', ['int', 'int'], 'int'],
  ['max', ['int'], 'int'],
  ['len', ['list'], 'int'],
  ['len', ['string'], 'int'],
  ['len', ['object'], 'int'],
  ['keys', ['object'], 'list'],
  ['values', ['object'], 'list'],
  ['cat', ['string', 'int'], 'string'],
  ['list', ['value', 'value'], 'list'],
  ['append', ['list', 'value'], 'list'],
  ['sha256', ['string'], 'string'],
  ['all', ['list', 'bool'], 'bool'],
  ['some', ['list', 'bool'], 'bool'],
  ['count', ['list', 'bool'], 'int'],
  ['filter', ['list', 'bool'], 'list'],
  ['map', ['list', 'value'], 'list'],
];

const LOOPS = new Set(['all', 'some', 'count', 'filter', 'map']);

/** An expression that ought to yield a type; `it` stands only where a loop binds it. */
function expressionOf(type: Type | 'value', depth: number, inLoop: boolean): fc.Arbitrary<Json> {
  if (type === 'value') {
    const some = TYPES.map((each) => expressionOf(each, depth, inLoop));
    return inLoop ? fc.oneof(...some, fc.constant<Json>({ var: 'it' })) : fc.oneof(...some);
  }
  const variable = fc.constantFrom(...VARIABLES[type]).map((path): Json => ({ var: path }));
  const leaf = fc.oneof(LITERALS[type], variable);
  if (depth === 0) return leaf;
  const calls = SIGNATURES.filter(([, , yields]) => yields === type || yields === 'value').map(
    ([operator, takes]) =>
      fc
        .tuple(...argumentsOf(operator, takes, { depth, inLoop }))
        .map((args): Json => ({ [operator]: args })),
  );
  if (type !== 'bool') return fc.oneof(leaf, ...calls);
  const kind = fc.constantFrom('int', 'string', 'bool', 'null', 'object', 'array', 'hex64');
  const tested = fc.tuple(expressionOf('int', depth - 1, inLoop), kind);
  return fc.oneof(
    leaf,
    tested.map((args): Json => ({ is: args })),
    ...calls,
  );
}

function argumentsOf(
  operator: string,
  takes: readonly (Type | 'value')[],
  site: { readonly depth: number; readonly inLoop: boolean },
): fc.Arbitrary<Json>[] {
  return takes.map((type, index) => {
    const inLoop = site.inLoop || (LOOPS.has(operator) && index === 1);
    const wanted = memoized(type === 'value' ? 'int' : type, site.depth - 1, inLoop);
    const other = memoized('value', 0, inLoop);
    const weight = type === 'value' ? 10 : 1;
    return fc.oneof({ arbitrary: wanted, weight: 20 }, { arbitrary: other, weight });
  });
}

const drawn = new Map<string, fc.Arbitrary<Json>>();

/** One arbitrary for each kind of expression: there would be thousands otherwise. */
function memoized(type: Type | 'value', depth: number, inLoop: boolean): fc.Arbitrary<Json> {
  const key = `${type} ${depth} ${inLoop}`;
  const arbitrary = drawn.get(key) ?? expressionOf(type, depth, inLoop);
  drawn.set(key, arbitrary);
  return arbitrary;
}

/** An expression of any type. */
export const expressionArbitrary = memoized('value', 3, false);

/** An expression that mostly yields a boolean. */
export const testArbitrary = memoized('bool', 3, false);

const PATHS: readonly Json[] = [
  'n',
  'x',
  'none',
  'fresh',
  'fresh.a.b',
  'none.a',
  'o.a',
  'o.toString.0',
  'list.0',
  'list.1.a',
  ['list', { len: { var: 'ctx.s' } }],
  ['o', { var: 'ctx.s' }],
  ['o', { var: 'ctx.n' }],
  ['x', { var: 'ctx.x' }, 0],
];

/** An operation on a context drawn above. */
export const operationArbitrary: fc.Arbitrary<Json> = fc.oneof(
  ...(['set', 'push', 'inc'] as const).map((kind) =>
    fc
      .tuple(fc.constantFrom(...PATHS), memoized(kind === 'inc' ? 'int' : 'value', 1, false))
      .map((args): Json => ({ [kind]: args })),
  ),
  fc.constantFrom(...PATHS).map((path): Json => ({ del: [path] })),
);

const nearly = fc.letrec<{ node: Json }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 6 },
    fc.jsonValue().map((drawn): Json => JSON.parse(JSON.stringify(drawn))),
    fc.array(tie('node'), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom(...OPERATORS.keys(), 'var', 'lit', 'is', 'set', 'push', 'constructor'),
      tie('node'),
      { maxKeys: 2 },
    ),
  ),
})).node;

/** Any JSON where rules should be: hardly ever well formed, often nearly so. */
export const nearlyRulesArbitrary: fc.Arbitrary<Json> = fc.oneof(
  nearly,
  nearly.map((node): Json => ({ v: 1, guards: { g: node } })),
  nearly.map((node): Json => ({ v: 1, actions: { a: [node] } })),
);
