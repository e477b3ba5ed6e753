/**
 * Times and ids of all stored events that match a filter, for reconciliation (NIP-77).
 *
 * Reads as little of each row as the filter needs, page by page along the index of the narrowest
 * part of the filter; pages are resumed at (time, n), so that a million events of one second cost
 * no more than others. The order is that of the index: whoever needs another sorts.
 *
 * Endorsements that newer ones have replaced are among them: REQ serves them to who asks for their
 * ids, and a custodian could hide from one relay what he has signed on another.
 */
import type { NostrEvent } from '../nostr/event.ts';
import { type Filter, isImpossible, matches } from '../nostr/filter.ts';
import type { Db } from './database.ts';
import { type Events, fromHex } from './events.ts';
import { choosePrefixes, hasTag, type Prefix } from './query.ts';

/** A record: Unix seconds, and the 32 bytes of an id. */
export type RecordRow = { readonly created_at: number; readonly id: Buffer };

/** What is left out, whatever the filter says. */
export type RecordBounds = {
  /** Rows behind this sequence number. */
  readonly upTo: number;
  /** Events that expired by this time, in Unix seconds. */
  readonly now: number;
  readonly withoutKinds: ReadonlySet<number>;
  /** Events of this kind by this author. */
  readonly without: { readonly pubkey: string; readonly kind: number };
};

type Row = RecordRow & {
  readonly n: number;
  readonly kind: number;
  readonly author: number;
  readonly tags: string;
};

const PAGE_ROWS = 2_000;

/** Reads records of an open database. */
export function recordReader(db: Db, events: Events) {
  const walks = prepareWalks(db);
  const byId = db.prepare(
    `${columns('e.tags')} FROM event e WHERE e.id = ? AND e.n <= ? AND ${LIVING}`,
  );

  const everything = db.prepare(
    `${columns("'' AS tags")} FROM event e WHERE e.n > ? AND e.n <= ? AND ${LIVING}` +
      ` ORDER BY e.n LIMIT ${PAGE_ROWS}`,
  );
  const kinds = db.prepare('SELECT DISTINCT kind FROM event WHERE author = ?').pluck();
  const superseded = supersededEndorsements(db);

  /** The index of authors is in order of time only below a kind. */
  const inOrderOfTime = ({ index, keys }: Prefix): readonly TimedPrefix[] => {
    if (index !== 'author') return [{ index, keys }];
    const ofAuthor = kinds.all(...keys) as number[];
    return ofAuthor.map((kind) => ({ index: 'author-kind', keys: [...keys, kind] }));
  };

  function* named(ids: ReadonlySet<string>, { upTo, now }: RecordBounds): Generator<Row[]> {
    yield [...ids].flatMap((id) => (byId.get(fromHex(id), upTo, now) as Row | undefined) ?? []);
  }

  return {
    /** Pages of what matches; `limit` in the filter may be exceeded by what is as old. */
    *pages(filter: Filter, bounds: RecordBounds): Generator<readonly RecordRow[]> {
      if (isImpossible(filter) || filter.limit === 0) return;
      const accept = accepts(filter, bounds, events);
      const needsTags = filter.tags.length > 0;
      const prefixes = filter.ids ? [] : choosePrefixes(filter, events).flatMap(inOrderOfTime);
      // An event that has several of the values of a tag lies under each of them.
      const seen = needsTags && prefixes.length > 1 ? new Set<number>() : undefined;
      const isNew = ({ n }: Row) => seen === undefined || seen.size < seen.add(n).size;
      const sources = prefixes.map(({ index, keys }) =>
        index === 'time' && isOfAllTimes(filter)
          ? readAll(everything, bounds)
          : read(walks[needsTags ? 'whole' : 'lean'][index], { keys, filter, bounds }),
      );
      if (filter.ids) sources.push(named(filter.ids, bounds));
      if (filter.limit === undefined) yield* superseded(filter, bounds);
      for (const pages of sources) {
        let left = filter.limit ?? Number.POSITIVE_INFINITY;
        let last = 0;
        for (const page of pages) {
          const rows = page.filter((row) => accept(row) && isNew(row));
          yield rows;
          if (left > 0 && rows.length >= left) last = rows[left - 1]?.created_at ?? 0;
          left = Math.max(0, left - rows.length);
          if (left === 0 && (page.at(-1)?.created_at ?? 0) < last) break;
        }
      }
    },
  };
}

