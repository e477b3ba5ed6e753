/**
 * Rows that are remembered: served as if they were read, forgotten where they change or go, and no
 * more of them than was said.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { eventJson } from '../../src/nostr/message.ts';
import { sha256Hex } from '../../src/nsm/canonical.ts';
import { type RowCache, rowCache } from '../../src/store/row-cache.ts';
import { openStore } from '../../src/store/store.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'headkeeper-rows-'));
const store = openStore(dataDir, 'normal');
const { db, events } = store;
const KINDS = ['a note', 'ünïcode ☂ \u0000 "quoted"', '\\ and / and \u2028'];

let cache: RowCache;
let opened = 0;

/** A cache with triggers of its own; those of the one before go. */
function fresh(bytesMax: number): RowCache {
  for (const change of ['DELETE', 'UPDATE']) {
    db.exec(`DROP TRIGGER IF EXISTS temp.forget_row_at_${change}`);
  }
  return rowCache(db, events, bytesMax);
}

function storeNote(content: string, sig = '11'.repeat(64)): { n: number; event: NostrEvent } {
  const id = sha256Hex(`${content} ${opened++}`);
  const of = { id, pubkey: sha256Hex('author'), created_at: 1_700_000_000, kind: 1 };
  const event = { ...of, tags: [['t', content]], content, sig };
  return { n: store.transaction(() => events.insert(event, undefined)), event };
}

beforeEach(() => {
  cache = fresh(100_000);
});
afterAll(() => {
  store.close();
  rmSync(dataDir, { recursive: true, force: true });
});

describe('a remembered row', () => {
  it.each(KINDS)('is what was stored, and its JSON is that of the event: %j', (content) => {
    const { n, event } = storeNote(content);
    expect(cache.keys([n])).toEqual([cache.named(event.id)]);
    const row = cache.row(n);
    expect(row).toEqual(events.row(n) && { ...events.row(n), json: eventJson(event) });
    expect(row && store.rowToJson(row)).toBe(eventJson(event));
  });

  it('has no JSON while its signature is still to be made', () => {
    const { n, event } = storeNote('a state', '');
    cache.keys([n]);
    const row = cache.row(n);
    expect(row?.json).toBeUndefined();
    expect(row && store.rowToJson(row, 'ab')).toBe(eventJson({ ...event, sig: 'ab' }));
  });

  it('is forgotten when it is removed, by whatever statement', () => {
    const { n, event } = storeNote('gone');
    cache.keys([n]);
    db.exec(`DELETE FROM event WHERE n = ${n}`);
    expect(cache.row(n)).toBeUndefined();
    expect(cache.named(event.id)).toBeUndefined();
    expect(cache.keys([n])).toEqual([]);
  });

  it('is forgotten when it becomes hollow, and not remembered again', () => {
    const { n } = storeNote('hollow');
    cache.keys([n]);
    store.transaction(() => store.tombstones.hollow(n));
    expect(cache.row(n)).toBeUndefined();
    expect(cache.keys([n])).toEqual([expect.objectContaining({ n, expires_at: 0 })]);
    expect(cache.row(n)).toBeUndefined();
  });

  it('comes without its row when that is long', () => {
    const { n } = storeNote('x'.repeat(3_000));
    expect(cache.keys([n])).toHaveLength(1);
    expect(cache.row(n)).toBeUndefined();
  });
});

describe('rows that are asked for together', () => {
  it('come in the order of the question, remembered or not, without those that are gone', () => {
    const notes = ['a', 'b', 'c', 'd'].map((name) => storeNote(name).n);
    cache.keys([notes[1] ?? 0, notes[3] ?? 0]);
    const asked = [notes[3], 1_000_000, notes[0], notes[1], notes[2]].map(Number);
    const found = [notes[3], notes[0], notes[1], notes[2]];
    expect(cache.keys(asked).map(({ n }) => n)).toEqual(found);
  });
});

describe('a cache that is full', () => {
  it('keeps what is asked for again, and about as many bytes as it was given', () => {
    cache = fresh(20_000);
    const often = storeNote('often').n;
    const once = Array.from({ length: 200 }, (_, i) => storeNote(`once ${i}`).n);
    for (const n of once) cache.keys([often, n]);
    expect(cache.row(often)).toBeDefined();
    const kept = once.filter((n) => cache.row(n) !== undefined);
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThan(20_000 / 600);
  });

  it('of no bytes reads everything anew', () => {
    cache = fresh(0);
    const { n, event } = storeNote('anew');
    expect(cache.keys([n])).toEqual([cache.named(event.id)]);
    expect(cache.row(n)).toBeUndefined();
  });
});
