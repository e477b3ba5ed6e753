/**
 * Keeps two relays together after a sync: what either says from now on is carried to the other.
 *
 * Listening begins before the sync, so that nothing falls between the two; what was heard meanwhile
 * waits. An event that was carried is not carried back.
 */
import type { NostrEvent } from '../nostr/event.ts';
import { isMomentary, isProvisional, outcomeOf } from './deliver.ts';
import type { RelaySocket } from './relay-socket.ts';
import { type SyncParts, staysHome } from './synchronise.ts';

/** A pair of relays that are listened to. */
export type Following = {
  /** From now on what was heard, and what is heard, is carried. */
  readonly begin: () => void;
};

/** How many ids are remembered as carried. */
const CARRIED_MAX = 20_000;
/** What is heard during a sync; beyond that the next sync will find it. */
const BACKLOG_MAX = 50_000;

/** Listens to a peer and, if events go up, to our relay. */
export function follow(
  parts: SyncParts,
  local: RelaySocket,
  onCarried: (way: 'up' | 'down', outcome: string) => void,
): Following {
  const { peer, filter, isUp, memory, now } = parts;
  const carried = new Set<string>();
  let backlog: (() => void)[] | undefined = [];

  const carry = (event: NostrEvent, way: 'up' | 'down') => {
    const [to, relay] = way === 'up' ? [peer, peer.url] : [local, ''];
    if (carried.has(event.id) || staysHome(event) || memory.has(relay, event.id, now())) return;
    carried.add(event.id);
    if (carried.size > CARRIED_MAX) carried.delete(carried.values().next().value ?? '');
    to.publish(event).then(
      (ok) => {
        const outcome = outcomeOf(ok);
        onCarried(way, outcome);
        if (ok.accepted || isMomentary(outcome)) return;
        const { id } = event;
        const isForNow = isProvisional(outcome);
        memory.remember({ relay, id, code: outcome, isProvisional: isForNow, now: now() });
      },
      // The connection is gone, which whoever waits for its end will see.
      () => {},
    );
  };

  const hear = (way: 'up' | 'down') => (event: NostrEvent) => {
    if (backlog === undefined) carry(event, way);
    else if (backlog.length < BACKLOG_MAX) backlog.push(() => carry(event, way));
  };

  // Limits are for what is stored; of that one event is asked for, and it does no harm.
  const live = { ...filter, limit: 1 };
  if (parts.local) peer.listen(live, hear('down'));
  if (isUp) local.listen(live, hear('up'));
  return {
    begin: () => {
      for (const one of backlog ?? []) one();
      backlog = undefined;
    },
  };
}
