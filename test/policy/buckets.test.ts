/**
 * Token buckets against what they promise, for any sequence of takings.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBuckets } from '../../src/policy/buckets.ts';

const capacities = fc.integer({ min: 1, max: 20 });
const units = fc.integer({ min: 1, max: 50 });
const steps = fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 200 });

describe('a bucket', () => {
  it('gives what a counter that is filled up evenly would give', () => {
    fc.assert(
      fc.property(capacities, units, steps, (capacity, unitMs, waits) => {
        const buckets = createBuckets({ capacity, unitMs }, 10);
        let [tokens, now] = [capacity, 1_000];
        for (const wait of waits) {
          now += wait;
          tokens = Math.min(capacity, tokens + wait / unitMs);
          const isFull = tokens + 1e-9 >= 1;
          expect(buckets.take('a', now)).toBe(isFull);
          if (isFull) tokens -= 1;
        }
      }),
    );
  });

  it('never gives more in any stretch of time than it holds and gets back', () => {
    fc.assert(
      fc.property(capacities, units, steps, (capacity, unitMs, waits) => {
        const buckets = createBuckets({ capacity, unitMs }, 10);
        const taken: number[] = [];
        let now = 0;
        for (const wait of waits) {
          now += wait;
          if (buckets.take('a', now)) taken.push(now);
        }
        for (const [i, from] of taken.entries()) {
          for (const [j, to] of taken.entries()) {
            if (j >= i)
              expect(j - i + 1).toBeLessThanOrEqual(capacity + (to - from) / unitMs + 1e-9);
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it('gives all it holds at once, whatever the fractions of the clock', () => {
    fc.assert(
      fc.property(capacities, fc.double({ min: 0, max: 1e9, noNaN: true }), (capacity, now) => {
        const buckets = createBuckets({ capacity, unitMs: 1_000 / capacity }, 10);
        for (let i = 0; i < capacity; i++) expect(buckets.take('a', now)).toBe(true);
        expect(buckets.take('a', now)).toBe(false);
      }),
    );
  });

  it('says how long to wait, and gives then', () => {
    fc.assert(
      fc.property(capacities, units, (capacity, unitMs) => {
        const buckets = createBuckets({ capacity, unitMs }, 10);
        for (let i = 0; i < capacity; i++) expect(buckets.take('a', 0)).toBe(true);
        const wait = buckets.wait('a', 0);
        expect(wait).toBeGreaterThan(0);
        expect(buckets.take('a', wait - 1)).toBe(false);
        expect(buckets.take('a', wait)).toBe(true);
      }),
    );
  });

  it('is another one for every name', () => {
    const buckets = createBuckets({ capacity: 1, unitMs: 1_000 }, 10);
    expect([buckets.take('a', 0), buckets.take('b', 0), buckets.take('a', 0)]).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe('buckets', () => {
  it('are no more than they may be, and full ones go first', () => {
    const buckets = createBuckets({ capacity: 2, unitMs: 1_000 }, 3);
    buckets.take('a', 0);
    buckets.take('b', 0);
    buckets.take('b', 0);
    buckets.take('c', 900);
    // By now `a` is full again: to forget it loses nothing.
    buckets.take('d', 1_000);
    expect(buckets.size()).toBe(3);
    expect(buckets.wait('b', 1_000)).toBe(0);
    expect(buckets.take('b', 1_000) && buckets.take('b', 1_000)).toBe(false);
  });

  it('are bounded whoever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.nat(500))), (takings) => {
        const buckets = createBuckets({ capacity: 3, unitMs: 100 }, 5);
        let now = 0;
        for (const [name, wait] of takings) {
          now += wait;
          buckets.take(String(name), now);
          expect(buckets.size()).toBeLessThanOrEqual(5);
        }
      }),
    );
  });
});
