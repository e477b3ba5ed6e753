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
  const names = outline.nodes.flatMap(({ key, config }) => [key, ownMember(config, 'id') ?? '']);
  const longest = Math.max(...names.map((name) => String(name).length));
  check(longest, LIMITS.nameCharacters, 'characters in the name of a state');
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
      else if (isOwnPast(node, source)) {
        // XState may then enter the old and the new at once, and show only one of both.
        invalid(`${path}/target`, 'no way leads from inside a state to its own history');
      } else found.push(node);
    }
    checkTogether(found, `${path}/target`, invalid);
  }
  return problems;
}

type Invalid = (path: string, says: string) => void;

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

function checkInitial(node: OutlineNode, invalid: Invalid): void {
  const initial = ownMember(node.config, 'initial');
  const target = isObject(initial) ? ownMember(initial, 'target') : initial;
  const child = typeof target === 'string' ? node.children.get(target) : undefined;
  if (child === undefined) invalid(`${node.path}/initial`, 'initial must name a state of its own');
  else if (child.type === 'history') invalid(`${node.path}/initial`, 'initial cannot be a history');
}

function checkHistory(
  node: OutlineNode,
  byId: ReadonlyMap<string, OutlineNode>,
  invalid: Invalid,
): void {
  const path = `${node.path}/target`;
  const found: OutlineNode[] = [];
  // XState resolves a history's default from its parent, not from itself.
  for (const target of asList(ownMember(node.config, 'target')) as readonly string[]) {
    const state = resolveTarget(target, node, byId);
    if (state === undefined || target.startsWith('.')) invalid(path, `no state ${target}`);
    else if (state.type === 'history') invalid(path, 'a history leads to a history');
    else if (state === node.parent || !ancestry(state).has(node.parent)) {
      // XState would enter the history's parent and the state, and show only one of both.
      invalid(path, 'a history leads to states below its parent');
    } else found.push(state);
  }
  checkTogether(found, path, invalid);
}

function checkTogether(targets: readonly OutlineNode[], path: string, invalid: Invalid): void {
  // A history may lead anywhere below its parent, hence it counts as that.
  const entered = targets.map((node) => (node.type === 'history' ? (node.parent ?? node) : node));
  const areApart = entered.every((a, i) => entered.slice(i + 1).every((b) => areParallel(a, b)));
  if (!areApart) invalid(path, 'several targets must lie in different parallel regions');
}

/** True for the history of a state as seen from inside that state. */
function isOwnPast({ type, parent }: OutlineNode, source: OutlineNode): boolean {
  return type === 'history' && ancestry(source).has(parent);
}

/** A node and everything above it. */
function ancestry(node: OutlineNode): ReadonlySet<OutlineNode | null> {
  const above = new Set<OutlineNode | null>();
  for (let at: OutlineNode | null = node; at; at = at.parent) above.add(at);
  return above;
}

/** True when two nodes can be active together: their closest common ancestor is parallel. */
function areParallel(a: OutlineNode, b: OutlineNode): boolean {
  const above = ancestry(a);
  let common: OutlineNode | null = b;
  while (common && !above.has(common)) common = common.parent;
  return common?.type === 'parallel' && common !== a && common !== b;
}
