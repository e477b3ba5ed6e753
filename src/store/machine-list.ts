/**
 * Listings of machines, newest activity first.
 *
 * Where a condition names few enough rows of an index, only those are looked at; else a bounded
 * stretch of the activity order is. Either way a page is cheap, nothing is left out, and a page may
 * hold fewer machines than asked for and still not be the last. State and type are read from the
 * tags of the keeper snapshots, which must be up to date before.
 *
 * A machine that moves while somebody leafs through a listing keeps its place there, which is where
 * it stood when the listing began: so nothing is passed over and nothing comes twice.
 */
import { DEFINITION_KIND } from '../nsm/kinds.ts';
import type { Db } from './database.ts';
import type { Events } from './events.ts';
import { tagHash } from './tag-hash.ts';

/** How much work a page may be. */
export type ListBounds = {
  /** Most machines that are looked at; and of those that moved since a listing began, as many. */
  readonly lookedAt: number;
  /** An index narrows a listing when it names at most so many machines. */
  readonly candidates: number;
};

/** What a page may cost at most. */
export const LIST_BOUNDS: ListBounds = { lookedAt: 10_000, candidates: 5_000 };
/** Definitions whose tags are longer, in bytes, are found by their id only. */
const SEARCHED_BYTES_MAX = 16_384;
/** Titles are cut to so many characters. */
const TITLE_MAX = 200;

/** Conditions on a machine; all that are given hold. Pubkeys are hex. */
export type MachineFilter = {
  /** Path of an active state. */
  readonly state?: string | undefined;
  /** Event type that has a handler now. */
  readonly type?: string | undefined;
  readonly status?: string | undefined;
  readonly author?: string | undefined;
  readonly participant?: string | undefined;
  /** Part of title, description or id, in whatever case. */
  readonly q?: string | undefined;
};

/** A machine in a listing. `value` is canonical JSON; `status` is `frozen` when it is. */
export type ListedMachine = {
  readonly n: number;
  readonly id: string;
  readonly title: string | null;
  readonly author: string;
  readonly status: string;
  readonly value: string;
  readonly height: number;
  readonly head: string | null;
  readonly forks: string;
  readonly updated_at: number;
};

/** One page; `next` is the place below which the rest is, null at the end. */
export type MachinePage = {
  readonly machines: readonly ListedMachine[];
  readonly next: number | null;
};

type Row = Omit<ListedMachine, 'id' | 'author' | 'head'> & {
  readonly id: Buffer;
  readonly author: Buffer;
  readonly head: Buffer | null;
  readonly place: number;
};

const STATUS = "CASE WHEN m.frozen IS NULL THEN m.status ELSE 'frozen' END";
const COLUMNS =
  `m.event AS n, e.id, substr(m.title, 1, ${TITLE_MAX}) AS title, a.pubkey AS author,` +
  ` ${STATUS} AS status, m.value, m.height,` +
  ' h.id AS head, m.forks, m.updated_at';
/**
 * The activity of a machine when a listing began. Along a path every transition has a higher number
 * than the one before it, so those that are newer are few and at its end.
 */
const MOVED_FROM =
  'max(m.event, coalesce((SELECT t.event FROM transition t WHERE t.machine = m.event' +
  ' AND t.canonical = 1 AND t.event <= @upTo ORDER BY t.height DESC LIMIT 1), 0),' +
  ' coalesce((SELECT max(t.event) FROM transition t WHERE t.machine = m.event' +
  ' AND t.canonical = 0 AND t.event <= @upTo), 0))';
const JOINS =
  'JOIN event e ON e.n = m.event JOIN author a ON a.n = e.author' +
  ' LEFT JOIN event h ON h.n = m.head LEFT JOIN event k ON k.n = m.keeper';
const CONDITIONS =
  'm.event <= @upTo AND place < @before' +
  ` AND (@status IS NULL OR ${STATUS} = @status)` +
  ' AND (@author IS NULL OR e.author = @author)' +
  ' AND (@participant IS NULL OR EXISTS (SELECT 1 FROM participant p' +
  ' WHERE p.machine = m.event AND p.author = @participant))' +
  ' AND (@state IS NULL OR instr(k.tags, @state)) AND (@type IS NULL OR instr(k.tags, @type))' +
  ' AND (@q IS NULL OR instr(lower(hex(e.id)), @q)' +
  ` OR (octet_length(e.tags) <= ${SEARCHED_BYTES_MAX} AND mentions(e.tags, @q)))`;
const ORDER = 'ORDER BY place DESC LIMIT @limit';

