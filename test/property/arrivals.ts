/**
 * Sets of events on their way to several stores, each in an order of its own: shuffled, repeated,
 * children before parents. What a store cannot take yet is sent again until nothing changes.
 *
 * `Loss` takes a condition of convergence away, on purpose: then stores must come to differ.
 */

import { type NostrEvent, tagValues } from '../../src/nostr/event.ts';
import { type StoredMachines, storeMachines } from '../store/stored-machines.ts';
import { randomFrom } from '../support/random.ts';
import type { EventSet } from './event-sets.ts';

/** What is left out: sending early events again, or endorsements that a newer one replaces. */
export type Loss = 'none' | 'orphans' | 'superseded endorsements';

/** What a store holds of a machine. */
export type Held = {
  readonly head: string | null;
  readonly state: string;
  /** The deepest final node, null for the initial state, undefined without one. */
  readonly final: string | null | undefined;
  readonly frozenAt: string | null | undefined;
};

/** Stores that get the same sets, each in its own order. */
export function openStores(count: number, loss: Loss = 'none') {
  const stores = Array.from({ length: count }, () => storeMachines());
  return {
    /** What each store comes to hold of a set. */
    deliver: (set: EventSet, seed: number): readonly Held[] =>
      stores.map((opened, i) => {
        arrive(opened, { ...set, events: arrivalOf(set.events, seed * 31 + i) }, loss);
        return heldBy(opened, set.machine.id);
      }),
    close: (): void => {
      for (const opened of stores) opened.remove();
    },
  };
}

/** A random order, in which a fifth of the events comes twice. */
function arrivalOf(events: readonly NostrEvent[], seed: number): NostrEvent[] {
  const random = randomFrom(seed);
  const twice = events.filter(() => random.chance(20));
  const waiting = [...events, ...twice];
  const order: NostrEvent[] = [];
  while (waiting.length > 0) order.push(...waiting.splice(random.below(waiting.length), 1));
  return order;
}

function arrive(opened: StoredMachines, { machine, events }: EventSet, loss: Loss): void {
  const write = loss === 'superseded endorsements' ? forgetful(opened) : opened.batch;
  let waiting = events;
  for (let rounds = 0; ; rounds++) {
    if (rounds > 100) throw new Error('there is no end to it');
    const before = keptBy(opened, machine.id);
    const outcomes = write(waiting);
    const stored = outcomes.filter((outcome) => outcome.accepted && outcome.n !== undefined);
    if (stored.length === 0 && keptBy(opened, machine.id) === before) return;
    if (loss === 'orphans') return;
    waiting = waiting.filter((_, i) => !outcomes[i]?.accepted);
  }
}

/** The events that are kept and were not stored: what comes later may be judged by them. */
function keptBy({ store }: StoredMachines, machine: string): string {
  const n = store.events.find(machine)?.n ?? 0;
  const evidence = store.evidence.list(n).map(({ id }) => id.toString('hex'));
  const endorsements = store.machineLog.endorsements(n, 100).map(({ snapshot }) => snapshot);
  return [...evidence, ...endorsements.map((id) => id.toString('hex'))].join();
}

/** Writes like a relay that drops an endorsement when a newer one is served. */
function forgetful(opened: StoredMachines): StoredMachines['batch'] {
  const served = new Map<string, number>();
  return (events) =>
    events.map((event) => {
      if (isOlder(event, served)) return { accepted: true, message: 'forgotten' };
      const [outcome] = opened.batch([event]);
      if (outcome === undefined) throw new Error('a batch of one has one outcome');
      if (event.kind === 30078 && outcome.accepted)
        served.set(coordinateOf(event), event.created_at);
      return outcome;
    });
}

function isOlder(event: NostrEvent, served: ReadonlyMap<string, number>): boolean {
  return event.kind === 30078 && event.created_at < (served.get(coordinateOf(event)) ?? 0);
}

const coordinateOf = (event: NostrEvent): string => tagValues(event, 'd')[0] ?? '';

function heldBy({ machines }: StoredMachines, id: string): Held {
  const machine = machines.machine(id);
  if (machine === undefined)
    return { head: null, state: '', final: undefined, frozenAt: undefined };
  const { head, final, frozen } = machine;
  return { head: head.id, state: head.computed.hash, final, frozenAt: frozen?.at };
}
