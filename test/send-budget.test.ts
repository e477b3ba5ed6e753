/**
 * The budget of all slow readers together: who is given up, and that it holds.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSendBudget, type SendBudget } from '../src/send-budget.ts';

const KIB = 1_024;

/** A reader for whom so much waits, until it is given up. */
function reader(budget: SendBudget) {
  const self = {
    bytes: 0,
    isGone: false,
    waiting: () => self.bytes,
    giveUp: () => {
      self.isGone = true;
      self.bytes = 0;
      budget.forget(self);
    },
    send: (bytes: number) => {
      self.bytes += bytes;
      budget.note(self, self.bytes);
    },
  };
  return self;
}

describe('the budget of slow readers', () => {
  it('gives up the one for whom most waits', () => {
    const budget = createSendBudget(1_000 * KIB);
    const [slow, slower, quick] = [reader(budget), reader(budget), reader(budget)];
    slow.send(400 * KIB);
    slower.send(500 * KIB);
    quick.send(KIB);
    slow.send(50 * KIB);
    expect([slow.isGone, slower.isGone]).toEqual([false, false]);
    slow.send(80 * KIB);
    expect([slow.isGone, slower.isGone, quick.isGone]).toEqual([true, false, false]);
  });

  it('looks again before it gives anybody up', () => {
    const budget = createSendBudget(1_000 * KIB);
    const [read, slow] = [reader(budget), reader(budget)];
    read.send(900 * KIB);
    // It has read all of it since, and nobody was told.
    read.bytes = 0;
    slow.send(600 * KIB);
    expect([read.isGone, slow.isGone]).toEqual([false, false]);
  });

  it('holds, whoever is sent what and reads when', () => {
    const steps = fc.array(
      fc.tuple(fc.nat(4), fc.constantFrom('send', 'send', 'read'), fc.nat(400 * KIB)),
      { maxLength: 100 },
    );
    fc.assert(
      fc.property(steps, (taken) => {
        const most = 800 * KIB;
        const budget = createSendBudget(most);
        const readers = Array.from({ length: 5 }, () => reader(budget));
        for (const [i, what, bytes] of taken) {
          const one = readers[i];
          if (!one || one.isGone) continue;
          if (what === 'send') one.send(bytes);
          else one.bytes = Math.max(0, one.bytes - bytes);
          const counted = readers.map(({ bytes: waiting }) => (waiting < 64 * KIB ? 0 : waiting));
          expect(counted.reduce((sum, waiting) => sum + waiting, 0)).toBeLessThanOrEqual(most);
        }
      }),
    );
  });
});
