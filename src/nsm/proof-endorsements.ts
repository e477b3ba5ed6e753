/**
 * What the custodian's word makes of a tree (PROTOCOL §7): the final prefix, or a freeze.
 *
 * Let M be the endorsed nodes above which none is endorsed. One of them: the way to it is final,
 * and the head is there or above. Several: the custodian contradicted himself, and the machine is
 * frozen where their ways part. Anybody can see that from the links alone.
 */
import { refusalText } from '../refusal.ts';
import type { Definition } from './definition.ts';
import type { Finality } from './forks.ts';
import type { Links } from './keeper-snapshot.ts';
import { SNAPSHOT_KIND } from './kinds.ts';
import { type BundleProblem, bundleProblem, type ProofEvent } from './proof-lines.ts';
import { type ProofTree, pathTo } from './proof-tree.ts';
import { compareSnapshot } from './snapshot.ts';
import { parseLink, parseMachineRef } from './transition.ts';

/** An endorsement and the node it names. */
export type Endorsed = ProofEvent & { readonly head: string | null };

/** How sure the head is, up to which height, and whether two endorsements froze the machine. */
export type Ruling = {
  readonly finality: Finality;
  readonly finalHeight: number | null;
  readonly isFrozen: boolean;
};

/** The nodes that a definition's custodian endorsed, or the first snapshot that endorses none. */
export function endorsedBy(
  snapshots: readonly ProofEvent[],
  { id, custodian }: Definition,
): readonly Endorsed[] | BundleProblem {
  const endorsed: Endorsed[] = [];
  for (const { line, event } of snapshots) {
    if (event.kind !== SNAPSHOT_KIND) return bundleProblem('kind', line);
    if (event.pubkey !== custodian?.pubkey) {
      return bundleProblem('endorsement', line, 'it is not by the custodian of the definition');
    }
    if (parseMachineRef(event) !== id) return bundleProblem('machine', line);
    const head = parseLink(event);
    const expires = event.tags.some(([name]) => name === 'expiration');
    if (head === undefined || expires) return bundleProblem('endorsement', line);
    endorsed.push({ line, event, head });
  }
  return endorsed;
}

/** What endorsements say of a head, or what contradicts it: a wrong one, or the head itself. */
export function rulingOf(asked: {
  readonly tree: ProofTree;
  readonly endorsed: readonly Endorsed[];
  readonly head: string | null;
  readonly links: Links;
}): Ruling | BundleProblem {
  const { tree, endorsed, head, links } = asked;
  for (const { line, event, head: named } of endorsed) {
    const computed = tree.get(named)?.computed;
    if (computed === undefined) {
      return bundleProblem('endorsement', line, 'it names a transition that is not in the bundle');
    }
    const mismatch = compareSnapshot(event, computed);
    if (mismatch) return bundleProblem('endorsement', line, refusalText(mismatch));
  }
  // Where nobody signed the order, no signature can make it final.
  if (links === 'inferred') return { finality: 'local', finalHeight: null, isFrozen: false };
  const [first, ...others] = maximal(tree, endorsed);
  if (first === undefined) return { finality: 'local', finalHeight: null, isFrozen: false };
  if (others.length > 0) {
    const parting = partingOf(tree, first, others);
    if (parting.id !== head) return bundleProblem('equivocation', 1);
    return { finality: 'final', finalHeight: parting.height, isFrozen: true };
  }
  if (!pathTo(tree, head).has(first)) return bundleProblem('not-final', 1);
  const finality = first === head ? 'final' : 'provisional';
  return { finality, finalHeight: tree.get(first)?.height ?? null, isFrozen: false };
}

/** The endorsed nodes above which none is endorsed. */
function maximal(tree: ProofTree, endorsed: readonly Endorsed[]): readonly (string | null)[] {
  const heads = new Set(endorsed.map(({ head }) => head));
  const below = new Set<string | null>();
  for (const id of heads) {
    for (let prior = tree.get(id)?.prior; prior !== undefined && !below.has(prior); ) {
      below.add(prior);
      prior = tree.get(prior)?.prior;
    }
  }
  return [...heads].filter((id) => !below.has(id));
}

/** The deepest node on the way to each of these; no node is looked at twice. */
function partingOf(tree: ProofTree, first: string | null, others: readonly (string | null)[]) {
  const path = pathTo(tree, first);
  const seen = new Set<string | null>();
  let parting: { readonly id: string | null; readonly height: number } = {
    id: first,
    height: path.size - 1,
  };
  for (const other of others) {
    let node = tree.get(other);
    while (node && node.prior !== undefined && !path.has(node.id) && !seen.has(node.id)) {
      seen.add(node.id);
      node = tree.get(node.prior);
    }
    if (node && path.has(node.id) && node.height < parting.height) parting = node;
  }
  return parting;
}
