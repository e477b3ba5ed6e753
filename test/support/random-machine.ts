/**
 * Machines by seed, with every feature the protocol has: nesting, parallel regions, history,
 * `always`, `after`, `onDone`, guards and actions with and without params, candidates in order.
 *
 * Every transition marks in the context what is special about it, so a walk shows what fired, and
 * engines that take other transitions hardly come to the same state. Keys are in an order
 * that is not the alphabet's, since canonical text sorts what XState takes in document order.
 */

import type { Json } from '../../src/rules/json.ts';
import { type Random, randomFrom } from './random.ts';

/** A config as JSON. */
export type Config = { readonly [name: string]: unknown };

/** What a transition can be besides a step from one state to another. */
export const FEATURES = [
  ...['nested', 'parallel', 'shallow', 'deep', 'both', 'targetless', 'reenter', 'guarded'],
  ...['always', 'after', 'onDone', 'entry', 'exit'],
] as const;

/** One of the features that transitions mark. */
export type Feature = (typeof FEATURES)[number];

/** The types that random machines handle, and one that none does. */
export const TYPES = ['GO', 'STOP', 'TURN', 'BACK', 'NOPE'] as const;

/** The first of the people who send transitions; some guards let nobody else pass. */
export const ANN = 'a1'.repeat(32);

const RULES: Json = {
  v: 1,
  guards: {
    isOdd: { '==': [{ '%': [{ var: 'ctx.n' }, 2] }, 1] },
    isEven: { '==': [{ '%': [{ var: 'ctx.n' }, 2] }, 0] },
    isBelow: { '<': [{ var: 'ctx.n' }, { var: 'params.limit' }] },
    isAnn: { '==': [{ var: 'by' }, { var: 'ctx.annPubkey' }] },
    isLate: { '>': [{ '-': [{ var: 'at' }, { var: 'def.created_at' }] }, 200] },
    isSmall: { '<': [{ var: 'data.n' }, 5] },
  },
  actions: {
    mark: [{ inc: [['fired', { var: 'params.as' }], 1] }],
    count: [{ inc: ['n', 1] }],
    note: [{ set: ['last', { list: [{ var: 'by' }, { var: 'at' }, { var: 'type' }] }] }],
    keep: [{ set: [['kept', { cat: ['k', { '%': [{ var: 'ctx.n' }, 3] }] }], { var: 'at' }] }],
  },
};

const KEYS = ['q', 'b', 'z', 'a', 'm'];
const DEPTH_MAX = 3;
/** In percent, by what a state can be; the rest is atomic. */
const COMPOUND = 35;
const PARALLEL = 16;
const FINAL = 25;

type Node = {
  readonly kind: 'atomic' | 'compound' | 'parallel' | 'final';
  readonly path: readonly string[];
  readonly children: readonly Node[];
  readonly history: 'shallow' | 'deep' | null;
  readonly isInRegion: boolean;
};

/** What a transition is drawn for: its source, and the marks it has by where it stands. */
type Site = { readonly node: Node; readonly marks: readonly Feature[] };

/** The config of a seed. It passes the linter; whether it can start only a trial tells. */
export function randomMachine(seed: number): Config {
  const random = randomFrom(seed);
  const root = drawNode(random, { path: [], isInRegion: false, kind: 'compound' });
  const all = nodesOf(root);
  const context = { annPubkey: ANN, n: random.below(3), last: null, kept: {}, fired: {} };
  const output = random.chance(50) ? { output: { ended: true } } : {};
  const machine = writeNode(root, { random, all });
  return { id: 'm', context, ...output, meta: { nsm: RULES }, ...machine };
}

type Draft = Pick<Node, 'kind' | 'path' | 'isInRegion'>;

