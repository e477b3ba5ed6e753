/**
 * Random machines that the linter lets through: flat, nested, parallel, with history, `always`,
 * `onDone`, guards and actions in every place that may have them.
 *
 * States are drawn as a tree whose targets are numbers; building the config turns them into nodes
 * that exist, so that shrinking never leaves a target without a state. Keys are given in an order
 * that is not the alphabet's, since canonical text sorts what XState takes in document order.
 */

import * as fc from 'fast-check';

/** A config as JSON. */
export type Config = { readonly [name: string]: unknown };

type Candidate = {
  readonly targets: readonly number[];
  readonly guard: string | null;
  readonly actions: readonly string[];
  readonly reenter: boolean;
};

type Node = {
  readonly kind: 'atomic' | 'compound' | 'parallel' | 'final';
  readonly children: readonly Node[];
  readonly initial: number;
  readonly history: { readonly depth: 'shallow' | 'deep'; readonly target: number } | null;
  readonly on: readonly (readonly [type: string, candidates: readonly Candidate[]])[];
  readonly always: readonly Candidate[];
  readonly onDone: readonly Candidate[];
  readonly entry: readonly string[];
  readonly exit: readonly string[];
};

const KEYS = ['q', 'b', 'z', 'a', 'm'];

/** The types that random machines handle, and one that none does. */
export const TYPES = ['X', 'Y', 'Z', 'NOPE'] as const;

/** What the names of random machines mean, in the rules language. */
const NSM = {
  v: 1,
  guards: {
    few: { '<': [{ var: 'ctx.n' }, 3] },
    even: { '==': [{ '%': [{ var: 'ctx.n' }, 2] }, 0] },
    never: false,
  },
  actions: {
    inc: [{ inc: ['n', 1] }],
    reset: [{ set: ['n', 0] }],
    log: [{ push: ['log', { var: 'ctx.n' }] }],
  },
};

const candidate: fc.Arbitrary<Candidate> = fc.record({
  targets: fc.oneof(
    { weight: 6, arbitrary: fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 1 }) },
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(fc.nat({ max: 40 }), { minLength: 2, maxLength: 2 }) },
  ),
  guard: fc.constantFrom(null, null, 'few', 'even', 'never'),
  actions: fc.array(fc.constantFrom('inc', 'reset', 'log'), { maxLength: 2 }),
  reenter: fc.boolean(),
});

const rarely = (list: fc.Arbitrary<readonly Candidate[]>) =>
  fc.oneof({ weight: 5, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: list });
const names = fc.oneof(
  { weight: 3, arbitrary: fc.constant([]) },
  { weight: 1, arbitrary: fc.array(fc.constantFrom('inc', 'log'), { maxLength: 2 }) },
);
const candidates = fc.array(candidate, { minLength: 1, maxLength: 2 });

const { tree } = fc.letrec<{ tree: Node }>((tie) => ({
  tree: fc.record({
    kind: fc.constantFrom('atomic', 'compound', 'parallel', 'final', 'compound'),
    children: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.constant<Node[]>([]),
      fc.array(tie('tree'), { minLength: 1, maxLength: 3 }),
    ),
    initial: fc.nat({ max: 4 }),
    history: fc.option(
      fc.record({ depth: fc.constantFrom('shallow', 'deep'), target: fc.nat({ max: 40 }) }),
      { freq: 2 },
    ),
    on: fc.array(fc.tuple(fc.constantFrom('X', 'Y', 'Z'), candidates), { maxLength: 3 }),
    always: rarely(candidates),
    onDone: rarely(candidates),
    entry: names,
    exit: names,
  }),
}));

/** A config whose names mean what `NSM` says. */
export const machineArbitrary: fc.Arbitrary<Config> = fc
  .array(tree, { minLength: 1, maxLength: 3 })
  .chain((children) => tree.map((root) => toConfig({ ...root, kind: 'compound', children })));

/** A state that can be a target; without `node` it is a history. */
type Path = readonly string[];

/** A state that can be a target. */
type Place = { readonly path: Path; readonly kind: Node['kind'] | 'history' };

