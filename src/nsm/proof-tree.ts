/**
 * The tree of a proof bundle: every transition judged again on top of the one it names.
 *
 * A state that nobody asks for any more is let go, so a long chain costs no more memory than its
 * events. Every transition has to lead somewhere: to the head, or to what the custodian endorsed.
 */
import { isRefusal, type Refusal, refusalText, refuse } from '../refusal.ts';
import { advance } from './advance.ts';
import type { ComputedState } from './canonical.ts';
import type { Definition } from './definition.ts';
import type { Links } from './keeper-snapshot.ts';
import { TRANSITION_KIND } from './kinds.ts';
import {
  type BundleProblem,
  bundleProblem,
  isBundleProblem,
  type ProofEvent,
} from './proof-lines.ts';
import { parseTransition, type Transition } from './transition.ts';

/** A place in the tree; null stands for the initial state. */
export type ProofNode = {
  readonly id: string | null;
  /** Undefined for the initial state alone. */
  readonly prior: string | null | undefined;
  readonly height: number;
  readonly createdAt: number;
  /** There for the head and for what is endorsed. */
  computed: ComputedState | undefined;
};

/** The nodes of a bundle by id. */
export type ProofTree = ReadonlyMap<string | null, ProofNode>;

type Step = ProofEvent & { readonly transition: Transition; readonly prior: string | null };

/** What a tree grows from: the chain of a definition, and the nodes whose state is wanted. */
export type Seed = {
  readonly definition: Definition;
  readonly transitions: readonly ProofEvent[];
  readonly links: Links;
  readonly wanted: ReadonlySet<string | null>;
};

/** The tree of a bundle's transitions, or the first that has no place in it. */
export function growTree(seed: Seed): ProofTree | BundleProblem {
  const { definition, wanted } = seed;
  const steps = readSteps(seed);
  if (isBundleProblem(steps)) return steps;
  const { createdAt, initial: computed } = definition;
  const start = { id: null, prior: undefined, height: 0, createdAt, computed };
  const tree = new Map<string | null, ProofNode>([[null, start]]);
  const children = countChildren(steps);
  for (const step of steps) {
    const prior = tree.get(step.prior);
    if (prior === undefined) return bundleProblem('link', step.line);
    const node = grow(definition, prior, step);
    if (isRefusal(node)) return bundleProblem('transition', step.line, refusalText(node));
    tree.set(node.id, node);
    const left = (children.get(prior.id) ?? 0) - 1;
    children.set(prior.id, left);
    if (left === 0 && !wanted.has(prior.id)) prior.computed = undefined;
  }
  return tree;
}

/** The nodes on the way to a node, itself and the start included; none when it is not there. */
export function pathTo(tree: ProofTree, id: string | null): ReadonlySet<string | null> {
  const path = new Set<string | null>();
  for (let node = tree.get(id); node; ) {
    path.add(node.id);
    node = node.prior === undefined ? undefined : tree.get(node.prior);
  }
  return path;
}

/** The first transition that leads to none of the nodes that are wanted. */
export function findStray(
  tree: ProofTree,
  { transitions, wanted }: Pick<Seed, 'transitions' | 'wanted'>,
): BundleProblem | undefined {
  const needed = new Set<string | null>();
  for (const id of wanted) {
    for (let node = tree.get(id); node && !needed.has(node.id); ) {
      needed.add(node.id);
      node = node.prior === undefined ? undefined : tree.get(node.prior);
    }
  }
  const stray = transitions.find(({ event }) => !needed.has(event.id));
  return stray && bundleProblem('stray', stray.line);
}

function readSteps({ definition, transitions, links }: Seed): readonly Step[] | BundleProblem {
  const steps: Step[] = [];
  let isImplied = false;
  for (const { line, event } of transitions) {
    if (event.kind !== TRANSITION_KIND) return bundleProblem('kind', line);
    const transition = parseTransition(event);
    if (isRefusal(transition)) return bundleProblem('transition', line, refusalText(transition));
    if (transition.machine !== definition.id) return bundleProblem('machine', line);
    const before = links === 'inferred' ? (steps.at(-1)?.event.id ?? null) : null;
    if (transition.prior === null && before !== null) isImplied = true;
    steps.push({ line, event, transition, prior: transition.prior ?? before });
  }
  return isImplied === (links === 'inferred') ? steps : bundleProblem('links', 1);
}

function countChildren(steps: readonly Step[]): Map<string | null, number> {
  const counts = new Map<string | null, number>();
  for (const { prior } of steps) counts.set(prior, (counts.get(prior) ?? 0) + 1);
  return counts;
}

function grow(
  definition: Definition,
  prior: ProofNode,
  { transition, event }: Step,
): ProofNode | Refusal {
  const { computed: before, height, createdAt } = prior;
  if (before === undefined) throw new Error(`the state at ${prior.id} was let go too early`);
  if (event.created_at < createdAt) return refuse('time-regress');
  const computed = advance(definition, { ...prior, computed: before }, transition);
  if (isRefusal(computed)) return computed;
  const { id, created_at } = event;
  return { id, prior: prior.id, height: height + 1, createdAt: created_at, computed };
}
