/**
 * Filters → stored events, newest first, ties lowest id first (NIP-01).
 *
 * Each filter becomes a few *streams*: ordered walks along one index prefix (a tag value, an
 * author and kind, a kind, or time), read in small pages and merged. The index narrows, the
 * filter decides: rows that do not match (hash collisions, further conditions) are dropped. Work
 * is counted in pages, so that a caller can give way to others between them.
 */
import type { NostrEvent } from '../nostr/event.ts';
import { type Filter, isImpossible } from '../nostr/filter.ts';
import type { Db } from './database.ts';
import { EVENT_COLUMNS, type EventRow, type Events, eventToRow, fromHex } from './events.ts';
import { END, merge, type Source, sorted } from './merge.ts';
import { tagHash } from './tag-hash.ts';

/** What a query may see: rows up to a sequence number, not expired at a time (Unix seconds). */
export type Bounds = {
  readonly upTo: number;
  readonly now: number;
  /** Whether the reader may see a row, so that others do not count towards a limit. */
  readonly isReadable?: (row: EventRow) => boolean;
};

/** The answer to a query. `resume` begins a turn, in which it reads so many rows and no more. */
export type Answer = Source & { readonly resume: () => void };

const PAGE_ROWS = 100;
const STREAMS_MAX = 512;
/** Rows that one turn of a query may read; a page counts as a few more than it holds. */
const ROWS_PER_TURN = 1_000;
const PAGE_COST = 5;

/** Statements that answer filters over an open database. */
export function eventQuery(db: Db, events: Events) {
  const statements = prepareWalks(db);
  const byId = db.prepare(
    `SELECT ${EVENT_COLUMNS} FROM event e JOIN author a ON a.n = e.author` +
      ' WHERE e.id = ? AND e.n <= ? AND (e.expires_at IS NULL OR e.expires_at > ?)',
  );

  const kept = db
    .prepare(
      'SELECT event FROM evidence WHERE id = @id UNION ALL' +
        ' SELECT event FROM endorsement WHERE id = @id',
    )
    .pluck();

  /**
   * A stored event; or evidence, or an endorsement that was replaced: these are shown to who asks
   * for their very ids.
   */
  const named = (id: string, { upTo, now }: Bounds): EventRow | undefined => {
    const stored = byId.get(fromHex(id), upTo, now) as EventRow | undefined;
    if (stored) return stored;
    const json = kept.get({ id: fromHex(id) }) as string | undefined;
    const event = json === undefined ? undefined : (JSON.parse(json) as NostrEvent);
    // Of what was removed no signature is left.
    return event === undefined || event.sig === '' ? undefined : eventToRow(event);
  };

  const open = (filter: Filter, limit: number, { bounds, turn }: Reading): Source => {
    if (isImpossible(filter)) return END;
    if (filter.ids) {
      const rows = [...filter.ids].flatMap((id) => named(id, bounds) ?? []);
      return limited(sorted(rows), accepts(filter, bounds), limit);
    }
    const prefixes = choosePrefixes(filter, events);
    const pageRows = prefixes.length > 16 ? 10 : Math.min(PAGE_ROWS, limit);
    const streams = prefixes.map((prefix) =>
      walk(statements[prefix.index], { prefix, filter, bounds, pageRows, turn }),
    );
    return limited(merge(streams), accepts(filter, bounds), limit);
  };

  return {
    /** The merged answer to several filters, each with its own limit; every event once. */
    run: (filters: readonly Filter[], limits: readonly number[], bounds: Bounds): Answer => {
      const turn = { rows: ROWS_PER_TURN };
      const sources = filters.map((filter, i) => open(filter, limits[i] ?? 0, { bounds, turn }));
      const resume = () => {
        turn.rows = ROWS_PER_TURN;
      };
      return { ...merge(sources), resume };
    },
  };
}

/** What is left of a query's turn. */
type Turn = { rows: number };
type Reading = { readonly bounds: Bounds; readonly turn: Turn };

type IndexName = 'tag' | 'author-kind' | 'author' | 'kind' | 'time';

/** The beginning of an index, under which rows lie in the order of time. */
export type Prefix = { readonly index: IndexName; readonly keys: readonly number[] };

