/**
 * Stored answers against a matcher that knows nothing of the others.
 *
 * Three ways to say which events a filter wants: SQL walks, the matcher of live subscriptions, and
 * the naive reading of NIP-01 below. They may never differ, or one half of a REQ contradicts the
 * other, whatever is remembered of earlier answers. Real SQLite; one file for all runs with so much
 * memory, emptied after each.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { expiration, isExpired, type NostrEvent, newestFirst } from '../../src/nostr/event.ts';
import { type Filter, matches, parseFilter } from '../../src/nostr/filter.ts';
import { sha256Hex } from '../../src/nsm/canonical.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { eventArbitrary, filterArbitrary } from '../support/arbitraries.ts';

/** Stores that read each row anew, that remember a few rows, and that remember all. */
const STORES = [0, 16_000, 100_000_000].map((cachedBytesMax) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'headkeeper-query-'));
  return { cachedBytesMax, dataDir, store: openStore(dataDir, 'normal', { cachedBytesMax }) };
});

afterAll(() => {
  for (const { store, dataDir } of STORES) {
    store.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
});

type FilterJson = Readonly<Record<string, unknown>>;

const NOW = 1_700_000_004;

/** Whether an event satisfies a filter, read member by member as NIP-01 puts it. */
function isWanted(filter: FilterJson, event: NostrEvent): boolean {
  return Object.entries(filter).every(([name, wanted]) => {
    const list = Array.isArray(wanted) ? wanted : [];
    if (name === 'ids') return list.includes(event.id);
    if (name === 'authors') return list.includes(event.pubkey);
    if (name === 'kinds') return list.includes(event.kind);
    if (name === 'since') return Number(wanted) <= event.created_at;
    if (name === 'until') return event.created_at <= Number(wanted);
    if (name === 'limit') return true;
    return event.tags.some(
      (tag) => tag.length > 1 && `#${tag[0]}` === name && list.includes(tag[1]),
    );
  });
}

function parsed(filter: FilterJson): Filter {
  const result = parseFilter(filter, { filterValuesMax: 1_000 });
  if ('problem' in result) throw new Error(result.problem);
  return result;
}

/** What the store answers, as ids. A pause is no end. */
function answer(
  store: Store,
  filters: readonly FilterJson[],
  { limits, upTo }: { readonly limits: readonly number[]; readonly upTo: number },
): string[] {
  const bounds = { upTo, now: NOW };
  const source = store.query.run(filters.map(parsed), { rows: limits, beyond: null }, bounds);
  const ids: string[] = [];
  for (let row = source.next(); row !== undefined; row = source.next()) {
    if (row === null) source.resume(NOW);
    else ids.push(row.id);
  }
  return ids;
}

/** What it has to answer. */
function wanted(
  filters: readonly FilterJson[],
  limits: readonly number[],
  visible: readonly NostrEvent[],
): string[] {
  const sorted = [...visible].sort(newestFirst);
  const all = filters.flatMap((filter, i) =>
    sorted.filter((event) => isWanted(filter, event)).slice(0, limits[i]),
  );
  return [...new Set(all)].sort(newestFirst).map(({ id }) => id);
}

/** Stores events, lets `run` ask, and leaves the store empty. */
function withStored(
  store: Store,
  events: readonly NostrEvent[],
  run: (ns: readonly number[]) => void,
): void {
  const ns = store.transaction(() =>
    events.map((event) => store.events.insert(event, expiration(event))),
  );
  try {
    run(ns);
  } finally {
    store.transaction(() => ns.forEach((n) => void store.events.remove(n)));
  }
}

const eventsArbitrary = fc
  .uniqueArray(
    fc.tuple(eventArbitrary, fc.option(fc.integer({ min: NOW - 2, max: NOW + 2 }), { freq: 4 })),
    { selector: ([event]) => event.id, maxLength: 40, size: 'max' },
  )
  .map((drawn) =>
    drawn.map(([event, expires]) =>
      expires === null
        ? event
        : { ...event, tags: [...event.tags, ['expiration', String(expires)]] },
    ),
  );

const filtersArbitrary = fc.array(filterArbitrary, { minLength: 1, maxLength: 4 });
const limitOf = ({ limit = 500 }: FilterJson): number => Number(limit);

describe.each(STORES)('a stored answer, with $cachedBytesMax bytes of memory,', ({ store }) => {
  it('holds what every filter wants, newest first, once, whatever was removed or expired', () => {
    let found = 0;
    fc.assert(
      fc.property(eventsArbitrary, filtersArbitrary, fc.nat(), (events, filters, seed) => {
        withStored(store, events, (ns) => {
          const gone = (i: number) => (i + seed) % 5 === 0;
          const limits = filters.map(limitOf);
          // What this remembers must be forgotten where it goes.
          answer(store, filters, { limits, upTo: ns.at(-1) ?? 0 });
          store.transaction(() => ns.forEach((n, i) => void (gone(i) && store.events.remove(n))));
          const upTo = ns[Math.floor(ns.length * 0.8)] ?? 0;
          const visible = events.filter(
            (event, i) => !gone(i) && (ns[i] ?? 0) <= upTo && !isExpired(event, NOW),
          );
          const ids = answer(store, filters, { limits, upTo });
          expect(ids).toEqual(wanted(filters, limits, visible));
          found += ids.length;
        });
      }),
      { numRuns: 150 },
    );
    expect(found).toBeGreaterThan(150);
  });

  it('is whole over many pages of one second, and stops at its limit', () => {
    const times = fc.array(fc.integer({ min: NOW - 2, max: NOW }), {
      minLength: 230,
      maxLength: 260,
    });
    const filters: readonly FilterJson[] = [
      ...[{}, { kinds: [1] }, { kinds: [1, 2] }, { '#t': ['a'] }, { '#t': ['a', 'b'] }],
      ...[
        { authors: ['aa'.repeat(32)] },
        { authors: ['aa'.repeat(32)], kinds: [1] },
        { until: NOW - 1 },
      ],
      ...[{ since: NOW }, { '#t': ['b'], kinds: [2], since: NOW - 1 }, { kinds: [2], '#q': ['x'] }],
    ];
    fc.assert(
      fc.property(times, fc.constantFrom(0, 1, 99, 100, 101, 200, 1_000), (seconds, limit) => {
        const events = seconds.map((created_at, i) => ({
          ...{ id: sha256Hex(`${i}`), pubkey: (i % 3 === 0 ? 'bb' : 'aa').repeat(32), created_at },
          ...{
            kind: 1 + (i % 2),
            tags: [['t', i % 7 === 0 ? 'b' : 'a'], ...(i % 2 ? [['t', 'b']] : [])],
          },
          ...{ content: '', sig: '00'.repeat(64) },
        }));
        withStored(store, events, (ns) => {
          for (const filter of filters) {
            const ids = answer(store, [filter], { limits: [limit], upTo: ns.at(-1) ?? 0 });
            expect(ids).toEqual(wanted([filter], [limit], events));
          }
          // Together they are more than one turn may read.
          const limits = filters.map(() => limit);
          const ids = answer(store, filters, { limits, upTo: ns.at(-1) ?? 0 });
          expect(ids).toEqual(wanted(filters, limits, events));
        });
      }),
      { numRuns: 6 },
    );
  });
});

describe('the matcher of live subscriptions', () => {
  it('wants what NIP-01 says, of every event', () => {
    fc.assert(
      fc.property(eventArbitrary, filterArbitrary, (event, filter) => {
        expect(matches(parsed(filter), event)).toBe(isWanted(filter, event));
      }),
      { numRuns: 1_000 },
    );
  });
});
