/**
 * What a client may ask of the store now: bounds of time and rights around its filters.
 */
import type { Config } from './config.ts';
import type { Filter } from './nostr/filter.ts';
import { SNAPSHOT_KIND } from './nsm/kinds.ts';
import { isReadable } from './policy/guarded.ts';
import type { Relay } from './relay.ts';
import type { Bounds } from './store/accept.ts';
import type { Answer, Counting, Limits } from './store/query.ts';
import { acceptsSource } from './subscriptions.ts';

/**
 * Rows that answer filters as of now for who holds these keys, up to which sequence number; at
 * their end `hint` says whether these were all, if EOSE shall say so (NIP-67).
 */
export type Ask = (
  filters: readonly Filter[],
  authenticated: ReadonlySet<string>,
) => {
  readonly relay: Relay;
  readonly source: Answer;
  readonly upTo: number;
  readonly hint: () => 'more' | 'finish' | undefined;
};

/** The events that filters want as of now, for who holds these keys, each once. */
export type AskHowMany = (
  filters: readonly Filter[],
  authenticated: ReadonlySet<string>,
) => Counting;

/** Begins the answer to a REQ. */
export const ask = (relay: Relay, ...[filters, authenticated]: Parameters<Ask>) => {
  const bounds = boundsFor(relay, filters, authenticated);
  const source = relay.store.query.run(filters, limitsFor(relay.config, filters), bounds);
  const hint = () => {
    const rest = relay.config.answers.eoseHints ? source.rest() : 'unknown';
    return rest === 'unknown' ? undefined : rest;
  };
  return { relay, source, upTo: bounds.upTo, hint };
};

/** Begins the answer to a COUNT. */
export const askHowMany = (relay: Relay, ...[filters, authenticated]: Parameters<AskHowMany>) =>
  relay.store.query.count(filters, boundsFor(relay, filters, authenticated));

/** What a reader may see now; keeper snapshots that the filters could want are written first. */
function boundsFor(
  { store, keeper, now, access }: Relay,
  filters: readonly Filter[],
  authenticated: ReadonlySet<string>,
): Bounds {
  if (filters.some((filter) => acceptsSource(filter, keeper.pubkey, SNAPSHOT_KIND))) {
    keeper.flush();
  }
  const rules = access.rules();
  return {
    upTo: store.lastEvent(),
    now: now(),
    isReadable: (event) => isReadable(event, authenticated) && !rules.isOfHidden(event),
    isLeaving: store.vanished.isLeaving,
  };
}

function limitsFor({ limits, answers }: Config, filters: readonly Filter[]): Limits {
  const { limitDefault, limitMax } = limits;
  const rows = filters.map(({ limit = limitDefault }) => Math.min(limit, limitMax));
  return { rows, beyond: answers.eoseHints ? limitMax : null };
}
