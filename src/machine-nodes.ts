/**
 * Accepted nodes of hosted machines with their states, from stored rows.
 *
 * Full state is stored at every 64th height and at the head, so any node of any branch is at most
 * 63 steps away; a replay compares each hash it passes.
 */
import type { NostrEvent } from './nostr/event.ts';
import { advance } from './nsm/advance.ts';
import { readState } from './nsm/canonical.ts';
import type { Definition } from './nsm/definition.ts';
import type { Links } from './nsm/keeper-snapshot.ts';
import { parseTransition } from './nsm/transition.ts';
import type { HostedMachine, StateNode } from './nsm/view.ts';
import { isRefusal } from './refusal.ts';
import type { Store } from './store/store.ts';
import type { TransitionRow } from './store/transition-rows.ts';

/** Full state is stored at every height divisible by this, and at the head. */
export const STATE_EVERY = 64;

/** It is also stored where the steps since it last was took so much fuel; they may be run again. */
export const STATE_AFTER_FUEL = 20_000;

/** A hosted machine with where it stands in the store. */
export type StoredMachine = HostedMachine & {
  /** Sequence number of the definition's event. */
  readonly n: number;
  /** Sequence number of the head's event, null at the initial state. */
  readonly headN: number | null;
  /** `inferred` once it took a transition that does not name the one before it. */
  readonly links: Links;
  /** The deepest endorsed node, null for the initial state; undefined without endorsements. */
  readonly final: string | null | undefined;
  /** What the compiled machine had spent when its state was last stored. */
  readonly spentAtState: number;
  /** False when something stands in for its definition: only what is on record is known of it. */
  readonly isUnderstood: boolean;
};

/** The node of a machine before anything happened. */
export function initialNode(definition: Definition): StateNode {
  return { id: null, height: 0, createdAt: definition.createdAt, computed: definition.initial };
}

/**
 * An accepted node with its state: from the nearest stored state, by at most 63 steps. Of a machine
 * that is not understood, only nodes whose state is stored.
 */
export function findNode(
  store: Store,
  machine: StoredMachine,
  id: string | null,
): StateNode | undefined {
  const { isUnderstood } = machine;
  if (id === machine.head.id) return machine.head;
  if (id === null) return isUnderstood ? initialNode(machine.definition) : undefined;
  const found = store.events.find(id);
  const row = found && store.transitions.find(found.n);
  if (!row || row.machine !== machine.n) return undefined;
  if (!isUnderstood) return row.state === null ? undefined : nodeOf(store, row);
  const path = pathTo(store, row.event, 'stored state');
  const [first] = path;
  const { definition } = machine;
  const isStored = first !== undefined && first.state !== null;
  const node = isStored
    ? replay(store, { definition, start: nodeOf(store, first), path: path.slice(1) })
    : replay(store, { definition, start: initialNode(definition), path });
  if (node === undefined) throw new Error(`replay of ${id} does not give its state`);
  return node;
}

/** True when the log up to the head comes to the hashes that are stored. */
export function isReplayable(store: Store, { definition, headN }: StoredMachine): boolean {
  const path = pathTo(store, headN, null);
  return replay(store, { definition, start: initialNode(definition), path }) !== undefined;
}

/** Rows from the start, or from the nearest stored state, down to a transition. */
function pathTo(store: Store, n: number | null, stop: 'stored state' | null): TransitionRow[] {
  const path: TransitionRow[] = [];
  for (let at = n; at !== null; ) {
    const row = store.transitions.find(at);
    if (!row) throw new Error(`transition ${at} is missing`);
    path.push(row);
    if (stop && row.state !== null) break;
    at = row.prior;
  }
  return path.reverse();
}

function nodeOf(store: Store, row: TransitionRow): StateNode {
  const event = store.events.read(row.event);
  if (!event || row.state === null) throw new Error(`transition ${row.event} has no stored state`);
  return nodeWith(event, row, readState(row.state));
}

function nodeWith(
  event: NostrEvent,
  { height }: TransitionRow,
  computed: StateNode['computed'],
): StateNode {
  return { id: event.id, height, createdAt: event.created_at, computed };
}

type Replay = {
  readonly definition: Definition;
  readonly start: StateNode;
  readonly path: readonly TransitionRow[];
};

/** Steps through rows and compares each hash; undefined as soon as one differs. */
function replay(store: Store, { definition, start, path }: Replay): StateNode | undefined {
  let node = start;
  for (const row of path) {
    const event = store.events.read(row.event);
    const transition = event && parseTransition(event);
    if (!transition || isRefusal(transition)) return undefined;
    const computed = advance(definition, node, transition);
    if (isRefusal(computed) || computed.hash !== row.state_hash.toString('hex')) return undefined;
    node = nodeWith(event, row, computed);
  }
  return node;
}