function prepareWalks(db: Db) {
  const walkOver = (from: string, where: string, time = 'e.created_at') =>
    db.prepare(
      `SELECT ${EVENT_COLUMNS} FROM ${from} JOIN author a ON a.n = e.author WHERE ${where}` +
        ` ${time} <= ? AND (${time} < ? OR e.id > ?) AND ${time} >= ? AND e.n <= ?` +
        ' AND (e.expires_at IS NULL OR e.expires_at > ?)' +
        ` ORDER BY ${time} DESC, e.id LIMIT ?`,
    );
  return {
    tag: walkOver('tag t CROSS JOIN event e ON e.n = t.event', 't.hash = ? AND', 't.created_at'),
    'author-kind': walkOver(
      'event e INDEXED BY event_by_author',
      'e.author = ? AND e.kind = ? AND',
    ),
    author: walkOver('event e', 'e.author = ? AND'),
    kind: walkOver('event e INDEXED BY event_by_kind', 'e.kind = ? AND'),
    time: walkOver('event e INDEXED BY event_by_time', ''),
  };
}

/** The narrowest index prefixes that together hold every match. */
export function choosePrefixes(filter: Filter, events: Events): Prefix[] {
  const [tag] = [...filter.tags].sort((a, b) => a.values.size - b.values.size);
  if (tag) {
    return [...tag.values].map((value) => ({ index: 'tag', keys: [tagHash(tag.letter, value)] }));
  }
  const kinds = filter.kinds && [...filter.kinds];
  if (filter.authors) {
    const authors = [...filter.authors].flatMap((pubkey) => events.authors.find(pubkey) ?? []);
    if (kinds && authors.length * kinds.length <= STREAMS_MAX) {
      return authors.flatMap((author) =>
        kinds.map((kind) => ({ index: 'author-kind' as const, keys: [author, kind] })),
      );
    }
    return authors.map((author) => ({ index: 'author', keys: [author] }));
  }
  return kinds
    ? kinds.map((kind) => ({ index: 'kind', keys: [kind] }))
    : [{ index: 'time', keys: [] }];
}

type Walk = {
  readonly prefix: Prefix;
  readonly filter: Filter;
  readonly bounds: Bounds;
  readonly pageRows: number;
  readonly turn: Turn;
};

/** One ordered walk; remembers time and id of its last row, so that a page is one statement. */
function walk(statement: ReturnType<Db['prepare']>, options: Walk): Source {
  const { prefix, filter, bounds, pageRows, turn } = options;
  let page: EventRow[] = [];
  let at = 0;
  let ended = false;
  let time = filter.until ?? Number.MAX_SAFE_INTEGER;
  let id: Buffer = Buffer.alloc(0);
  const fetch = () => {
    const since = filter.since ?? 0;
    const { upTo, now } = bounds;
    const parameters = [...prefix.keys, time, time, id, since, upTo, now, pageRows];
    page = statement.all(parameters) as EventRow[];
    at = 0;
    ended = page.length < pageRows;
    const last = page.at(-1);
    if (last) ({ created_at: time, id } = last);
  };
  return {
    head: () => {
      if (at < page.length || ended) return page[at];
      if (turn.rows <= 0) return null;
      fetch();
      turn.rows -= page.length + PAGE_COST;
      return page[at];
    },
    next: () => {
      at++;
    },
  };
}

/** The first `limit` rows accepted; pauses after a page's worth of rows that are not. */
function limited(source: Source, accept: (row: EventRow) => boolean, limit: number): Source {
  let left = limit;
  let current: EventRow | undefined;
  return {
    head: () => {
      if (current) return current;
      if (left === 0) return undefined;
      for (let skipped = 0; skipped < PAGE_ROWS; skipped++) {
        const row = source.head();
        if (!row) return row;
        source.next();
        if (!accept(row)) continue;
        current = row;
        left--;
        return row;
      }
      return null;
    },
    next: () => {
      current = undefined;
    },
  };
}

/** Conditions that an index prefix may not have covered. */
function accepts(filter: Filter, { isReadable }: Bounds): (row: EventRow) => boolean {
  const { ids, authors, kinds, since, until } = filter;
  return (row) =>
    (kinds === undefined || kinds.has(row.kind)) &&
    (since === undefined || row.created_at >= since) &&
    (until === undefined || row.created_at <= until) &&
    (ids === undefined || ids.has(row.id.toString('hex'))) &&
    (authors === undefined || authors.has(row.pubkey.toString('hex'))) &&
    filter.tags.every(({ letter, values }) => hasTag(row.tags, letter, values)) &&
    (isReadable === undefined || isReadable(row));
}

/**
 * Looks for a tag in the JSON text: a quote inside a string is escaped there, so this pattern can
 * only be the start of a tag.
 */
export function hasTag(tags: string, letter: string, values: ReadonlySet<string>): boolean {
  if (values.size > 8) {
    const parsed = JSON.parse(tags) as string[][];
    return parsed.some(
      ([name, value]) => name === letter && value !== undefined && values.has(value),
    );
  }
  for (const value of values) {
    if (tags.includes(`["${letter}",${JSON.stringify(value)}`)) return true;
  }
  return false;
}
