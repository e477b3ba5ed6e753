/**
 * What is said of an event that was here before: it is stored, it was removed, or it is leaving.
 */
import type { NostrEvent } from './nostr/event.ts';
import { isRecord } from './redaction.ts';
import { type Refusal, refuse } from './refusal.ts';
import type { Store } from './store/store.ts';

/** The text of `OK true` for an event that is stored. */
export const DUPLICATE = 'duplicate: this event is stored already';

/** `stored`, why the event does not come back, or undefined when it is new here. */
export function knownEvent(store: Store, event: NostrEvent): Refusal | 'stored' | undefined {
  const found = store.events.find(event.id);
  if (!found) return undefined;
  if (found.redacted) return refuse('tombstoned');
  const { kind, created_at } = event;
  const author = store.events.authors.find(event.pubkey) ?? 0;
  if (!store.vanished.isLeaving({ author, created_at, kind })) return 'stored';
  return refuse(isRecord(kind) ? 'tombstoned' : 'deleted', {}, 'its author asked to vanish');
}
