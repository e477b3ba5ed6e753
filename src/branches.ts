/**
 * The rule of forks, applied to stored machines: which path is canonical, what is final, what
 * froze.
 *
 * `nsm/forks.ts` decides, this writes: flags of the path, head, final prefix and freeze change in
 * the transaction of the event they follow from, or not at all. A machine that is merely extended
 * never comes here.
 */
import { findNode, type StoredMachine } from './machine-nodes.ts';
import { type ComputedState, canonicalJson } from './nsm/canonical.ts';
import type { Standing, Tree } from './nsm/forks.ts';
import { nextDue } from './nsm/time.ts';
import type { Frozen } from './nsm/view.ts';
import type { Store } from './store/store.ts';

/** Side branches that begin at one node, and transitions on side branches of one machine. */
export const FORK_LIMITS = { siblings: 8, total: 256 } as const;

/** What an event did to a machine besides extending it: its head is another, final, or frozen. */
export type Change = {
  readonly machine: string;
  readonly kind: 'reorganised' | 'frozen' | 'final';
  /** Where the new branch leaves the old one; the head for the other kinds. */
  readonly at: string | null;
  readonly head: string | null;
  readonly height: number;
  readonly revision: number;
};

/** A machine after a change. */
export type Settled = { readonly machine: StoredMachine; readonly change: Change };

/** The tree of accepted transitions of a stored machine, read on demand. */
export function treeOf(store: Store, machine: StoredMachine): Tree {
  const { transitions } = store;
  return {
    place: transitions.place,
    children: (id) => {
      const beside = transitions.beside(machine.n, numberOf(store, id));
      const place = transitions.place(id);
      const next = place.isCanonical ? transitions.onPath(machine.n, place.height + 1) : null;
      return next === null ? beside : [...beside, next];
    },
  };
}

/** What the rule of forks has made of a machine so far. */
export function standingOf({ head, final, frozen }: StoredMachine): Standing {
  return { head: head.id, final, frozen };
}

type Reason = {
  readonly after: Standing;
  readonly now: number;
  /** Sequence number of the event that was stored for it, if one was. */
  readonly activity?: number | undefined;
  /** What proves a new freeze. */
  readonly conflict?: readonly [string, string] | undefined;
};

/** Writes where a machine stands now. */
export function settle(
  store: Store,
  machine: StoredMachine,
  { after, now, activity, conflict }: Reason,
): Settled {
  const tree = treeOf(store, machine);
  const isMoved = after.head !== machine.head.id;
  const head = isMoved ? findNode(store, machine, after.head) : machine.head;
  if (head === undefined) throw new Error(`transition ${after.head} has no state`);
  const at = isMoved ? leadTo(store, machine, after.head) : head.id;
  const frozen = frozenBy(machine, after, conflict);
  const finalHeight = after.final === undefined ? null : tree.place(after.final).height;
  const headN = numberOf(store, head.id);
  const revision = store.machines.settle({
    ...{ machine: machine.n, head: headN, height: head.height, time: head.createdAt, now },
    ...columnsOf(head.computed),
    state: head.computed.canonical,
    frozen: frozen && JSON.stringify(frozen),
    final: numberOf(store, after.final ?? null),
    final_height: finalHeight,
    activity: activity ?? null,
  });
  const { final } = after;
  const isFrozen = frozen !== machine.frozen;
  return {
    machine: { ...machine, head, headN, final, finalHeight, frozen },
    change: {
      machine: machine.definition.id,
      kind: isFrozen ? 'frozen' : isMoved ? 'reorganised' : 'final',
      ...{ at, head: head.id, height: head.height, revision },
    },
  };
}

/** The columns of a machine or transition that follow from a state. */
export function columnsOf(computed: ComputedState) {
  const { status, value } = computed.state;
  return { status, value: canonicalJson(value), next_due: nextDue(computed) ?? null };
}

/** Sequence number of an event by its id, null for the initial state. */
export function numberOf(store: Store, id: string | null): number | null {
  if (id === null) return null;
  const found = store.events.find(id);
  if (found === undefined) throw new Error(`event ${id} is not stored`);
  return found.n;
}

function frozenBy(
  machine: StoredMachine,
  { frozen }: Standing,
  conflict: readonly [string, string] | undefined,
): Frozen | null {
  if (frozen === null || frozen === machine.frozen) return machine.frozen;
  return conflict ? { ...frozen, conflict } : frozen;
}

/** Leads the canonical path to a head; returns the node at which it leaves the old one. */
function leadTo(store: Store, machine: StoredMachine, head: string | null): string | null {
  const ids: string[] = [];
  let place = store.transitions.place(head);
  while (!place.isCanonical && place.id !== null) {
    ids.push(place.id);
    place = store.transitions.place(place.prior);
  }
  store.transitions.leadOver(machine.n, place.height, ids);
  return place.id;
}
