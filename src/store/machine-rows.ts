/**
 * Rows of machines: heads with their state, and participants.
 *
 * Plain rows only; what they mean is decided by `nsm` and kept together by `machines.ts`.
 * Everything that changes a machine changes within the writer's transaction.
 */
import type { Db } from './database.ts';
import type { Events } from './events.ts';

/** A row of `machine`; see schema.sql. */
export type MachineRow = {
  readonly event: number;
  readonly head: number | null;
  readonly height: number;
  readonly head_time: number;
  readonly status: string;
  readonly value: string;
  readonly state: string;
  readonly revision: number;
  readonly kept: number;
  readonly keeper: number | null;
  readonly next_due: number | null;
  readonly rules: string;
  readonly forks: string;
  readonly frozen: string | null;
  readonly title: string | null;
  readonly first_seen: number;
  readonly updated_at: number;
  readonly activity: number;
  /** 1 when some event of its record is a tombstone. */
  readonly redacted: number;
};

/** What is known of a machine when it is hosted. */
type NewMachine = Pick<
  MachineRow,
  'event' | 'status' | 'value' | 'state' | 'next_due' | 'rules' | 'forks'
> & {
  readonly createdAt: number;
  readonly title: string | null;
  readonly now: number;
};

/** A head move: from one event to the next, with the columns that follow from the new state. */
type Move = Pick<MachineRow, 'height' | 'status' | 'value' | 'state' | 'next_due'> & {
  readonly machine: number;
  readonly from: number | null;
  readonly to: number;
  readonly time: number;
  readonly now: number;
};

/** Statements over the machines of an open database. */
export function machineRows(db: Db, events: Events) {
  const find = db.prepare('SELECT * FROM machine WHERE event = ?');
  const after = db.prepare('SELECT * FROM machine WHERE event > ? ORDER BY event LIMIT ?');
  const insert = db.prepare(
    'INSERT INTO machine (event, height, head_time, status, value, state, revision, rules, forks,' +
      ' title, first_seen, updated_at, activity, next_due)' +
      ' VALUES (@event, 0, @createdAt, @status, @value, @state, 1, @rules, @forks,' +
      ' @title, @now, @now, @event, @next_due)',
  );
  const moveHead = db.prepare(
    'UPDATE machine SET head = @to, height = @height, head_time = @time, status = @status,' +
      ' value = @value, state = @state, revision = revision + 1, updated_at = @now,' +
      ' next_due = @next_due, activity = @to WHERE event = @machine AND head IS @from',
  );
  const setRules = db.prepare('UPDATE machine SET rules = ? WHERE event = ?');
  const freeze = db.prepare(
    'UPDATE machine SET frozen = ?, revision = revision + 1 WHERE event = ?',
  );
  const markRedacted = db.prepare(
    'UPDATE machine SET redacted = 1, revision = revision + 1,' +
      ' title = CASE WHEN ? THEN NULL ELSE title END WHERE event = ?',
  );
  return {
    find: (event: number) => find.get(event) as MachineRow | undefined,

    /** Machines in the order in which they were hosted, from behind a sequence number. */
    after: (event: number, limit: number) => after.all(event, limit) as MachineRow[],

    insert: (machine: NewMachine): void => void insert.run(machine),

    /** Moves a head if it still is where the verdict saw it; false when it is not. */
    moveHead: (move: Move): boolean => moveHead.run(move).changes === 1,

    setRules: (machine: number, hash: string): void => void setRules.run(hash, machine),

    /** Freezes a machine, or lifts the freeze with null. */
    freeze: (machine: number, frozen: string | null): void => void freeze.run(frozen, machine),

    /** Notes a tombstone in a machine's record; that of the definition takes the title along. */
    markRedacted: (machine: number, isDefinition: boolean): void =>
      void markRedacted.run(isDefinition ? 1 : 0, machine),

    ...dueRows(db),
    ...participantRows(db, events),
    ...keptRows(db),
  };
}

function dueRows(db: Db) {
  const due = db
    .prepare(
      'SELECT e.id FROM machine m JOIN event e ON e.n = m.event' +
        ' WHERE m.next_due <= ? AND m.frozen IS NULL ORDER BY m.next_due LIMIT ? OFFSET ?',
    )
    .pluck();
  const first = db
    .prepare('SELECT min(next_due) FROM machine WHERE next_due > ? AND frozen IS NULL')
    .pluck();
  return {
    /** Ids of machines with a timer due by a time (Unix seconds), longest overdue first. */
    due: (time: number, { limit, offset }: { limit: number; offset: number }): string[] =>
      (due.all(time, limit, offset) as Buffer[]).map((id) => id.toString('hex')),

    /** When the first timer after a time is due; undefined when none is. */
    nextDueAfter: (time: number): number | undefined =>
      (first.get(time) as number | null) ?? undefined,
  };
}

function participantRows(db: Db, events: Events) {
  const add = db.prepare('INSERT OR IGNORE INTO participant (machine, author) VALUES (?, ?)');
  const list = db
    .prepare(
      'SELECT a.pubkey FROM participant p JOIN author a ON a.n = p.author' +
        ' WHERE p.machine = ? ORDER BY p.n LIMIT ?',
    )
    .pluck();
  const taking = db
    .prepare('SELECT e.id FROM participant p JOIN event e ON e.n = p.machine WHERE p.author = ?')
    .pluck();
  const outdate = db.prepare(
    'UPDATE machine SET revision = revision + 1' +
      ' WHERE event IN (SELECT machine FROM participant WHERE author = ?)',
  );
  const remove = db.prepare('DELETE FROM participant WHERE author = ?');
  return {
    addParticipant: (machine: number, pubkey: string): void => {
      add.run(machine, events.authors.intern(pubkey));
    },

    /** Takes somebody off every list; returns the ids of the machines. */
    removeParticipant: (pubkey: string): string[] => {
      const author = events.authors.find(pubkey) ?? 0;
      const machines = (taking.all(author) as Buffer[]).map((id) => id.toString('hex'));
      outdate.run(author);
      remove.run(author);
      return machines;
    },

    /** Pubkeys in order of appearance. */
    participants: (machine: number, limit: number): string[] =>
      (list.all(machine, limit) as Buffer[]).map((pubkey) => pubkey.toString('hex')),
  };
}

function keptRows(db: Db) {
  const unkept = db
    .prepare('SELECT e.id FROM machine m JOIN event e ON e.n = m.event WHERE m.kept < m.revision')
    .pluck();
  const setKept = db.prepare('UPDATE machine SET kept = revision, keeper = ? WHERE event = ?');
  return {
    /** Ids of machines whose stored keeper snapshot is behind. */
    unkept: (): string[] => (unkept.all() as Buffer[]).map((id) => id.toString('hex')),

    /** Notes which event is the keeper snapshot of the present revision. */
    setKept: (machine: number, keeper: number): void => void setKept.run(keeper, machine),
  };
}
