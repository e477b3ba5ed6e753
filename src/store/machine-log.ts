/**
 * What the record of a machine holds: its chain in order, its nodes, endorsements and counts.
 *
 * Read-only, and every statement is bounded: by a page, by a depth of search, or by how many rows
 * are looked at.
 */
import { SNAPSHOT_KIND } from '../nsm/kinds.ts';
import type { Db } from './database.ts';
import { EVENT_COLUMNS, type EventRow, fromHex } from './events.ts';
import { tagHash } from './tag-hash.ts';

/** An accepted transition as a node of its machine's tree; `canonical` is 1 or 0. */
export type NodeRow = {
  readonly id: Buffer;
  readonly prior: Buffer | null;
  readonly height: number;
  readonly type: string;
  readonly author: Buffer;
  readonly created_at: number;
  readonly canonical: number;
  /** 1 when the event does not name the transition it was taken to build on, else 0. */
  readonly implied: number;
};

/** An accepted transition with its event and what it led to; `value` is canonical JSON. */
export type ChainRow = EventRow & {
  readonly prior: Buffer | null;
  readonly height: number;
  readonly type: string;
  readonly canonical: number;
  readonly implied: number;
  readonly first_seen: number;
  readonly status: string;
  readonly value: string;
  readonly state_hash: Buffer;
};

/** An endorsement from the log; `head` is null for the initial state. */
export type EndorsementRow = {
  readonly snapshot: Buffer;
  readonly head: Buffer | null;
  readonly pubkey: Buffer;
  readonly created_at: number;
};

/** What comes after a height and sequence number of a chain, at most so many. */
export type Stretch = {
  readonly branch: 'canonical' | 'all';
  readonly after: readonly [height: number, n: number];
  readonly limit: number;
};

/** A page of a chain, and whether more comes after it. */
export type ChainPage = { readonly rows: readonly ChainRow[]; readonly hasMore: boolean };

/** Among how many of the events that name a machine its snapshots are counted. */
const REFERRING_MAX = 10_000;
/** A page of a chain ends early when its events are longer, in UTF-16 units. */
const PAGE_LENGTH_MAX = 4_194_304;

/**
 * A quote inside a string of JSON is escaped, so this can only be the start of the tag. What was
 * removed has no signature, and no tags to tell.
 */
const IMPLIED =
  "(t.prior IS NOT NULL AND e.sig <> x'' AND" + ` instr(e.tags, '["transition",') = 0) AS implied`;

/** Statements over the records of an open database's machines. */
export function machineLog(db: Db) {
  const from =
    'FROM transition t JOIN event e ON e.n = t.event JOIN author a ON a.n = e.author' +
    ' LEFT JOIN event p ON p.n = t.prior WHERE t.machine = ?';
  const chain = db.prepare(
    `SELECT ${EVENT_COLUMNS}, p.id AS prior, t.height, t.type, t.canonical, t.first_seen,` +
      ` ${IMPLIED}, t.status, t.value, t.state_hash ${from} AND (t.height, t.event) > (?, ?)` +
      ' AND t.canonical >= ? ORDER BY t.height, t.event LIMIT ?',
  );
  const nodes = db.prepare(
    'SELECT e.id, p.id AS prior, t.height, t.type, a.pubkey AS author, e.created_at, t.canonical,' +
      ` ${IMPLIED} ${from} AND t.height BETWEEN ? AND ? ORDER BY t.height, t.event`,
  );
  const endorsements = db.prepare(
    'SELECT s.id AS snapshot, e.id AS head, a.pubkey, s.created_at FROM endorsement s' +
      ' JOIN author a ON a.n = s.author LEFT JOIN event e ON e.n = s.head' +
      ' WHERE s.machine = ? ORDER BY s.created_at DESC, s.id LIMIT ?',
  );
  const highest = db
    .prepare('SELECT coalesce(max(height), 0) FROM transition WHERE machine = ?')
    .pluck();
  const transitions = db.prepare('SELECT count(*) FROM transition WHERE machine = ?').pluck();
  const evidence = db.prepare('SELECT count(*) FROM evidence WHERE machine = ?').pluck();

  return {
    /** Transitions with their events, in chain order; at least one if there is one. */
    chain: (machine: number, { branch, after, limit }: Stretch): ChainPage => {
      const rows: ChainRow[] = [];
      let length = 0;
      const leastCanonical = branch === 'canonical' ? 1 : 0;
      for (const next of chain.iterate(machine, ...after, leastCanonical, limit + 1)) {
        if (rows.length === limit || length > PAGE_LENGTH_MAX) return { rows, hasMore: true };
        const row = next as ChainRow;
        rows.push(row);
        length += row.tags.length + row.content.length + row.value.length;
      }
      return { rows, hasMore: false };
    },

    /** The accepted nodes of all branches between two heights, both included. */
    nodes: (machine: number, from: number, to: number) => nodes.all(machine, from, to) as NodeRow[],

    /** The height of the highest accepted node on any branch; 0 if there is none. */
    highest: (machine: number) => highest.get(machine) as number,

    /** The newest endorsements, newest first. */
    endorsements: (machine: number, limit: number) =>
      endorsements.all(machine, limit) as EndorsementRow[],

    /** How many transitions are accepted, on all branches. */
    countTransitions: (machine: number) => transitions.get(machine) as number,

    /** How many contradictions of the chain are kept. */
    countEvidence: (machine: number) => evidence.get(machine) as number,

    countSnapshots: snapshotCounter(db),
    lastBefore: timeSearch(db),
  };
}

/** Counts others' snapshots that name a machine, among the newest events that do. */
function snapshotCounter(db: Db) {
  const count = db
    .prepare(
      'SELECT count(*) FROM (SELECT event FROM tag WHERE hash = ? ORDER BY created_at DESC' +
        ' LIMIT ?) t JOIN event e ON e.n = t.event JOIN author a ON a.n = e.author' +
        ` WHERE e.kind = ${SNAPSHOT_KIND} AND a.pubkey <> ?`,
    )
    .pluck();
  return (id: string, keeper: string): number =>
    count.get(tagHash('e', id), REFERRING_MAX, fromHex(keeper)) as number;
}

/** Finds the last canonical transition up to a time; times never go back along a chain. */
function timeSearch(db: Db) {
  const at = db.prepare(
    'SELECT e.id, e.created_at FROM transition t JOIN event e ON e.n = t.event' +
      ' WHERE t.machine = ? AND t.height = ? AND t.canonical = 1',
  );
  return (machine: number, time: number, height: number): string | undefined => {
    let found: string | undefined;
    for (let low = 1, high = height; low <= high; ) {
      const middle = Math.floor((low + high) / 2);
      const row = at.get(machine, middle) as { id: Buffer; created_at: number } | undefined;
      if (row === undefined) throw new Error(`machine ${machine} has no node at ${middle}`);
      if (row.created_at > time) high = middle - 1;
      else {
        found = row.id.toString('hex');
        low = middle + 1;
      }
    }
    return found;
  };
}
