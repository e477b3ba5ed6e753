/**
 * The log of endorsements: every valid snapshot by a machine's designated custodian.
 *
 * Grow-only, superseded ones included: a custodian that endorses two branches must not be able to
 * hide one by replacing it (PROTOCOL §6).
 */
import type { Db } from './database.ts';
import { type Events, fromHex } from './events.ts';

/** A logged endorsement; `head` is a transition's event, null for the initial state. */
export type Endorsement = {
  readonly id: string;
  readonly machine: number;
  readonly head: number | null;
  readonly pubkey: string;
  readonly d: string;
  readonly createdAt: number;
  /** The event's wire JSON. */
  readonly json: string;
};

/** Statements over the endorsements of an open database. */
export function endorsementTable(db: Db, events: Events) {
  const add = db.prepare(
    'INSERT OR IGNORE INTO endorsement' +
      ' VALUES (@id, @machine, @head, @author, @d, @createdAt, @json)',
  );
  const redact = db.prepare(
    "UPDATE endorsement SET author = ?, event = '' WHERE author = ? AND created_at <= ?",
  );
  const has = db.prepare('SELECT 1 FROM endorsement WHERE id = ?').pluck();
  const bound = db
    .prepare(
      'SELECT e.id FROM endorsement s JOIN event e ON e.n = s.machine' +
        ' WHERE s.author = ? AND s.d = ? LIMIT 1',
    )
    .pluck();
  return {
    add: ({ id, pubkey, ...row }: Endorsement): void => {
      add.run({ ...row, id: fromHex(id), author: events.authors.intern(pubkey) });
    },

    /** Takes text and author out of what an author endorsed up to a time; that it was stays. */
    redactBy: (pubkey: string, until: number, author: string): void => {
      const number = events.authors.find(pubkey);
      if (number !== undefined) redact.run(events.authors.intern(author), number, until);
    },

    has: (id: string): boolean => has.get(fromHex(id)) !== undefined,

    /** The machine whose custodian has published a valid snapshot at a coordinate. */
    boundMachine: (pubkey: string, d: string): string | undefined => {
      const author = events.authors.find(pubkey);
      if (author === undefined) return undefined;
      return (bound.get(author, d) as Buffer | undefined)?.toString('hex');
    },
  };
}
