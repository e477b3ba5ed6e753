/**
 * The full-text index behind `search` (NIP-50): which events hold all of some words.
 *
 * FTS5 without a copy of the text, filled with the words of nostr/search.ts. Events that are not
 * for everybody never enter it. It is asked in windows of the sequence, so that one question costs
 * no more than a window, however common its words are. Where search is off there is no index; when
 * it is switched on, older events are indexed little by little.
 */
import type { NostrEvent } from '../nostr/event.ts';
import { isSearched, type Search, wordsOf } from '../nostr/search.ts';
import type { Db } from './database.ts';

/** How many sequence numbers one question covers. */
export const WINDOW = 5_000;

/** The index of an open database. */
export type SearchIndex = {
  readonly add: (n: number, event: NostrEvent) => void;
  readonly remove: (n: number, event: NostrEvent) => void;
  /** Sequence numbers of events with all words, from `from` up to `to`, in order. */
  readonly find: (search: Search, from: number, to: number) => readonly number[];
  /** Indexes so many older events; false when there are none left. */
  readonly catchUp: (most: number) => boolean;
};

/** No index: adds nothing and finds nothing. */
export const NO_SEARCH: SearchIndex = {
  add: () => {},
  remove: () => {},
  find: () => [],
  catchUp: () => false,
};

/** The search index; made if it is wanted and missing, dropped if it is not wanted. */
export function searchIndex(db: Db, isOn: boolean): SearchIndex {
  const exists = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'search'").get();
  if (!isOn) {
    if (exists) db.exec('DROP TABLE search; DROP TABLE search_backlog');
    return NO_SEARCH;
  }
  if (!exists) createIndex(db);
  return openIndex(db);
}

function createIndex(db: Db): void {
  db.transaction(() => {
    db.exec(
      "CREATE VIRTUAL TABLE search USING fts5(words, content = '', contentless_delete = 1," +
        " detail = none, tokenize = 'ascii');" +
        // Events up to `n` are not indexed yet.
        ' CREATE TABLE search_backlog (n INTEGER NOT NULL) STRICT;' +
        ' INSERT INTO search_backlog SELECT coalesce(max(n), 0) FROM event',
    );
  })();
}

function openIndex(db: Db): SearchIndex {
  const insert = db.prepare('INSERT OR REPLACE INTO search (rowid, words) VALUES (?, ?)');
  const remove = db.prepare('DELETE FROM search WHERE rowid = ?');
  const find = db
    .prepare(
      'SELECT rowid FROM search WHERE search MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid',
    )
    .pluck();
  const backlog = db.prepare('SELECT n FROM search_backlog').pluck();
  const setBacklog = db.prepare('UPDATE search_backlog SET n = ?');
  const older = db.prepare(
    'SELECT n, kind, content FROM event WHERE n <= ? ORDER BY n DESC LIMIT ?',
  );

  const add = (n: number, { kind, content }: Pick<NostrEvent, 'kind' | 'content'>) => {
    if (!isSearched(kind) || content === '') return;
    insert.run(n, wordsOf(content).join(' '));
  };
  return {
    add,
    remove: (n, { kind, content }) => {
      if (isSearched(kind) && content !== '') remove.run(n);
    },
    find: ({ words }, from, to) => {
      const asked = words.map((word) => `"${word}"`).join(' ');
      return find.all(asked, from, to) as number[];
    },
    catchUp: (most) => {
      const rows = older.all(backlog.get(), most) as { n: number; kind: number; content: string }[];
      db.transaction(() => {
        for (const row of rows) add(row.n, row);
        setBacklog.run((rows.at(-1)?.n ?? 1) - 1);
      })();
      return rows.length === most;
    },
  };
}
