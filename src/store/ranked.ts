/**
 * Searches as sources (NIP-50): the newest events that hold all words, the most relevant first.
 *
 * Common words are in more events than can be compared, so relevance decides among the newest that
 * are found, a fixed number. An answer to several filters gives searches first, each in its own
 * order, then all others merged by time; every event once.
 */
import type { Filter } from '../nostr/filter.ts';
import { relevance, type Search } from '../nostr/search.ts';
import type { Limited } from './limited.ts';
import { type Key, merge, newestKeyFirst, type Source } from './merge.ts';
import { type SearchIndex, WINDOW } from './search.ts';
import type { Turn } from './turn.ts';

/** Among how many events with all words the most relevant are sought. */
export const RANKED_MAX = 2_000;
/** The price of asking the index about one window. */
const WINDOW_WORK = 100;

type Searching = {
  readonly index: SearchIndex;
  readonly at: (n: number) => Key | undefined;
  readonly content: (key: Key) => string;
  readonly turn: Turn;
  readonly upTo: number;
};

type Ranked = { readonly key: Key; readonly score: number };

/** Events that hold all words of a search, the most relevant first, then the newest. */
export function searchSource(search: Search, parts: Searching): Source {
  const { index, at, content, turn, upTo } = parts;
  let top = upTo;
  const pending: number[] = [];
  const ranked: Ranked[] = [];
  let place = -1;

  const rank = (n: number): void => {
    const key = at(n);
    turn.left--;
    if (!key) return;
    const text = content(key);
    // Ranking cuts the text into words, which is far more than reading it.
    turn.left -= text.length / 100;
    ranked.push({ key, score: relevance(search, text) });
  };

  /** False when the turn was spent before all was found. */
  const collect = (): boolean => {
    while (ranked.length < RANKED_MAX && (pending.length > 0 || top > 0)) {
      if (turn.left <= 0) return false;
      const n = pending.pop();
      if (n !== undefined) {
        rank(n);
        continue;
      }
      pending.push(...index.find(search, Math.max(1, top - WINDOW + 1), top));
      top -= WINDOW;
      turn.left -= WINDOW_WORK;
    }
    return true;
  };

  return {
    head: () => {
      if (place < 0) {
        if (!collect()) return null;
        ranked.sort((a, b) => b.score - a.score || newestKeyFirst(a.key, b.key));
        place = 0;
      }
      return ranked[place]?.key;
    },
    next: () => {
      place++;
    },
  };
}

/** The answers to several filters as one. */
export function inSequence(parts: readonly (Limited & { readonly filter: Filter })[]): Source {
  const isSearch = ({ filter }: { readonly filter: Filter }) =>
    filter.search !== undefined && filter.search.words.length > 0 && filter.ids === undefined;
  const searches = parts.filter(isSearch);
  const byTime = merge(parts.filter((part) => !isSearch(part)));
  return searches.length === 0 ? byTime : chain([...searches, byTime]);
}

/** One source after the other, each event once. */
function chain(sources: readonly Source[]): Source {
  const seen = new Set<number>();
  let at = 0;
  const head = (): Key | null | undefined => {
    for (let source = sources[at]; source; source = sources[at]) {
      const key = source.head();
      if (key === null) return null;
      if (key === undefined) at++;
      else if (seen.has(key.n)) source.next();
      else return key;
    }
    return undefined;
  };
  return {
    head,
    next: () => {
      const key = head();
      if (!key) return;
      seen.add(key.n);
      sources[at]?.next();
    },
  };
}
