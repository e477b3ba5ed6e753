/**
 * Why a machine froze, with the events that prove it: fetched once, anybody can check them offline.
 */

import { treeOf } from '../branches.ts';
import type { StoredMachine } from '../machine-nodes.ts';
import type { NostrEvent } from '../nostr/event.ts';
import { commonAncestor } from '../nsm/forks.ts';
import { parseLink } from '../nsm/transition.ts';
import type { Frozen } from '../nsm/view.ts';
import type { Relay } from '../relay.ts';
import type { Store } from '../store/store.ts';

/** How many links of a branch a proof holds; the rest is among the transitions of the machine. */
const LINKS_MAX = 1_000;

/**
 * The freeze of a machine. Two endorsements are proved by both snapshots and the links of each down
 * to where they part, a void by both transitions; the other causes are nothing that was signed.
 */
export function freezeAnswer({ store }: Relay, machine: StoredMachine, frozen: Frozen) {
  const { at, cause, conflict = [] } = frozen;
  const proof =
    cause === 'equivocation'
      ? endorsementProof(store, machine, conflict)
      : conflict.flatMap((id) => transitionEvent(store, id) ?? []);
  return { at, cause, proof };
}

function endorsementProof(
  store: Store,
  machine: StoredMachine,
  conflict: readonly string[],
): readonly NostrEvent[] {
  const snapshots = conflict.flatMap((id) => store.endorsements.event(id) ?? []);
  const [one = null, other = null] = snapshots.map((event) => parseLink(event) ?? null);
  const fork = commonAncestor(treeOf(store, machine), one, other);
  const links = [one, other].flatMap((head) => linksDown(store, head, fork));
  return [...snapshots, ...links];
}

/** The transitions from a head down to a node, without that one. */
function linksDown(store: Store, head: string | null, to: string | null): NostrEvent[] {
  const links: NostrEvent[] = [];
  for (let id = head; id !== null && id !== to && links.length < LINKS_MAX; ) {
    const event = transitionEvent(store, id);
    if (event === undefined) break;
    links.push(event);
    id = parseLink(event) ?? null;
  }
  return links;
}

function transitionEvent(store: Store, id: string): NostrEvent | undefined {
  const found = store.events.find(id);
  return found ? store.events.read(found.n) : store.evidence.event(id);
}
