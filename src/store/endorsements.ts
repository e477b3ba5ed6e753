/**
 * The log of endorsements: every valid snapshot by a machine's designated custodian.
 *
 * Grow-only, superseded ones included: a custodian that endorses two branches must not be able to
 * hide one by replacing it (PROTOCOL §6).
 */
import type { NostrEvent } from '../nostr/event.ts';
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
    "UPDATE endorsement SET author = @to, event = json_set(event, '$.pubkey', @name," +
      " '$.content', '', '$.sig', '', '$.tags', json('[]'))" +
      ' WHERE author = @author AND created_at <= @until',
  );
  const has = db.prepare('SELECT 1 FROM endorsement WHERE id = ?').pluck();
  const of = db
    .prepare(
      'SELECT id FROM endorsement WHERE machine = ? AND head IS ? ORDER BY created_at, id LIMIT 1',
    )
    .pluck();
  const event = db.prepare('SELECT event FROM endorsement WHERE id = ?').pluck();
  const dropOf = db.prepare('DELETE FROM endorsement WHERE machine = ? AND author = ?');
  const hollow = db.prepare(
    "UPDATE endorsement SET event = json_set(event, '$.content', '', '$.sig', '', '$.tags'," +
      " json('[]')) WHERE id = ?",
  );
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
    redactBy: (pubkey: string, until: number, name: string): void => {
      const author = events.authors.find(pubkey);
      if (author === undefined) return;
      redact.run({ author, until, name, to: events.authors.intern(name) });
    },

    /** The first endorsement of a node of a machine; null names the initial state. */
    of: (machine: number, head: number | null): string | undefined =>
      (of.get(machine, head) as Buffer | undefined)?.toString('hex'),

    /** The event of an endorsement. */
    event: (id: string): NostrEvent | undefined => {
      const json = event.get(fromHex(id)) as string | undefined;
      return json === undefined ? undefined : (JSON.parse(json) as NostrEvent);
    },

    /** Drops the endorsements of a machine by one author: those of a relay, when it signs anew. */
    dropOf: (machine: number, pubkey: string): void =>
      void dropOf.run(machine, events.authors.intern(pubkey)),

    has: (id: string): boolean => has.get(fromHex(id)) !== undefined,

    /** Takes the body of a removed endorsement; that it was made stays on record. */
    hollow: (id: string): void => void hollow.run(fromHex(id)),

    /** The machine whose custodian has published a valid snapshot at a coordinate. */
    boundMachine: (pubkey: string, d: string): string | undefined => {
      const author = events.authors.find(pubkey);
      if (author === undefined) return undefined;
      return (bound.get(author, d) as Buffer | undefined)?.toString('hex');
    },
  };
}
