/**
 * Which of several branches counts (PROTOCOL §7): head, final prefix and freeze, from the tree of
 * accepted transitions and the endorsements.
 *
 * Endorsements decide, and only ever more: the final prefix is extended or the machine freezes, it
 * is never switched. Above it the order is this relay's, or in `dag` mode that of the ids. Each
 * function takes what stood before and one addition; apart from the head of `head-only` machines,
 * what comes out does not depend on the order of additions. Pure.
 */
import type { ForkMode } from './definition-tags.ts';
import type { Frozen } from './view.ts';

/** A node of the tree; the initial state (id null, height 0) is the root and always canonical. */
export type Place = {
  readonly id: string | null;
  readonly prior: string | null;
  readonly height: number;
  /** True on the path from the initial state to the head. */
  readonly isCanonical: boolean;
};

/** The tree of accepted transitions of one machine. */
export type Tree = {
  readonly place: (id: string | null) => Place;
  /** Ids of the accepted transitions that build on a node. */
  readonly children: (id: string | null) => readonly string[];
};

/** What endorsements and forks have made of a machine. */
export type Standing = {
  readonly head: string | null;
  /**
   * The deepest endorsed node; of several that exclude each other their deepest common ancestor.
   * Undefined while nothing is endorsed.
   */
  readonly final: string | null | undefined;
  readonly frozen: Pick<Frozen, 'at' | 'cause'> | null;
};

/** How sure a state is: endorsed, on its way to be, or only in the order of this relay. */
export type Finality = 'final' | 'provisional' | 'local';

/** Where a machine stands after a valid endorsement of an accepted node. */
export function endorse(
  tree: Tree,
  before: Standing,
  { id, forks }: { readonly id: string | null; readonly forks: ForkMode },
): Standing {
  const { final, frozen, head } = before;
  const meet = final === undefined ? final : commonAncestor(tree, final, id);
  // Known already: it endorses a part of what is final.
  if (meet !== undefined && meet === id) return before;
  if (meet !== undefined && meet !== final) {
    const at = frozen ? commonAncestor(tree, frozen.at, meet) : meet;
    return { head: at, final: meet, frozen: { at, cause: 'equivocation' } };
  }
  // Beyond the point of an equivocation nothing is final, whatever its custodian says.
  if (frozen?.cause === 'equivocation') return before;
  if (frozen || tree.place(id).isCanonical) return { head, final: id, frozen };
  return { head: forks === 'dag' ? lowestTip(tree, id) : id, final: id, frozen };
}

/** Where a `dag` machine stands after a transition was accepted that does not extend its head. */
export function grow(tree: Tree, before: Standing, id: string): Standing {
  const { prior, height } = tree.place(id);
  if (!tree.place(prior).isCanonical) return before;
  const rival = tree.children(prior).find((child) => tree.place(child).isCanonical);
  const finalHeight = before.final === undefined ? 0 : tree.place(before.final).height;
  if (rival !== undefined && (height <= finalHeight || rival < id)) return before;
  return { ...before, head: id };
}

/** Where a `void` machine stands after a second valid transition turned up on a node. */
export function voidAt(before: Standing, id: string | null): Standing {
  return { ...before, head: id, frozen: { at: id, cause: 'void' } };
}

/** The deepest node on the paths to both of two nodes. */
export function commonAncestor(
  tree: Tree,
  one: string | null,
  other: string | null,
): string | null {
  let a = tree.place(one);
  let b = tree.place(other);
  while (a.id !== b.id) {
    if (a.isCanonical && b.isCanonical) return a.height < b.height ? a.id : b.id;
    // What is off the canonical path is an ancestor of nothing on it.
    const isDeeper = b.isCanonical || (!a.isCanonical && a.height >= b.height);
    if (isDeeper) a = tree.place(a.prior);
    else b = tree.place(b.prior);
  }
  return a.id;
}

/** The tip that the lowest id leads to at each fork above a node. */
function lowestTip(tree: Tree, id: string | null): string | null {
  for (let at = id; ; ) {
    const next = tree.children(at).reduce<string | null>(lower, null);
    if (next === null) return at;
    at = next;
  }
}

function lower(one: string | null, other: string): string {
  return one === null || other < one ? other : one;
}

/**
 * How sure a node is, by the height of the final prefix (null: nothing is endorsed). An order that
 * nobody signed is never more than that of this relay.
 */
export function finalityOf(
  { height, isCanonical }: Pick<Place, 'height' | 'isCanonical'>,
  machine: {
    readonly forks: ForkMode;
    readonly finalHeight: number | null;
    readonly links: 'strict' | 'inferred';
  },
): Finality {
  const { forks, finalHeight, links } = machine;
  if (links === 'inferred') return 'local';
  if (finalHeight === null) return forks === 'dag' ? 'provisional' : 'local';
  return isCanonical && height <= finalHeight ? 'final' : 'provisional';
}
