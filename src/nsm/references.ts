/**
 * Limits and references of a definition (PROTOCOL §3.3–§3.4): every state a definition names is
 * there, found by own key, exactly where XState would look for it.
 */

import { type Refusal, refuse } from '../refusal.ts';
import { isObject, type JsonObject, ownMember } from '../rules/json.ts';
import { LIMITS } from './kinds.ts';
import { asList, type Outline, type OutlineNode } from './outline.ts';

/** Counts of a definition that exceed a limit of the rule set. */
export function limitProblems(outline: Outline): Refusal[] {
  const problems: Refusal[] = [];
  const check = (count: number, limit: number, what: string) => {
    if (count > limit)
      problems.push(refuse('definition-limits', { limit }, `more than ${limit} ${what}`));
  };
  const types = new Set(outline.transitions.flatMap(({ event }) => event ?? []));
  const regions = outline.nodes.filter(
    ({ parent, type }) => parent?.type === 'parallel' && type !== 'history',
  );
  check(outline.nodes.length - 1, LIMITS.states, 'states');
  check(Math.max(...outline.nodes.map(({ depth }) => depth)), LIMITS.nesting, 'levels of states');
  check(regions.length, LIMITS.regions, 'parallel regions');
  check(outline.transitions.length, LIMITS.transitions, 'transitions');
  check(types.size, LIMITS.eventTypes, 'event types');
  check(
    outline.nodes.reduce((sum, { config }) => sum + timersOf(config), 0),
    LIMITS.timers,
    'timers',
  );
  return problems;
}

function timersOf(config: JsonObject): number {
  const after = ownMember(config, 'after');
  return isObject(after) ? Object.keys(after).length : 0;
}

/** Every `initial` and target that does not resolve, or that XState would take differently. */
export function referenceProblems(outline: Outline): Refusal[] {
  const byId = new Map(outline.nodes.map((node) => [node.id, node]));
  const problems: Refusal[] = [];
  const invalid = (path: string, says: string) => {
    problems.push(refuse('definition-invalid', { path }, says));
  };
  for (const node of outline.nodes) {
    if (node.type === 'compound') checkInitial(node, invalid);
    if (node.type === 'history') checkHistory(node, byId, invalid);
  }
  for (const { source, config, path } of outline.transitions) {
    const found: OutlineNode[] = [];
    for (const target of asList(ownMember(config, 'target')) as readonly string[]) {
      const node = resolveTarget(target, source, byId);
      if (node === undefined) invalid(`${path}/target`, `no state ${target}`);
      else found.push(node);
    }
    if (!found.every((a, i) => found.slice(i + 1).every((b) => areParallel(a, b)))) {
      invalid(`${path}/target`, 'several targets must lie in different parallel regions');
    }
  }
  return problems;
}

/** The node a target names, as XState resolves it: `#id.child`, `.child`, `sibling.child`. */
export function resolveTarget(
  target: string,
  source: OutlineNode,
  byId: ReadonlyMap<string, OutlineNode>,
): OutlineNode | undefined {
  if (target.startsWith('#')) {
    const [id = '', ...keys] = target.slice(1).split('.');
    return descend(byId.get(id), keys);
  }
  if (target.startsWith('.')) return descend(source, target.slice(1).split('.'));
  return source.parent === null ? undefined : descend(source.parent, target.split('.'));
}

function descend(from: OutlineNode | undefined, keys: readonly string[]): OutlineNode | undefined {
  let node = from;
  for (const key of keys) node = node?.children.get(key);
  return node;
}

function checkInitial(node: OutlineNode, invalid: (path: string, says: string) => void): void {
  const initial = ownMember(node.config, 'initial');
  const target = isObject(initial) ? ownMember(initial, 'target') : initial;
  const child = typeof target === 'string' ? node.children.get(target) : undefined;
  if (child === undefined) invalid(`${node.path}/initial`, 'initial must name a state of its own');
  else if (child.type === 'history') invalid(`${node.path}/initial`, 'initial cannot be a history');
}

function checkHistory(
  node: OutlineNode,
  byId: ReadonlyMap<string, OutlineNode>,
  invalid: (path: string, says: string) => void,
): void {
  // XState resolves a history's default from its parent, not from itself.
  for (const target of asList(ownMember(node.config, 'target')) as readonly string[]) {
    const found = resolveTarget(target, node, byId);
    if (found === undefined || target.startsWith('.'))
      invalid(`${node.path}/target`, `no state ${target}`);
    else if (found.type === 'history')
      invalid(`${node.path}/target`, 'a history leads to a history');
  }
}

/** True when two nodes can be active together: their closest common ancestor is parallel. */
function areParallel(a: OutlineNode, b: OutlineNode): boolean {
  const above = new Set<OutlineNode>();
  for (let node: OutlineNode | null = a; node; node = node.parent) above.add(node);
  let common: OutlineNode | null = b;
  while (common && !above.has(common)) common = common.parent;
  return common?.type === 'parallel' && common !== a && common !== b;
}
