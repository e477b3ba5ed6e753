/**
 * Chance with a seed: the same numbers for the same seed, for ever.
 *
 * What is on record under a seed must not change with a version of some library, so this is all of
 * it: mulberry32, 32 bits of state.
 */

/** A source of chance. */
export type Random = {
  /** A whole number from 0 up to, but not including, `below`. */
  readonly below: (below: number) => number;
  /** True once in a while: `percent` of the time. */
  readonly chance: (percent: number) => boolean;
  readonly pick: <Item>(items: readonly Item[]) => Item;
};

/** Chance from a seed, a whole number. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (limit: number): number => Math.floor((next() / 2 ** 32) * limit);
  return {
    below,
    chance: (percent) => below(100) < percent,
    pick: (items) => {
      if (items.length === 0) throw new Error('nothing to pick from');
      return items[below(items.length)] as (typeof items)[number];
    },
  };
}
