/**
 * Quotas: they hold, they refill, they outlive a restart, and whatever anybody does, they never
 * refuse a snapshot, a tick, a custodian, or what is reserved for a participant.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NostrEvent } from '../src/nostr/event.ts';
import { snapshotContent } from '../src/nsm/snapshot.ts';
import {
  ALICE,
  BOB,
  CAROL,
  definitionEvent,
  START,
  snapshotEvent,
  transitionEvent,
} from './nsm/machine-events.ts';
import { type StoredMachines, storeMachines } from './store/stored-machines.ts';

const HOUR = 3_600;
const DAVE = 'd4'.repeat(32);
const EVE = 'e5'.repeat(32);
const NONE = {
  ...{ definitionsPerDay: 0, transitionsPerHour: 0, machineTransitionsPerHour: 0 },
  reservedPerHour: 2,
};

/** Anybody counts up; Bob is named in it, so he takes part from the start. */
const COUNTER = {
  initial: 'on',
  context: { n: 0, otherPubkey: BOB },
  meta: { nsm: { v: 1, actions: { count: [{ inc: ['n', 1] }] } } },
  states: { on: { on: { INC: { actions: 'count' } } } },
};

/** Carol is the custodian. */
const define = (n = 0, by = ALICE) =>
  definitionEvent({ ...COUNTER, id: `m${n}` }, { by, tags: [['state', `30078:${CAROL}:m${n}`]] });

/** A store with a counter whose head is built on, and a clock to set. */
function openCounter(quotas: typeof NONE) {
  const clock = { now: START };
  const opened: StoredMachines = storeMachines({ quotas, now: () => clock.now });
  const machine = define();
  const code = (event: NostrEvent) => opened.write(event).split(': ')[1] ?? 'ok';
  code(machine);
  const head = () => opened.machines.machine(machine.id)?.head;
  const move = (by: string, type = 'INC') =>
    code(transitionEvent(machine.id, { by, type, on: head()?.id ?? null, at: clock.now }));
  const attest = (by: string, d: string) => {
    const state = head()?.computed.state;
    const content = state ? snapshotContent(state) : '';
    const said = { by, d, on: head()?.id ?? null, at: clock.now };
    return code(snapshotEvent(machine.id, content, said));
  };
  return { ...{ clock, opened, machine, code, move, attest } };
}

describe('a quota', () => {
  it('of definitions a day refuses one more, says when to come back, and refills', () => {
    const { clock, opened, code } = openCounter({ ...NONE, definitionsPerDay: 2 });
    expect([1, 2, 3].map((n) => code(define(n)))).toEqual(['ok', 'quota', 'quota']);
    expect(opened.write(define(2))).toMatch(/quota: limit=2 retry_after=43200 — /);
    expect(code(define(4, BOB))).toBe('ok');
    clock.now += 43_199;
    expect(code(define(2))).toBe('quota');
    clock.now += 1;
    expect(code(define(2))).toBe('ok');
    opened.remove();
  });

  it('of transitions by one author holds in all machines together', () => {
    const { opened, move, code } = openCounter({ ...NONE, transitionsPerHour: 2 });
    const other = define(1);
    code(other);
    expect([move(EVE), move(EVE)]).toEqual(['ok', 'ok']);
    const there = transitionEvent(other.id, { by: EVE, type: 'INC', at: START });
    expect(code(there)).toBe('quota');
    opened.remove();
  });

  it('of transitions in one machine holds for all authors together', () => {
    const { clock, opened, move } = openCounter({ ...NONE, machineTransitionsPerHour: 3 });
    expect([EVE, DAVE, EVE].map((by) => move(by))).toEqual(['ok', 'ok', 'ok']);
    expect(move('f6'.repeat(32))).toBe('quota');
    clock.now += HOUR / 3;
    expect(move('f6'.repeat(32))).toBe('ok');
    opened.remove();
  });

  it('is not filled by a restart, and a refused event takes nothing of it', () => {
    const { opened, move } = openCounter({ ...NONE, transitionsPerHour: 3 });
    expect([move(EVE), move(EVE), move(EVE)]).toEqual(['ok', 'ok', 'ok']);
    opened.reopen();
    expect(move(EVE)).toBe('quota');
    expect(move(EVE, 'UNKNOWN')).toBe('no-transition');
    opened.remove();
  });

  it('leaves no rows behind when its buckets are full again', () => {
    const { clock, opened, move } = openCounter({ ...NONE, transitionsPerHour: 100 });
    for (let i = 0; i < 20; i++) move(`${(i + 10).toString(16)}`.repeat(32));
    const rows = () => opened.store.db.prepare('SELECT count(*) FROM quota').pluck().get();
    expect(rows()).toBeGreaterThan(20);
    clock.now += 10 * HOUR;
    for (let i = 0; i < 3; i++) move(EVE);
    expect(rows()).toBeLessThan(6);
    opened.remove();
  });
});

describe('nobody is kept from disputing', () => {
  it('by what others do: a participant has moves of his own in every hour', () => {
    const quotas = { ...NONE, machineTransitionsPerHour: 1, transitionsPerHour: 1 };
    const { opened, move } = openCounter(quotas);
    expect([move(EVE), move(DAVE)]).toEqual(['ok', 'quota']);
    expect([move(BOB), move(BOB), move(BOB)]).toEqual(['ok', 'ok', 'quota']);
    opened.remove();
  });

  it('whoever sends what, in whatever order, at whatever time', () => {
    const people = [ALICE, BOB, CAROL, DAVE, EVE];
    const steps = fc.array(
      fc.tuple(
        fc.constantFrom(...people),
        fc.constantFrom('move', 'move', 'move', 'attest'),
        fc.integer({ min: 0, max: 900 }),
      ),
      { minLength: 10, maxLength: 60 },
    );
    const quotas = fc.record({
      definitionsPerDay: fc.integer({ min: 1, max: 3 }),
      transitionsPerHour: fc.integer({ min: 0, max: 5 }),
      machineTransitionsPerHour: fc.integer({ min: 0, max: 5 }),
      reservedPerHour: fc.integer({ min: 1, max: 4 }),
    });
    let [refused, disputes] = [0, 0];
    fc.assert(
      fc.property(quotas, steps, (given, taken) => {
        const { clock, opened, move, attest } = openCounter(given);
        const made = new Map<string, number[]>(people.map((by) => [by, []]));
        for (const [i, [by, what, wait]] of taken.entries()) {
          clock.now += wait;
          if (what === 'attest') {
            expect(attest(by, `own-${i}`)).toBe('ok');
            continue;
          }
          const recent = (made.get(by) ?? []).filter((at) => at > clock.now - HOUR);
          const code = move(by);
          if (code === 'quota') refused++;
          if (code === 'ok') made.set(by, [...recent, clock.now]);
          const isParty = by === ALICE || by === BOB;
          const isDispute = isParty && recent.length < given.reservedPerHour;
          if (isDispute) disputes++;
          if (by === CAROL || isDispute) expect(code).toBe('ok');
          else expect(['ok', 'quota']).toContain(code);
        }
        opened.remove();
      }),
      { numRuns: 60 },
    );
    expect(refused).toBeGreaterThan(50);
    expect(disputes).toBeGreaterThan(100);
  });
});