function drawNode(random: Random, { kind, path, isInRegion }: Draft): Node {
  if (kind === 'atomic' || kind === 'final')
    return { kind, path, isInRegion, children: [], history: null };
  const count = 2 + random.below(2);
  const children = KEYS.slice(0, count).map((key, i) =>
    drawNode(random, {
      kind: drawKind(random, { depth: path.length + 1, isFirst: i === 0, parent: kind }),
      path: [...path, key],
      isInRegion: isInRegion || kind === 'parallel',
    }),
  );
  const history = random.chance(60) ? random.pick(['shallow', 'deep'] as const) : null;
  return { kind, path, isInRegion, children, history: path.length === 0 ? null : history };
}

function drawKind(
  random: Random,
  { depth, isFirst, parent }: { depth: number; isFirst: boolean; parent: Node['kind'] },
): Node['kind'] {
  // A region that is not compound has nowhere to go.
  if (parent === 'parallel') return depth < DEPTH_MAX ? 'compound' : 'atomic';
  const drawn = random.below(100);
  if (depth < DEPTH_MAX && drawn < COMPOUND) return 'compound';
  if (depth < DEPTH_MAX - 1 && drawn < COMPOUND + PARALLEL) return 'parallel';
  // The first child is the initial one; the machine shall not end before it began.
  const isEnd = !isFirst && drawn >= 100 - FINAL;
  return isEnd ? 'final' : 'atomic';
}

function nodesOf(node: Node): readonly Node[] {
  return [node, ...node.children.flatMap(nodesOf)];
}

type Whole = { readonly random: Random; readonly all: readonly Node[] };

function writeNode(node: Node, whole: Whole): Config {
  const { random } = whole;
  const { kind, children, history } = node;
  if (kind === 'final') return { type: 'final', ...marked('entry', random, 30) };
  const shared = {
    ...handlers(node, whole),
    ...(random.chance(22) ? { always: [always(node, whole)] } : {}),
    ...(random.chance(30) ? { after: timers(node, whole) } : {}),
    ...marked('entry', random, 25),
    ...marked('exit', random, 25),
  };
  if (kind === 'atomic') return shared;
  const past = history === null ? {} : { h: historyState(node, history, random) };
  const states = Object.fromEntries(
    children.map((child) => [child.path.at(-1) ?? '', writeNode(child, whole)]),
  );
  return {
    ...shared,
    ...(kind === 'parallel' ? { type: 'parallel' } : { initial: KEYS[0] }),
    ...(node.path.length > 0 ? { onDone: candidate({ node, marks: ['onDone'] }, whole) } : {}),
    states: { ...states, ...past },
  };
}

function marked(feature: 'entry' | 'exit', random: Random, percent: number): Config {
  return random.chance(percent) ? { [feature]: [mark([feature])] } : {};
}

/** One action for all marks: a step may run only so many. */
const mark = (features: readonly Feature[]): Config => ({
  type: 'mark',
  params: { as: features.join(' ') },
});

/** How often each feature fired up to a state, by what its context marks. */
export function firedIn(context: { readonly [name: string]: unknown }): Map<Feature, number> {
  const marks = Object.entries(context['fired'] as { readonly [marks: string]: number });
  const count = (feature: Feature): number =>
    marks.reduce((sum, [as, n]) => sum + (as.split(' ').includes(feature) ? n : 0), 0);
  return new Map(FEATURES.map((feature) => [feature, count(feature)]));
}

function historyState({ kind, children }: Node, depth: string, random: Random): Config {
  // A region is entered with its parallel state anyway, so a default there says nothing.
  const target = random.pick(children).path.at(-1);
  const leads = kind === 'compound' && random.chance(60) ? { target } : {};
  return { type: 'history', history: depth, ...leads };
}

function handlers(node: Node, whole: Whole): Config {
  const { random } = whole;
  const percent = node.kind === 'atomic' ? 65 : 15;
  const types = TYPES.slice(0, 4).filter(() => random.chance(percent));
  const on = types.map((type) => {
    if (random.chance(4)) return [type, {}] as const;
    const first = candidate({ node, marks: [] }, whole);
    if (first['guard'] === undefined || random.chance(40)) return [type, first] as const;
    return [type, [first, candidate({ node, marks: [] }, whole)]] as const;
  });
  return on.length > 0 ? { on: Object.fromEntries(on) } : {};
}

