/**
 * What stands behind a key: the row, or one of its texts; and the key behind an id.
 *
 * Evidence and endorsements that were replaced have no row among the events, but who asks for their
 * very ids is shown them. Everything that is read may have gone since its key was.
 */
import type { NostrEvent } from '../nostr/event.ts';
import type { Db } from './database.ts';
import { type EventRow, type Events, eventToRow, rankOf } from './events.ts';
import type { Key } from './merge.ts';
import type { RowCache } from './row-cache.ts';
import { KEY_COLUMNS } from './walk.ts';

/** An event that is kept beside the stored ones, by its id. */
export type KeptAside = (id: string) => NostrEvent | undefined;

/** What stands beside the rows, and those that are remembered. */
export type KeyReadParts = { readonly keptAside: KeptAside; readonly cache: RowCache };

/** Reads by key. */
export type KeyReads = ReturnType<typeof keyReads>;

/** Statements that read by key in an open database; rows that are cached are not read again. */
export function keyReads(db: Db, events: Events, parts: KeyReadParts) {
  const { keptAside, cache } = parts;
  const byNumber = db.prepare(`SELECT ${KEY_COLUMNS} FROM event e WHERE e.n = ?`);
  const idOf = db.prepare('SELECT id FROM event WHERE n = ?').pluck();
  const texts = {
    tags: db.prepare('SELECT tags FROM event WHERE n = ?').pluck(),
    content: db.prepare('SELECT content FROM event WHERE n = ?').pluck(),
  };

  const keyAside = (id: string): Key | undefined => {
    const kept = keptAside(id);
    if (!kept) return undefined;
    const { kind, created_at } = kept;
    const author = events.authors.find(kept.pubkey) ?? 0;
    const plain = { n: 0, expires_at: null, rank: rankOf(id) };
    return { ...plain, created_at, author, kind, aside: id };
  };

  const row = ({ n, aside: id }: Key): EventRow | undefined => {
    if (id === undefined) return cache.row(n) ?? events.row(n);
    const kept = keptAside(id);
    return kept && eventToRow(kept);
  };

  return {
    /** A stored event, or one that is kept aside. */
    named: (id: string): Key | undefined => cache.named(id) ?? keyAside(id),

    /** Keys by number; of what is gone there is none. */
    keysFor: cache.keys,

    at: (n: number) => byNumber.get(n) as Key | undefined,

    row,

    /** Whether the row of an event need not be read. */
    isAtHand: ({ n }: Key): boolean => cache.row(n) !== undefined,

    /** The id of an event, in hex; empty when it is gone. */
    id: ({ n, aside: id }: Key): string =>
      id ?? cache.row(n)?.id ?? (idOf.get(n) as Buffer | undefined)?.toString('hex') ?? '',

    /** Tags or content of an event; empty when it is gone. */
    text: (of: 'tags' | 'content', key: Key): string => {
      if (key.aside !== undefined) return row(key)?.[of] ?? '';
      return cache.row(key.n)?.[of] ?? (texts[of].get(key.n) as string | undefined) ?? '';
    },
  };
}
