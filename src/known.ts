/**
 * What is said of an event that is or was here: stored, removed, about to be removed.
 */
import type { NostrEvent } from './nostr/event.ts';
import { DEFINITION_KIND, TRANSITION_KIND } from './nsm/kinds.ts';
import { type Refusal, refuse } from './refusal.ts';
import type { Store } from './store/store.ts';

/** The text of `OK true` for an event that is stored. */
export const DUPLICATE = 'duplicate: this event is stored already';

/** True for kinds of which a hollow row stays, when they belong to the record of a machine. */
export function isRecord(kind: number): boolean {
  return kind === DEFINITION_KIND || kind === TRANSITION_KIND;
}

/**
 * `stored`; `hollow` when its body may come back; why it does not; undefined when it is new here.
 * Its author's wish to vanish wins over an operator who lifts a ban.
 */
export function knownEvent(
  store: Store,
  event: NostrEvent,
): Refusal | 'stored' | 'hollow' | undefined {
  const { events, tombstones, vanished } = store;
  const { id, kind, created_at } = event;
  if (tombstones.has(id)) return refuse('tombstoned');
  const found = events.find(id);
  if (!found) return undefined;
  const isHollow = tombstones.isHollow(found.n);
  const author = events.authors.find(event.pubkey) ?? 0;
  const isGone = isHollow
    ? vanished.covers(event)
    : vanished.isLeaving({ author, created_at, kind });
  if (isGone) {
    return refuse(isRecord(kind) ? 'tombstoned' : 'deleted', {}, 'its author asked to vanish');
  }
  return isHollow ? 'hollow' : 'stored';
}
