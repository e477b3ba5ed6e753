/**
 * What a stranger can send to make a relay work: definitions, steps, snapshots, frames.
 *
 * Every input is answered with a refusal or taken; either way its cost is paid by everybody who
 * waits meanwhile. Definitions and steps stand at the limits of the rule set, or a little beyond.
 */

/** A config as JSON, or a text that is none. */
type Config = { readonly [name: string]: unknown } | string;

/** A definition to publish again and again, each time with another description. */
export type HostileDefinition = { readonly name: string; readonly config: Config };

/** A machine, and a type that its initial state refuses only after all the work. */
export type HostileStep = HostileDefinition & { readonly type: string; readonly data?: unknown };

const range = (length: number): number[] => Array.from({ length }, (_, i) => i);
const keyed = (length: number, key: string, make: (i: number) => unknown) =>
  Object.fromEntries(range(length).map((i) => [`${key}${i}`, make(i)]));

/** `inner` so many levels down. */
const nested = (levels: number, inner: object): object =>
  levels === 0 ? inner : { initial: 'i', states: { i: nested(levels - 1, inner) } };

const regions = (count: number, make: (i: number) => object) => ({
  ...{ id: 'm', type: 'parallel', states: keyed(count, 'r', make) },
});

const bomb = {
  all: [{ var: 'ctx.list' }, { all: [{ var: 'ctx.list' }, { '<': [{ var: 'it' }, 1_000] }] }],
};

const RULES = {
  v: 1,
  guards: { no: false, yes: true, bomb },
  actions: {
    same: [{ set: ['n', { var: 'ctx.n' }] }],
    double: [{ set: ['text', { cat: [{ var: 'ctx.text' }, { var: 'ctx.text' }] }] }],
  },
};
const META = { nsm: RULES };

/** What the linter or the initial step refuses. */
export const REFUSED: readonly HostileDefinition[] = [
  { name: '200 parallel regions', config: regions(200, () => ({ on: { X: {} } })) },
  {
    name: 'always loop',
    config: { initial: 'a', states: { a: { always: 'b' }, b: { always: 'a' } } },
  },
  { name: 'always loop in 16 deep regions', config: regions(16, () => nested(14, loop('b'))) },
  {
    name: 'onDone loop',
    config: {
      initial: 'a',
      states: {
        a: { initial: 'x', states: { x: { type: 'final' } }, onDone: 'b' },
        b: { initial: 'x', states: { x: { type: 'final' } }, onDone: 'a' },
      },
    },
  },
  { name: '5,000-deep JSON', config: `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}` },
  {
    name: 'doubling context',
    config: {
      ...{ meta: META, context: { text: 'x' }, initial: 'a', on: { X: '.b' } },
      states: { a: { entry: range(20).map(() => 'double') }, b: {} },
    },
  },
  {
    name: 'guard named constructor',
    config: { initial: 'a', states: { a: { on: { X: { target: 'a', guard: 'constructor' } } } } },
  },
];

/** A compound state that X leads into a loop; or that loops from the start. */
function loop(initial: 'a' | 'b') {
  return { initial, states: { a: { on: { X: 'b' } }, b: { always: 'c' }, c: { always: 'b' } } };
}

/** A compound state that X leads through so many states and back to where it was. */
const circle = (length: number) => ({
  initial: 'a',
  states: {
    a: { on: { X: 's0' } },
    ...keyed(length, 's', (i) => ({ always: i + 1 < length ? `s${i + 1}` : 'a' })),
  },
});

/** What is legal and as large as it may be, in one way each and in all at once. */
export const LEGAL: readonly HostileDefinition[] = [
  {
    name: '512 states',
    config: { initial: 's0', states: keyed(512, 's', (i) => ({ on: { X: `s${(i + 1) % 512}` } })) },
  },
  {
    name: '16 regions of 16 levels',
    config: regions(16, () => nested(14, { on: { X: {}, Y: '#m' } })),
  },
  {
    name: '2,000 transitions',
    config: {
      initial: 's0',
      states: keyed(500, 's', (i) => ({
        on: { X: `s${(i + 1) % 500}`, A: 's1', B: 's2', C: 's3' },
      })),
    },
  },
  {
    name: '64 KiB of context',
    config: {
      context: { list: Array(32_000).fill(1) },
      initial: 'a',
      states: { a: { on: { X: 'b' } }, b: {} },
    },
  },
  {
    name: 'everything at once',
    config: {
      ...regions(16, () => nested(12, { ...circle(14), on: keyed(100, 'T', () => '#m') })),
      context: { list: Array(8_000).fill(1) },
    },
  },
];

