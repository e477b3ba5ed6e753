/**
 * A batch shares a commit; a fault costs its own event alone, and a commit that fails all of them.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BatchEntry, commitBatch } from '../src/batch.ts';
import type { NostrEvent } from '../src/nostr/event.ts';
import { refuse } from '../src/refusal.ts';
import type { Outcome, Writer } from '../src/writer.ts';
import { ALICE, definitionEvent, START, transitionEvent } from './nsm/machine-events.ts';
import { type StoredMachines, storeMachines } from './store/stored-machines.ts';

let stored: StoredMachines;
beforeEach(() => {
  stored = storeMachines();
});
afterEach(() => stored.remove());

const LOOP = { initial: 'on', states: { on: { on: { GO: { target: 'on', reenter: true } } } } };
const FLIP = {
  initial: 'off',
  states: { off: { on: { GO: 'on' } }, on: { on: { GO: 'off' } } },
};

/** Commits events; what `write` is may be changed for some. */
function commit(events: readonly NostrEvent[], around: (write: Writer) => Writer = (same) => same) {
  const { store, machines } = stored;
  const faults: unknown[] = [];
  const entries: BatchEntry[] = events.map((event) => ({ submission: { event } }));
  const write: Writer = (event, now) => stored.decide(event, now);
  const written = commitBatch(
    {
      store,
      machines,
      write: around(write),
      now: () => START,
      onFault: (fault) => faults.push(fault),
    },
    { next: () => entries.shift(), charge: () => {} },
  );
  return { outcomes: written.map(({ outcome }) => told(outcome)), faults };
}

const told = (outcome: Outcome) => (outcome.accepted ? 'ok' : outcome.refusal.code);

const failingAt =
  (id: string, fault: Error) =>
  (write: Writer): Writer =>
  (event, now) => {
    const outcome = write(event, now);
    if (event.id === id) throw fault;
    return outcome;
  };

describe('a batch', () => {
  it('stores all of its events, each on top of those before it', () => {
    const machine = definitionEvent(FLIP);
    const first = transitionEvent(machine.id, { type: 'GO', by: ALICE });
    const second = transitionEvent(machine.id, { type: 'GO', by: ALICE, on: first.id });
    expect(commit([machine, first, second]).outcomes).toEqual(['ok', 'ok', 'ok']);
    expect(stored.machines.machine(machine.id)?.head.id).toBe(second.id);
  });

  it('loses the one event that throws, and nothing that it wrote is left', () => {
    const [one, two, three] = [0, 1, 2].map((i) => definitionEvent({ ...LOOP, id: `m${i}` }));
    if (!one || !two || !three) throw new Error('three definitions');
    const fault = new Error('a bug');
    const { outcomes, faults } = commit([one, two, three], failingAt(two.id, fault));
    expect(outcomes).toEqual(['ok', 'internal', 'ok']);
    expect(faults).toEqual([fault]);
    expect([one, two, three].map(({ id }) => stored.store.events.find(id) !== undefined)).toEqual([
      ...[true, false, true],
    ]);
    expect(stored.machines.machine(two.id)).toBeUndefined();
  });

  it('builds on what was stored, not on what a fault undid', () => {
    const machine = definitionEvent(FLIP);
    const first = transitionEvent(machine.id, { type: 'GO', by: ALICE });
    const second = transitionEvent(machine.id, { type: 'GO', by: ALICE, on: first.id });
    const { outcomes } = commit([machine, first, second], failingAt(first.id, new Error('a bug')));
    expect(outcomes).toEqual(['ok', 'internal', 'orphan']);
    expect(stored.machines.machine(machine.id)?.head.id).toBeNull();
  });

  it('refuses all of its events when it cannot be committed', () => {
    const [one, two] = [0, 1].map((i) => definitionEvent({ ...LOOP, id: `m${i}` }));
    if (!one || !two) throw new Error('two definitions');
    const ending =
      (write: Writer): Writer =>
      (event, now) => {
        const outcome = write(event, now);
        stored.store.db.exec('ROLLBACK');
        return outcome;
      };
    const { outcomes, faults } = commit([one, two], ending);
    expect(outcomes).toEqual(['storage', 'storage']);
    expect(faults).toHaveLength(1);
    expect(stored.store.lastEvent()).toBe(0);
  });

  it('remembers refusals of checks before the verdict, but no bad signatures', () => {
    const event = definitionEvent(LOOP);
    const { store, machines } = stored;
    const refusals = [refuse('bad-signature'), refuse('engine-timeout')];
    const entries = refusals.map((refusal) => ({ submission: { event }, refusal }));
    const write: Writer = () => {
      throw new Error('it was refused before');
    };
    const parts = { store, machines, write, now: () => START, onFault: () => {} };
    commitBatch(parts, { next: () => entries.shift(), charge: () => {} });
    expect(store.refusals.find(event.id)?.code).toBe('engine-timeout');
  });
});
