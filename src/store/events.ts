/**
 * Rows of events: insert, find, replace, remove, and the tombstones of NIP-09.
 *
 * Every method expects to run inside the writer's transaction when it changes something. The row
 * keeps the event's own tags and content text, so what is served is what was signed.
 */
import { addressOf, type NostrEvent, parseAddress, tagValues } from '../nostr/event.ts';
import type { Db } from './database.ts';
import type { SearchIndex } from './search.ts';
import { tagHash, tagHashes } from './tag-hash.ts';

/**
 * A row joined with its author; binary columns in hex, as SQLite writes them: a buffer for each
 * would cost more than the row.
 */
export type EventRow = {
  readonly n: number;
  readonly id: string;
  readonly pubkey: string;
  readonly created_at: number;
  readonly kind: number;
  readonly tags: string;
  readonly content: string;
  readonly sig: string;
  /** The wire JSON, where it was made already. */
  readonly json?: string;
};

/** A binary column in lower-case hex, in SQL. */
export function hexOf(column: string): string {
  return `lower(hex(${column}))`;
}

/** The columns of `EventRow` for a SELECT over `event e JOIN author a`. */
export const EVENT_COLUMNS =
  `e.n, ${hexOf('e.id')} AS id, ${hexOf('a.pubkey')} AS pubkey, e.created_at, e.kind, e.tags,` +
  ` e.content, ${hexOf('e.sig')} AS sig`;

/** The events of an open database. */
export type Events = ReturnType<typeof eventTable>;

/** The event a row holds. */
export function rowToEvent(row: EventRow): NostrEvent {
  const { id, pubkey, created_at, kind, tags, content, sig } = row;
  return { id, pubkey, created_at, kind, tags: JSON.parse(tags) as string[][], content, sig };
}

/** The first 48 bits of an id: the order of events of one second, as an integer. */
export function rankOf(id: string): number {
  return Number.parseInt(id.slice(0, 12), 16);
}

/**
 * True for the row of a definition or transition whose body was removed (PROTOCOL §9). Nothing else
 * but a keeper snapshot is stored without a signature.
 */
export function isHollow({ sig }: Pick<EventRow, 'sig'>): boolean {
  return sig.length === 0;
}

/** An event that has no row, in the form of one; its sequence number is 0. */
export function eventToRow({ tags, ...event }: NostrEvent): EventRow {
  return { n: 0, ...event, tags: JSON.stringify(tags) };
}

/** The wire JSON of a row: the seven fields in order, `sig` overriding the stored one. */
export function rowToJson(row: EventRow, sig: string = row.sig): string {
  if (row.json !== undefined) return row.json;
  return (
    `{"id":"${row.id}","pubkey":"${row.pubkey}","created_at":${row.created_at},` +
    `"kind":${row.kind},"tags":${row.tags},"content":${JSON.stringify(row.content)},"sig":"${sig}"}`
  );
}

/** Binary form of a lower-case hex string. */
export function fromHex(hex: string): Buffer {
  return Buffer.from(hex, 'hex');
}

/** Statements over the event tables of an open database. */
export function eventTable(db: Db, search: SearchIndex) {
  const authors = authorTable(db);
  const reads = eventReads(db, authors);
  return { authors, ...reads, ...eventWrites(db, { authors, search, read: reads.read }) };
}

type LatestRow = { readonly n: number; readonly id: Buffer; readonly created_at: number };

function eventReads(db: Db, authors: Authors) {
  const find = db.prepare('SELECT n, kind FROM event WHERE id = ?');
  const read = db.prepare(
    `SELECT ${EVENT_COLUMNS} FROM event e JOIN author a ON a.n = e.author WHERE e.n = ?`,
  );
  const readServed = db.prepare(
    `SELECT ${EVENT_COLUMNS} FROM event e JOIN author a ON a.n = e.author` +
      ' WHERE e.n = ? AND e.expires_at IS NOT 0',
  );
  const referring = db
    .prepare('SELECT event FROM tag WHERE hash = ? ORDER BY created_at, event')
    .pluck();
  const latest = db.prepare(
    'SELECT e.n, e.id, e.created_at FROM latest l JOIN event e ON e.n = l.event' +
      ' WHERE l.author = ? AND l.kind = ? AND l.d = ?',
  );
  const readEvent = (n: number): NostrEvent | undefined => {
    const row = read.get(n) as EventRow | undefined;
    return row && rowToEvent(row);
  };
  return {
    /** Sequence number and kind of a stored event, hollow or whole. */
    find: (id: string) => find.get(fromHex(id)) as { n: number; kind: number } | undefined,

    /** An event by its sequence number; of a hollow one id, kind and time are true. */
    read: readEvent,

    /** The row of an event, with all that is served; of a hollow one there is none. */
    row: (n: number) => readServed.get(n) as EventRow | undefined,

    /** Stored events of a kind with an `e` tag that names an id, oldest first. */
    referring: (id: string, kind: number): { n: number; event: NostrEvent }[] =>
      (referring.all(tagHash('e', id)) as number[]).flatMap((n) => {
        const event = readEvent(n);
        const refers = event?.kind === kind && tagValues(event, 'e').includes(id);
        return refers ? [{ n, event }] : [];
      }),

    /** The stored version at a replaceable or addressable coordinate. */
    latest: (pubkey: string, kind: number, d: string) => {
      const author = authors.find(pubkey);
      if (author === undefined) return undefined;
      const row = latest.get(author, kind, d) as LatestRow | undefined;
      return row && { n: row.n, id: row.id.toString('hex'), created_at: row.created_at };
    },
  };
}

