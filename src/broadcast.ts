/**
 * What subscribers are told after a commit: its events, and the keeper snapshots of the machines
 * they moved.
 *
 * Snapshots are made for listeners only, and at most once a second for each machine; those that
 * nobody waits for are written in slices, so that no later read finds many.
 */
import type { Published } from './intake.ts';
import { KEPT_PER_TURN, writeKept } from './kept.ts';
import { type NostrEvent, tagValues } from './nostr/event.ts';
import { eventJson } from './nostr/message.ts';
import { DEFINITION_KIND, SNAPSHOT_KIND, TRANSITION_KIND } from './nsm/kinds.ts';
import type { Relay } from './relay.ts';
import { WORK_PER_TURN } from './store/turn.ts';

/** How often, while somebody listens or more is marked than a turn writes. */
const PUSH_INTERVAL_MS = 250;
/** How often, and how many at a time, keeper snapshots are written without being asked for. */
const KEEP_INTERVAL_MS = 1_000;
const KEPT_PER_ROUND = 400;

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
  const due = keeper.due(Date.now(), KEPT_PER_TURN);
  for (const { event, n } of due) {
    if (subscriptions.matching(event).length === 0) continue;
    deliver(relay, { ...event, sig: keeper.serve(event.id) }, n);
  }
  if (due.length < KEPT_PER_TURN) return;
  relay.turns.later(() => {
    pushKept(relay);
    return WORK_PER_TURN;
  });
}

/** Writes marked snapshots in slices, so that no read finds many, and pushes what was held back. */
function keepLater(relay: Relay): void {
  const { keeper, subscriptions, timers } = relay;
  const behind = keeper.behind();
  if (timers.keep || behind === 0) return;
  const isWanted = subscriptions.mayWant(keeper.pubkey, SNAPSHOT_KIND);
  const isUrgent = isWanted || behind > KEPT_PER_ROUND;
  const interval = isUrgent ? PUSH_INTERVAL_MS : KEEP_INTERVAL_MS;
  timers.keep = setTimeout(() => {
    timers.keep = undefined;
    pushKept(relay);
    writeKept(relay, keeper.marked(KEPT_PER_ROUND), () => keepLater(relay));
  }, interval);
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
