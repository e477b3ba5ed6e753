/**
 * Which policies about forks let relays come to differ although they got the same events: the table
 * that the rule of PROTOCOL §7 was chosen from, simulated again.
 */

import { describe, expect, it } from 'vitest';
import { randomFrom } from '../support/random.ts';
import { POLICIES, randomItems, shuffled } from './policies.ts';

const SETS = Number(process.env['SETS'] ?? 300);
const ORDERS = 6;

/** Percent of sets at which relays differ: none, or within a range around what was found first. */
const EXPECTED: Readonly<Record<string, readonly [least: number, most: number]>> = {
  A: [75, 97],
  B: [65, 95],
  C: [0, 0],
  D: [55, 95],
  E: [0, 0],
  F: [0, 0],
  G: [0, 0],
  H: [0, 0],
  I: [20, 65],
  J: [0, 0],
  K: [5, 40],
  L: [20, 65],
  M: [0, 0],
  N: [50, 95],
};

describe(`relays that get ${SETS} sets in ${ORDERS} orders`, () => {
  const sets = Array.from({ length: SETS }, (_, seed) => {
    const items = randomItems(seed);
    const random = randomFrom(seed + 1_000_000);
    return Array.from({ length: ORDERS }, () => shuffled(items, random));
  });

  it.each(Object.entries(POLICIES))(
    'come to differ, or never do, under policy %s',
    (name, policy) => {
      const differ = sets.filter((orders) => new Set(orders.map(policy)).size > 1);
      const percent = (100 * differ.length) / sets.length;
      const [least, most] = EXPECTED[name.charAt(0)] ?? [0, 0];
      expect(percent).toBeGreaterThanOrEqual(least);
      expect(percent).toBeLessThanOrEqual(most);
    },
  );

  it('freeze now and then, and now and then have something final', () => {
    const found = sets.map(
      ([order = []]) => POLICIES['M endorsements only add, conflict freezes']?.(order) ?? '',
    );
    const frozen = found.filter((said) => !said.endsWith(' undefined'));
    const final = found.filter((said) => !said.includes(' undefined '));
    expect(frozen.length).toBeGreaterThan(SETS / 20);
    expect(final.length - frozen.length).toBeGreaterThan(SETS / 20);
  });
});
