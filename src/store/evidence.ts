/**
 * Evidence: signed events that contradict the canonical chain and were refused (PROTOCOL §7).
 *
 * Bounded per prior and per machine; an event that finds no room is only refused. Evidence is not
 * stored in the sense of the protocol: sent again, it gets the same refusal again.
 */
import type { NostrEvent } from '../nostr/event.ts';
import { eventJson } from '../nostr/message.ts';
import type { Db } from './database.ts';
import { type Events, fromHex } from './events.ts';

/** How many events of one kind are kept for one prior, and for one machine. */
export const EVIDENCE_LIMITS = { siblings: 8, total: 256 } as const;

/** A row of evidence; `event` is its wire JSON. */
export type EvidenceRow = {
  readonly id: Buffer;
  readonly kind: number;
  readonly machine: number;
  readonly prior: Buffer | null;
  readonly author: Buffer;
  readonly created_at: number;
  readonly first_seen: number;
  readonly event: string;
};

type About = {
  readonly machine: number;
  readonly prior: string | null;
  readonly now: number;
  readonly isProof?: boolean;
};

type Count = { readonly total: number; readonly siblings: number };

/** Statements over the evidence of an open database. */
export function evidenceTable(db: Db, events: Events) {
  const columns =
    'v.id, v.kind, v.machine, v.prior, a.pubkey AS author, v.created_at, v.first_seen, v.event';
  const from = `SELECT ${columns} FROM evidence v JOIN author a ON a.n = v.author`;
  const find = db.prepare(`${from} WHERE v.id = ?`);
  const event = db.prepare('SELECT event FROM evidence WHERE id = ?').pluck();
  const removeBy = db.prepare('DELETE FROM evidence WHERE author = ? AND created_at <= ?');
  const list = db.prepare(`${from} WHERE v.machine = ? ORDER BY v.first_seen, v.id`);
  const count = db.prepare(
    'SELECT count(*) AS total, count(*) FILTER (WHERE prior IS ?) AS siblings' +
      ' FROM evidence WHERE machine = ? AND kind = ?',
  );
  const drop = db.prepare('DELETE FROM evidence WHERE id = ?');
  const insert = db.prepare('INSERT OR IGNORE INTO evidence VALUES (?, ?, ?, ?, ?, ?, ?, ?)');

  return {
    find: (id: string) => find.get(fromHex(id)) as EvidenceRow | undefined,

    /** Removes what an author signed up to a time. */
    removeBy: (pubkey: string, until: number): void => {
      removeBy.run(events.authors.find(pubkey) ?? 0, until);
    },

    /** All evidence about a machine, in order of arrival. */
    list: (machine: number) => list.all(machine) as EvidenceRow[],

    /** The event that is kept under an id. */
    event: (id: string): NostrEvent | undefined => {
      const text = event.get(fromHex(id)) as string | undefined;
      return text === undefined ? undefined : (JSON.parse(text) as NostrEvent);
    },

    /** Drops what is evidence no longer: it was accepted, or proved invalid. */
    drop: (id: string): void => void drop.run(fromHex(id)),

    /**
     * Keeps an event about a machine, unless its prior or the machine has as many as it may; a
     * proof (of a freeze) is kept even then.
     */
    keep: (event: NostrEvent, about: About) => {
      const prior = about.prior === null ? null : fromHex(about.prior);
      const { total, siblings } = count.get(prior, about.machine, event.kind) as Count;
      const isFull = total >= EVIDENCE_LIMITS.total || siblings >= EVIDENCE_LIMITS.siblings;
      if (isFull && !about.isProof) return;
      const author = events.authors.intern(event.pubkey);
      const { kind, created_at } = event;
      insert.run(
        ...[fromHex(event.id), kind, about.machine, prior, author, created_at, about.now],
        eventJson(event),
      );
    },
  };
}
