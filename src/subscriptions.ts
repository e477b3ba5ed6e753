/**
 * Live filters, indexed by one of their values: who gets an event that was just committed.
 *
 * A filter is filed under each value of its most telling member, so an event looks up its own id,
 * tags, author and kind, and only those filters are compared. The index narrows, `matches` decides.
 */

import type { NostrEvent } from './nostr/event.ts';
import { type Filter, isImpossible, matches } from './nostr/filter.ts';

/** An open subscription; `Reader` is whoever it belongs to. */
export type Subscription<Reader> = {
  readonly reader: Reader;
  readonly id: string;
  readonly filters: readonly Filter[];
};

/** An event to deliver: its JSON is made once for all readers. Ephemeral ones have no bound `n`. */
export type Live = { readonly event: NostrEvent; readonly json: string; readonly n: number };

/** Whoever hears of events as they are committed. */
export type Listener = {
  deliver(subscription: Subscription<Listener>, live: Live): void;
};

/** An index of open subscriptions. */
export type Subscriptions<Reader> = {
  readonly add: (subscription: Subscription<Reader>) => void;
  readonly remove: (subscription: Subscription<Reader>) => void;
  /** Every subscription with a filter that the event satisfies, once. */
  readonly matching: (event: NostrEvent) => readonly Subscription<Reader>[];
  /** True when some filter could be satisfied by events of this author and kind. */
  readonly mayWant: (pubkey: string, kind: number) => boolean;
  readonly count: () => number;
};

/** An empty index. */
export function indexSubscriptions<Reader>(): Subscriptions<Reader> {
  type Own = Subscription<Reader>;
  const byKey = new Map<string, Set<Own>>();
  const all = new Set<Own>();

  return {
    add: (subscription) => {
      all.add(subscription);
      for (const key of keysOf(subscription.filters)) {
        const filed = byKey.get(key);
        if (filed) filed.add(subscription);
        else byKey.set(key, new Set([subscription]));
      }
    },
    remove: (subscription) => {
      all.delete(subscription);
      for (const key of keysOf(subscription.filters)) {
        const filed = byKey.get(key);
        filed?.delete(subscription);
        if (filed?.size === 0) byKey.delete(key);
      }
    },
    matching: (event) => {
      const found = new Set<Own>();
      for (const key of keysOfEvent(event)) {
        for (const subscription of byKey.get(key) ?? []) {
          if (found.has(subscription)) continue;
          if (subscription.filters.some((filter) => matches(filter, event)))
            found.add(subscription);
        }
      }
      return [...found];
    },
    mayWant: (pubkey, kind) => {
      for (const { filters } of all) {
        if (filters.some((filter) => acceptsSource(filter, pubkey, kind))) return true;
      }
      return false;
    },
    count: () => all.size,
  };
}

/** True when author and kind leave a filter satisfiable. */
export function acceptsSource(filter: Filter, pubkey: string, kind: number): boolean {
  const { authors, kinds } = filter;
  return (kinds?.has(kind) ?? true) && (authors?.has(pubkey) ?? true);
}

function keysOf(filters: readonly Filter[]): Iterable<string> {
  const [filter] = filters;
  // The members of one filter are sets: its keys differ.
  if (filter && filters.length === 1) return isImpossible(filter) ? [] : keysOfFilter(filter);
  return new Set(filters.flatMap((filter) => (isImpossible(filter) ? [] : keysOfFilter(filter))));
}

function keysOfFilter({ ids, authors, kinds, tags }: Filter): string[] {
  if (ids) return [...ids].map((id) => `i${id}`);
  const [tag] = tags;
  if (tag) return [...tag.values].map((value) => `#${tag.letter}${value}`);
  if (authors) return [...authors].map((pubkey) => `a${pubkey}`);
  return kinds ? [...kinds].map((kind) => `k${kind}`) : ['*'];
}

function keysOfEvent({ id, pubkey, kind, tags }: NostrEvent): ReadonlySet<string> {
  const keys = new Set([`i${id}`, `a${pubkey}`, `k${kind}`, '*']);
  for (const [name, value] of tags) {
    if (name?.length === 1 && value !== undefined) keys.add(`#${name}${value}`);
  }
  return keys;
}
