/**
 * The graph of an exploration: where its states are in the definition, what leads to them, and what
 * can still be reached from them.
 */
import { isRefusal } from '../../refusal.ts';
import { isObject, type Json } from '../../rules/json.ts';
import { advance } from '../advance.ts';
import type { Definition } from '../definition.ts';
import { dottedPath, type Outline, type OutlineNode } from '../outline.ts';
import type { StateNode } from '../view.ts';
import type { Edge, Exploration, Reached } from './explore.ts';
import type { LintStep } from './warning.ts';

/** Steps that are taken again to see whether shortest sequences hold. */
const REPLAYED_MAX = 2_000;

/** The innermost state that holds everything that is active: where a machine is, in one place. */
export function placesOf({ root, nodes }: Outline): (reached: Reached) => OutlineNode {
  const byKeys = new Map(nodes.map((node) => [dottedPath(node), node]));
  return ({ active }) => {
    const paths = active.map((path) => path.split('.'));
    const [first = []] = paths.filter((path) => isLeaf(path, active));
    const leaves = paths.filter((path) => isLeaf(path, active));
    const shared = first.findIndex((key, i) => leaves.some((leaf) => leaf[i] !== key));
    return byKeys.get(first.slice(0, shared < 0 ? undefined : shared).join('.')) ?? root;
  };
}

/** The name of a state for people: its keys below the root. */
export function nameOf(node: OutlineNode): string {
  return node.parent === null ? 'the machine' : dottedPath(node);
}

/** The shortest sequence to a state, or the one by which it was found; empty for the start. */
export function sequencesOf(
  definition: Definition,
  { reached, keyOf }: Exploration,
): (to: Reached, last?: Edge) => readonly LintStep[] {
  const nearest = nearestSteps(reached);
  let replayed = 0;
  return (to, last) => {
    const end = last === undefined ? [] : [last];
    const short = [...pathBack(to, (at) => nearest.get(at) ?? null), ...end];
    const known = [...pathBack(to, ({ via }) => via), ...end];
    replayed += short.length;
    const isPossible =
      replayed <= REPLAYED_MAX &&
      keyAfter(definition, short, keyOf) === keyOf((last?.to ?? to).node);
    return scriptOf(definition, isPossible ? short : known);
  };
}

/** True when steps of a kind lead from one state to another. */
export function canReach(from: Reached, to: Reached, isAllowed: (step: Edge) => boolean): boolean {
  const found = new Set([from]);
  for (const state of found) {
    if (state === to) return true;
    for (const edge of state.out) if (isAllowed(edge)) found.add(edge.to);
  }
  return false;
}

/** The states from which a state of some kind can be reached; those not tried out may reach all. */
export function leadingTo(
  reached: readonly Reached[],
  isWanted: (state: Reached) => boolean,
): ReadonlySet<Reached> {
  const before = new Map<Reached, Reached[]>();
  for (const { from, to } of reached.flatMap(({ out }) => out)) {
    const sources = before.get(to) ?? [];
    before.set(to, sources);
    sources.push(from);
  }
  const found = new Set(reached.filter((state) => isWanted(state) || !state.isTried));
  for (const state of found) for (const source of before.get(state) ?? []) found.add(source);
  return found;
}

function isLeaf(path: readonly string[], active: readonly string[]): boolean {
  const start = `${path.join('.')}.`;
  return !active.some((other) => other.startsWith(start));
}

/** For every state the step before it on a shortest path from the start. */
function nearestSteps([start]: readonly Reached[]): ReadonlyMap<Reached, Edge> {
  const nearest = new Map<Reached, Edge>();
  const found = new Set(start === undefined ? [] : [start]);
  for (const state of found) {
    for (const edge of state.out) {
      if (found.has(edge.to)) continue;
      found.add(edge.to);
      nearest.set(edge.to, edge);
    }
  }
  return nearest;
}

function pathBack(to: Reached, before: (state: Reached) => Edge | null): readonly Edge[] {
  const steps: Edge[] = [];
  for (let step = before(to); step; step = before(step.from)) steps.unshift(step);
  return steps;
}

/**
 * The key of the state that steps lead to. Undefined where they do not follow from one another:
 * each was tried in one state, which stands for all that no rule can tell from it.
 */
function keyAfter(
  definition: Definition,
  steps: readonly Edge[],
  keyOf: (node: StateNode) => string,
): string | undefined {
  const { initial, createdAt } = definition;
  let node: StateNode = { id: null, height: 0, createdAt, computed: initial };
  for (const { sent } of steps) {
    const { id, by: author, type, data: payload, at } = sent;
    if (at < node.createdAt) return undefined;
    const machine = definition.id;
    const transition = { id, machine, prior: node.id, type, author, createdAt: at, payload };
    const computed = advance(definition, node, transition);
    if (isRefusal(computed)) return undefined;
    node = { id, height: node.height + 1, createdAt: at, computed };
  }
  return keyOf(node);
}

/** Steps as lines of a script; a made-up id becomes the place of the step that has it. */
function scriptOf({ createdAt }: Definition, steps: readonly Edge[]): readonly LintStep[] {
  const heights = new Map<string, number>();
  return steps.map(({ sent: { id, by, type, data, at } }, i) => {
    const filled = withHeights(data, heights);
    heights.set(id, i + 1);
    return { by, type, ...(isObject(filled) ? { data: filled } : {}), at: at - createdAt };
  });
}

function withHeights(value: Json, heights: ReadonlyMap<string, number>): Json {
  if (typeof value === 'string') return heights.has(value) ? `{{@${heights.get(value)}}}` : value;
  if (Array.isArray(value)) return value.map((item) => withHeights(item, heights));
  if (!isObject(value)) return value;
  const members = Object.entries(value).map(([name, item]) => [name, withHeights(item, heights)]);
  return Object.fromEntries(members);
}
