/**
 * What a stranger may send in place of JSON that is right: the same with one thing wrong.
 */

import * as fc from 'fast-check';

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** Names and values that parsers, prototypes and XState give a meaning of their own. */
const HOSTILE: readonly string[] = [
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'length', 'then'],
  ...['', '.', '#', '#m', '#m.q', '.q', 'q', '*', 'X', 'xstate.init', 'xstate.done.state.m', '\\'],
  ...[
    'invoke',
    'after',
    'always',
    'cond',
    'guard',
    'target',
    'states',
    'initial',
    'type',
    'history',
  ],
  ...['parallel', 'final', 'compound', 'h', 'few', 'inc', 'é', '\ud800', '0', '10'],
];

const hostileName = fc.constantFrom(...HOSTILE);

/** Small values of every kind, hostile names among them. */
export const hostileValue: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    hostileName,
    fc.constantFrom<Json>(null, true, false, 0, -1, 1.5, 1e300, 2 ** 53),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(hostileName, tie('value'), { maxKeys: 3 }),
  ),
})).value;

type Mutation = {
  readonly at: number;
  readonly how: 'replace' | 'remove' | 'rename' | 'add' | 'move';
  readonly name: string;
  readonly value: Json;
};

/** One change somewhere in a JSON tree. */
export const mutationArbitrary: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat(),
  how: fc.constantFrom('replace', 'remove', 'rename', 'add', 'move'),
  name: hostileName,
  value: hostileValue,
});

/** A copy of a value with that change. A member named `__proto__` becomes one, as in JSON.parse. */
export function mutate(source: unknown, { at, how, name, value }: Mutation): Json {
  const root: { it: Json } = { it: JSON.parse(JSON.stringify(source)) };
  const places = placesOf(root.it, root, 'it');
  const place = places[at % places.length];
  if (place === undefined) return root.it;
  const { parent, key, node } = place;
  const set = (target: object, member: string, to: Json) =>
    Object.defineProperty(target, member, {
      value: to,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  if (how === 'replace') set(parent, key, value);
  if (how === 'remove' && parent !== root) Reflect.deleteProperty(parent, key);
  if (how === 'rename' && parent !== root && !Array.isArray(parent)) {
    Reflect.deleteProperty(parent, key);
    set(parent, name, node);
  }
  if (how === 'add' && Array.isArray(node)) node.push(value);
  else if (how === 'add' && node !== null && typeof node === 'object') set(node, name, value);
  if (how === 'move') {
    // A part of the machine where another belongs: states as handlers, handlers as states.
    const other = places[(at * 31 + 7) % places.length];
    set(parent, key, JSON.parse(JSON.stringify(other?.node ?? null)));
  }
  return root.it;
}

type Place = { readonly parent: object; readonly key: string; readonly node: Json };

function placesOf(node: Json, parent: object, key: string): Place[] {
  const below =
    node !== null && typeof node === 'object'
      ? Object.entries(node).flatMap(([name, item]) => placesOf(item, node, name))
      : [];
  return [{ parent, key, node }, ...below];
}
