/**
 * What a definition's author should know although it is no reason to refuse (PROTOCOL §3).
 */

import type { Library } from '../rules/compile.ts';
import { ownMember } from '../rules/json.ts';
import { asList, type Outline, type OutlineNode, type OutlineTransition } from './outline.ts';
import { resolveTarget } from './references.ts';
import { pointer } from './strict-json.ts';

/** Something suspicious in a definition, with a JSON pointer to it. */
export type Warning = {
  readonly code: 'unreachable-state' | 'dead-end' | 'unused-rule';
  readonly path: string;
  readonly message: string;
};

/** Unreachable states, dead ends that are not final, rules that no name refers to. */
export function warningsOf(
  outline: Outline,
  rules: Library,
  used: ReadonlySet<string>,
): readonly Warning[] {
  const reached = reachable(outline);
  const left = new Set(outline.transitions.filter(isEffective).map(({ source }) => source));
  const warnings: Warning[] = [];
  for (const node of outline.nodes) {
    if (node.type === 'history') continue;
    if (!reached.has(node)) {
      const message = `no transition leads to ${node.id}`;
      warnings.push({ code: 'unreachable-state', path: node.path, message });
    } else if (node.type === 'atomic' && !hasExit(node, left)) {
      const message = `${node.id} is not final, yet nothing leads out of it`;
      warnings.push({ code: 'dead-end', path: node.path, message });
    }
  }
  const names = [...rules.guards.keys()].map((name) => ['guards', name] as const);
  const all = [...names, ...[...rules.actions.keys()].map((name) => ['actions', name] as const)];
  for (const [section, name] of all) {
    if (used.has(`${section} ${name}`)) continue;
    const path = `/meta/nsm/${section}${pointer(name)}`;
    warnings.push({ code: 'unused-rule', path, message: `nothing refers to ${name}` });
  }
  return warnings;
}

/** The states that transitions lead to; all of them, whatever guards say, or those of a kind. */
export function reachable(
  outline: Outline,
  isTaken: (transition: OutlineTransition) => boolean = () => true,
): ReadonlySet<OutlineNode> {
  const byId = new Map(outline.nodes.map((node) => [node.id, node]));
  const bySource = new Map<OutlineNode, OutlineTransition[]>();
  for (const transition of outline.transitions.filter(isTaken)) {
    const others = bySource.get(transition.source);
    if (others) others.push(transition);
    else bySource.set(transition.source, [transition]);
  }
  const reached = new Set<OutlineNode>();
  const enter = (node: OutlineNode | undefined): void => {
    if (node === undefined || reached.has(node)) return;
    reached.add(node);
    enter(node.parent ?? undefined);
    if (node.type === 'parallel') for (const child of node.children.values()) enter(child);
    if (node.type === 'compound') enter(initialChild(node));
    if (node.type === 'history') enterHistory(node);
    for (const { config } of bySource.get(node) ?? []) {
      follow(asList(ownMember(config, 'target')) as readonly string[], node);
    }
  };
  const enterHistory = (node: OutlineNode) => {
    follow(asList(ownMember(node.config, 'target')) as readonly string[], node);
  };
  const follow = (targets: readonly string[], source: OutlineNode) => {
    for (const target of targets) enter(resolveTarget(target, source, byId));
  };
  enter(outline.root);
  return reached;
}

/** The states without children that a machine is in before anything has happened. */
export function initialLeaves({ root }: Outline): readonly OutlineNode[] {
  const leaves = (node: OutlineNode): readonly OutlineNode[] => {
    if (node.type === 'parallel') return [...node.children.values()].flatMap(leaves);
    const child = node.type === 'compound' ? initialChild(node) : undefined;
    return child === undefined ? [node] : leaves(child);
  };
  return leaves(root);
}

function initialChild(node: OutlineNode): OutlineNode | undefined {
  const initial = ownMember(node.config, 'initial');
  const key =
    typeof initial === 'string' ? initial : (initial as { target?: string } | null)?.target;
  return node.children.get(key ?? '');
}

/** True when a transition leads somewhere or does something. */
function isEffective({ config }: OutlineTransition): boolean {
  return ownMember(config, 'target') !== undefined || ownMember(config, 'actions') !== undefined;
}

/** True when the node or an ancestor is among the states that something leads out of. */
function hasExit(node: OutlineNode, left: ReadonlySet<OutlineNode>): boolean {
  for (let at: OutlineNode | null = node; at; at = at.parent) if (left.has(at)) return true;
  return false;
}
