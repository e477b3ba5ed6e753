/**
 * A tree of ids that grows as a machine's does, with flags of its canonical path; and what it comes
 * to by the rule for whole sets, without increments.
 */

import type { ForkMode } from '../../src/nsm/definition-tags.ts';
import { endorse, grow, type Standing, type Tree } from '../../src/nsm/forks.ts';

/** An id, null for the initial state. */
type Id = string | null;

/** A tree with where its machine stands. */
export type GrownTree = ReturnType<typeof growTree>;

/** An empty tree; nodes are accepted as the fork mode says. */
export function growTree(forks: ForkMode) {
  const priors = new Map<string, Id>();
  const endorsed = new Set<Id>();
  const finals: Id[] = [];
  let standing: Standing = { head: null, final: undefined, frozen: null };

  const pathTo = (id: Id): Id[] => (id === null ? [id] : [...pathTo(priors.get(id) ?? null), id]);
  const children = (id: Id): string[] =>
    [...priors].filter(([, prior]) => prior === id).map(([child]) => child);
  const tree: Tree = {
    place: (id) => ({
      ...{ id, prior: id === null ? null : (priors.get(id) ?? null) },
      height: pathTo(id).length - 1,
      isCanonical: pathTo(standing.head).includes(id),
    }),
    children,
  };

  return {
    tree,
    /** Final nodes in the order in which they became so. */
    finals,
    standing: (): Standing => standing,

    has: (id: string): boolean => priors.has(id),

    /** Accepts a node, and moves the head as the mode says; a frozen machine takes none. */
    add: (id: string, prior: Id): void => {
      if (standing.frozen || priors.has(id)) return;
      const isNext = prior === standing.head;
      priors.set(id, prior);
      if (isNext) standing = { ...standing, head: id };
      else if (forks === 'dag') standing = grow(tree, standing, id);
    },

    /** Accepts a node of a side branch, as an endorsement of evidence does. */
    addBeside: (id: string, prior: Id): void => void priors.set(id, prior),

    endorse: (id: Id): void => {
      if (id !== null && !priors.has(id)) return;
      endorsed.add(id);
      standing = endorse(tree, standing, { id, forks });
      if (standing.final !== undefined) finals.push(standing.final);
    },

    /** Final node, freeze and `dag` head by the rule for whole sets. */
    meaning: () => {
      const paths = [...endorsed].map(pathTo);
      const isBelow = (path: readonly Id[]) =>
        paths.some((other) => other.length > path.length && other.includes(path.at(-1) ?? null));
      const maximal = paths.filter((path) => !isBelow(path));
      const [first = []] = maximal;
      const shared = first.filter((id) => maximal.every((path) => path.includes(id)));
      const final = maximal.length === 0 ? undefined : (shared.at(-1) ?? null);
      let head: Id = final ?? null;
      while (maximal.length < 2) {
        const [lowest] = children(head).sort();
        if (lowest === undefined) break;
        head = lowest;
      }
      return { final, isFrozen: maximal.length > 1, head };
    },
  };
}
