/**
 * Rows that follow from the events: what they should be, what they are, and how to write them anew.
 *
 * Derived are the tags, the current versions, and everything about machines and transitions but
 * when they were first seen. Nothing here touches an event, and nothing decides what is right: the
 * doctor does, and calls what writes only inside a transaction.
 */
import type { NostrEvent } from '../nostr/event.ts';
import type { Db } from './database.ts';
import { EVENT_COLUMNS, type EventRow, rankOf, rowToEvent } from './events.ts';
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
  readonly rank: number;
};

/** A row of the tag index, and the tags of the event that it names. */
export type TagRow = {
  readonly hash: number;
  readonly created_at: number;
  readonly rank: number;
  readonly event: number;
};

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
    `SELECT ${EVENT_COLUMNS}, e.author, e.expires_at, e.rank FROM event e` +
      ' JOIN author a ON a.n = e.author WHERE e.n > ? ORDER BY e.n LIMIT ?',
  );
  const count = db.prepare('SELECT count(*) FROM event').pluck();
  const setRank = db.prepare('UPDATE event SET rank = ? WHERE n = ?');
  const setExpiry = db.prepare('UPDATE event SET expires_at = ? WHERE n = ?');
  type Row = EventRow & {
    readonly author: number;
    readonly expires_at: number | null;
    readonly rank: number;
  };
  return {
    /** Every stored event in order of arrival. Rows may be written between two of them. */
    *logged(): Generator<LoggedEvent> {
      for (let last = 0; ; ) {
        const rows = page.all(last, PAGE) as Row[];
        for (const row of rows) {
          const { n, author, rank, expires_at: expiresAt } = row;
          const event = rowToEvent(row);
          yield { n, author, rank, expiresAt, event, tags: tagHashes(event.tags) };
        }
        if (rows.length < PAGE) return;
        last = rows.at(-1)?.n ?? last;
      }
    },
    countLogged: (): number => count.get() as number,
    setExpiry: (n: number, at: number | null): void => void setExpiry.run(at, n),
    setRank: (n: number, rank: number): void => void setRank.run(rank, n),
  };
}

const THIS_TAG = 'hash = @hash AND created_at = @created_at AND rank = @rank AND event = @event';

function tagIndex(db: Db) {
  const has = db.prepare(`SELECT 1 FROM tag WHERE ${THIS_TAG}`);
  const insert = db.prepare('INSERT INTO tag VALUES (@hash, @created_at, @rank, @event)');
  const remove = db.prepare(`DELETE FROM tag WHERE ${THIS_TAG}`);
  const count = db.prepare('SELECT count(*) FROM tag').pluck();
  return {
    /** Rows that the index lacks for the tags of an event. */
    missingTags: ({ n, event: { id, created_at }, tags }: LoggedEvent): readonly TagRow[] =>
      [...tags]
        .map((hash) => ({ hash, created_at, rank: rankOf(id), event: n }))
        .filter((row) => !has.get(row)),

    countTags: (): number => count.get() as number,

    /** Rows of the index that no event gives rise to; walks all of it. */
    strayTags: strayTags(db),
    addTag: (row: TagRow): void => void insert.run(row),
    dropTag: (row: TagRow): void => void remove.run(row),
  };
}

type Indexed = TagRow & {
  readonly id: Buffer | null;
  readonly tags: string;
  readonly event_time: number;
};

/** Pages in the order of the index: on below the last row's hash, then the hashes after it. */
function strayTags(db: Db) {
  const pageWhere = (condition: string) =>
    db.prepare(
      'SELECT t.*, e.id, e.tags, e.created_at AS event_time' +
        ` FROM tag t LEFT JOIN event e ON e.n = t.event WHERE ${condition}` +
        ` ORDER BY t.hash, t.created_at DESC, t.rank, t.event LIMIT ${PAGE}`,
    );
  const sameTag = pageWhere(
    't.hash = @hash AND t.created_at <= @created_at' +
      ' AND (t.created_at < @created_at OR (t.rank, t.event) > (@rank, @event))',
  );
  const otherTags = pageWhere('t.hash > @hash');
  const isStray = ({ hash, created_at, rank, id, tags, event_time }: Indexed): boolean =>
    id === null ||
    created_at !== event_time ||
    rank !== rankOf(id.toString('hex')) ||
    !tagHashes(JSON.parse(tags)).has(hash);

  return function* strays(): Generator<TagRow> {
    for (let last: TagRow = { hash: -1, created_at: 0, rank: 0, event: 0 }; ; ) {
      const more = sameTag.all(last) as Indexed[];
      const rows = more.length > 0 ? more : (otherTags.all({ hash: last.hash }) as Indexed[]);
      for (const row of rows) {
        const { hash, created_at, rank, event } = row;
        last = { hash, created_at, rank, event };
        if (isStray(row)) yield last;
      }
      if (rows.length === 0) return;
    }
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
