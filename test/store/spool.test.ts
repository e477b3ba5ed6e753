/**
 * The spool: everything that is put in comes out once, in causal order, until it has an outcome.
 */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { openSpool, type Spool } from '../../src/store/spool.ts';
import { chainOf } from '../support/chains.ts';
import { claim, define, move, NOW, note, persisted } from '../support/machines.ts';
import { randomFrom } from '../support/random.ts';

let spool: Spool;
beforeEach(() => {
  spool = openSpool();
});
afterEach(() => spool.close());

const chains = Array.from({ length: 3 }, () => chainOf(60));
const machine = define();
const first = move(machine, 'ACCEPT');
const snapshot = claim(machine, persisted('accepted'), { on: first, at: NOW - 300 });
const others = Array.from({ length: 450 }, (_, i) => note(1, `${i}`, { at: NOW - (i % 3) }));
const events = [
  ...chains.flatMap(({ definition, transitions }) => [definition, ...transitions]),
  ...[machine, first, snapshot, note(30_078, 'app data'), ...others],
];

const kindsOf = (given: readonly NostrEvent[]) => [...new Set(given.map(({ kind }) => kind))];

function fill(): void {
  const random = randomFrom(3);
  const mixed = [...events].sort(() => random.below(3) - 1);
  for (const event of mixed) expect(spool.add(event)).toBe(true);
}

describe('a spool', () => {
  it('gives out all of it, each after what it builds on', () => {
    fill();
    const given = [...spool.inOrder()];
    expect(given.map(({ id }) => id).toSorted()).toEqual(events.map(({ id }) => id).toSorted());
    const seen = new Set<string>();
    for (const { id, tags } of given) {
      const links = tags.filter(([name]) => name === 'e' || name === 'transition');
      for (const [, link = ''] of links) expect(seen.has(link)).toBe(true);
      seen.add(id);
    }
    expect(kindsOf(given).slice(0, 3)).toEqual([7_500, 7_501, 30_078]);
  });

  it('takes an event once', () => {
    expect([spool.add(machine), spool.add(machine), spool.size()]).toEqual([true, false, 1]);
  });

  it('gives out again what has no outcome, and counts those that have one', () => {
    fill();
    for (const { id, kind } of spool.inOrder()) spool.settle(id, kind === 1 ? 'pow' : 'accepted');
    expect([...spool.inOrder()]).toEqual([]);
    expect(spool.totals()).toEqual([
      { outcome: 'pow', count: 450 },
      { outcome: 'accepted', count: events.length - 450 },
    ]);
    expect(spool.withOutcome('pow')).toHaveLength(450);
    expect(spool.again('pow')).toBe(450);
    expect(kindsOf([...spool.inOrder()])).toEqual([1]);
  });
});
