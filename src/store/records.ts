/**
 * Times and ids of all stored events that match a filter, for reconciliation (NIP-77).
 *
 * Reads as little of each row as the filter needs, page by page along the index of the narrowest
 * part of the filter; pages are resumed where they ended, so that a million events of one second
 * cost no more than others. The order is that of the index: whoever needs another sorts.
 *
 * Endorsements that newer ones have replaced are among them: REQ serves them to who asks for their
 * ids, and a custodian could hide from one relay what he has signed on another.
 */
import type { NostrEvent } from '../nostr/event.ts';
import { type Filter, isImpossible, matches } from '../nostr/filter.ts';
import { VANISH_KIND } from '../nostr/vanish.ts';
import { tagTest } from './accept.ts';
import type { Db } from './database.ts';
import { type Events, fromHex } from './events.ts';
import { authorsOf, choosePrefixes } from './plan.ts';
import { indexStatements, indexWalks, readPage, type Statements } from './walk.ts';

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
  readonly rank: number;
  readonly kind: number;
  readonly author: number;
  readonly expires_at: number | null;
  readonly tags: string;
};

const PAGE_ROWS = 2_000;
const LEAN = 'e.n, e.created_at, e.rank, e.id, e.kind, e.author, e.expires_at';

/** Reads records of an open database. */
export function recordReader(db: Db, events: Events) {
  const walks = indexWalks(db);
  const lean = indexStatements(db, `${LEAN}, '' AS tags`);
  const whole = indexStatements(db, `${LEAN}, e.tags`);
  const byId = db.prepare(`SELECT ${LEAN}, e.tags FROM event e WHERE e.id = ?`);
  const everything = db.prepare(
    `SELECT ${LEAN}, '' AS tags FROM event e WHERE e.n > ? ORDER BY e.n LIMIT ${PAGE_ROWS}`,
  );
  const leaving = db.prepare('SELECT author, created_at FROM vanished WHERE done = 0').raw();
  const superseded = supersededEndorsements(db);

  function* named(ids: ReadonlySet<string>): Generator<readonly Row[]> {
    yield [...ids].flatMap((id) => (byId.get(fromHex(id)) as Row | undefined) ?? []);
  }

  return {
    /** Pages of what matches; `limit` in the filter may be exceeded by what is as old. */
    *pages(filter: Filter, bounds: RecordBounds): Generator<readonly RecordRow[]> {
      if (isImpossible(filter) || filter.limit === 0) return;
      const gone = new Map(leaving.all() as [number, number][]);
      const isLeaving = ({ author, created_at, kind }: Row) =>
        created_at <= (gone.get(author) ?? -1) && kind !== VANISH_KIND;
      const accept = accepts(filter, bounds, events);
      const needsTags = filter.tags.length > 0;
      const turn = { left: 0, now: bounds.now, number: 0 };
      const prefixes = filter.ids ? [] : choosePrefixes(filter, { events, walks, turn });
      // An event that has several of the values of a tag lies under each of them.
      const seen = needsTags && prefixes.length > 1 ? new Set<number>() : undefined;
      const isNew = ({ n }: Row) => seen === undefined || seen.size < seen.add(n).size;
      const sources = prefixes.map(({ index, keys }) =>
        index === 'time' && isOfAllTimes(filter)
          ? readAll(everything)
          : read((needsTags ? whole : lean)[index], keys, filter),
      );
      if (filter.ids) sources.push(named(filter.ids));
      if (filter.limit === undefined) yield* superseded(filter, bounds);
      for (const pages of sources) {
        let left = filter.limit ?? Number.POSITIVE_INFINITY;
        let last = 0;
        for (const page of pages) {
          const rows = page.filter((row) => accept(row) && !isLeaving(row) && isNew(row));
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

/** Such a filter takes nearly every row, which is fastest in the order in which they lie. */
function isOfAllTimes({ since = 0, limit }: Filter): boolean {
  return since === 0 && limit === undefined;
}

/** All pages, in the order in which events came. */
function* readAll(everything: ReturnType<Db['prepare']>): Generator<readonly Row[]> {
  for (let after = 0; ; ) {
    const page = everything.all(after) as Row[];
    yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_ROWS) return;
    after = last.n;
  }
}

/** The pages of one walk, newest first. */
function* read(
  statements: Statements,
  keys: readonly number[],
  filter: Filter,
): Generator<readonly Row[]> {
  for (let last: Row | undefined; ; ) {
    const page: readonly Row[] = readPage(statements, { keys, filter, last, rows: PAGE_ROWS });
    yield page;
    last = page.at(-1);
    if (last === undefined || page.length < PAGE_ROWS) return;
  }
}

/** What the index has not seen to; hollow rows have expired at the time 0. */
function accepts(filter: Filter, bounds: RecordBounds, events: Events): (row: Row) => boolean {
  const { kinds, since = 0, until = Number.MAX_SAFE_INTEGER, tags } = filter;
  const { upTo, now, withoutKinds, without } = bounds;
  const authors = filter.authors && new Set(authorsOf(filter.authors, events));
  const excluded = events.authors.find(without.pubkey);
  const tests = tags.map(({ letter, values }) => tagTest(letter, values));
  return (row) =>
    row.n <= upTo &&
    (row.expires_at === null || row.expires_at > now) &&
    (kinds === undefined || kinds.has(row.kind)) &&
    (authors === undefined || authors.has(row.author)) &&
    row.created_at >= since &&
    row.created_at <= until &&
    !withoutKinds.has(row.kind) &&
    !(row.kind === without.kind && row.author === excluded) &&
    tests.every((hasOne) => hasOne(row.tags));
}
