/**
 * The pending pool against a list: whatever comes and goes, it holds what a slow and obvious
 * implementation holds, in the same order, and never more than its bounds allow.
 */

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NostrEvent } from '../src/nostr/event.ts';
import { eventJson } from '../src/nostr/message.ts';
import { createPendingPool, type PendingPool, type PoolLimits } from '../src/pending-pool.ts';
import { ALICE, BOB, CAROL, START, transitionEvent } from './nsm/machine-events.ts';

const id = (digit: number): string => digit.toString(16).padStart(2, '0').repeat(32);
const MACHINES = [id(1), id(2), id(3)];
const PRIORS = [null, ...Array.from({ length: 6 }, (_, i) => id(16 + i))];

const ROOMY: PoolLimits = {
  ...{ perMissingMax: 100, perMachineMax: 100, perAuthorMax: 100, eventsMax: 100 },
  ...{ bytesMax: 1_000_000, seconds: 600 },
};
const TIGHT: PoolLimits = {
  ...{ perMissingMax: 3, perMachineMax: 5, perAuthorMax: 6, eventsMax: 10 },
  ...{ bytesMax: 4_500, seconds: 50 },
};

let moves = 0;
const waiting = (on: string | null, by = ALICE, machine = MACHINES[0] ?? ''): NostrEvent =>
  transitionEvent(machine, { type: 'GO', on, by, data: { n: moves++ } });

const tagOf = ({ tags }: NostrEvent, name: string) => tags.find((tag) => tag[0] === name)?.[1];

/** What an event of these tests waits for: its prior, else its machine. */
const awaited = (event: NostrEvent): string =>
  tagOf(event, 'transition') ?? tagOf(event, 'e') ?? '';
const hold = (pool: PendingPool, event: NostrEvent, now = START) =>
  pool.hold(event, awaited(event), now);

describe('the pending pool', () => {
  it('gives back what waits for an id, once, in the order in which it came', () => {
    const pool = createPendingPool(ROOMY);
    const [first, other, second] = [waiting(id(16)), waiting(id(17)), waiting(id(16), BOB)];
    for (const event of [first, other, second]) expect(hold(pool, event)).toBeUndefined();
    expect(pool.take(id(16), START)).toEqual([first, second]);
    expect(pool.take(id(16), START)).toEqual([]);
    expect(pool.size()).toMatchObject({ events: 1 });
  });

  it('forgets what waited too long, and starts anew for what is sent again', () => {
    const pool = createPendingPool(ROOMY);
    const [left, kept] = [waiting(id(16)), waiting(id(16))];
    hold(pool, left);
    hold(pool, kept);
    hold(pool, kept, START + 599);
    expect(pool.take(id(16), START + 600)).toEqual([kept]);
  });

  it.each([
    ['the same id', { perMissingMax: 2 }, 2],
    ['the same machine', { perMachineMax: 2 }, 2],
    ['the same author', { perAuthorMax: 2 }, 2],
    ['alone', { bytesMax: 500 }, 500],
  ])('turns away what exceeds the bound on %s', (_, limits, limit) => {
    const pool = createPendingPool({ ...ROOMY, ...limits });
    const long = transitionEvent(id(1), { type: 'GO', on: id(16), data: { x: 'x'.repeat(500) } });
    if (limit === 2) {
      expect(hold(pool, waiting(id(16)))).toBeUndefined();
      expect(hold(pool, waiting(id(16)))).toBeUndefined();
    }
    const details = { missing: id(16), limit };
    expect(hold(pool, long)).toMatchObject({ code: 'pool-full', details });
    expect(pool.size()).toMatchObject({ events: limit === 2 ? 2 : 0 });
  });

  it('lets the oldest go when there are too many altogether', () => {
    const pool = createPendingPool({ ...ROOMY, eventsMax: 2 });
    const [first, second, third] = [waiting(id(16)), waiting(id(17)), waiting(id(18))];
    for (const event of [first, second, third]) expect(hold(pool, event)).toBeUndefined();
    expect(pool.take(id(16), START)).toEqual([]);
    expect([...pool.take(id(17), START), ...pool.take(id(18), START)]).toEqual([second, third]);
  });
});

type Waiting = { readonly event: NostrEvent; readonly missing: string; readonly until: number };
const machineOf = ({ event }: Waiting): string => tagOf(event, 'e') ?? '';
const sizeOf = (list: readonly Waiting[]): number =>
  list.reduce((sum, { event }) => sum + Buffer.byteLength(eventJson(event)), 0);

/** The same in a list: the newest last. */
function listPool(limits: PoolLimits) {
  let list: readonly Waiting[] = [];
  return {
    list: () => list,
    hold: (event: NostrEvent, now: number): number | undefined => {
      list = list.filter(({ until }) => until > now).filter((one) => one.event.id !== event.id);
      const own = { event, missing: awaited(event), until: now + limits.seconds };
      const same = (keyOf: (one: Waiting) => string): number =>
        list.filter((one) => keyOf(one) === keyOf(own)).length;
      if (same((one) => one.missing) >= limits.perMissingMax) return limits.perMissingMax;
      if (same(machineOf) >= limits.perMachineMax) return limits.perMachineMax;
      if (same((one) => one.event.pubkey) >= limits.perAuthorMax) return limits.perAuthorMax;
      if (sizeOf([own]) > limits.bytesMax) return limits.bytesMax;
      list = [...list, own];
      while (list.length > limits.eventsMax || sizeOf(list) > limits.bytesMax) list = list.slice(1);
      return undefined;
    },
    take: (wanted: string, now: number): readonly NostrEvent[] => {
      list = list.filter(({ until }) => until > now);
      const found = list.filter(({ missing }) => missing === wanted);
      list = list.filter((one) => !found.includes(one));
      return found.map(({ event }) => event);
    },
  };
}

const command = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      machine: fc.constantFrom(...MACHINES),
      on: fc.constantFrom(...PRIORS),
      by: fc.constantFrom(ALICE, BOB, CAROL),
      data: fc.record({ n: fc.nat(5), fill: fc.constantFrom('', 'x'.repeat(400)) }),
      later: fc.nat(4),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      take: fc.constantFrom(...MACHINES, ...PRIORS.filter((on) => on !== null)),
      later: fc.nat(9),
    }),
  },
);

describe('the pending pool, used at random', () => {
  it('holds what a list would hold, within every bound', () => {
    let turnedAway = 0;
    fc.assert(
      fc.property(fc.array(command, { minLength: 30, maxLength: 80 }), (commands) => {
        const [pool, model] = [createPendingPool(TIGHT), listPool(TIGHT)];
        let now = START;
        for (const said of commands) {
          now += said.later;
          if ('take' in said) {
            expect(pool.take(said.take, now)).toEqual(model.take(said.take, now));
          } else {
            const event = transitionEvent(said.machine, { type: 'GO', ...said });
            const limit = model.hold(event, now);
            expect(hold(pool, event, now)?.details.limit).toBe(limit);
            if (limit !== undefined) turnedAway++;
          }
          const { events, bytes } = pool.size();
          expect([events, bytes]).toEqual([model.list().length, sizeOf(model.list())]);
          expect(events).toBeLessThanOrEqual(TIGHT.eventsMax);
          expect(bytes).toBeLessThanOrEqual(TIGHT.bytesMax);
        }
      }),
    );
    expect(turnedAway).toBeGreaterThan(100);
  });
});