type Writing = {
  readonly authors: Authors;
  readonly search: SearchIndex;
  readonly read: (n: number) => NostrEvent | undefined;
};

function eventWrites(db: Db, { authors, search, read }: Writing) {
  const insertEvent = db.prepare(
    'INSERT INTO event (id, author, kind, created_at, expires_at, rank, tags, content, sig)' +
      ' VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const insertTag = db.prepare('INSERT INTO tag VALUES (?, ?, ?, ?)');
  const deleteTag = db.prepare(
    'DELETE FROM tag WHERE hash = ? AND created_at = ? AND rank = ? AND event = ?',
  );
  const deleteEvent = db.prepare('DELETE FROM event WHERE n = ?');
  const setLatest = db.prepare('INSERT OR REPLACE INTO latest VALUES (?, ?, ?, ?)');
  const deleteLatest = db.prepare(
    'DELETE FROM latest WHERE author = ? AND kind = ? AND d = ? AND event = ?',
  );
  const dOf = (event: NostrEvent) => parseAddress(addressOf(event) ?? '')?.d;
  const index = (n: number, event: NostrEvent): void => {
    const { id, created_at, tags } = event;
    const rank = rankOf(id);
    for (const hash of tagHashes(tags)) insertTag.run(hash, created_at, rank, n);
    search.add(n, event);
  };
  const unindex = (n: number, event: NostrEvent): void => {
    const { id, created_at, tags } = event;
    const rank = rankOf(id);
    for (const hash of tagHashes(tags)) deleteTag.run(hash, created_at, rank, n);
    search.remove(n, event);
  };
  return {
    /** Enters the tags and words of a stored event into their indexes. */
    index,

    /** Takes the tags and words of a stored event out of their indexes. */
    unindex,

    /** Stores an event and its tags; returns its sequence number. Replaces nothing by itself. */
    insert: (event: NostrEvent, expiresAt: number | undefined): number => {
      const author = authors.intern(event.pubkey);
      const { kind, created_at, content } = event;
      const { lastInsertRowid } = insertEvent.run(
        ...[fromHex(event.id), author, kind, created_at, expiresAt ?? null, rankOf(event.id)],
        ...[JSON.stringify(event.tags), content, fromHex(event.sig)],
      );
      const n = Number(lastInsertRowid);
      index(n, event);
      const d = dOf(event);
      if (d !== undefined) setLatest.run(author, kind, d, n);
      return n;
    },

    /** Removes an event with its index entries. */
    remove: (n: number): void => {
      const event = read(n);
      if (event === undefined) return;
      unindex(n, event);
      const d = dOf(event);
      if (d !== undefined) deleteLatest.run(authors.find(event.pubkey), event.kind, d, n);
      deleteEvent.run(n);
    },
  };
}

type Authors = ReturnType<typeof authorTable>;

/** The author dictionary: a pubkey is stored once and referred to by number. */
function authorTable(db: Db) {
  const known = new Map<string, number>();
  const pubkeys = new Map<number, string>();
  const select = db.prepare('SELECT n FROM author WHERE pubkey = ?').pluck();
  const pubkey = db.prepare(`SELECT ${hexOf('pubkey')} FROM author WHERE n = ?`).pluck();
  const insert = db.prepare('INSERT INTO author (pubkey) VALUES (?)');
  const find = (pubkey: string): number | undefined => {
    const cached = known.get(pubkey);
    if (cached !== undefined) return cached;
    const n = select.get(fromHex(pubkey)) as number | undefined;
    // A bounded cache; forgetting all of it costs one lookup per author.
    if (known.size > 50_000) known.clear();
    if (n !== undefined) known.set(pubkey, n);
    return n;
  };
  return {
    find,
    /** The pubkey of a number; a number never gets another. */
    pubkey: (n: number): string => {
      const cached = pubkeys.get(n);
      if (cached !== undefined) return cached;
      const text = pubkey.get(n) as string;
      if (pubkeys.size > 50_000) pubkeys.clear();
      pubkeys.set(n, text);
      return text;
    },
    /** The number of an author, made when new. */
    intern: (pubkey: string): number =>
      find(pubkey) ?? Number(insert.run(fromHex(pubkey)).lastInsertRowid),
    /** Forgets what a rolled back transaction may have made up. */
    forget: () => {
      known.clear();
      pubkeys.clear();
    },
  };
}
