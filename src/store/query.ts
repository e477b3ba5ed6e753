/**
 * Filters → stored events, newest first, ties lowest id first (NIP-01); searches by relevance.
 *
 * Each filter becomes a few *walks* along indexes (walk.ts), merged by key. A key is small and says
 * when, who and which kind; tags are read only where a filter asks for them, and the event itself
 * when it is its turn to be served. The index narrows, the filter decides. All of it is counted
 * (turn.ts), so that a caller can give way to others.
 */
import { type Filter, isImpossible } from '../nostr/filter.ts';
import { accepts, type Bounds } from './accept.ts';
import type { Db } from './database.ts';
import type { EventRow, Events } from './events.ts';
import { type KeyReadParts, type KeyReads, keyReads } from './key-reads.ts';
import { firstOf, type Rest } from './limited.ts';
import { END, type Key, merge, newestKeyFirst, type Source } from './merge.ts';
import { authorsOf, choosePrefixes } from './plan.ts';
import { inSequence, searchSource } from './ranked.ts';
import type { SearchIndex } from './search.ts';
import { lengthWork, type Turn, textWork, WORK_PER_TURN } from './turn.ts';
import { indexWalks, type Walks } from './walk.ts';

/** The answer to a REQ, row by row. */
export type Answer = {
  /** The next row; null when the turn is spent, undefined at the end. */
  readonly next: () => EventRow | null | undefined;
  /** Begins a turn; what has expired by now (Unix seconds) is left out from here on. */
  readonly resume: (now: number) => void;
  /** The work of the present turn. */
  readonly spent: () => number;
  /** At the end: whether limits left out any. */
  readonly rest: () => Rest;
};

/** The events that a COUNT is about, key by key, each once. */
export type Counting = {
  readonly next: () => Key | null | undefined;
  readonly resume: (now: number) => void;
  readonly spent: () => number;
};

/** How many events a filter may answer with, and whether it runs to the end of its last second. */
export type Limits = { readonly rows: readonly number[]; readonly beyond: number | null };

const PAGE_ROWS = 100;
/** Keys that all walks of one filter hold together, about. */
const HELD_KEYS = 4_000;
const PAGE_ROWS_MIN = 4;
/** So many values of a filter are prepared at the price of a row. */
const VALUES_PER_WORK = 4;
/** The price of sending a row, and of signing one that is signed when it is served. */
const SERVING_WORK = 3;
/** The price of reading a row by itself. */
const ROW_WORK = 2;
const SIGNING_WORK = 100;

/** What answers queries besides the events themselves. */
export type QueryParts = KeyReadParts & { readonly search: SearchIndex };

/** Statements that answer filters over an open database. */
export function eventQuery(db: Db, events: Events, { search, ...parts }: QueryParts) {
  const reads = keyReads(db, events, parts);
  const ground = { reads, events, search, walks: indexWalks(db) };

  const begin = (filters: readonly Filter[], { rows, beyond }: Limits, bounds: Bounds) => {
    const turn: Turn = { left: WORK_PER_TURN, now: bounds.now };
    const parts = filters.map((filter, i) => {
      const limit = rows[i] ?? 0;
      const { source, accept } = wanted(ground, filter, { bounds, turn, limit });
      return { filter, ...firstOf(source, accept, { limit, beyond, turn }) };
    });
    return { turn, parts, source: inSequence(parts) };
  };

  return {
    /** The merged answer to several filters, each with its own limit; every event once. */
    run: (filters: readonly Filter[], limits: Limits, bounds: Bounds): Answer => {
      const { turn, parts, source } = begin(filters, limits, bounds);
      const next = (): EventRow | null | undefined => {
        for (;;) {
          if (turn.left <= 0) return null;
          const key = source.head();
          if (!key) return key;
          source.next();
          if (!reads.isAtHand(key)) turn.left -= ROW_WORK;
          const row = reads.row(key);
          if (!row) continue;
          turn.left -= SERVING_WORK + lengthWork(row.tags.length + row.content.length);
          if (row.sig.length === 0 && !bounds.isSigned?.(row.id)) turn.left -= SIGNING_WORK;
          return row;
        }
      };
      return { next, ...meter(turn), rest: () => restOf(parts.map(({ rest }) => rest())) };
    },

    /** Every event that some filter wants, once; limits are not looked at. */
    count: (filters: readonly Filter[], bounds: Bounds): Counting => {
      const rows = filters.map(() => Number.POSITIVE_INFINITY);
      const { turn, source } = begin(filters, { rows, beyond: null }, bounds);
      const next = () => {
        const key = source.head();
        if (key) source.next();
        return key;
      };
      return { next, ...meter(turn) };
    },
  };
}

