/**
 * The engine against XState's public functions, on random machines with every feature.
 *
 * These are the first of the steps that `npm run differential` takes.
 */

import { describe, expect, it } from 'vitest';
import { compare, problemsOf } from './differential.ts';

describe('the engine, on random machines', () => {
  it('comes to the state that XState comes to, or refuses what XState does not take', () => {
    const tally = compare({ seed: 1, steps: 4_000 });
    expect(problemsOf(tally, { fired: 100, accepted: 60 })).toEqual([]);
    // What is refused is refused for every reason that a machine can have.
    expect([...tally.refused.keys()]).toEqual(
      expect.arrayContaining(['guard-denied', 'no-transition', 'guard-error', 'engine-budget']),
    );
  });

  it('is told of a difference, should there be one', () => {
    const tally = compare({ seed: 1, steps: 1 });
    const [feature = 'nested'] = tally.fired.keys();
    tally.fired.set(feature, 0);
    tally.differences.push('1: at the start');
    expect(problemsOf(tally, { fired: 1, accepted: 101 })).toEqual(
      expect.arrayContaining(['1: at the start', `${feature} fired 0 times, not 1`]),
    );
  });
});
