/**
 * What a state looks like from outside: the paths that are active and the types that have a
 * handler now. Guards are not consulted; who may send what is for `judge` to say.
 */
import type { State } from './canonical.ts';
import { type ActiveNode, activeNodes, type Machine } from './engine.ts';

/** A type with a handler in a state: `guarded` when no candidate is free for all. */
export type EnabledType = {
  readonly type: string;
  readonly guarded: boolean;
  readonly guards: readonly string[];
};

type Found = Map<string, { guarded: boolean; readonly guards: Set<string> }>;

/** The types that have a handler other than a forbidden one, in document order. */
export function enabledTypes(machine: Machine, state: State): EnabledType[] {
  if (state.status !== 'active') return [];
  const found: Found = new Map();
  const nodes = activeNodes(machine, state);
  const children = new Map<ActiveNode, ActiveNode[]>(nodes.map((node) => [node, []]));
  for (const node of nodes) if (node.parent) children.get(node.parent)?.push(node);
  const [root] = nodes;
  if (root) collectHandlers(root, children, found);
  return [...found].map(([type, { guarded, guards }]) => ({ type, guarded, guards: [...guards] }));
}

/** Paths of the active states below the root, outer before inner: `a`, `a.b`. */
export function activePaths({ value }: Pick<State, 'value'>): string[] {
  if (typeof value === 'string') return [value];
  return Object.entries(value).flatMap(([key, inner]) => [
    key,
    ...activePaths({ value: inner }).map((path) => `${key}.${path}`),
  ]);
}

/**
 * Collects the handlers of a node and what is below it, children first, and returns the types that
 * are hidden from its parent: an unguarded candidate, even a forbidden one, is the last word on its
 * type, and that of one region is so for the whole parallel state.
 */
function collectHandlers(
  node: ActiveNode,
  children: ReadonlyMap<ActiveNode, readonly ActiveNode[]>,
  found: Found,
): ReadonlySet<string> {
  const hidden = new Set<string>();
  for (const child of children.get(node) ?? []) {
    for (const type of collectHandlers(child, children, found)) hidden.add(type);
  }
  for (const [type, candidates] of node.transitions) {
    if (type.startsWith('xstate.') || hidden.has(type)) continue;
    for (const { target, actions, guard } of candidates) {
      const isForbidden = target === undefined && actions.length === 0;
      if (!isForbidden) addHandler(found, type, guard);
      if (guard !== undefined) continue;
      hidden.add(type);
      break;
    }
  }
  return hidden;
}

function addHandler(found: Found, type: string, guard: unknown): void {
  const entry = found.get(type) ?? { guarded: true, guards: new Set() };
  found.set(type, entry);
  if (guard === undefined) entry.guarded = false;
  else entry.guards.add(typeof guard === 'string' ? guard : (guard as { type: string }).type);
}
