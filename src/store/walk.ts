/**
 * Ordered walks along one index prefix: a tag value, an author, an author and kind, a kind, or all.
 *
 * Every index has time and the beginning of the id behind its prefix, which is the order of
 * answers, so a page of a walk costs its own rows and no others: first what is left of the second
 * it stands in, then older seconds. Nothing is left out here; who asks decides what he takes.
 */
import type { Filter } from '../nostr/filter.ts';
import type { Db, Statement } from './database.ts';
import type { Key, Source } from './merge.ts';
import { STATEMENT_WORK, type Turn } from './turn.ts';

/** The columns of a `Key` for a SELECT over `event e`. */
export const KEY_COLUMNS = 'e.n, e.created_at, e.rank, e.author, e.kind, e.expires_at';

/** An index, and the values of its first columns. */
export type Prefix = { readonly index: IndexName; readonly keys: readonly number[] };

type IndexName = 'tag' | 'author-kind' | 'author' | 'kind' | 'time';

/** What a walk needs to know besides where it goes. */
export type WalkOptions = {
  readonly filter: Pick<Filter, 'since' | 'until'>;
  readonly pageRows: number;
  /** Rows of the first page, if it is another. */
  readonly firstRows?: number;
  readonly turn: Turn;
  /** Keys by their numbers, where they are at hand: the walk then reads nothing but its index. */
  readonly keysFor?: (numbers: readonly number[]) => readonly Key[];
};

/** The walks along the indexes of a database. */
export type Walks = ReturnType<typeof indexWalks>;

/**
 * Statements over every index of an open database, for rows of these columns of `event e`; without
 * them for `Place`s, which every index holds itself.
 */
export function indexStatements(db: Db, columns?: string): Readonly<Record<IndexName, Statements>> {
  const tag = over(db, {
    columns,
    from: columns === undefined ? 'tag t' : 'tag t CROSS JOIN event e ON e.n = t.event',
    ...{ of: 't', n: 't.event', where: 't.hash = ? AND' },
  });
  const along = (index: string, where = '') =>
    over(db, { columns, from: `event e INDEXED BY ${index}`, of: 'e', n: 'e.n', where });
  return {
    tag,
    'author-kind': along('event_by_author_kind', 'e.author = ? AND e.kind = ? AND'),
    author: along('event_by_author', 'e.author = ? AND'),
    kind: along('event_by_kind', 'e.kind = ? AND'),
    time: along('event_by_time'),
  };
}

/** The walks of an open database. */
export function indexWalks(db: Db) {
  const places = indexStatements(db);
  const rows = indexStatements(db, KEY_COLUMNS);
  for (const { within, older } of [...Object.values(places), ...Object.values(rows)]) {
    // An array costs less to make than an object with the names of the columns.
    within.raw();
    older.raw();
  }
  return {
    /** A walk from the newest event on. */
    walk: ({ index, keys }: Prefix, { keysFor, ...options }: WalkOptions): Source => {
      if (!keysFor) {
        const read = (found: readonly KeyRow[]) => found.map(keyOf);
        return walk({ ...options, keys, statements: rows[index], read });
      }
      const read = (found: readonly Place[]) => keysFor(found.map(([n]) => n));
      return walk({ ...options, keys, statements: places[index], read });
    },

    /** How many rows a walk has, counted up to a number. */
    count: ({ index, keys }: Prefix, { since = 0, until = LAST }: Filter, most: number): number =>
      places[index].count.get(...keys, until, since, most) as number,
  };
}

/** Where an event stands in an index; what comes behind is not looked at. */
type Place = readonly [n: number, created_at: number, rank: number, ...rest: unknown[]];

/** The statements over one index. */
export type Statements = {
  readonly within: Statement;
  readonly older: Statement;
  readonly count: Statement;
};

type Index = {
  readonly columns: string | undefined;
  readonly from: string;
  readonly of: string;
  readonly n: string;
  readonly where: string;
};

const LAST = Number.MAX_SAFE_INTEGER;

function over(db: Db, { columns, from, of, n, where }: Index): Statements {
  const time = `${of}.created_at`;
  const place = `${n}, ${time}, ${of}.rank`;
  const select = `SELECT ${columns ?? place} FROM ${from} WHERE ${where}`;
  return {
    within: db.prepare(
      `${select} ${time} = ? AND (${of}.rank, ${n}) > (?, ?) ORDER BY ${of}.rank, ${n} LIMIT ?`,
    ),
    older: db.prepare(
      `${select} ${time} < ? AND ${time} >= ? ORDER BY ${time} DESC, ${of}.rank, ${n} LIMIT ?`,
    ),
    count: db
      .prepare(
        `SELECT count(*) FROM (SELECT 1 FROM ${from.replace(/ CROSS JOIN .*/, '')}` +
          ` WHERE ${where} ${time} <= ? AND ${time} >= ? LIMIT ?)`,
      )
      .pluck(),
  };
}

/** Where a page of a walk begins and ends; `last` is the row before it. */
export type Page = {
  readonly keys: readonly number[];
  readonly filter: Pick<Filter, 'since' | 'until'>;
  readonly last: Pick<Key, 'n' | 'created_at' | 'rank'> | undefined;
  readonly rows: number;
};

/** The next page of a walk: what is left of the second it stands in, then older ones. */
export function readPage<Row>(
  { within, older }: Statements,
  { keys, filter, last, rows }: Page,
): readonly Row[] {
  const { since = 0, until = LAST - 1 } = filter;
  const same = last ? (within.all(keys, last.created_at, last.rank, last.n, rows) as Row[]) : [];
  const room = rows - same.length;
  if (room === 0) return same;
  const before = last?.created_at ?? until + 1;
  const rest = older.all(keys, before, since, room) as Row[];
  return same.length === 0 ? rest : [...same, ...rest];
}

type Walk<Row> = Omit<WalkOptions, 'keysFor'> & {
  readonly keys: readonly number[];
  readonly statements: Statements;
  readonly read: (rows: readonly Row[]) => readonly Key[];
};

/** One ordered walk; remembers its last place, and reads the next page when it is asked for it. */
function walk<Row extends Place>(options: Walk<Row>): Source {
  const { statements, keys, filter, pageRows, turn, read } = options;
  let rows = options.firstRows ?? pageRows;
  let page: readonly Key[] = [];
  let at = 0;
  let last: Page['last'];
  let ended = false;
  const fetch = () => {
    const found = readPage<Row>(statements, { keys, filter, last, rows });
    const place = found.at(-1);
    if (place) last = { n: place[0], created_at: place[1], rank: place[2] };
    page = read(found);
    at = 0;
    ended = found.length < rows;
    rows = pageRows;
    turn.left -= found.length + STATEMENT_WORK;
  };
  return {
    head: () => {
      while (at >= page.length && !ended) {
        if (turn.left <= 0) return null;
        fetch();
      }
      return page[at];
    },
    next: () => {
      at++;
    },
  };
}

/** The values of `KEY_COLUMNS`. */
export type KeyRow = readonly [
  n: number,
  created_at: number,
  rank: number,
  author: number,
  kind: number,
  expires_at: number | null,
];

/** The key at the beginning of a row. */
export function keyOf(row: readonly [...KeyRow, ...rest: unknown[]]): Key {
  return {
    n: row[0],
    created_at: row[1],
    rank: row[2],
    author: row[3],
    kind: row[4],
    expires_at: row[5],
  };
}
