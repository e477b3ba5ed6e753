/**
 * Who asked to vanish, and up to which time (NIP-62): kept for ever, so that nothing comes back.
 *
 * The request is on record at once; removing what it covers takes as long as it takes. Until then
 * it is *leaving*: stored, and nobody's.
 */
import { type NostrEvent, tagValues } from '../nostr/event.ts';
import { VANISH_KIND } from '../nostr/vanish.ts';
import type { Db } from './database.ts';
import type { Events } from './events.ts';
import type { Key } from './merge.ts';

const GIFT_WRAP_KIND = 1059;

/** A request that is not carried out yet; `until` in Unix seconds. */
export type Leaving = { readonly author: number; readonly pubkey: string; readonly until: number };

/** Statements over the requests to vanish of an open database. */
export function vanishedTable(db: Db, events: Events) {
  const until = db.prepare('SELECT created_at FROM vanished WHERE author = ?').pluck();
  const request = db.prepare(
    'INSERT INTO vanished VALUES (?, ?, 0) ON CONFLICT DO UPDATE' +
      ' SET created_at = max(created_at, excluded.created_at), done = 0',
  );
  const finish = db.prepare('UPDATE vanished SET done = 1 WHERE author = ? AND created_at = ?');
  const pending = db.prepare('SELECT author, created_at AS until FROM vanished WHERE done = 0');

  const readPending = () => {
    const rows = pending.all() as Omit<Leaving, 'pubkey'>[];
    return new Map(rows.map((row) => [row.author, row.until]));
  };
  let leaving: ReadonlyMap<number, number> = readPending();

  const untilOf = (pubkey: string): number => {
    const author = events.authors.find(pubkey);
    return author === undefined ? -1 : ((until.get(author) as number | undefined) ?? -1);
  };

  return {
    /** True when its author, or one whom a gift wrap is for, has vanished since. */
    covers: (event: NostrEvent): boolean => {
      const wrapped = event.kind === GIFT_WRAP_KIND ? tagValues(event, 'p') : [];
      return [event.pubkey, ...wrapped].some((pubkey) => event.created_at <= untilOf(pubkey));
    },

    /** Puts a request on record; `refresh` makes it known after the commit. */
    request: (pubkey: string, createdAt: number): void => {
      request.run(events.authors.intern(pubkey), createdAt);
    },

    /** Notes that a request is carried out, unless a newer one came. */
    finish: ({ author, until: time }: Leaving): void => void finish.run(author, time),

    /** Reads again which requests are not carried out. */
    refresh: (): void => {
      leaving = readPending();
    },

    /** Requests that are not carried out. */
    pending: (): Leaving[] =>
      [...leaving].map(([author, time]) => {
        const pubkey = events.authors.pubkey(author).toString('hex');
        return { author, pubkey, until: time };
      }),

    /** True for an event that is to be removed; requests to vanish are not. */
    isLeaving: ({ author, created_at, kind }: Pick<Key, 'author' | 'created_at' | 'kind'>) =>
      leaving.size > 0 && created_at <= (leaving.get(author) ?? -1) && kind !== VANISH_KIND,
  };
}
