/**
 * Rows that follow from the events: what they should be, what they are, and how to write them anew.
 *
 * Derived are the tags, the current versions, and everything about machines and transitions but
 * when they were first seen. Nothing here touches an event, and nothing decides what is right: the
 * doctor does, and calls what writes only inside a transaction.
 */
import type { NostrEvent } from '../nostr/event.ts';
import type { Db } from './database.ts';
import { EVENT_COLUMNS, type EventRow, rowToEvent } from './events.ts';
import type { MachineRow } from './machine-rows.ts';
import { tagHashes } from './tag-hash.ts';
import type { TransitionRow } from './transition-rows.ts';

/** A stored event with the columns that follow from it. */
export type LoggedEvent = {
  readonly n: number;
  readonly event: NostrEvent;
  /** Number of its author in the dictionary. */
  readonly author: number;
  /** Hashes of its tags, as the index should have them. */
  readonly tags: ReadonlySet<number>;
  readonly expiresAt: number | null;
};

/** A row of the tag index, and the tags of the event that it names. */
export type TagRow = { readonly hash: number; readonly created_at: number; readonly event: number };

/** What a machine's row says of its head; all of it follows from the log. */
export type HeadColumns = Pick<
  MachineRow,
  'head' | 'height' | 'head_time' | 'status' | 'value' | 'state' | 'next_due'
>;

const PAGE = 500;

/** Statements over the derived rows of an open database. */
export function derivedTables(db: Db) {
  return { ...loggedEvents(db), ...tagIndex(db), ...versionIndex(db), ...machineColumns(db) };
}

function loggedEvents(db: Db) {
  const page = db.prepare(
    `SELECT ${EVENT_COLUMNS}, e.author, e.expires_at FROM event e` +
      ' JOIN author a ON a.n = e.author WHERE e.n > ? ORDER BY e.n LIMIT ?',
  );
  const count = db.prepare('SELECT count(*) FROM event').pluck();
  const setExpiry = db.prepare('UPDATE event SET expires_at = ? WHERE n = ?');
  type Row = EventRow & { readonly author: number; readonly expires_at: number | null };
  return {
    /** Every stored event in order of arrival. Rows may be written between two of them. */
    *logged(): Generator<LoggedEvent> {
      for (let last = 0; ; ) {
        const rows = page.all(last, PAGE) as Row[];
        for (const row of rows) {
          const { n, author, expires_at: expiresAt } = row;
          const event = rowToEvent(row);
          yield { n, author, expiresAt, event, tags: tagHashes(event.tags) };
        }
        if (rows.length < PAGE) return;
        last = rows.at(-1)?.n ?? last;
      }
    },
    countLogged: (): number => count.get() as number,
    setExpiry: (n: number, at: number | null): void => void setExpiry.run(at, n),
  };
}

function tagIndex(db: Db) {
  const has = db.prepare('SELECT 1 FROM tag WHERE hash = ? AND created_at = ? AND event = ?');
  const insert = db.prepare('INSERT INTO tag VALUES (?, ?, ?)');
  const remove = db.prepare('DELETE FROM tag WHERE hash = ? AND created_at = ? AND event = ?');
  const count = db.prepare('SELECT count(*) FROM tag').pluck();
  const page = db.prepare(
    'SELECT t.hash, t.created_at, t.event, e.tags, e.created_at AS event_time FROM tag t' +
      ' LEFT JOIN event e ON e.n = t.event WHERE (t.hash, t.created_at, t.event) > (?, ?, ?)' +
      ' ORDER BY t.hash, t.created_at, t.event LIMIT ?',
  );
  type Row = TagRow & { readonly tags: string | null; readonly event_time: number | null };
  return {
    /** Hashes of an event's tags that the index lacks. */
    missingTags: ({ n, event, tags }: LoggedEvent): readonly number[] =>
      [...tags].filter((hash) => !has.get(hash, event.created_at, n)),

    countTags: (): number => count.get() as number,

    /** Rows of the index that no event gives rise to; walks all of it. */
    *strayTags(): Generator<TagRow> {
      for (let after: readonly [number, number, number] = [-1, -1, -1]; ; ) {
        const rows = page.all(...after, PAGE) as Row[];
        yield* rows.filter(
          ({ hash, created_at, tags, event_time }) =>
            tags === null || created_at !== event_time || !tagHashes(JSON.parse(tags)).has(hash),
        );
        const last = rows.at(-1);
        if (last === undefined || rows.length < PAGE) return;
        after = [last.hash, last.created_at, last.event];
      }
    },
    addTag: ({ hash, created_at, event }: TagRow): void => void insert.run(hash, created_at, event),
    dropTag: ({ hash, created_at, event }: TagRow): void =>
      void remove.run(hash, created_at, event),
  };
}

