/**
 * The order in which transitions can be judged, whatever order they come in and whatever they say.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { causalOrder, type Linked } from '../../src/store/causal-order.ts';

const ids = (items: readonly Linked[]) => items.map(({ id }) => id);

describe('causal order', () => {
  it('puts every prior before what names it, and loses nothing', () => {
    const trees = fc
      .array(fc.nat(30), { maxLength: 60 })
      // An index below its own is the prior, any other is not in the list.
      .map((links) => links.map((to, i) => ({ id: `${i}`, prior: to < i ? `${to}` : null })));
    const shuffled = trees.chain((items) =>
      fc.shuffledSubarray(items, { minLength: items.length, maxLength: items.length }),
    );
    fc.assert(
      fc.property(shuffled, (items) => {
        const ordered = causalOrder(items);
        expect(ids(ordered).toSorted()).toEqual(ids(items).toSorted());
        const seen = new Set<string>();
        for (const { id, prior } of ordered) {
          expect(prior === null || seen.has(prior)).toBe(true);
          seen.add(id);
        }
      }),
    );
  });

  it('leaves what is in order as it is', () => {
    const items = ['a', 'b', 'c'].map((id) => ({ id, prior: null }));
    expect(causalOrder(items)).toEqual(items);
  });

  it('comes to an end where links go round in a circle', () => {
    const circle = [
      { id: 'a', prior: 'b' },
      { id: 'b', prior: 'c' },
      { id: 'c', prior: 'a' },
    ];
    expect(ids(causalOrder(circle)).toSorted()).toEqual(['a', 'b', 'c']);
  });

  it('takes a chain of a hundred thousand in the wrong order', () => {
    const items = Array.from({ length: 100_000 }, (_, i) => ({
      id: `${i}`,
      prior: i === 0 ? null : `${i - 1}`,
    }));
    expect(ids(causalOrder(items.toReversed()))).toEqual(ids(items));
  });
});
