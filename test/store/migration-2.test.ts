/**
 * A database of the first schema opens as one of the present: same events, same answers.
 */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, it } from 'vitest';
import { sha256Hex } from '../../src/nsm/canonical.ts';
import { openStore } from '../../src/store/store.ts';
import { tagHash } from '../../src/store/tag-hash.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'headkeeper-old-'));
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

/** What of the first schema the second one changes. */
const FIRST = `
  CREATE TABLE author (n INTEGER PRIMARY KEY, pubkey BLOB NOT NULL UNIQUE) STRICT;
  CREATE TABLE event (
    n INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE, author INTEGER NOT NULL,
    kind INTEGER NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER, tags TEXT NOT NULL,
    content TEXT NOT NULL, sig BLOB NOT NULL
  ) STRICT;
  CREATE INDEX event_by_time ON event (created_at);
  CREATE INDEX event_by_kind ON event (kind, created_at);
  CREATE INDEX event_by_author ON event (author, kind, created_at);
  CREATE TABLE tag (
    hash INTEGER NOT NULL, created_at INTEGER NOT NULL, event INTEGER NOT NULL,
    PRIMARY KEY (hash, created_at, event)
  ) STRICT, WITHOUT ROWID;`;

const column = (db: Database.Database, sql: string) => db.prepare(sql).pluck().all() as string[];

describe('a database of the first schema', () => {
  it('is brought to the second, and answers in order', () => {
    mkdirSync(dataDir, { recursive: true });
    // Tables that the step leaves as they are come from a new file.
    openStore(dataDir, 'normal').close();
    const db = new Database(join(dataDir, 'headkeeper.db'));
    db.exec('DROP TABLE tag; DROP TABLE event; DROP TABLE author; DROP TABLE vanished;');
    db.exec('DROP INDEX evidence_by_author; ALTER TABLE machine DROP COLUMN redacted;');
    db.exec(FIRST);
    db.prepare('INSERT INTO author VALUES (1, ?)').run(Buffer.from('aa'.repeat(32), 'hex'));
    const ids = ['f', 'a', 'c', 'b'].map((name) => sha256Hex(name));
    const insert = db.prepare("INSERT INTO event VALUES (?, ?, 1, 1, 100, NULL, ?, '', ?)");
    ids.forEach((id, i) => {
      const tags = JSON.stringify([['t', 'x']]);
      insert.run(i + 1, Buffer.from(id, 'hex'), tags, Buffer.alloc(64));
      db.prepare('INSERT INTO tag VALUES (?, 100, ?)').run(tagHash('t', 'x'), i + 1);
    });
    db.pragma('user_version = 1');
    db.close();

    const store = openStore(dataDir, 'normal');
    const indexes = column(store.db, "SELECT name FROM sqlite_schema WHERE type = 'index'");
    expect(indexes).toContain('event_by_author_kind');
    const filters = [
      { tags: [] },
      { kinds: new Set([1]), tags: [] },
      { authors: new Set(['aa'.repeat(32)]), tags: [] },
      { tags: [{ letter: 't', values: new Set(['x']) }] },
    ];
    for (const filter of filters) {
      const answer = store.query.run([filter], { rows: [9], beyond: null }, { upTo: 9, now: 0 });
      const found: string[] = [];
      for (let row = answer.next(); row; row = answer.next()) found.push(row.id.toString('hex'));
      expect(found).toEqual([...ids].sort());
    }
    store.close();
  });
});
