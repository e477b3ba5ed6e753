/**
 * Rows of events that were read lately, with the JSON they are served as.
 *
 * A row never changes, but it may go or become hollow. The database itself tells of that, by
 * triggers of this connection, so that no writer can forget to; a rollback clears all. There are
 * two generations: what is asked for again moves to the young one, and when that is full the old
 * one is dropped.
 */
import type { Db } from './database.ts';
import { type EventRow, type Events, fromHex, hexOf, rowToJson } from './events.ts';
import type { Key } from './merge.ts';
import { KEY_COLUMNS, type KeyRow, keyOf } from './walk.ts';

type Entry = { readonly key: Key; readonly row: EventRow };

/** The cache of an open database. */
export type RowCache = ReturnType<typeof rowCache>;

/** What an entry costs besides its texts, in bytes, about. */
const ENTRY_BYTES = 600;
/** Beyond so many bytes a text is read when it is served, so that a page is never large. */
const SHORT_BYTES = 2_048;
const IS_SHORT = `octet_length(e.tags) + octet_length(e.content) <= ${SHORT_BYTES}`;
const COLUMNS =
  `${KEY_COLUMNS}, ${hexOf('e.id')}, ${hexOf('e.sig')},` +
  ` iif(${IS_SHORT}, e.tags, NULL), iif(${IS_SHORT}, e.content, NULL)`;

type WholeRow = readonly [
  ...key: KeyRow,
  id: string,
  sig: string,
  tags: string | null,
  content: string | null,
];

/** An empty cache of about so many bytes at most. */
export function rowCache(db: Db, events: Events, bytesMax: number) {
  const many = db
    .prepare(`SELECT ${COLUMNS} FROM json_each(?) j CROSS JOIN event e ON e.n = j.value`)
    .raw();
  const named = db.prepare(`SELECT ${COLUMNS} FROM event e WHERE e.id = ?`).raw();
  const kept = generations(bytesMax / 2);
  if (bytesMax > 0) forgetWhatGoes(db, kept.drop);

  /** Takes in a row that came with its key, if its texts did. */
  const take = (whole: WholeRow): Key => {
    const key = keyOf(whole);
    const [id, sig, tags, content] = [whole[6], whole[7], whole[8], whole[9]];
    // A hollow row is nobody's, and looks as if it were still to be signed.
    if (tags === null || content === null || key.expires_at === 0) return key;
    const pubkey = events.authors.pubkey(key.author);
    const { n, created_at, kind } = key;
    const row = { n, id, pubkey, created_at, kind, tags, content, sig };
    kept.put({ key, row: sig === '' ? row : { ...row, json: rowToJson(row) } });
    return key;
  };

  return {
    /** The keys of events, in the order of their numbers here; of what is gone there is none. */
    keys: (numbers: readonly number[]): readonly Key[] => {
      const found = numbers.map((n) => kept.get(n)?.key);
      if (!found.includes(undefined)) return found as readonly Key[];
      const missing = numbers.filter((_, i) => found[i] === undefined);
      const rows = many.all(JSON.stringify(missing)) as readonly WholeRow[];
      const read = new Map(rows.map((row) => [row[0], take(row)]));
      return numbers.flatMap((n, i) => found[i] ?? read.get(n) ?? []);
    },

    /** The key of a stored event by its id. */
    named: (id: string): Key | undefined => {
      const known = kept.named(id);
      if (known) return known.key;
      const row = named.get(fromHex(id)) as WholeRow | undefined;
      return row && take(row);
    },

    /** The row of an event, if it is here. */
    row: (n: number): EventRow | undefined => kept.get(n)?.row,

    clear: kept.clear,
  };
}

/** Entries in two generations, each of so many bytes; the younger one is asked first. */
function generations(bytesMax: number) {
  let [young, old] = [generation(), generation()];

  const put = (entry: Entry): void => {
    const bytes = bytesOf(entry.row);
    if (young.bytes + bytes > bytesMax) [young, old] = [generation(), young];
    if (bytes > bytesMax) return;
    young.byNumber.set(entry.key.n, entry);
    young.byId.set(entry.row.id, entry);
    young.bytes += bytes;
  };
  /** What is asked for again stays for another generation. */
  const renew = (entry: Entry | undefined): Entry | undefined => {
    if (entry) put(entry);
    return entry;
  };
  return {
    put,
    get: (n: number) => young.byNumber.get(n) ?? renew(old.byNumber.get(n)),
    named: (id: string) => young.byId.get(id) ?? renew(old.byId.get(id)),
    drop: (n: number): void => {
      for (const { byNumber, byId } of [young, old]) {
        const entry = byNumber.get(n);
        if (!entry) continue;
        byNumber.delete(n);
        byId.delete(entry.row.id);
      }
    },
    clear: (): void => {
      [young, old] = [generation(), generation()];
    },
  };
}

function generation() {
  return { byNumber: new Map<number, Entry>(), byId: new Map<string, Entry>(), bytes: 0 };
}

/** A character is one byte for most texts; where it is two, this is half of the truth. */
function bytesOf({ tags, content, json = '' }: EventRow): number {
  return ENTRY_BYTES + tags.length + content.length + json.length;
}

/** Calls back for each event of which this connection removes or changes the row. */
function forgetWhatGoes(db: Db, forget: (n: number) => void): void {
  db.function('forget_row', (n) => {
    forget(Number(n));
    return null;
  });
  for (const change of ['DELETE', 'UPDATE']) {
    db.exec(
      `CREATE TEMP TRIGGER forget_row_at_${change} AFTER ${change} ON main.event` +
        ' BEGIN SELECT forget_row(old.n); END',
    );
  }
}
