/**
 * What stands behind a key: the row, or one of its texts; and the key behind an id.
 *
 * Evidence has no row among the events, but who asks for its very id is shown it. Everything that
 * is read may have gone since its key was.
 */
import type { Db } from './database.ts';
import { type EventRow, type Events, eventToRow, fromHex, rankOf } from './events.ts';
import type { EvidenceReader } from './evidence.ts';
import type { Key } from './merge.ts';
import { KEY_COLUMNS } from './walk.ts';

/** Reads by key. */
export type KeyReads = ReturnType<typeof keyReads>;

/** Statements that read by key in an open database. */
export function keyReads(db: Db, events: Events, evidence: EvidenceReader) {
  const byId = db.prepare(`SELECT ${KEY_COLUMNS} FROM event e WHERE e.id = ?`);
  const byNumber = db.prepare(`SELECT ${KEY_COLUMNS} FROM event e WHERE e.n = ?`);
  const idOf = db.prepare('SELECT id FROM event WHERE n = ?').pluck();
  const texts = {
    tags: db.prepare('SELECT tags FROM event WHERE n = ?').pluck(),
    content: db.prepare('SELECT content FROM event WHERE n = ?').pluck(),
  };

  const evidenceKey = (id: string): Key | undefined => {
    const kept = evidence.event(id);
    if (!kept) return undefined;
    const { kind, created_at } = kept;
    const author = events.authors.find(kept.pubkey) ?? 0;
    const plain = { n: 0, expires_at: null, rank: rankOf(id) };
    return { ...plain, created_at, author, kind, evidence: id };
  };

  const row = ({ n, evidence: id }: Key): EventRow | undefined => {
    if (id === undefined) return events.row(n);
    const kept = evidence.event(id);
    return kept && eventToRow(kept);
  };

  return {
    /** A stored event, or one kept as evidence. */
    named: (id: string): Key | undefined =>
      (byId.get(fromHex(id)) as Key | undefined) ?? evidenceKey(id),

    at: (n: number) => byNumber.get(n) as Key | undefined,

    row,

    /** The id of an event, in hex; empty when it is gone. */
    id: ({ n, evidence: id }: Key): string =>
      id ?? (idOf.get(n) as Buffer | undefined)?.toString('hex') ?? '',

    /** Tags or content of an event; empty when it is gone. */
    text: (of: 'tags' | 'content', key: Key): string => {
      if (key.evidence !== undefined) return row(key)?.[of] ?? '';
      return (texts[of].get(key.n) as string | undefined) ?? '';
    },
  };
}
