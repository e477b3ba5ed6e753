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
  readonly final: number | null;
  readonly final_height: number | null;
  readonly title: string | null;
  readonly first_seen: number;
  readonly updated_at: number;
  readonly activity: number;
  readonly links: string;
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

/** All that forks, endorsements and freezes can change of a machine. */
type Settled = Omit<Move, 'from' | 'to'> &
  Pick<MachineRow, 'head' | 'frozen' | 'final' | 'final_height'> & {
    /** Sequence number of an event that was stored now, null when none was. */
    readonly activity: number | null;
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
  const settle = db.prepare(
    'UPDATE machine SET head = @head, height = @height, head_time = @time, status = @status,' +
      ' value = @value, state = @state, next_due = @next_due, frozen = @frozen, final = @final,' +
      ' final_height = @final_height, revision = revision + 1, updated_at = @now,' +
      ' activity = max(activity, coalesce(@activity, 0)) WHERE event = @machine RETURNING revision',
  );
  const noteActivity = db.prepare('UPDATE machine SET activity = ? WHERE event = ?');
  const setFinal = db.prepare('UPDATE machine SET final = ?, final_height = ? WHERE event = ?');
  const setRules = db.prepare('UPDATE machine SET rules = ? WHERE event = ?');
  const freeze = db.prepare(
    'UPDATE machine SET frozen = ?, revision = revision + 1 WHERE event = ?',
  );
  const inferLinks = db.prepare("UPDATE machine SET links = 'inferred' WHERE event = ?");
  const untitle = db.prepare('UPDATE machine SET title = NULL WHERE event = ?');
  return {
    find: (event: number) => find.get(event) as MachineRow | undefined,

    /** Machines in the order in which they were hosted, from behind a sequence number. */
    after: (event: number, limit: number) => after.all(event, limit) as MachineRow[],

    insert: (machine: NewMachine): void => void insert.run(machine),

    /** Moves a head if it still is where the verdict saw it; false when it is not. */
    moveHead: (move: Move): boolean => moveHead.run(move).changes === 1,

    /** A transition was accepted that did not move the head; those that do note it themselves. */
    noteActivity: (event: number, activity: number): void => void noteActivity.run(activity, event),

    /** Writes where a machine stands after a fork, an endorsement or a freeze; its new revision. */
    settle: (settled: Settled): number =>
      (settle.get(settled) as { readonly revision: number }).revision,

    /** Makes a node final (its sequence number and height), together with a head move onto it. */
    setFinal: (machine: number, final: number | null, height: number): void =>
      void setFinal.run(final, height, machine),

    setRules: (machine: number, hash: string): void => void setRules.run(hash, machine),

    /** Freezes a machine, or lifts the freeze with null. */
    freeze: (machine: number, frozen: string | null): void => void freeze.run(frozen, machine),

    /** Marks a machine as one whose order nobody signed. */
    inferLinks: (machine: number): void => void inferLinks.run(machine),
    /** Forgets the title of a machine whose definition was removed. */
    untitle: (machine: number): void => void untitle.run(machine),

    ...dueRows(db),
    ...participantRows(db, events),
    ...keptRows(db),
  };
}

/** A machine whose timer is due: its id, its head (null at the initial state) and their time. */
export type DueMachine = {
  readonly id: string;
  readonly head: string | null;
  readonly headTime: number;
};

function dueRows(db: Db) {
  // What is due is sorted, not the whole table searched in the order of activity: hence the plus.
  const due = db.prepare(
    'SELECT lower(hex(e.id)) AS id, lower(hex(h.id)) AS head, m.head_time AS headTime FROM' +
      ' (SELECT event, head, head_time, activity FROM machine WHERE next_due <= ?' +
      ' AND frozen IS NULL ORDER BY +activity LIMIT ?) m' +
      ' JOIN event e ON e.n = m.event LEFT JOIN event h ON h.n = m.head ORDER BY m.activity',
  );
  const first = db
    .prepare('SELECT min(next_due) FROM machine WHERE next_due > ? AND frozen IS NULL')
    .pluck();
  return {
    /** Machines with a timer due by a time (Unix seconds); what has not moved for longest first. */
    due: (time: number, limit: number): DueMachine[] => {
      const rows = due.all(time, limit) as DueMachine[];
      return rows.map((row) => ({ ...row, head: row.head || null }));
    },

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
  const has = db.prepare('SELECT 1 FROM participant WHERE machine = ? AND author = ?').pluck();
  const taking = db
    .prepare('SELECT e.id FROM participant p JOIN event e ON e.n = p.machine WHERE p.author = ?')
    .pluck();
  const outdate = db.prepare(
    'UPDATE machine SET revision = revision + 1' +
      ' WHERE event IN (SELECT machine FROM participant WHERE author = ?)',
  );
  const rename = db.prepare('UPDATE OR REPLACE participant SET author = ? WHERE author = ?');
  return {
    isParticipant: (machine: number, pubkey: string): boolean => {
      const author = events.authors.find(pubkey);
      return author !== undefined && has.get(machine, author) !== undefined;
    },

    addParticipant: (machine: number, pubkey: string): void => {
      add.run(machine, events.authors.intern(pubkey));
    },

    /** Puts another in the place of a participant everywhere; returns the ids of the machines. */
    renameParticipant: (pubkey: string, to: string): string[] => {
      const author = events.authors.find(pubkey);
      if (author === undefined) return [];
      const machines = (taking.all(author) as Buffer[]).map((id) => id.toString('hex'));
      outdate.run(author);
      rename.run(events.authors.intern(to), author);
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