/** Statements that list the machines of an open database. */
export function machineList(db: Db, events: Events, bounds: ListBounds = LIST_BOUNDS) {
  db.function('mentions', { deterministic: true }, mentions);
  const walk = db.prepare(
    `SELECT ${COLUMNS}, m.activity AS place FROM machine m ${JOINS}` +
      ` WHERE m.activity >= @floor AND m.activity <= @upTo AND ${CONDITIONS} ${ORDER}`,
  );
  const walkMoved = db.prepare(
    `SELECT ${COLUMNS}, ${MOVED_FROM} AS place FROM (SELECT * FROM machine` +
      ' WHERE activity > @upTo ORDER BY activity LIMIT @lookedAt) m' +
      ` ${JOINS} WHERE place >= @floor AND ${CONDITIONS} ${ORDER}`,
  );
  const pick = db.prepare(
    `SELECT ${COLUMNS}, iif(m.activity <= @upTo, m.activity, ${MOVED_FROM}) AS place` +
      ' FROM json_each(@candidates) c CROSS JOIN machine m ON m.event = c.value' +
      ` ${JOINS} WHERE ${CONDITIONS} ${ORDER}`,
  );
  const floorBelow = db
    .prepare(
      'SELECT activity FROM machine WHERE activity < ? ORDER BY activity DESC LIMIT 1 OFFSET ?',
    )
    .pluck();
  const candidates = candidateFinder(db, bounds.candidates);

  return {
    /** Machines that meet a filter, whose place in the listing is below a sequence number. */
    page: (filter: MachineFilter, { before, upTo = EVER, limit }: Page): MachinePage => {
      const bound = bind(filter, events);
      if (bound === undefined) return { machines: [], next: null };
      const parameters = { ...bound, before, upTo, limit: limit + 1 };
      const few = candidates(filter, bound);
      if (few) {
        const rows = pick.all({ ...parameters, candidates: JSON.stringify(few) }) as Row[];
        return pageOf(rows, limit, null);
      }
      const floor = floorBelow.get(before, bounds.lookedAt - 1) as number | undefined;
      const stretch = { ...parameters, floor: floor ?? 0 };
      const still = walk.all(stretch) as Row[];
      const moved = walkMoved.all({ ...stretch, lookedAt: bounds.lookedAt }) as Row[];
      const rows = [...still, ...moved].sort((a, b) => b.place - a.place);
      return pageOf(rows, limit, floor ?? null);
    },
  };
}

type Page = {
  readonly before: number;
  /** The last event when the listing began; without, it begins with this page. */
  readonly upTo?: number;
  readonly limit: number;
};

const EVER = Number.MAX_SAFE_INTEGER;

/** A filter in the terms of the columns; null where there is no condition. */
type Bound = { readonly [name in keyof MachineFilter]-?: string | number | null };

/** Undefined when an author is named of whom nothing is stored. */
function bind(filter: MachineFilter, events: Events): Bound | undefined {
  const number = (pubkey: string | undefined) =>
    pubkey === undefined ? null : events.authors.find(pubkey);
  const author = number(filter.author);
  const participant = number(filter.participant);
  if (author === undefined || participant === undefined) return undefined;
  return {
    author,
    participant,
    state: tagText('s', filter.state),
    type: tagText('n', filter.type),
    status: filter.status ?? null,
    q: filter.q?.toLowerCase() ?? null,
  };
}

/** A tag as the JSON of an event's tags holds it; a quote in a string would be escaped there. */
function tagText(letter: string, value: string | undefined): string | null {
  return value === undefined ? null : JSON.stringify([letter, value]);
}

/** The shortest list of machines that some index gives for a filter, if one is short. */
function candidateFinder(db: Db, most: number) {
  const from = (sql: string) => {
    const statement = db.prepare(sql).pluck();
    return (key: string | number | null) => (key === null ? [] : [statement.all(key, most + 1)]);
  };
  const kept = from(
    'SELECT m.event FROM (SELECT event FROM tag WHERE hash = ? LIMIT ?) t' +
      ' LEFT JOIN machine m ON m.keeper = t.event',
  );
  const written = from(
    `SELECT n FROM event WHERE author = ? AND kind = ${DEFINITION_KIND} LIMIT ?`,
  );
  const joined = from('SELECT machine FROM participant WHERE author = ? LIMIT ?');

  return ({ state, type }: MachineFilter, { author, participant }: Bound) => {
    const lists = [
      ...kept(state === undefined ? null : tagHash('s', state)),
      ...kept(type === undefined ? null : tagHash('n', type)),
      ...written(author),
      ...joined(participant),
    ];
    const short = lists.filter(({ length }) => length <= most);
    return short.sort((a, b) => a.length - b.length)[0];
  };
}

function pageOf(rows: readonly Row[], limit: number, floor: number | null): MachinePage {
  const machines = rows.slice(0, limit).map(({ place: _, ...row }) => ({
    ...row,
    id: row.id.toString('hex'),
    author: row.author.toString('hex'),
    head: row.head?.toString('hex') ?? null,
  }));
  const last = rows[limit - 1];
  return { machines, next: rows.length > limit && last ? last.place : floor };
}

/** For SQL: 1 when title or description hold a lower-case text, in whatever case. */
function mentions(tags: unknown, q: unknown): number {
  const text = String(tags);
  const sought = String(q);
  // Parsing is dear: first see whether the text has it anywhere, escaped as it would be there.
  if (!text.toLowerCase().includes(JSON.stringify(sought).slice(1, -1))) return 0;
  const parsed = JSON.parse(text) as string[][];
  return ['title', 'description'].some((name) => {
    const value = parsed.find((tag) => tag[0] === name)?.[1] ?? '';
    return value.toLowerCase().includes(sought);
  })
    ? 1
    : 0;
}