function versionIndex(db: Db) {
  const find = db
    .prepare('SELECT event FROM latest WHERE author = ? AND kind = ? AND d = ?')
    .pluck();
  const set = db.prepare('INSERT OR REPLACE INTO latest VALUES (?, ?, ?, ?)');
  const stray = db.prepare(
    'SELECT l.author, l.kind, l.d FROM latest l LEFT JOIN event e ON e.n = l.event' +
      ' WHERE e.n IS NULL OR e.author <> l.author OR e.kind <> l.kind',
  );
  const drop = db.prepare('DELETE FROM latest WHERE author = ? AND kind = ? AND d = ?');
  type Coordinate = { readonly author: number; readonly kind: number; readonly d: string };
  return {
    /** The event that is served at a coordinate. */
    versionAt: ({ author, kind, d }: Coordinate) => find.get(author, kind, d) as number | undefined,
    setVersion: ({ author, kind, d }: Coordinate, event: number): void =>
      void set.run(author, kind, d, event),
    /** Coordinates whose event is gone or is another's. */
    strayVersions: () => stray.all() as Coordinate[],
    dropVersion: ({ author, kind, d }: Coordinate): void => void drop.run(author, kind, d),
  };
}

function machineColumns(db: Db) {
  const transitions = db.prepare('SELECT * FROM transition WHERE machine = ?');
  const participants = db.prepare('SELECT author FROM participant WHERE machine = ?').pluck();
  const setHead = db.prepare(
    'UPDATE machine SET head = @head, height = @height, head_time = @head_time,' +
      ' status = @status, value = @value, state = @state, next_due = @next_due,' +
      ' revision = revision + 1 WHERE event = @machine',
  );
  const put = db.prepare(
    'INSERT INTO transition VALUES (@event, @machine, @prior, @height, @canonical, @type,' +
      ' @first_seen, @status, @value, @state_hash, @state) ON CONFLICT (event) DO UPDATE SET' +
      ' machine = @machine, prior = @prior, height = @height, canonical = @canonical,' +
      ' type = @type, status = @status, value = @value, state_hash = @state_hash, state = @state',
  );
  const setTitle = db.prepare('UPDATE machine SET title = ? WHERE event = ?');
  const unkeep = db.prepare(
    'UPDATE machine SET kept = 0, keeper = NULL' +
      ' WHERE keeper IS NOT NULL AND keeper NOT IN (SELECT n FROM event)',
  );
  return {
    transitionsOf: (machine: number) => transitions.all(machine) as TransitionRow[],
    participantsOf: (machine: number) => new Set(participants.all(machine) as number[]),
    setHead: (machine: number, head: HeadColumns): void => void setHead.run({ ...head, machine }),
    putTransition: (row: TransitionRow): void => void put.run(row),
    setTitle: (machine: number, title: string | null): void => void setTitle.run(title, machine),
    /** Has keeper snapshots that are gone written again. */
    dropLostKeepers: (): void => void unkeep.run(),
  };
}
