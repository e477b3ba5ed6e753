/**
 * What a client may ask of the store now: bounds of time and rights around its filters.
 */
import type { Config } from './config.ts';
import { writeKept } from './kept.ts';
import type { Filter } from './nostr/filter.ts';
import { SNAPSHOT_KIND } from './nsm/kinds.ts';
import { isReadable } from './policy/guarded.ts';
import type { Relay } from './relay.ts';
import type { Bounds } from './store/accept.ts';
import type { Answer, Counting, Limits } from './store/query.ts';
import { acceptsSource } from './subscriptions.ts';

/** Rows up to a sequence number; at their end `hint` says whether these were all (NIP-67). */
export type Asked = {
  readonly source: Answer;
  readonly upTo: number;
  readonly hint: () => 'more' | 'finish' | undefined;
};

/**
 * Rows that answer filters for who holds these keys, as of when keeper snapshots that the filters
 * could want are written; mostly that is at once.
 */
export type Ask = (
  filters: readonly Filter[],
  authenticated: ReadonlySet<string>,
  then: (asked: Asked) => void,
) => void;

/** The events that filters want, each once, for who holds these keys; as of when Ask would say. */
export type AskHowMany = (
  filters: readonly Filter[],
  authenticated: ReadonlySet<string>,
  then: (counting: Counting) => void,
) => void;

/** Begins the answer to a REQ. */
export function ask(relay: Relay, ...[filters, authenticated, then]: Parameters<Ask>): void {
  const begin = () => {
    const bounds = boundsFor(relay, authenticated);
    const source = relay.store.query.run(filters, limitsFor(relay.config, filters), bounds);
    const hint = () => {
      const rest = relay.config.answers.eoseHints ? source.rest() : 'unknown';
      return rest === 'unknown' ? undefined : rest;
    };
    then({ source, upTo: bounds.upTo, hint });
  };
  // One view for the bounds and for what is answered at once.
  whenKept(relay, filters, () => relay.store.reading(begin));
}

/** Begins the answer to a COUNT. */
export function askHowMany(
  relay: Relay,
  ...[filters, authenticated, then]: Parameters<AskHowMany>
): void {
  whenKept(relay, filters, () => {
    then(relay.store.query.count(filters, boundsFor(relay, authenticated)));
  });
}

/** Calls back when the keeper snapshots that filters could want are written. */
function whenKept(relay: Relay, filters: readonly Filter[], then: () => void): void {
  const { keeper } = relay;
  const isWanted = filters.some((filter) => acceptsSource(filter, keeper.pubkey, SNAPSHOT_KIND));
  writeKept(relay, isWanted ? keeper.marked() : [], then);
}

/** What a reader may see now. */
function boundsFor(
  { store, now, access, keeper }: Relay,
  authenticated: ReadonlySet<string>,
): Bounds {
  const rules = access.rules();
  return {
    upTo: store.lastEvent(),
    now: now(),
    isReadable: (event) => isReadable(event, authenticated) && !rules.isOfHidden(event),
    isLeaving: store.vanished.isLeaving,
    isSigned: keeper.isSigned,
  };
}

function limitsFor({ limits, answers }: Config, filters: readonly Filter[]): Limits {
  const { limitDefault, limitMax } = limits;
  const rows = filters.map(({ limit = limitDefault }) => Math.min(limit, limitMax));
  return { rows, beyond: answers.eoseHints ? limitMax : null };
}
