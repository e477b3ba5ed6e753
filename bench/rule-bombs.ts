/**
 * Rules that ask for more than they may: refused with their definition, or stopped when they run.
 *
 * Each stands in a machine with one state that GO reaches by the rule; the code is how it ends.
 * `test/nsm/rule-bombs.test.ts` counts their fuel, `npm run bombs` measures their time.
 */
import type { Json } from '../src/rules/json.ts';

/** A rule in the place of a guard or of an action's operations, and how it ends. */
export type RuleBomb = {
  readonly name: string;
  readonly rule: { readonly guard: Json } | { readonly action: readonly Json[] };
  /** The code of the refusal, of the definition or of GO; null for what is taken. */
  readonly code: string | null;
  /** What is refused: the definition, or, where that is hosted, GO. */
  readonly ends: 'definition' | 'step';
  readonly context?: { readonly [name: string]: Json };
  readonly data?: Json;
};

const range = (length: number): number[] => Array.from({ length }, (_, i) => i);
const ITEMS = { list: range(60) };
const LIST = { var: 'ctx.list' };
const TEXT = { text: 'x'.repeat(60_000) };

/** `loop` over sixty items within itself, so many levels. */
const loops = (loop: string, levels: number, inner: Json): Json =>
  levels === 0 ? inner : { [loop]: [LIST, loops(loop, levels - 1, inner)] };

const nested = (levels: number, inner: Json): Json =>
  levels === 0 ? inner : { '!': nested(levels - 1, inner) };

const twice = (value: Json): Json => ({ cat: [value, value] });
const doubled = (times: number): Json => (times === 0 ? 'xx' : twice(doubled(times - 1)));

/** An expression of exactly so many nodes. */
const wide = (nodes: number): Json => ({ '==': [0, { '*': range(nodes - 3).map(() => 0) }] });

const path = (length: number): string => ['ctx', ...range(length).map(() => 'a')].join('.');
const segments = (length: number): Json => range(length).map(() => 'a');

/** Bombs made of guards. */
const GUARDS: readonly RuleBomb[] = [
  {
    name: 'a filter over 60 items in a filter in a filter in a filter',
    rule: { guard: { '<': [{ len: filters(4) }, 0] } },
    ...{ context: ITEMS, ends: 'step', code: 'engine-budget' },
  },
  {
    name: 'all over 60 items, 25 deep',
    rule: { guard: loops('all', 25, true) },
    ...{ context: ITEMS, ends: 'step', code: 'engine-budget' },
  },
  {
    name: 'all over 60 items, 40 deep',
    rule: { guard: loops('all', 40, true) },
    ...{ context: ITEMS, ends: 'definition', code: 'too-deep' },
  },
  {
    name: 'a cat that doubles eight times, over and over',
    rule: { guard: { all: [LIST, { '==': [doubled(8), ''] }] } },
    ...{ context: ITEMS, ends: 'step', code: 'guard-denied' },
  },
  {
    name: 'a cat of 60 kB, sixty times',
    rule: { guard: { all: [LIST, { '!=': [twice({ var: 'ctx.text' }), ''] }] } },
    ...{ context: { ...ITEMS, text: 'x'.repeat(30_000) }, ends: 'step', code: 'engine-budget' },
  },
  {
    name: 'the hash of 60 kB, sixty times',
    rule: { guard: { all: [LIST, { '!=': [{ sha256: { var: 'ctx.text' } }, ''] }] } },
    ...{ context: { ...ITEMS, ...TEXT }, ends: 'step', code: 'engine-budget' },
  },
  {
    name: 'the length of 60 kB, thousands of times',
    rule: { guard: { all: [LIST, loops('all', 1, { '>': [{ len: { var: 'ctx.text' } }, 0] })] } },
    ...{ context: { ...ITEMS, ...TEXT }, ends: 'step', code: 'engine-budget' },
  },
  {
    name: 'an expression of 2,000 nodes',
    ...{ rule: { guard: wide(2_000) }, ends: 'step', code: null },
  },
  {
    name: 'an expression of 2,001 nodes',
    ...{ rule: { guard: wide(2_001) }, ends: 'definition', code: 'definition-limits' },
  },
  {
    name: '2,000 nodes for each of 60 items',
    rule: { guard: { all: [LIST, wide(1_998)] } },
    ...{ context: ITEMS, ends: 'step', code: 'engine-budget' },
  },
  {
    name: 'an expression 33 deep',
    ...{ rule: { guard: nested(32, true) }, ends: 'definition', code: 'definition-limits' },
  },
  {
    name: 'a path of 5,000 members that are not there',
    rule: { guard: { '!=': [{ var: path(5_000) }, null] } },
    ...{ ends: 'step', code: 'guard-denied' },
  },
  ...['__proto__', 'constructor', 'prototype'].map(
    (name): RuleBomb => ({
      name: `a path through ${name}`,
      rule: { guard: { '!=': [{ var: `ctx.${name}.polluted` }, null] } },
      ...{ ends: 'definition', code: 'rules-invalid' },
    }),
  ),
  {
    name: 'a member __proto__ that is asked for by a payload',
    rule: { guard: { '!=': [{ get: [{ var: 'ctx' }, { var: 'data.name' }] }, null] } },
    ...{ data: { name: '__proto__' }, ends: 'step', code: 'guard-denied' },
  },
];