type Ground = {
  readonly reads: KeyReads;
  readonly events: Events;
  readonly search: SearchIndex;
  readonly walks: Walks;
};
type Reading = {
  readonly bounds: Bounds;
  readonly turn: Turn;
  readonly limit: number;
};
type Wanted = { readonly source: Source; readonly accept: (key: Key) => boolean };

/** Plans are made when they are needed, so that many filters do not cost one long moment. */
function wanted(ground: Ground, filter: Filter, reading: Reading): Wanted {
  const { bounds, turn } = reading;
  const { reads, events } = ground;
  const text = (of: 'tags' | 'content') => (key: Key) => {
    // What is at hand was paid for when it was read.
    const isAtHand = reads.isAtHand(key);
    const found = reads.text(of, key);
    if (!isAtHand) turn.left -= textWork(found);
    return found;
  };
  const texts = { id: reads.id, tags: text('tags'), content: text('content') };
  const authors = (pubkeys: ReadonlySet<string>) => new Set(authorsOf(pubkeys, events));
  const opened = () =>
    open(ground, filter, { ...reading, content: texts.content, upTo: bounds.upTo });
  let accept: ((key: Key) => boolean) | undefined;
  return {
    source: lazy(() => {
      turn.left -= openingWork(filter);
      return opened();
    }, turn),
    accept: (key) => {
      accept ??= accepts(filter, { bounds, turn, reads: { ...texts, authors } });
      return accept(key);
    },
  };
}

type Opening = Omit<Reading, 'bounds'> & {
  readonly content: (key: Key) => string;
  readonly upTo: number;
};

function open({ reads, events, search, walks }: Ground, filter: Filter, opening: Opening): Source {
  const { turn, limit } = opening;
  if (isImpossible(filter)) return END;
  if (filter.ids) return idSource([...filter.ids], reads, turn);
  if (filter.search && filter.search.words.length > 0) {
    return searchSource(filter.search, { index: search, at: reads.at, ...opening });
  }
  const prefixes = choosePrefixes(filter, { events, walks, turn });
  const share = Math.floor(HELD_KEYS / prefixes.length);
  const pageRows = Math.min(PAGE_ROWS, Math.max(PAGE_ROWS_MIN, share));
  // One more than is answered tells whether there is more.
  const firstRows = Math.min(pageRows, limit + 1);
  const walking = { filter, pageRows, firstRows, turn };
  // Of several walks most keys are not served, and their rows need not be read.
  const options = prefixes.length === 1 ? { ...walking, keysFor: reads.keysFor } : walking;
  return merge(prefixes.map((prefix) => walks.walk(prefix, options)));
}

function meter(turn: Turn): Pick<Answer, 'resume' | 'spent'> {
  return {
    resume: (now) => {
      turn.left = WORK_PER_TURN;
      turn.now = now;
    },
    spent: () => WORK_PER_TURN - turn.left,
  };
}

/** A plan looks at every value: authors by a statement, the others by themselves. */
function openingWork({ authors, ids, tags }: Filter): number {
  const values = tags.reduce((sum, tag) => sum + tag.values.size, ids?.size ?? 0);
  return (authors?.size ?? 0) + values / VALUES_PER_WORK + 1;
}

/** One filter that left something out is enough for more; finished are they all or none. */
function restOf(rests: readonly Rest[]): Rest {
  if (rests.includes('more')) return 'more';
  return rests.includes('unknown') ? 'unknown' : 'finish';
}

/** A source that is opened when it is first asked. */
function lazy(open: () => Source, turn: Turn): Source {
  let source: Source | undefined;
  return {
    head: () => {
      if (source === undefined && turn.left <= 0) return null;
      source ??= open();
      return source.head();
    },
    next: () => source?.next(),
  };
}

/** The events with these ids, looked up as turns allow and then sorted. */
function idSource(ids: readonly string[], { named }: KeyReads, turn: Turn): Source {
  const found: Key[] = [];
  let lookedUp = 0;
  let at = -1;
  return {
    head: () => {
      for (; lookedUp < ids.length; lookedUp++) {
        if (turn.left <= 0) return null;
        turn.left -= ROW_WORK;
        const key = named(ids[lookedUp] ?? '');
        if (key) found.push(key);
      }
      if (at < 0) {
        found.sort(newestKeyFirst);
        at = 0;
      }
      return found[at];
    },
    next: () => {
      at++;
    },
  };
}
