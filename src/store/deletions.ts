/**
 * Tombstones of NIP-09: what authors deleted, kept for ever, keyed by who deleted it.
 *
 * Keyed on the deleter, because a deletion that arrives before its target must not let a stranger
 * block somebody else's event.
 */
import { addressOf, isHex64, type NostrEvent, parseAddress, tagValues } from '../nostr/event.ts';
import { VANISH_KIND } from '../nostr/vanish.ts';
import type { Db } from './database.ts';
import { type Events, fromHex } from './events.ts';

/** Deletions and requests to vanish: deleting one of them has no effect (NIP-09, NIP-62). */
const UNDELETABLE: ReadonlySet<number> = new Set([5, VANISH_KIND]);
const GIFT_WRAP_KIND = 1059;

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
    /** True when one who may has deleted this event, by id or by address up to its time. */
    covers: (event: NostrEvent): boolean => {
      const id = fromHex(event.id);
      const isDeletedBy = (pubkey: string): boolean => {
        const deleter = events.authors.find(pubkey);
        return deleter !== undefined && byId.get(id, deleter) !== undefined;
      };
      if (deletersOf(event).some(isDeletedBy)) return true;
      const author = events.authors.find(event.pubkey);
      const address = parseAddress(addressOf(event) ?? '');
      if (author === undefined || address === undefined) return false;
      const until = byAddress.get(author, address.kind, address.d) as number | undefined;
      return until !== undefined && event.created_at <= until;
    },

    /** Deletes by id what `pubkey` may delete, now or whenever it arrives. A deletion stays. */
    deleteId: (id: string, pubkey: string): void => {
      addId.run(fromHex(id), events.authors.intern(pubkey));
      const target = events.find(id);
      if (target === undefined || UNDELETABLE.has(target.kind)) return;
      const event = events.read(target.n);
      if (event && deletersOf(event).includes(pubkey)) events.remove(target.n);
    },

    /** Deletes every version of an author's coordinate up to a time, inclusive. */
    deleteAddress: ({ pubkey, kind, d }: Address, until: number): void => {
      addAddress.run(events.authors.intern(pubkey), kind, d, until);
      const target = events.latest(pubkey, kind, d);
      if (target && target.created_at <= until) events.remove(target.n);
    },
  };
}

/** Its author, and of a gift wrap, whose key was thrown away, those it is for (NIP-59). */
function deletersOf(event: NostrEvent): readonly string[] {
  if (event.kind !== GIFT_WRAP_KIND) return [event.pubkey];
  return [event.pubkey, ...tagValues(event, 'p').filter(isHex64)];
}
