/**
 * Keeper snapshots of another key: what a relay that has a new one takes out of service.
 */
import type { Db } from './database.ts';
import { type Events, fromHex } from './events.ts';

/** Statements over the keeper snapshots of an open database. */
export function keeperRows(db: Db, events: Events) {
  const foreign = db
    .prepare(
      'SELECT e.n FROM machine m JOIN event e ON e.n = m.keeper' +
        ' JOIN author a ON a.n = e.author WHERE a.pubkey <> ?',
    )
    .pluck();
  const unkeep = db.prepare('UPDATE machine SET kept = 0, keeper = NULL WHERE keeper = ?');
  return {
    /**
     * Removes the snapshots that are not this key's and has them written again; returns how many.
     * They are not signed when they are stored, so nobody but their key could serve them.
     */
    retireKeepers: (pubkey: string): number => {
      const retired = foreign.all(fromHex(pubkey)) as number[];
      for (const n of retired) {
        unkeep.run(n);
        events.remove(n);
      }
      return retired.length;
    },
  };
}
