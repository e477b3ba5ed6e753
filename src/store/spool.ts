/**
 * Events on their way to a relay, given out in causal order: a definition before its transitions,
 * a transition after its prior, snapshots after those, everything else last.
 *
 * A temporary database that SQLite removes by itself, so that neither a file of many gigabytes nor
 * a sync of millions has to fit into memory; of one machine at a time only ids and links do. What
 * became of each event is noted beside it.
 */
import Database from 'better-sqlite3';
import { type NostrEvent, tagValues } from '../nostr/event.ts';
import { eventJson } from '../nostr/message.ts';
import { DEFINITION_KIND, SNAPSHOT_KIND, TRANSITION_KIND } from '../nsm/kinds.ts';
import { causalOrder, type Linked } from './causal-order.ts';

/** An open spool. */
export type Spool = ReturnType<typeof openSpool>;

const CLASSES = { definition: 0, transition: 1, snapshot: 2, other: 3 } as const;
const PAGE = 200;

const SCHEMA = `
  CREATE TABLE event (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    class INTEGER NOT NULL,
    machine TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    prior TEXT,
    json TEXT NOT NULL,
    outcome TEXT
  ) STRICT;
  CREATE INDEX event_by_class ON event (class, machine, created_at, n);
`;

type Row = { readonly n: number; readonly created_at: number; readonly json: string };

/** Opens an empty spool. */
export function openSpool() {
  const db = new Database('');
  db.pragma('journal_mode = OFF');
  db.pragma('synchronous = OFF');
  db.exec(SCHEMA);
  const add = db.prepare(
    'INSERT OR IGNORE INTO event (id, class, machine, created_at, prior, json)' +
      ' VALUES (?, ?, ?, ?, ?, ?)',
  );
  const nextMachine = db
    .prepare('SELECT min(machine) FROM event WHERE class = ? AND machine > ?')
    .pluck();
  const links = db.prepare(
    `SELECT n, id, prior FROM event WHERE class = ${CLASSES.transition} AND machine = ?` +
      ' AND outcome IS NULL ORDER BY created_at, n',
  );
  const read = db.prepare('SELECT json FROM event WHERE n = ?').pluck();
  const page = db.prepare(
    'SELECT n, created_at, json FROM event WHERE class = ? AND machine = ? AND outcome IS NULL' +
      ` AND (created_at, n) > (?, ?) ORDER BY created_at, n LIMIT ${PAGE}`,
  );

  /** Events of a class and machine by time; what is settled meanwhile does not matter. */
  function* byTime(of: number, machine: string): Generator<NostrEvent> {
    let at: readonly [number, number] = [-1, 0];
    for (;;) {
      const rows = page.all(of, machine, ...at) as Row[];
      for (const { json } of rows) yield JSON.parse(json) as NostrEvent;
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE) return;
      at = [last.created_at, last.n];
    }
  }

  function* machinesOf(of: number): Generator<string> {
    const next = (after: string) => nextMachine.get(of, after) as string | null;
    // An id is never empty, but a transition that names no machine has to be refused too.
    for (let at = next(' '); at !== null; at = next(at)) yield at;
  }

  return {
    /** Takes an event; false when it is in already. */
    add: (event: NostrEvent): boolean => {
      const { machine, prior, of } = placeOf(event);
      const { id, created_at: time } = event;
      return add.run(id, of, machine, time, prior, eventJson(event)).changes === 1;
    },

    /** Everything that has no outcome yet. */
    *inOrder(): Generator<NostrEvent> {
      yield* byTime(CLASSES.definition, NO_MACHINE);
      for (const machine of machinesOf(CLASSES.transition)) {
        for (const { n } of causalOrder(links.all(machine) as (Linked & { n: number })[])) {
          yield JSON.parse(read.get(n) as string) as NostrEvent;
        }
      }
      for (const machine of machinesOf(CLASSES.snapshot)) {
        yield* byTime(CLASSES.snapshot, machine);
      }
      yield* byTime(CLASSES.other, NO_MACHINE);
    },

    ...outcomes(db),
    close: (): void => void db.close(),
  };
}

/** What became of events: a word for each. */
function outcomes(db: Database.Database) {
  const settle = db.prepare('UPDATE event SET outcome = ? WHERE id = ?');
  const again = db.prepare('UPDATE event SET outcome = NULL WHERE outcome = ?');
  const totals = db.prepare(
    'SELECT outcome, count(*) AS count FROM event WHERE outcome IS NOT NULL GROUP BY outcome' +
      ' ORDER BY count DESC, outcome',
  );
  const withOutcome = db.prepare('SELECT id FROM event WHERE outcome = ?').pluck();
  const count = db.prepare('SELECT count(*) FROM event').pluck();
  return {
    /** How many events were taken. */
    size: (): number => count.get() as number,

    settle: (id: string, outcome: string): void => void settle.run(outcome, id),

    /** Forgets an outcome, so that its events are given out again; says how many they are. */
    again: (outcome: string): number => again.run(outcome).changes,

    /** How many events have each outcome, the most frequent first. */
    totals: () => totals.all() as { readonly outcome: string; readonly count: number }[],

    /** The ids that have an outcome. */
    withOutcome: (outcome: string) => withOutcome.all(outcome) as string[],
  };
}

const NO_MACHINE = '!';

type Place = {
  readonly of: (typeof CLASSES)[keyof typeof CLASSES];
  readonly machine: string;
  readonly prior: string | null;
};

function placeOf(event: NostrEvent): Place {
  const { kind } = event;
  const [machine = NO_MACHINE] = tagValues(event, 'e');
  const [prior = null] = tagValues(event, 'transition');
  if (kind === DEFINITION_KIND) return { of: CLASSES.definition, machine: NO_MACHINE, prior: null };
  if (kind === TRANSITION_KIND) return { of: CLASSES.transition, machine, prior };
  const isSnapshot = kind === SNAPSHOT_KIND && (machine !== NO_MACHINE || prior !== null);
  if (isSnapshot) return { of: CLASSES.snapshot, machine, prior: null };
  return { of: CLASSES.other, machine: NO_MACHINE, prior: null };
}