/** Endorsements that are in the log alone, in the order of their ids. */
function supersededEndorsements(db: Db) {
  const page = db.prepare(
    'SELECT x.id, x.event FROM endorsement x WHERE x.id > ?' +
      ' AND NOT EXISTS (SELECT 1 FROM event e WHERE e.id = x.id)' +
      ` ORDER BY x.id LIMIT ${PAGE_ROWS}`,
  );
  return function* pages(filter: Filter, { without }: RecordBounds): Generator<RecordRow[]> {
    for (let after: Buffer = Buffer.alloc(0); ; ) {
      const rows = page.all(after) as { readonly id: Buffer; readonly event: string }[];
      yield rows.flatMap(({ id, event: json }) => {
        const event = JSON.parse(json) as NostrEvent;
        const isOwn = event.pubkey === without.pubkey;
        // Of what was removed no signature is left.
        const isWanted = !isOwn && event.sig !== '' && matches(filter, event);
        return isWanted ? [{ id, created_at: event.created_at }] : [];
      });
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE_ROWS) return;
      after = last.id;
    }
  };
}

const LIVING = '(e.expires_at IS NULL OR e.expires_at > ?)';

const columns = (tags: string) => `SELECT e.n, e.created_at, e.id, e.kind, e.author, ${tags}`;

type Statement = ReturnType<Db['prepare']>;
type TimedPrefix = Prefix & { readonly index: Exclude<Prefix['index'], 'author'> };
type Walks = Readonly<Record<TimedPrefix['index'], Statement>>;

function prepareWalks(db: Db): { readonly lean: Walks; readonly whole: Walks } {
  const walksWith = (tags: string): Walks => {
    const over = (from: string, where: string, at: readonly [string, string]) =>
      db.prepare(
        `${columns(tags)} FROM ${from} WHERE ${where} (${at}) < (?, ?) AND ${at[0]} >= ?` +
          ` AND e.n <= ? AND ${LIVING} ORDER BY ${at[0]} DESC, ${at[1]} DESC LIMIT ?`,
      );
    const at = ['e.created_at', 'e.n'] as const;
    return {
      tag: over('tag t CROSS JOIN event e ON e.n = t.event', 't.hash = ? AND', [
        't.created_at',
        't.event',
      ]),
      'author-kind': over(
        'event e INDEXED BY event_by_author',
        'e.author = ? AND e.kind = ? AND',
        at,
      ),
      kind: over('event e INDEXED BY event_by_kind', 'e.kind = ? AND', at),
      time: over('event e INDEXED BY event_by_time', '', at),
    };
  };
  return { lean: walksWith("'' AS tags"), whole: walksWith('e.tags') };
}

/** Such a filter takes nearly every row, which is fastest in the order in which they lie. */
function isOfAllTimes({ since = 0, limit }: Filter): boolean {
  return since === 0 && limit === undefined;
}

/** All pages, in the order in which events came. */
function* readAll(everything: Statement, { upTo, now }: RecordBounds): Generator<Row[]> {
  for (let after = 0; ; ) {
    const page = everything.all([after, upTo, now]) as Row[];
    yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_ROWS) return;
    after = last.n;
  }
}

type Reading = {
  readonly keys: readonly number[];
  readonly filter: Filter;
  readonly bounds: RecordBounds;
};

/** The pages of one walk, newest first. */
function* read(walk: Statement, { keys, filter, bounds }: Reading): Generator<Row[]> {
  const { since = 0, until = Number.MAX_SAFE_INTEGER } = filter;
  const { upTo, now } = bounds;
  let at = [until, Number.MAX_SAFE_INTEGER];
  for (;;) {
    const rest = [...at, since, upTo, now, PAGE_ROWS];
    const page = walk.all([...keys, ...rest]) as Row[];
    yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_ROWS) return;
    at = [last.created_at, last.n];
  }
}

/** What neither the index nor the statement has seen to. */
function accepts(filter: Filter, bounds: RecordBounds, events: Events): (row: Row) => boolean {
  const { kinds, since = 0, until = Number.MAX_SAFE_INTEGER, tags } = filter;
  const { withoutKinds, without } = bounds;
  const numbers = (pubkeys: Iterable<string>) =>
    new Set([...pubkeys].flatMap((pubkey) => events.authors.find(pubkey) ?? []));
  const authors = filter.authors && numbers(filter.authors);
  const excluded = events.authors.find(without.pubkey);
  return (row) =>
    (kinds === undefined || kinds.has(row.kind)) &&
    (authors === undefined || authors.has(row.author)) &&
    row.created_at >= since &&
    row.created_at <= until &&
    !withoutKinds.has(row.kind) &&
    !(row.kind === without.kind && row.author === excluded) &&
    tags.every(({ letter, values }) => hasTag(row.tags, letter, values));
}
