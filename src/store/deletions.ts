/**
 * Tombstones of NIP-09: what authors deleted, kept for ever, keyed by who deleted it.
 *
 * Keyed on the deleter, because a deletion that arrives before its target must not let a stranger
 * block somebody else's event.
 */
import { addressOf, type NostrEvent, parseAddress } from '../nostr/event.ts';
import type { Db } from './database.ts';
import { type Events, fromHex } from './events.ts';

/** The tombstones of an open database. */
export type Deletions = ReturnType<typeof deletionTable>;

type Address = { readonly pubkey: string; readonly kind: number; readonly d: string };

/** Statements over the tombstones of an open database. */
export function deletionTable(db: Db, events: Events) {
  const byId = db.prepare('SELECT 1 FROM deleted_id WHERE id = ? AND author = ?').pluck();
  const byAddress = db
    .prepare('SELECT created_at FROM deleted_address WHERE author = ? AND kind = ? AND d = ?')
    .pluck();
  const addId = db.prepare('INSERT OR IGNORE INTO deleted_id VALUES (?, ?)');
  const addAddress = db.prepare(
    'INSERT INTO deleted_address VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE' +
      ' SET created_at = max(created_at, excluded.created_at)',
  );

  return {
    /** True when its author deleted this event, by id or by address up to its time. */
    covers: (event: NostrEvent): boolean => {
      const author = events.authors.find(event.pubkey);
      if (author === undefined) return false;
      if (byId.get(fromHex(event.id), author) !== undefined) return true;
      const address = parseAddress(addressOf(event) ?? '');
      if (address === undefined) return false;
      const until = byAddress.get(author, address.kind, address.d) as number | undefined;
      return until !== undefined && event.created_at <= until;
    },

    /** Deletes an author's event by id, now or whenever it arrives. A deletion stays. */
    deleteId: (id: string, pubkey: string): void => {
      addId.run(fromHex(id), events.authors.intern(pubkey));
      const target = events.find(id);
      if (target === undefined || target.kind === 5) return;
      if (events.read(target.n)?.pubkey === pubkey) events.remove(target.n);
    },

    /** Deletes every version of an author's coordinate up to a time, inclusive. */
    deleteAddress: ({ pubkey, kind, d }: Address, until: number): void => {
      addAddress.run(events.authors.intern(pubkey), kind, d, until);
      const target = events.latest(pubkey, kind, d);
      if (target && target.created_at <= until) events.remove(target.n);
    },
  };
}
