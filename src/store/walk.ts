/**
 * Ordered walks along one index prefix: a tag value, an author, an author and kind, a kind, or all.
 *
 * Every index has time and the beginning of the id behind its prefix, which is the order of
 * answers, so a page of a walk costs its own rows and no others: first what is left of the second
 * it stands in, then older seconds. Nothing is left out here; who asks decides what he takes.
 */
import type { Filter } from '../nostr/filter.ts';
import type { Db, Statement } from './database.ts';
import { hexOf } from './events.ts';
import type { Key, Source, Texts } from './merge.ts';
import { STATEMENT_WORK, type Turn } from './turn.ts';

/** The columns of a `Key` for a SELECT over `event e`. */
export const KEY_COLUMNS = 'e.n, e.created_at, e.rank, e.author, e.kind, e.expires_at';

/** Beyond so many bytes a text is read when it is served, so that a page is never large. */
const SHORT_BYTES = 2_048;
const IS_SHORT = `octet_length(e.tags) + octet_length(e.content) <= ${SHORT_BYTES}`;
/** `KEY_COLUMNS` and the texts of a row, as `keyOf` reads them. */
export const WHOLE_COLUMNS =
  `${KEY_COLUMNS}, ${hexOf('e.id')} AS id, ${hexOf('e.sig')} AS sig,` +
  ` iif(${IS_SHORT}, e.tags, NULL) AS tags, iif(${IS_SHORT}, e.content, NULL) AS content`;

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
  /** Whether keys come with short texts; whoever wants them must not hold keys over a turn. */
  readonly withTexts?: boolean;
};

/** The walks along the indexes of a database. */
export type Walks = ReturnType<typeof indexWalks>;

/** Statements over every index of an open database, for rows of these columns. */
export function indexStatements(db: Db, columns: string): Readonly<Record<IndexName, Statements>> {
  const tag = over(db, {
    columns,
    ...{ from: 'tag t CROSS JOIN event e ON e.n = t.event', of: 't', n: 't.event' },
    where: 't.hash = ? AND',
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
  const statements = indexStatements(db, KEY_COLUMNS);
  const whole = indexStatements(db, WHOLE_COLUMNS);
  for (const { within, older } of [...Object.values(statements), ...Object.values(whole)]) {
    // An array costs less to make than an object with the names of the columns.
    within.raw();
    older.raw();
  }
  return {
    /** A walk from the newest event on. */
    walk: (prefix: Prefix, options: WalkOptions): Source =>
      walk((options.withTexts ? whole : statements)[prefix.index], prefix, options),

    /** How many rows a walk has, counted up to a number. */
    count: ({ index, keys }: Prefix, { since = 0, until = LAST }: Filter, most: number): number =>
      statements[index].count.get(...keys, until, since, most) as number,
  };
}

/** The statements over one index. */
export type Statements = {
  readonly within: Statement;
  readonly older: Statement;
  readonly count: Statement;
};

type Index = {
  readonly columns: string;
  readonly from: string;
  readonly of: string;
  readonly n: string;
  readonly where: string;
};

const LAST = Number.MAX_SAFE_INTEGER;

function over(db: Db, { columns, from, of, n, where }: Index): Statements {
  const time = `${of}.created_at`;
  const select = `SELECT ${columns} FROM ${from} WHERE ${where}`;
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

/** One ordered walk; remembers its last key, and reads the next page when it is asked for it. */
function walk(statements: Statements, { keys }: Prefix, options: WalkOptions): Source {
  const { filter, pageRows, turn, withTexts = false } = options;
  let rows = options.firstRows ?? pageRows;
  let page: readonly Key[] = [];
  let at = 0;
  let last: Key | undefined;
  let ended = false;
  let readIn = turn.number;
  const fetch = () => {
    page = readPage<KeyRow>(statements, { keys, filter, last, rows }).map(keyOf);
    at = 0;
    last = page.at(-1) ?? last;
    ended = page.length < rows;
    rows = pageRows;
    readIn = turn.number;
  };
  return {
    head: () => {
      if (at < page.length || ended) {
        // In between anything may have been removed.
        if (withTexts && readIn !== turn.number) page = page.map(withoutTexts);
        readIn = turn.number;
        return page[at];
      }
      if (turn.left <= 0) return null;
      fetch();
      turn.left -= page.length + STATEMENT_WORK;
      return page[at];
    },
    next: () => {
      at++;
    },
  };
}

/** The values of `KEY_COLUMNS` or `WHOLE_COLUMNS`; texts that are not short are null. */
export type KeyRow = readonly [
  n: number,
  created_at: number,
  rank: number,
  author: number,
  kind: number,
  expires_at: number | null,
  id?: string,
  sig?: string,
  tags?: string | null,
  content?: string | null,
];

/** The key that a row holds, with its texts if they are there and short. */
export function keyOf(row: KeyRow): Key {
  return {
    n: row[0],
    created_at: row[1],
    rank: row[2],
    author: row[3],
    kind: row[4],
    expires_at: row[5],
    texts: textsOf(row),
  };
}

function textsOf(row: KeyRow): Texts | undefined {
  const [id, sig, tags, content] = [row[6], row[7], row[8], row[9]];
  const isWhole =
    id !== undefined &&
    sig !== undefined &&
    typeof tags === 'string' &&
    typeof content === 'string';
  return isWhole ? { id, sig, tags, content } : undefined;
}

/** A key that may be held for longer than a turn: its texts are read when they are needed. */
export function withoutTexts(key: Key): Key {
  return { ...key, texts: undefined };
}
