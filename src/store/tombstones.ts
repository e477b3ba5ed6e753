/**
 * Tombstones: events that were removed and are not stored again (PROTOCOL §9).
 *
 * An ordinary event is removed whole, and its tombstone remembers the id. The row of a machine's
 * definition or transition must stay, because the chain is made of such rows: it is made hollow. A
 * hollow row is known by its empty signature and an `expires_at` of 0, which no accepted event has.
 */
import { createHash } from 'node:crypto';
import { expiration, type NostrEvent } from '../nostr/event.ts';
import type { Db } from './database.ts';
import { type Events, fromHex } from './events.ts';

/** Who wanted an event away: the operator, or its author (NIP-62). */
export type BurialCause = 'operator' | 'vanished';

/** A tombstone; `machine` is the sequence number of the machine whose record has the gap. */
export type Tombstone = {
  readonly id: string;
  readonly machine: number | null;
  readonly cause: BurialCause;
  /** What the operator said, or empty. */
  readonly reason: string;
  /** Unix seconds. */
  readonly at: number;
};

/** Statements over the tombstones of an open database. */
export function tombstoneTable(db: Db, events: Events) {
  const find = db.prepare('SELECT * FROM tombstone WHERE id = ?');
  const insert = db.prepare(
    'INSERT OR REPLACE INTO tombstone VALUES (@id, @machine, @cause, @reason, @at)',
  );
  const remove = db.prepare('DELETE FROM tombstone WHERE id = ?');
  const list = db.prepare('SELECT * FROM tombstone WHERE cause = ? ORDER BY at DESC, id LIMIT ?');
  const ofMachine = db.prepare('SELECT 1 FROM tombstone WHERE machine = ? LIMIT 1').pluck();

  return {
    has: (id: string): boolean => find.get(fromHex(id)) !== undefined,

    find: (id: string): Tombstone | undefined => readRow(find.get(fromHex(id))),

    /** Writes a tombstone, or another reason on one that stands. */
    put: ({ id, ...rest }: Tombstone): void => void insert.run({ id: fromHex(id), ...rest }),

    /** Lets an event be stored again; false when it had no tombstone. */
    lift: (id: string): boolean => remove.run(fromHex(id)).changes === 1,

    /** Tombstones with that cause, newest first, at most so many. */
    list: (cause: BurialCause, limit: number): Tombstone[] =>
      list.all(cause, limit).flatMap((row) => readRow(row) ?? []),

    /** Whether a machine's record has a gap, so that nobody can replay it from the start. */
    hasGap: (machine: number): boolean => ofMachine.get(machine) !== undefined,

    ...hollowRows(db, events),
  };
}

function hollowRows(db: Db, events: Events) {
  const hollow = db.prepare(
    "UPDATE event SET author = ?, tags = '[]', content = '', sig = x'', expires_at = 0 WHERE n = ?",
  );
  const fill = db.prepare(
    'UPDATE event SET author = ?, tags = ?, content = ?, sig = ?, expires_at = ? WHERE n = ?',
  );
  const isHollow = db.prepare('SELECT 1 FROM event WHERE n = ? AND expires_at = 0').pluck();

  return {
    isHollow: (n: number): boolean => isHollow.get(n) !== undefined,

    /** Takes the body from an event's row; id, kind, time and the hash of its author stay. */
    hollow: (n: number): void => {
      const event = events.read(n);
      if (event === undefined || isHollow.get(n) !== undefined) return;
      events.unindex(n, event);
      hollow.run(events.authors.intern(authorHash(event.pubkey)), n);
    },

    /** Gives a hollow row its body back. */
    fill: (n: number, event: NostrEvent): void => {
      const { pubkey, tags, content, sig } = event;
      const author = events.authors.intern(pubkey);
      const expiresAt = expiration(event) ?? null;
      fill.run(author, JSON.stringify(tags), content, fromHex(sig), expiresAt, n);
      events.index(n, event);
    },
  };
}

/** What stands for an author after a removal: the hash of the key, in the form of a key. */
export function authorHash(pubkey: string): string {
  return createHash('sha256').update(fromHex(pubkey)).digest('hex');
}

type Row = Omit<Tombstone, 'id'> & { readonly id: Buffer };

function readRow(row: unknown): Tombstone | undefined {
  if (row === undefined) return undefined;
  const { id, ...rest } = row as Row;
  return { ...rest, id: id.toString('hex') };
}
