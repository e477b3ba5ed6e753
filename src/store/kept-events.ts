/**
 * The events that are kept beside the table of events: endorsements and evidence.
 */
import type { Db } from './database.ts';

/** A kept event: the table, the id its row has, and its wire JSON. */
export type KeptEvent = {
  readonly table: 'endorsement' | 'evidence';
  readonly id: string;
  readonly event: string;
};

const PAGE = 500;

/** The function that walks all of them. */
export function keptEventsOf(db: Db): () => Generator<KeptEvent> {
  const pages = (['endorsement', 'evidence'] as const).map((table) => ({
    table,
    page: db.prepare(`SELECT id, event FROM ${table} WHERE id > ? ORDER BY id LIMIT ?`),
  }));
  return function* records() {
    for (const { table, page } of pages) {
      for (let last = Buffer.alloc(0); ; ) {
        const rows = page.all(last, PAGE) as { readonly id: Buffer; readonly event: string }[];
        for (const { id, event } of rows) yield { table, id: id.toString('hex'), event };
        if (rows.length < PAGE) break;
        last = Buffer.from(rows.at(-1)?.id ?? last);
      }
    }
  };
}