/** Every state with its path, in document order. */
function placesOf(node: Node, path: Path = []): readonly Place[] {
  const below = node.children.flatMap((child, i) => placesOf(child, [...path, KEYS[i] ?? 'x']));
  const hasPast = node.history !== null && node.children.length > 0;
  const past: Place = { path: [...path, 'h'], kind: 'history' };
  return [{ path, kind: node.kind }, ...below, ...(hasPast ? [past] : [])];
}

/** What building a config needs to know of the whole tree. */
type Whole = {
  readonly place: (n: number) => Place;
  readonly isParallel: (path: Path) => boolean;
};

function toConfig(root: Node): Config {
  const places = placesOf(root);
  const kinds = new Map(places.map(({ path, kind }) => [path.join('.'), kind]));
  const whole: Whole = {
    place: (n) => places[n % places.length] ?? { path: [], kind: 'compound' },
    isParallel: (path) => kinds.get(path.join('.')) === 'parallel',
  };
  const context = { n: 0, log: [] };
  return { id: 'm', meta: { nsm: NSM }, context, ...nodeConfig(root, [], whole) };
}

const idOf = ({ path }: Place): string => `#${['m', ...path].join('.')}`;

function nodeConfig(node: Node, path: Path, whole: Whole): Config {
  const { children, history, on, always, onDone, entry, exit } = node;
  const write = (list: readonly Candidate[]) => list.map((each) => transition(each, path, whole));
  const shared = {
    on: Object.fromEntries(on.map(([type, list]) => [type, write(list)])),
    ...{ entry, exit },
    ...(always.length > 0 ? { always: write(always) } : {}),
  };
  if (children.length === 0) return node.kind === 'final' ? { ...shared, type: 'final' } : shared;

  const inner = children.map((child, i) => {
    const key = KEYS[i] ?? 'x';
    return [key, nodeConfig(child, [...path, key], whole)] as const;
  });
  const past = history ? { h: { type: 'history', history: history.depth, ...leadsTo(node) } } : {};
  return {
    ...shared,
    ...(onDone.length > 0 ? { onDone: write(onDone) } : {}),
    ...(node.kind === 'parallel'
      ? { type: 'parallel' }
      : { initial: KEYS[node.initial % children.length] }),
    states: { ...Object.fromEntries(inner), ...past },
  };
}

/** The default of a node's history, half of the time: some state below the node. */
function leadsTo({ children, history }: Node): Config {
  const below = children.flatMap((child, i) => placesOf(child, [KEYS[i] ?? 'x']));
  const states = below.filter(({ kind }) => kind !== 'history');
  const place = states[(history?.target ?? 0) % (2 * states.length)];
  return place ? { target: place.path.join('.') } : {};
}

function transition(drawn: Candidate, source: Path, whole: Whole): Config {
  const { targets, guard, actions, reenter } = drawn;
  const places = targets.map((n) => seenFrom(source, whole.place(n)));
  const [first, second] = places;
  const both = first && second && areParallel(first, second, whole);
  return {
    ...(first ? { target: both ? places.map(idOf) : idOf(first) } : {}),
    ...(guard === null ? {} : { guard }),
    ...{ actions, reenter },
  };
}

/** The place itself; for the history of a state that `source` is within, that state. */
function seenFrom(source: Path, place: Place): Place {
  const isOwnPast = place.kind === 'history' && entered(place).every((key, i) => key === source[i]);
  return isOwnPast ? { path: entered(place), kind: 'compound' } : place;
}

/** Whether two states can be active together: they part at a parallel state. */
function areParallel(a: Place, b: Place, { isParallel }: Whole): boolean {
  const [left, right] = [entered(a), entered(b)];
  const at = left.findIndex((key, i) => key !== right[i]);
  return at >= 0 && at < right.length && isParallel(left.slice(0, at));
}

/** What a target enters: a history may lead anywhere below its parent. */
const entered = ({ path, kind }: Place): Path => (kind === 'history' ? path.slice(0, -1) : path);
