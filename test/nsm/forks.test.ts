/**
 * The rule of forks on trees alone (PROTOCOL §7): increments against the rule for whole sets, and
 * what a stranger can undo with and without a final prefix.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ForkMode } from '../../src/nsm/definition-tags.ts';
import { commonAncestor, endorse, finalityOf, grow, voidAt } from '../../src/nsm/forks.ts';
import { type GrownTree, growTree } from './grown-tree.ts';

/** A tree by the number of the prior of each node, 0 for the initial state; then endorsed nodes. */
const trees = fc.record({
  priors: fc.array(fc.nat(), { maxLength: 30 }),
  endorsed: fc.array(fc.nat(), { maxLength: 6 }),
  order: fc.array(fc.nat(), { maxLength: 40 }),
});
type Drawn = {
  readonly priors: readonly number[];
  readonly endorsed: readonly number[];
  readonly order: readonly number[];
};

/** What is done to a tree, in an order in which priors come first. */
function play({ priors, endorsed, order }: Drawn, forks: ForkMode): GrownTree {
  const tree = growTree(forks);
  const ids: (string | null)[] = [null];
  const waiting = [...endorsed];
  for (const [i, prior] of priors.entries()) {
    // Ids in no order of their own.
    const id = `${(i * 7 + prior) % 10}${i}`;
    tree.add(id, ids[prior % ids.length] ?? null);
    ids.push(id);
    if ((order[i] ?? 0) % 4 === 0) tree.endorse(ids[(waiting.pop() ?? 0) % ids.length] ?? null);
  }
  for (const node of waiting) tree.endorse(ids[node % ids.length] ?? null);
  return tree;
}

describe('a standing that was come to step by step', () => {
  it('has the final prefix and freeze of the whole set of endorsements, in every mode', () => {
    fc.assert(
      fc.property(trees, fc.constantFrom('dag', 'head-only'), (drawn, forks) => {
        const { standing, meaning } = play(drawn, forks);
        const { final, isFrozen } = meaning();
        expect([standing().final, standing().frozen?.cause]).toEqual([
          ...[final, isFrozen ? 'equivocation' : undefined],
        ]);
        if (isFrozen) expect([standing().head, standing().frozen?.at]).toEqual([final, final]);
      }),
    );
  });

  it('has the head of the whole tree in dag mode', () => {
    fc.assert(
      fc.property(trees, (drawn) => {
        const { standing, meaning } = play(drawn, 'dag');
        expect(standing().head).toBe(meaning().head);
      }),
    );
  });

  it('has a head on its final prefix in every mode, and never switches that', () => {
    fc.assert(
      fc.property(trees, fc.constantFrom('dag', 'head-only'), (drawn, forks) => {
        const { tree, finals, standing } = play(drawn, forks);
        for (const [i, final] of finals.entries()) {
          const later = finals[i + 1] ?? final;
          const isOn = commonAncestor(tree, final, later) === final;
          expect(isOn || standing().frozen?.cause === 'equivocation').toBe(true);
        }
        const { head, final } = standing();
        if (final !== undefined) expect(commonAncestor(tree, final, head)).toBe(final);
      }),
    );
  });
});

describe('a machine that was voided', () => {
  const voided = () => {
    const grown = growTree('void');
    grown.add('a', null);
    grown.add('b', 'a');
    return { grown, standing: voidAt(grown.standing(), 'a') };
  };

  it('stays where it froze when its branch is endorsed later', () => {
    const { grown, standing } = voided();
    const after = endorse(grown.tree, standing, { id: 'b', forks: 'void' });
    expect(after).toEqual({ head: 'a', final: 'b', frozen: { at: 'a', cause: 'void' } });
  });

  it('freezes for equivocation when its custodian endorses two branches', () => {
    const { grown, standing } = voided();
    grown.addBeside('c', null);
    const once = endorse(grown.tree, standing, { id: 'b', forks: 'void' });
    const after = endorse(grown.tree, once, { id: 'c', forks: 'void' });
    expect(after).toEqual({ head: null, final: null, frozen: { at: null, cause: 'equivocation' } });
  });
});

describe('the grinding attack on a finished contract (a sibling with a lower id)', () => {
  /** A finished chain d-e-f-g, and a stranger's ground id beside its first node. */
  const attacked = (isEndorsed: boolean) => {
    const grown = growTree('dag');
    for (const [id, prior] of [
      ['d', null],
      ['e', 'd'],
      ['f', 'e'],
      ['g', 'f'],
    ] as const)
      grown.add(id, prior);
    if (isEndorsed) grown.endorse('g');
    grown.add('0', null);
    return grown.standing();
  };

  it('succeeds against the bare lowest id', () => {
    expect(attacked(false).head).toBe('0');
  });

  it('fails against a final prefix', () => {
    expect(attacked(true)).toMatchObject({ head: 'g', final: 'g', frozen: null });
  });
});

describe('a transition on a node that has one already', () => {
  it('does not move the head of a tree that it is not on', () => {
    const grown = growTree('dag');
    for (const [id, prior] of [
      ['b', null],
      ['c', null],
      ['a', 'c'],
    ] as const)
      grown.add(id, prior);
    expect(grow(grown.tree, grown.standing(), 'a').head).toBe('b');
  });
});

describe('finality', () => {
  it.each([
    ['head-only', null, 3, true, 'local'],
    ['void', null, 3, true, 'local'],
    ['dag', null, 3, true, 'provisional'],
    ['head-only', 2, 2, true, 'final'],
    ['head-only', 2, 3, true, 'provisional'],
    ['dag', 2, 1, true, 'final'],
    ['dag', 2, 1, false, 'provisional'],
  ] as const)('in %s mode, final up to %s, at %s (canonical: %s) is %s', (...row) => {
    const [forks, finalHeight, height, isCanonical, finality] = row;
    const place = { height, isCanonical };
    expect(finalityOf(place, { forks, finalHeight, links: 'strict' })).toBe(finality);
    expect(finalityOf(place, { forks, finalHeight, links: 'inferred' })).toBe('local');
  });
});