/** Bombs made of operations. */
const ACTIONS: readonly RuleBomb[] = [
  {
    name: 'a text that doubles with each of 256 operations',
    rule: { action: range(256).map(() => ({ set: ['text', twice({ var: 'ctx.text' })] })) },
    ...{ context: { text: 'x' }, ends: 'step', code: 'engine-budget' },
  },
  {
    name: 'a list that doubles with each of 200 operations',
    rule: { action: range(200).map(() => ({ push: ['list', LIST] })) },
    ...{ context: { list: [] }, ends: 'step', code: 'engine-budget' },
  },
  {
    name: 'one more member of a large object, 256 times',
    rule: { action: range(256).map((i) => ({ set: [['big', `m${i}`], 1] })) },
    context: { big: Object.fromEntries(range(3_000).map((i) => [`k${i}`, 1])) },
    ...{ ends: 'step', code: 'engine-budget' },
  },
  {
    name: '257 operations',
    rule: { action: range(257).map((i) => ({ set: ['n', i] })) },
    ...{ ends: 'step', code: 'engine-budget' },
  },
  {
    name: 'a path of 300 members that are not there yet',
    rule: { action: [{ set: [segments(300), 1] }] },
    ...{ ends: 'definition', code: 'definition-limits' },
  },
  {
    name: 'a path to __proto__',
    rule: { action: [{ set: ['a.__proto__.polluted', 1] }] },
    ...{ ends: 'definition', code: 'rules-invalid' },
  },
  {
    name: 'a path to __proto__ by way of a payload',
    rule: { action: [{ set: [['a', { var: 'data.name' }, 'polluted'], 1] }] },
    ...{ data: { name: '__proto__' }, ends: 'step', code: 'guard-error' },
  },
];

/** Every bomb. */
export const RULE_BOMBS: readonly RuleBomb[] = [...GUARDS, ...ACTIONS];

/** The config of a machine with a bomb in it; GO sets it off. */
export function bombConfig({ rule, context = {} }: RuleBomb): { readonly [name: string]: unknown } {
  const isGuard = 'guard' in rule;
  const rules = isGuard ? { guards: { bomb: rule.guard } } : { actions: { bomb: rule.action } };
  const fuse = isGuard ? { guard: 'bomb' } : { actions: 'bomb' };
  return {
    ...{ initial: 'a', context: { a: null, n: -1, ...context }, meta: { nsm: { v: 1, ...rules } } },
    states: { a: { on: { GO: { target: 'b', ...fuse } } }, b: {} },
  };
}

function filters(levels: number): Json {
  if (levels === 0) return LIST;
  return { filter: [LIST, { '<': [{ len: filters(levels - 1) }, 0] }] };
}
