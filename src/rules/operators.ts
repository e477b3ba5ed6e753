/**
 * The operators of the rules language, one row each: how many arguments, and what they do.
 *
 * Strict and total: a value of the wrong type, a division by zero or a result beyond the safe
 * integers is a `guard-error`, never a guess. A row pays for what it builds and compares before it
 * does so; the node itself is paid for in `parse.ts`. `var`, `lit` and `is` are read there too,
 * because what they take is not an expression.
 */
import { isSafeInt, type Json, type JsonList } from './json.ts';
import { guardError, type Meter, spend, spendSize } from './meter.ts';
import type { Evaluate, Scope } from './scope.ts';
import {
  append,
  asBoolean,
  asInteger,
  asList,
  concatenate,
  contains,
  digest,
  equals,
  get,
  keysOf,
  lengthOf,
  newList,
  valuesOf,
} from './values.ts';

/** An operator's arity and how its closure is made. */
export type Operator = {
  /** Fewest and most arguments. */
  readonly least: number;
  readonly most: number;
  /** True when the second argument is a loop's body, where `it` is the item. */
  readonly isLoop: boolean;
  /** Makes the closure from compiled arguments, whose number has been checked. */
  readonly build: (args: readonly Evaluate[]) => Evaluate;
};

/** Stands for an argument that the count has shown to be there. */
const absent: Evaluate = () => null;

const many = (
  least: number,
  most: number,
  apply: (values: JsonList, meter: Meter) => Json,
): Operator => ({
  least,
  most,
  isLoop: false,
  build: (args) => (scope) =>
    apply(
      args.map((arg) => arg(scope)),
      scope.meter,
    ),
});

const unary = (apply: (x: Json, meter: Meter) => Json): Operator => ({
  least: 1,
  most: 1,
  isLoop: false,
  build:
    ([x = absent]) =>
    (scope) =>
      apply(x(scope), scope.meter),
});

const binary = (apply: (a: Json, b: Json, meter: Meter) => Json): Operator => ({
  least: 2,
  most: 2,
  isLoop: false,
  build:
    ([a = absent, b = absent]) =>
    (scope) =>
      apply(a(scope), b(scope), scope.meter),
});

const comparison = (holds: (a: number, b: number) => boolean): Operator =>
  binary((a, b) => holds(asInteger(a), asInteger(b)));

const arithmetic = (
  least: number,
  most: number,
  combine: (a: number, b: number) => number,
): Operator => ({
  least,
  most,
  isLoop: false,
  build:
    ([first = absent, ...rest]) =>
    (scope) => {
      let result = asInteger(first(scope));
      for (const next of rest) result = inRange(combine(result, asInteger(next(scope))));
      return result;
    },
});

/** `and` and `or`: the first argument that decides is the last one evaluated. */
const junction = (decisive: boolean): Operator => ({
  least: 1,
  most: Number.POSITIVE_INFINITY,
  isLoop: false,
  build: (args) => (scope) => {
    for (const arg of args) if (asBoolean(arg(scope)) === decisive) return decisive;
    return !decisive;
  },
});

const choice: Operator = {
  least: 3,
  most: 3,
  isLoop: false,
  build:
    ([condition = absent, yes = absent, no = absent]) =>
    (scope) =>
      asBoolean(condition(scope)) ? yes(scope) : no(scope),
};

const loop = (run: (items: JsonList, body: Evaluate, scope: Scope) => Json): Operator => ({
  least: 2,
  most: 2,
  isLoop: true,
  build:
    ([source = absent, body = absent]) =>
    (scope) => {
      const items = asList(source(scope));
      const outer = scope.it;
      const result = run(items, body, scope);
      scope.it = outer;
      return result;
    },
});

const ANY = Number.POSITIVE_INFINITY;

/** Every operator whose arguments are expressions, by name. */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ['if', choice],
  ['and', junction(false)],
  ['or', junction(true)],
  ['!', unary((x) => !asBoolean(x))],
  ['==', binary(equals)],
  ['!=', binary((a, b, meter) => !equals(a, b, meter))],
  ['<', comparison((a, b) => a < b)],
  ['<=', comparison((a, b) => a <= b)],
  ['>', comparison((a, b) => a > b)],
  ['>=', comparison((a, b) => a >= b)],
  ['in', binary(contains)],
  ['get', binary(get)],
  ['+', arithmetic(2, ANY, (a, b) => a + b)],
  ['*', arithmetic(2, ANY, (a, b) => a * b)],
  ['-', arithmetic(2, 2, (a, b) => a - b)],
  // The remainder goes first: a quotient of large integers need not be exact in floating point.
  ['div', arithmetic(2, 2, (a, b) => (a - remainder(a, b)) / b)],
  ['%', arithmetic(2, 2, remainder)],
  ['min', arithmetic(1, ANY, (a, b) => Math.min(a, b))],
  ['max', arithmetic(1, ANY, (a, b) => Math.max(a, b))],
  ['len', unary(lengthOf)],
  ['keys', unary(keysOf)],
  ['values', unary(valuesOf)],
  ['cat', many(0, ANY, concatenate)],
  ['list', many(0, ANY, newList)],
  ['append', binary(append)],
  ['sha256', unary(digest)],
  ['all', loop((items, body, scope) => items.every((item) => holds(item, body, scope)))],
  ['some', loop((items, body, scope) => items.some((item) => holds(item, body, scope)))],
  ['count', loop(countItems)],
  ['filter', loop(filterItems)],
  ['map', loop(mapItems)],
]);

/** A result that stays within the safe integers; -0 becomes 0. Throws `guard-error` on others. */
export function inRange(result: number): number {
  // -0 compares as 0 and must not be told from it.
  if (isSafeInt(result)) return result === 0 ? 0 : result;
  throw guardError('a result is beyond the safe integers');
}

function remainder(a: number, b: number): number {
  if (b === 0) throw guardError('division by zero');
  return a % b;
}

function visit(item: Json, body: Evaluate, scope: Scope): Json {
  spend(scope.meter, 1);
  scope.it = item;
  return body(scope);
}

function holds(item: Json, body: Evaluate, scope: Scope): boolean {
  return asBoolean(visit(item, body, scope));
}

function countItems(items: JsonList, body: Evaluate, scope: Scope): number {
  let count = 0;
  for (const item of items) if (holds(item, body, scope)) count++;
  return count;
}

function filterItems(items: JsonList, body: Evaluate, scope: Scope): JsonList {
  spend(scope.meter, 1);
  return items.filter((item) => {
    if (!holds(item, body, scope)) return false;
    spendSize(scope.meter, item);
    return true;
  });
}

function mapItems(items: JsonList, body: Evaluate, scope: Scope): JsonList {
  spend(scope.meter, 1);
  return items.map((item) => {
    const result = visit(item, body, scope);
    spendSize(scope.meter, result);
    return result;
  });
}
