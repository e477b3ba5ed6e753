/**
 * Tombstones in the record of a machine (PROTOCOL §9): the event goes, its place stays.
 *
 * Of a transition remain its id, link, type, time, the hash of its author and the state it led to,
 * so what builds on it still holds and can still be computed. Of a definition nothing remains that
 * could judge another step, so its machine is frozen; its head is served as it was. Runs inside a
 * transaction.
 */
import type { Machines } from './machines.ts';
import { sha256Hex } from './nsm/canonical.ts';
import { DEFINITION_KIND, TRANSITION_KIND } from './nsm/kinds.ts';
import type { Store } from './store/store.ts';

/** True for kinds of which a tombstone stays. */
export function isRecord(kind: number): boolean {
  return kind === DEFINITION_KIND || kind === TRANSITION_KIND;
}

/**
 * Redacts a stored definition or transition by its sequence number; returns the id of its machine,
 * undefined when there is nothing to redact.
 */
export function redactRecord(store: Store, machines: Machines, n: number): string | undefined {
  const event = store.events.read(n);
  if (!event || store.events.find(event.id)?.redacted) return undefined;
  const id = event.kind === DEFINITION_KIND ? event.id : store.transitions.known(n)?.machine;
  const machine = id === undefined ? undefined : machines.machine(id);
  if (!machine) return undefined;
  if (event.kind === TRANSITION_KIND) {
    // What comes after is computed from here, since this step cannot be taken again.
    const node = machines.view.node(machine, event.id);
    if (node) store.transitions.keepState(n, node.computed.canonical);
  } else if (machine.frozen === null) {
    store.machines.freeze(n, JSON.stringify({ at: machine.head.id, cause: 'operator' }));
  }
  store.machines.markRedacted(machine.n, event.kind === DEFINITION_KIND);
  store.events.redact(n, sha256Hex(event.pubkey));
  machines.reload(machine.definition.id);
  return machine.definition.id;
}