/** Stops itself: it passes on odd numbers and makes them even, save where it may run for ever. */
function always(node: Node, whole: Whole): Config {
  const { actions, guard: _, ...rest } = candidate({ node, marks: ['always'] }, whole);
  const once = actions.filter((action) => action !== 'count');
  return { ...rest, guard: 'isOdd', actions: whole.random.chance(3) ? [] : [...once, 'count'] };
}

function timers(node: Node, whole: Whole): Config {
  const delays = [5_000, 20_000, 60_001].filter(() => whole.random.chance(45));
  const chosen = delays.length > 0 ? delays : [20_000];
  return Object.fromEntries(
    chosen.map((delay) => [String(delay), candidate({ node, marks: ['after'] }, whole)]),
  );
}

type Candidate = Config & { readonly actions: readonly unknown[]; readonly guard?: unknown };

function candidate({ node, marks }: Site, whole: Whole): Candidate {
  const { random } = whole;
  const { targets, marks: leading } = drawTargets(node, whole);
  const guard = random.chance(35) ? drawGuard(random, marks.length > 0) : undefined;
  const isReentering = targets.length === 1 && random.chance(20);
  const all: readonly Feature[] = [
    ...marks,
    ...leading,
    ...(node.path.length > 1 ? ['nested' as const] : []),
    ...(node.isInRegion ? ['parallel' as const] : []),
    ...(guard === undefined ? [] : ['guarded' as const]),
    ...(isReentering ? ['reenter' as const] : []),
  ];
  const further = ['count', 'note', 'keep'].filter(() => random.chance(30));
  return {
    ...(targets.length === 0 ? {} : { target: targets.length === 1 ? targets[0] : targets }),
    ...(guard === undefined ? {} : { guard }),
    ...(isReentering ? { reenter: true } : {}),
    actions: [mark(all), ...further],
  };
}

/** What a timer or a raised event evaluates sees no payload, so it does not ask for one. */
function drawGuard(random: Random, isAlone: boolean): unknown {
  const plain = ['isOdd', 'isEven', 'isAnn', 'isLate'];
  const limit = { type: 'isBelow', params: { limit: 4 + random.below(40) } };
  return random.pick<unknown>([...plain, limit, limit, ...(isAlone ? [] : ['isSmall', 'isSmall'])]);
}

function drawTargets(
  node: Node,
  { random, all }: Whole,
): { readonly targets: readonly string[]; readonly marks: readonly Feature[] } {
  const drawn = random.below(100);
  if (drawn < 12) return { targets: [], marks: ['targetless'] };
  const pasts = all.filter((other) => other.history !== null && !isInside(node, other));
  if (drawn < 40 && pasts.length > 0) {
    const past = random.pick(pasts);
    return { targets: [`${idOf(past)}.h`], marks: past.history === null ? [] : [past.history] };
  }
  const parallels = all.filter(({ kind }) => kind === 'parallel');
  if (drawn < 52 && parallels.length > 0) {
    const regions = random.pick(parallels).children.filter(({ kind }) => kind === 'compound');
    const inside = regions.map(({ children }) => idOf(random.pick(children)));
    if (inside.length > 1) return { targets: inside, marks: ['both'] };
  }
  const others = all.filter(({ path }) => path.length > 0 && path !== node.path);
  // An end is reached now and then, not at once.
  const lasting = others.filter(({ kind, path }) => kind !== 'final' || path.length > 1);
  const isEnding = lasting.length === 0 || random.chance(10);
  return { targets: [idOf(random.pick(isEnding ? others : lasting))], marks: [] };
}

/** No way leads from inside a state to its own history. */
const isInside = (node: Node, other: Node): boolean =>
  other.path.every((key, i) => key === node.path[i]);

const idOf = ({ path }: Node): string => `#${['m', ...path].join('.')}`;
