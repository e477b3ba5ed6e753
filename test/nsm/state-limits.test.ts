/**
 * What a state may grow to: everything that is hashed, stored and served with every step is bound,
 * also what multiplies by the way a machine is built (PROTOCOL §4.8).
 */

import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/nsm/kinds.ts';
import { endOf } from './play.ts';

/** A parallel state of 16 regions that so many deep histories remember when it is left. */
function remembering(histories: number, id: string) {
  const regions = Array.from({ length: 16 }, (_, i) => [`r${i}`, {}]);
  const memories = Array.from({ length: histories }, (_, i) => [`h${i}`, { history: 'deep' }]);
  const states = Object.fromEntries([...regions, ...memories]);
  const all = { type: 'parallel', on: { GO: 'rest' }, states };
  return { id, initial: 'all', states: { all, rest: { on: { BACK: 'all' } } } };
}

const LONGEST = 'm'.repeat(LIMITS.nameCharacters);

describe('a state', () => {
  it('may remember a few regions in a few histories', () => {
    expect(endOf(remembering(4, 'm'), ['GO'])).toBe('rest');
  });

  it('may not multiply what it remembers beyond its bound (state-limits)', () => {
    expect(endOf(remembering(400, LONGEST), ['GO'])).toBe('state-limits');
  });
});

describe('the name of a state', () => {
  it('may be as long as the limit', () => {
    expect(
      endOf({ id: LONGEST, initial: 'a', states: { a: { on: { GO: 'b' } }, b: {} } }, ['GO']),
    ).toBe('b');
  });
});
