/**
 * What stands behind a key: the row, or one of its texts; and the key behind an id.
 *
 * Evidence and endorsements that were replaced have no row among the events, but who asks for their
 * very ids is shown them. Everything that
 * is read may have gone since its key was.
 */
import type { NostrEvent } from '../nostr/event.ts';
import type { Db } from './database.ts';
import { type EventRow, type Events, eventToRow, fromHex, rankOf } from './events.ts';
import type { Key } from './merge.ts';
import { KEY_COLUMNS, type KeyRow, keyOf, WHOLE_COLUMNS } from './walk.ts';

/** An event that is kept beside the stored ones, by its id. */
export type KeptAside = (id: string) => NostrEvent | undefined;

/** Reads by key. */
export type KeyReads = ReturnType<typeof keyReads>;

/** Statements that read by key in an open database. */
export function keyReads(db: Db, events: Events, keptAside: KeptAside) {
  const byId = db.prepare(`SELECT ${KEY_COLUMNS} FROM event e WHERE e.id = ?`);
  const wholeById = db.prepare(`SELECT ${WHOLE_COLUMNS} FROM event e WHERE e.id = ?`).raw();
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

  const row = (key: Key): EventRow | undefined => {
    const { n, aside: id, texts: short } = key;
    if (short) {
      const { created_at, kind } = key;
      const { sig, tags, content } = short;
      const pubkey = events.authors.pubkey(key.author);
      return { n, id: short.id, pubkey, created_at, kind, tags, content, sig };
    }
    if (id === undefined) return events.row(n);
    const kept = keptAside(id);
    return kept && eventToRow(kept);
  };

  return {
    /** A stored event, or one that is kept aside. */
    named: (id: string): Key | undefined =>
      (byId.get(fromHex(id)) as Key | undefined) ?? keyAside(id),

    /** The same, with its texts if they are short. */
    namedWhole: (id: string): Key | undefined => {
      const found = wholeById.get(fromHex(id)) as KeyRow | undefined;
      return found ? keyOf(found) : keyAside(id);
    },

    at: (n: number) => byNumber.get(n) as Key | undefined,

    row,

    /** The id of an event, in hex; empty when it is gone. */
    id: ({ n, aside: id, texts: short }: Key): string =>
      id ?? short?.id ?? (idOf.get(n) as Buffer | undefined)?.toString('hex') ?? '',

    /** Tags or content of an event; empty when it is gone. */
    text: (of: 'tags' | 'content', key: Key): string => {
      if (key.texts) return key.texts[of];
      if (key.aside !== undefined) return row(key)?.[of] ?? '';
      return (texts[of].get(key.n) as string | undefined) ?? '';
    },
  };
}
