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
  for (const node of activeNodes(machine, state)) {
    const isLeaf = node.type === 'atomic' || node.type === 'final';
    if (isLeaf) collectHandlers(node, found);
  }
  return [...found].map(([type, { guarded, guards }]) => ({ type, guarded, guards: [...guards] }));
}

/** Paths of the active states below the root, outer before inner: `a`, `a.b`. */
export function activePaths(machine: Machine, state: State): string[] {
  const below = activeNodes(machine, state).filter(({ path }) => path.length > 0);
  return below.map(({ path }) => path.join('.'));
}

/** From a leaf upwards: an unguarded candidate, even a forbidden one, hides what is above it. */
function collectHandlers(leaf: ActiveNode, found: Found): void {
  const hidden = new Set<string>();
  for (let node: ActiveNode | undefined = leaf; node; node = node.parent) {
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
  }
}

function addHandler(found: Found, type: string, guard: unknown): void {
  const entry = found.get(type) ?? { guarded: true, guards: new Set() };
  found.set(type, entry);
  if (guard === undefined) entry.guarded = false;
  else entry.guards.add(typeof guard === 'string' ? guard : (guard as { type: string }).type);
}
