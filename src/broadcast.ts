/**
 * What subscribers are told after a commit: its events, and the keeper snapshots of the machines
 * they moved.
 *
 * Snapshots are made for listeners only, and at most once a second for each machine; those that
 * nobody waits for are written in slices, so that no later read finds many.
 */
import type { Published } from './intake.ts';
import { type NostrEvent, tagValues } from './nostr/event.ts';
import { eventJson } from './nostr/message.ts';
import { DEFINITION_KIND, SNAPSHOT_KIND, TRANSITION_KIND } from './nsm/kinds.ts';
import type { Relay } from './relay.ts';

/** How often, and how many at a time, keeper snapshots are written without being asked for. */
const KEEP_INTERVAL_MS = 250;
const KEPT_PER_TURN = 200;

/** Hands committed events to subscribers, and keeper snapshots of the machines they moved. */
export function broadcast(relay: Relay, published: readonly Published[]): void {
  const { keeper, subscriptions } = relay;
  const isWanted = subscriptions.mayWant(keeper.pubkey, SNAPSHOT_KIND);
  for (const { event, n } of published) {
    deliver(relay, event, n ?? Number.POSITIVE_INFINITY);
    if (event.kind === DEFINITION_KIND) keeper.mark(event.id, isWanted);
    if (event.kind === TRANSITION_KIND) keeper.mark(tagValues(event, 'e')[0] ?? '', isWanted);
  }
  if (isWanted) pushKept(relay);
  keepLater(relay);
  relay.timekeeper?.wake();
}

/** Pushes keeper snapshots, signed only when somebody listens; those held back come later. */
function pushKept(relay: Relay): void {
  const { keeper, subscriptions } = relay;
  for (const { event, n } of keeper.due(Date.now())) {
    if (subscriptions.matching(event).length === 0) continue;
    deliver(relay, { ...event, sig: keeper.serve(event.id) }, n);
  }
}

/** Writes marked snapshots in slices, so that no read finds many, and pushes what was held back. */
function keepLater(relay: Relay): void {
  const { keeper, timers } = relay;
  if (timers.keep || !keeper.isBehind()) return;
  timers.keep = setTimeout(() => {
    timers.keep = undefined;
    pushKept(relay);
    keeper.flush(KEPT_PER_TURN);
    keepLater(relay);
  }, KEEP_INTERVAL_MS);
}

/** The event's JSON is made once, however many get it; that of a probe is for the probe alone. */
function deliver(relay: Relay, event: NostrEvent, n: number): void {
  if (relay.access.rules().isOfHidden(event)) return;
  const isProbe = relay.probe.isOwn(event);
  let json: string | undefined;
  for (const subscription of relay.subscriptions.matching(event)) {
    if (isProbe && subscription.reader !== relay.probe.listener) continue;
    json ??= eventJson(event);
    subscription.reader.deliver(subscription, { event, json, n });
  }
}
