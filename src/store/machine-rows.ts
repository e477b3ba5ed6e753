/**
 * Rows of machines: definitions, the tree of transitions, heads, participants, endorsements and
 * evidence. Plain rows only; what they mean is decided by `nsm` and kept together by
 * `machines.ts`. Everything that changes a machine changes within the writer's transaction.
 */
import type { Db } from './database.ts';
import { type Events, fromHex } from './events.ts';

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
  readonly rules: string;
  readonly forks: string;
  readonly frozen: string | null;
  readonly title: string | null;
  readonly first_seen: number;
  readonly updated_at: number;
  readonly activity: number;
};

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

export type MachineRows = ReturnType<typeof machineRows>;

/** A stored column as the row type says; SQLite columns have no static types of their own. */
function one<Row>(value: unknown): Row | undefined {
  return value as Row | undefined;
}

/** Statements over the machine tables of an open database. */
export function machineRows(db: Db, events: Events) {
  const machine = db.prepare('SELECT * FROM machine WHERE event = ?');
  const transition = db.prepare('SELECT * FROM transition WHERE event = ?');
  const insertMachine = db.prepare(
    'INSERT INTO machine (event, head, height, head_time, status, value, state, revision, rules,' +
      ' forks, title, first_seen, updated_at, activity)' +
      ' VALUES (?, NULL, 0, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?)',
  );
  const insertTransition = db.prepare(
    'INSERT INTO transition VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?)',
  );
  const moveHead = db.prepare(
    'UPDATE machine SET head = ?, height = ?, head_time = ?, status = ?, value = ?, state = ?,' +
      ' revision = revision + 1, updated_at = ?, activity = ? WHERE event = ? AND head IS ?',
  );
  const insertParticipant = db.prepare(
    'INSERT OR IGNORE INTO participant SELECT ?, ?, count(*) FROM participant WHERE machine = ?',
  );
  const participants = db
    .prepare(
      'SELECT a.pubkey FROM participant p JOIN author a ON a.n = p.author' +
        ' WHERE p.machine = ? ORDER BY p.position LIMIT ?',
    )
    .pluck();
  const unkept = db
    .prepare('SELECT e.id FROM machine m JOIN event e ON e.n = m.event WHERE m.kept < m.revision')
    .pluck();
  const setKept = db.prepare('UPDATE machine SET kept = revision WHERE event = ?');
  const setRules = db.prepare('UPDATE machine SET rules = ? WHERE event = ?');
  const freeze = db.prepare('UPDATE machine SET frozen = ?, revision = revision + 1 WHERE event = ?');
  const endorse = db.prepare('INSERT OR IGNORE INTO endorsement VALUES (?, ?, ?, ?, ?, ?, ?)');
  const isEndorsement = db.prepare('SELECT 1 FROM endorsement WHERE id = ?').pluck();
  const bound = db
    .prepare(
      'SELECT e.id FROM endorsement s JOIN event e ON e.n = s.machine' +
        ' WHERE s.author = ? AND s.d = ? LIMIT 1',
    )
    .pluck();
  const known = db.prepare(
    'SELECT e.created_at, m.id AS machine FROM event e JOIN transition t ON t.event = e.n' +
      ' JOIN event m ON m.n = t.machine WHERE e.n = ?',
  );

  return {
    machine: (event: number) => one<MachineRow>(machine.get(event)),
    transition: (event: number) => one<TransitionRow>(transition.get(event)),

    /** Machine id and time of an accepted transition, by its sequence number. */
    known: (event: number) => {
      const row = one<{ created_at: number; machine: Buffer }>(known.get(event));
      return row && { machine: row.machine.toString('hex'), createdAt: row.created_at };
    },

    insertMachine: (row: {
      readonly event: number;
      readonly createdAt: number;
      readonly status: string;
      readonly value: string;
      readonly state: string;
      readonly rules: string;
      readonly forks: string;
      readonly title: string | null;
      readonly now: number;
    }): void => {
      const { event, createdAt, status, value, state, rules, forks, title, now } = row;
      insertMachine.run(event, createdAt, status, value, state, rules, forks, title, now, now, event);
    },

    insertTransition: (row: Omit<TransitionRow, 'canonical'>): void => {
      const { event, machine, prior, height, type, first_seen, status, value } = row;
      insertTransition.run(
        ...[event, machine, prior, height, type, first_seen, status, value],
        ...[row.state_hash, row.state],
      );
    },

    /** Moves a head if it still is where the verdict saw it; false when it is not. */
    moveHead: (move: {
      readonly machine: number;
      readonly from: number | null;
      readonly to: number;
      readonly height: number;
      readonly time: number;
      readonly status: string;
      readonly value: string;
      readonly state: string;
      readonly now: number;
    }): boolean => {
      const { machine, from, to, height, time, status, value, state, now } = move;
      const { changes } = moveHead.run(
        ...[to, height, time, status, value, state, now, to, machine, from],
      );
      return changes === 1;
    },

    addParticipant: (machine: number, pubkey: string): void => {
      insertParticipant.run(machine, events.authors.intern(pubkey), machine);
    },

    /** Pubkeys in order of appearance. */
    participants: (machine: number, limit: number): string[] =>
      (participants.all(machine, limit) as Buffer[]).map((pubkey) => pubkey.toString('hex')),

    /** Ids of machines whose stored keeper snapshot is behind. */
    unkept: (): string[] => (unkept.all() as Buffer[]).map((id) => id.toString('hex')),

    /** Notes that the stored keeper snapshot shows the present revision. */
    setKept: (machine: number): void => void setKept.run(machine),

    setRules: (machine: number, hash: string): void => void setRules.run(hash, machine),

    /** Freezes a machine, or lifts the freeze with null. */
    freeze: (machine: number, frozen: string | null): void => void freeze.run(frozen, machine),

    endorse: (row: {
      readonly id: string;
      readonly machine: number;
      readonly head: number | null;
      readonly pubkey: string;
      readonly d: string;
      readonly createdAt: number;
      readonly json: string;
    }): void => {
      const author = events.authors.intern(row.pubkey);
      const { machine, head, d, createdAt, json } = row;
      endorse.run(fromHex(row.id), machine, head, author, d, createdAt, json);
    },

    isEndorsement: (id: string): boolean => isEndorsement.get(fromHex(id)) !== undefined,

    /** The id of the machine whose custodian has a valid snapshot at a coordinate. */
    boundMachine: (pubkey: string, d: string): string | undefined => {
      const author = events.authors.find(pubkey);
      if (author === undefined) return undefined;
      return one<Buffer>(bound.get(author, d))?.toString('hex');
    },
  };
}
