/**
 * Removing an event for good, whatever it is part of (PROTOCOL §9).
 *
 * Its body goes from every table that holds one; the machine it belongs to goes on. Before a
 * transition is made hollow the state it led to is kept whole, so that no later state needs it. A
 * machine without its definition can take no step and is frozen. Runs inside a transaction.
 */
import type { StoredMachine } from './machine-nodes.ts';
import type { Machines } from './machines.ts';
import type { NostrEvent } from './nostr/event.ts';
import { DEFINITION_KIND, TRANSITION_KIND } from './nsm/kinds.ts';
import type { Frozen } from './nsm/view.ts';
import type { Store } from './store/store.ts';
import type { BurialCause } from './store/tombstones.ts';

/** What a burial works on. */
export type Graveyard = { readonly store: Store; readonly machines: Machines };

/** Why an event goes, and when (Unix seconds). */
export type Burial = { readonly cause: BurialCause; readonly reason: string; readonly at: number };

/**
 * Removes an event and has it refused as `tombstoned` from now on, also when it is not stored.
 * Returns the id of the machine whose record it was part of, for its keeper snapshot.
 */
export function bury(
  { store, machines }: Graveyard,
  id: string,
  burial: Burial,
): string | undefined {
  const { tombstones, events } = store;
  store.evidence.drop(id);
  store.endorsements.hollow(id);
  const found = events.find(id);
  const machine = found && machineOf({ store, machines }, found);
  tombstones.put({ ...burial, id, machine: machine?.n ?? null });
  if (found === undefined) return undefined;
  if (machine === undefined) {
    events.remove(found.n);
    return undefined;
  }
  if (found.kind === TRANSITION_KIND) keepState({ store, machines }, machine, found.n);
  else freezeWithout(store, machine);
  tombstones.hollow(found.n);
  const name = machine.definition.id;
  machines.reload(name);
  return name;
}

/**
 * Lets an event be stored again, and its body come back if somebody sends it. False when it was
 * not removed.
 */
export function exhume({ store }: Graveyard, id: string): boolean {
  return store.tombstones.lift(id);
}

/** Puts a body back into the hollow row of its event; the event's signature was checked. */
export function refill({ store, machines }: Graveyard, event: NostrEvent): void {
  const n = store.events.find(event.id)?.n;
  if (n === undefined) throw new Error(`event ${event.id} has no row to be put back into`);
  const machine = machineOf({ store, machines }, { n, kind: event.kind });
  store.tombstones.fill(n, event);
  if (machine) machines.reload(machine.definition.id);
}

type Found = { readonly n: number; readonly kind: number };

/** The machine whose definition or accepted transition an event is. */
function machineOf({ store, machines }: Graveyard, { n, kind }: Found): StoredMachine | undefined {
  const definition = kind === DEFINITION_KIND ? n : store.transitions.find(n)?.machine;
  const event = definition === undefined ? undefined : store.events.read(definition);
  return event && machines.machine(event.id);
}

function keepState({ store, machines }: Graveyard, machine: StoredMachine, n: number): void {
  const row = store.transitions.find(n);
  const event = store.events.read(n);
  // Under rules of today a machine that they froze cannot be replayed; its states are as stored.
  if (!row || !event || row.state !== null || machine.frozen?.cause === 'rules') return;
  const node = machines.view.node(machine, event.id);
  if (node) store.transitions.setState(n, node.computed.canonical);
}

function freezeWithout(store: Store, { n, head, frozen }: StoredMachine): void {
  const stop: Frozen = { at: head.id, cause: 'operator' };
  if (frozen === null) store.machines.freeze(n, JSON.stringify(stop));
  store.machines.untitle(n);
}