/** Legal machines with a step that costs as much as it can. */
export const STEPS: readonly HostileStep[] = [
  { name: 'loop in 16 deep regions', config: regions(16, () => nested(14, loop('a'))), type: 'X' },
  { name: '28 microsteps in 16 regions', config: regions(16, () => circle(27)), type: 'X' },
  {
    name: 'all targets from all regions',
    config: regions(16, () =>
      nested(12, {
        initial: 'a',
        states: {
          a: { on: { X: 't' } },
          t: { always: { target: range(16).map((i) => `#m.r${i}${'.i'.repeat(12)}.u`) } },
          u: { always: { target: range(16).map((i) => `#m.r${i}${'.i'.repeat(12)}.t`) } },
        },
      }),
    ),
    type: 'X',
  },
  {
    name: 'all the fuel in a guard',
    config: {
      ...{ meta: META, context: { list: Array(90).fill(1) }, initial: 'a' },
      states: { a: { on: { X: { target: 'b', guard: 'bomb' } } }, b: {} },
    },
    type: 'X',
  },
  {
    name: '1,900 candidates that say no',
    config: {
      ...{ meta: META, initial: 'a' },
      states: {
        a: { on: { X: range(1_900).map(() => ({ target: 'b', guard: 'no' })), Y: 'b' } },
        b: {},
      },
    },
    type: 'X',
  },
  {
    name: 'always with 900 guards a microstep',
    config: {
      ...{ meta: META, initial: 'a' },
      states: {
        a: { on: { X: 'b' } },
        b: { always: [...range(900).map(() => ({ target: 'a', guard: 'no' })), 'c'] },
        c: { always: [...range(900).map(() => ({ target: 'a', guard: 'no' })), 'b'] },
      },
    },
    type: 'X',
  },
  {
    name: '64 KiB of context, 32 actions',
    config: {
      ...{ meta: META, context: { n: 0, list: Array(32_000).fill(1) }, initial: 'a' },
      states: { a: { on: { X: { actions: range(32).map(() => 'same') } } } },
    },
    type: 'X',
  },
];

/** A machine whose steps are accepted and dear: what replays it pays for each of them. */
export const DEAR_CHAIN: HostileStep = {
  name: 'a snapshot 63 steps from a stored state',
  config: {
    context: { n: 0, list: Array(30_000).fill(1) },
    meta: { nsm: { v: 1, actions: { add: [{ inc: ['n', 1] }] } } },
    on: { X: { actions: 'add' } },
  },
  type: 'X',
};

const many = (count: number, make: (i: number) => string): string[] => range(count).map(make);
const hex = (i: number): string => i.toString(16).padStart(64, '0');

/** Frames that are refused or dear, by name; `SUB` stands for the id of a subscription. */
export const FRAMES: Readonly<Record<string, string>> = {
  'a frame that is no JSON': '["REQ","SUB",',
  'a frame 5,000 deep': `["REQ","SUB",${'['.repeat(5_000)}${']'.repeat(5_000)}]`,
  'a filter with unknown members': JSON.stringify(['REQ', 'SUB', { search: 'x', '#tt': ['x'] }]),
  'a filter with bad values': JSON.stringify(['REQ', 'SUB', { ids: ['x'], kinds: [-1] }]),
  '10 filters of 2,000 tag values': JSON.stringify([
    ...['REQ', 'SUB'],
    ...range(10).map((f) => ({ '#t': many(2_000, (i) => `${f} ${i}`) })),
  ]),
  '2 filters of 1,900 ids': JSON.stringify([
    ...['REQ', 'SUB'],
    ...range(2).map((f) => ({ ids: many(1_900, (i) => hex(f * 1_900 + i)) })),
  ]),
  '20 filters without a condition': JSON.stringify([
    'REQ',
    'SUB',
    ...range(20).map(() => ({ limit: 1_000 })),
  ]),
  '10 filters of 20 authors and 90 kinds': JSON.stringify([
    ...['REQ', 'SUB'],
    ...range(10).map(() => ({ authors: many(20, hex), kinds: range(90) })),
  ]),
};
