/**
 * A query gives way: how many rows one page reads, how much one turn holds, whatever the filter.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Filter } from '../../src/nostr/filter.ts';
import { sha256Hex } from '../../src/nsm/canonical.ts';
import { openStore } from '../../src/store/store.ts';
import { WORK_PER_TURN } from '../../src/store/turn.ts';
import { indexWalks } from '../../src/store/walk.ts';

const NOW = 1_700_000_000;
const EVENTS = 6_000;
const dataDir = mkdtempSync(join(tmpdir(), 'headkeeper-turns-'));
const store = openStore(dataDir, 'normal', { search: true });
const AUTHORS = Array.from({ length: 5 }, (_, i) => sha256Hex(`author ${i}`));

beforeAll(() => {
  store.transaction(() => {
    for (let i = 0; i < EVENTS; i++) {
      const event = {
        id: sha256Hex(`${i}`),
        pubkey: AUTHORS[i % 5] ?? '',
        // Half of them in one second: a page must not read a whole second again and again.
        created_at: i % 2 === 0 ? NOW : NOW - i,
        kind: i % 3,
        tags: [
          ['t', i % 4 === 0 ? 'often' : 'always'],
          ['t', `${i}`],
        ],
        content: i % 7 === 0 ? 'a common word' : 'another common word',
        sig: '00'.repeat(64),
      };
      store.events.insert(event, i % 10 === 0 ? NOW - 1 : undefined);
    }
  });
});
afterAll(() => {
  store.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const tag = (...values: readonly string[]) => [{ letter: 't', values: new Set(values) }];
const ids = (count: number) => new Set(Array.from({ length: count }, (_, i) => sha256Hex(`${i}`)));

const SHAPES: Readonly<Record<string, readonly Filter[]>> = {
  everything: [{ tags: [] }],
  'one kind': [{ kinds: new Set([1]), tags: [] }],
  authors: [{ authors: new Set(AUTHORS), tags: [] }],
  'authors and kinds': [{ authors: new Set(AUTHORS), kinds: new Set([0, 1]), tags: [] }],
  'a tag that all have': [{ tags: tag('always') }],
  'a thousand tags': [{ tags: tag(...Array.from({ length: 1_000 }, (_, i) => `${i}`)) }],
  'a tag and an author': [{ authors: new Set([AUTHORS[1] ?? '']), tags: tag('often') }],
  '2,000 ids': [{ ids: ids(2_000), tags: [] }],
  'twenty filters at once': Array.from({ length: 20 }, (_, i) => ({
    kinds: new Set([i % 3]),
    tags: [],
  })),
  'a common word': [{ search: { words: ['common', 'word'] }, tags: [] }],
};

describe('a query', () => {
  it.each(Object.entries(SHAPES))('for %s pauses before a turn holds too much', (_, filters) => {
    const limits = { rows: filters.map(() => 1_000), beyond: null };
    const answer = store.query.run(filters, limits, { upTo: store.lastEvent(), now: NOW });
    let [turns, worst] = [1, 0];
    for (let row = answer.next(); row !== undefined; row = answer.next()) {
      worst = Math.max(worst, answer.spent());
      if (row !== null) continue;
      turns++;
      answer.resume(NOW);
    }
    // A page or an opening may go over, never by much.
    expect(worst).toBeLessThan(WORK_PER_TURN + 300);
    expect(turns).toBeGreaterThan(1);
  });

  it('counts in turns too', () => {
    const counting = store.query.count([{ tags: [] }], { upTo: store.lastEvent(), now: NOW });
    let [count, pauses] = [0, 0];
    for (let key = counting.next(); key !== undefined; key = counting.next()) {
      if (key !== null) count++;
      else {
        pauses++;
        counting.resume(NOW);
      }
    }
    expect(count).toBe(EVENTS * 0.9);
    expect(pauses).toBeGreaterThanOrEqual(Math.floor(EVENTS / WORK_PER_TURN));
  });

  it('reads no row it was not asked for: a page holds its own rows alone', () => {
    const turn = { left: WORK_PER_TURN, now: NOW, number: 0 };
    const walks = indexWalks(store.db);
    const source = walks.walk({ index: 'time', keys: [] }, { filter: {}, pageRows: 100, turn });
    let [rows, pages, left] = [0, 0, turn.left];
    for (let key = source.head(); key !== undefined; key = source.head()) {
      if (turn.left < left) {
        expect(left - turn.left).toBeLessThanOrEqual(105);
        pages++;
      }
      if (key === null) turn.left = WORK_PER_TURN;
      else {
        rows++;
        source.next();
      }
      left = turn.left;
    }
    expect([rows, pages]).toEqual([EVENTS, EVENTS / 100]);
  });

  it.each([
    ['event_by_time', 'SELECT n FROM event INDEXED BY event_by_time WHERE created_at < 9'],
    [
      'event_by_kind',
      'SELECT n FROM event INDEXED BY event_by_kind WHERE kind = 1 AND created_at < 9',
    ],
    [
      'event_by_author_kind',
      'SELECT n FROM event INDEXED BY event_by_author_kind' +
        ' WHERE author = 1 AND kind = 1 AND created_at < 9',
    ],
  ])('has %s in the order of answers, so that nothing is sorted', (_, sql) => {
    const plan = store.db.prepare(`EXPLAIN QUERY PLAN ${sql} ORDER BY created_at DESC, rank, n`);
    expect(JSON.stringify(plan.all())).not.toContain('B-TREE');
  });

  it('takes the rarer of two ways', () => {
    const filter = { kinds: new Set([0]), tags: tag('12', 'always') };
    const rare = { kinds: new Set([0]), tags: [...tag('always'), ...tag('12')] };
    for (const asked of [filter, rare]) {
      const bounds = { upTo: store.lastEvent(), now: NOW - 2 };
      const counting = store.query.count([asked], bounds);
      while (counting.next() === null) counting.resume(NOW - 2);
      expect(counting.spent()).toBeGreaterThan(0);
    }
    const counting = store.query.count([rare], { upTo: store.lastEvent(), now: NOW - 2 });
    expect(counting.next()).toBeUndefined();
    expect(counting.spent()).toBeLessThan(120);
  });
});

describe('a query for ids', () => {
  it('pays for a signature only where none is at hand', () => {
    const id = sha256Hex('unsigned');
    const unsigned = { id, pubkey: AUTHORS[0] ?? '', created_at: NOW, kind: 9, content: '' };
    const n = store.transaction(() =>
      store.events.insert({ ...unsigned, tags: [], sig: '' }, undefined),
    );
    const spentOn = (isSigned: boolean): number => {
      const bounds = { upTo: store.lastEvent(), now: NOW, isSigned: () => isSigned };
      const filter = { ids: new Set([id]), tags: [] };
      const answer = store.query.run([filter], { rows: [1], beyond: null }, bounds);
      expect(answer.next()).toMatchObject({ id, sig: '' });
      return answer.spent();
    };
    expect(spentOn(true)).toBeLessThan(10);
    expect(spentOn(false)).toBeGreaterThan(spentOn(true) + 50);
    store.transaction(() => store.events.remove(n));
  });

  it('serves nothing of an id that was removed between two turns', () => {
    const [id, other] = [sha256Hex('leaving'), sha256Hex('staying')];
    const plain = { pubkey: AUTHORS[0] ?? '', created_at: NOW, kind: 9, tags: [], content: '' };
    const insert = (each: string): number => {
      const event = { ...plain, id: each, sig: '00'.repeat(64) };
      return store.transaction(() => store.events.insert(event, undefined));
    };
    const [n, stays] = [insert(id), insert(other)];
    const many = new Set([id, other, ...ids(WORK_PER_TURN + 10)]);
    const bounds = { upTo: store.lastEvent(), now: NOW };
    const filter = { ids: many, kinds: new Set([9]), tags: [] };
    const answer = store.query.run([filter], { rows: [9], beyond: null }, bounds);
    expect(answer.next()).toBeNull();
    store.transaction(() => store.events.remove(n));
    answer.resume(NOW);
    const served: string[] = [];
    for (let row = answer.next(); row !== undefined; row = answer.next()) {
      if (row === null) answer.resume(NOW);
      else served.push(row.id);
    }
    expect(served).toEqual([other]);
    store.transaction(() => store.events.remove(stays));
  });
});
