/**
 * Rows of accepted transitions: the tree that machines are replayed from.
 */
import type { Place } from '../nsm/forks.ts';
import type { Db } from './database.ts';
import { fromHex } from './events.ts';

/** A row of `transition`; see schema.sql. */
export type TransitionRow = {
  readonly event: number;
  readonly machine: number;
  readonly prior: number | null;
  readonly height: number;
  readonly canonical: number;
  readonly type: string;
  readonly first_seen: number;
  readonly status: string;
  readonly value: string;
  readonly state_hash: Buffer;
  readonly state: string | null;
};

type PlaceRow = {
  readonly height: number;
  readonly canonical: number;
  readonly prior: Buffer | null;
};

const ROOT: Place = { id: null, prior: null, height: 0, isCanonical: true };

/** Statements over the transitions of an open database. */
export function transitionRows(db: Db) {
  const find = db.prepare('SELECT * FROM transition WHERE event = ?');
  const known = db.prepare(
    'SELECT e.created_at, t.canonical, m.id AS machine FROM event e' +
      ' JOIN transition t ON t.event = e.n JOIN event m ON m.n = t.machine WHERE e.n = ?',
  );
  const insert = db.prepare(
    'INSERT INTO transition (event, machine, prior, height, canonical, type, first_seen, status,' +
      ' value, state_hash, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const setState = db.prepare('UPDATE transition SET state = ? WHERE event = ?');
  return {
    find: (event: number) => find.get(event) as TransitionRow | undefined,

    /** Keeps the canonical state of a node whole, so that nothing before it has to be replayed. */
    setState: (event: number, state: string): void => void setState.run(state, event),

    /** Machine id and time of an accepted transition, by its sequence number. */
    known: (event: number) => {
      const row = known.get(event) as KnownRow | undefined;
      return (
        row && {
          machine: row.machine.toString('hex'),
          createdAt: row.created_at,
          isCanonical: row.canonical === 1,
        }
      );
    },

    insert: (row: TransitionRow): void => {
      const { event, machine, prior, height, canonical, type } = row;
      const { first_seen: seen, status, value, state_hash: hash, state } = row;
      // By place: names cost as much as the row.
      insert.run(event, machine, prior, height, canonical, type, seen, status, value, hash, state);
    },

    ...branchRows(db),
  };
}

type KnownRow = {
  readonly created_at: number;
  readonly canonical: number;
  readonly machine: Buffer;
};

/** The tree of a machine, and which path of it is canonical. */
function branchRows(db: Db) {
  const place = db.prepare(
    'SELECT t.height, t.canonical, p.id AS prior FROM event e JOIN transition t ON t.event = e.n' +
      ' LEFT JOIN event p ON p.n = t.prior WHERE e.id = ?',
  );
  const beside = db
    .prepare(
      'SELECT e.id FROM transition t JOIN event e ON e.n = t.event' +
        ' WHERE t.machine = ? AND t.prior IS ? AND t.canonical = 0',
    )
    .pluck();
  const onPath = db
    .prepare(
      'SELECT e.id FROM transition t JOIN event e ON e.n = t.event' +
        ' WHERE t.machine = ? AND t.height = ? AND t.canonical = 1',
    )
    .pluck();
  const countBeside = db.prepare(
    'SELECT count(*) AS total, count(*) FILTER (WHERE prior IS ?) AS siblings' +
      ' FROM transition WHERE machine = ? AND canonical = 0',
  );
  const leave = db.prepare(
    'UPDATE transition SET canonical = 0 WHERE machine = ? AND height > ? AND canonical = 1',
  );
  const enter = db.prepare(
    'UPDATE transition SET canonical = 1 WHERE event = (SELECT n FROM event WHERE id = ?)',
  );
  return {
    /** The place of an accepted transition in its tree; null names the initial state. */
    place: (id: string | null): Place => {
      if (id === null) return ROOT;
      const row = place.get(fromHex(id)) as PlaceRow | undefined;
      if (row === undefined) throw new Error(`transition ${id} has no place in a tree`);
      const { height, canonical } = row;
      return { id, prior: hexOf(row.prior), height, isCanonical: canonical === 1 };
    },

    /** Ids of the accepted transitions on a node (its sequence number) that are not canonical. */
    beside: (machine: number, prior: number | null): string[] =>
      (beside.all(machine, prior) as Buffer[]).map((id) => id.toString('hex')),

    /** The canonical transition at a height. */
    onPath: (machine: number, height: number): string | null =>
      hexOf((onPath.get(machine, height) as Buffer | undefined) ?? null),

    /** How many accepted transitions are not canonical: of a machine, and on one of its nodes. */
    countBeside: (machine: number, prior: number | null) =>
      countBeside.get(prior, machine) as { readonly total: number; readonly siblings: number },

    /** Takes the canonical path back to a height, and leads it on over these transitions. */
    leadOver: (machine: number, above: number, ids: readonly string[]): void => {
      leave.run(machine, above);
      for (const id of ids) enter.run(fromHex(id));
    },
  };
}

function hexOf(bytes: Buffer | null): string | null {
  return bytes === null ? null : bytes.toString('hex');
}
