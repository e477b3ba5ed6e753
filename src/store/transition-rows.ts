/**
 * Rows of accepted transitions: the tree that machines are replayed from.
 */
import type { Db } from './database.ts';

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

/** Statements over the transitions of an open database. */
export function transitionRows(db: Db) {
  const find = db.prepare('SELECT * FROM transition WHERE event = ?');
  const known = db.prepare(
    'SELECT e.created_at, m.id AS machine FROM event e JOIN transition t ON t.event = e.n' +
      ' JOIN event m ON m.n = t.machine WHERE e.n = ?',
  );
  const keepState = db.prepare('UPDATE transition SET state = ? WHERE event = ?');
  const insert = db.prepare(
    'INSERT INTO transition VALUES (@event, @machine, @prior, @height, 1, @type, @first_seen,' +
      ' @status, @value, @state_hash, @state)',
  );
  return {
    find: (event: number) => find.get(event) as TransitionRow | undefined,

    /** Machine id and time of an accepted transition, by its sequence number. */
    known: (event: number) => {
      const row = known.get(event) as { created_at: number; machine: Buffer } | undefined;
      return row && { machine: row.machine.toString('hex'), createdAt: row.created_at };
    },

    /** Stores the state that a transition led to. */
    keepState: (event: number, state: string): void => void keepState.run(state, event),

    /** Stores a transition of the canonical chain. */
    insert: (row: Omit<TransitionRow, 'canonical'>): void => void insert.run(row),
  };
}
