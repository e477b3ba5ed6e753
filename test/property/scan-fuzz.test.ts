/**
 * Thousands of random filters against a matcher that looks at every event (research of peers: the
 * index scan must never differ from the dumb one).
 *
 * The events are crowded on purpose: few authors and seconds, values that many share, some of them
 * expired, deleted, guarded. The seed is fixed; HEADKEEPER_FUZZ_SEED sets another.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { expiration, isExpired, type NostrEvent, newestFirst } from '../../src/nostr/event.ts';
import { type Filter, parseFilter } from '../../src/nostr/filter.ts';
import { sha256Hex } from '../../src/nsm/canonical.ts';
import { isReadable } from '../../src/policy/guarded.ts';
import type { Bounds } from '../../src/store/accept.ts';
import { openStore } from '../../src/store/store.ts';
import { type Random, randomFrom } from '../support/random.ts';

const SEED = Number(process.env['HEADKEEPER_FUZZ_SEED'] ?? 20_261_123);
const EVENTS = 400;
const GROUPS = 1_800;
const NOW = 1_700_000_000;

const dataDir = mkdtempSync(join(tmpdir(), 'headkeeper-scan-'));
const store = openStore(dataDir, 'normal', { search: true });

afterAll(() => {
  store.close();
  rmSync(dataDir, { recursive: true, force: true });
});

type FilterJson = Readonly<Record<string, unknown>>;
type FilterMembers = readonly (readonly [string, unknown])[];

const range = (length: number): number[] => Array.from({ length }, (_, i) => i);
const AUTHORS = range(12).map((i) => sha256Hex(`author ${i}`));
const KINDS = [0, 1, 5, 7, 1059, 7501, 7502, 10_002, 20_001, 30_078];
const WORDS = ['a', 'b', 'c', 'd', '"', '["t","a"', 'é🤙'];
const TIMES = range(60).map((i) => NOW - i * i);

function randomEvent(random: Random, i: number, earlier: readonly NostrEvent[]): NostrEvent {
  const tags: string[][] = [];
  for (let n = random.below(4); n > 0; n--) {
    const [name, value] = random.pick([
      ['e', earlier.length > 0 ? random.pick(earlier).id : sha256Hex('none')],
      ['p', random.pick(AUTHORS)],
      ['t', random.pick(WORDS)],
      ['T', random.pick(WORDS)],
      ['-', random.pick(WORDS)],
    ]) as [string, string];
    tags.push([name, value, ...(random.chance(20) ? [random.pick(WORDS)] : [])]);
  }
  if (random.chance(15)) tags.push(['expiration', `${NOW + random.below(5) - 2}`]);
  return {
    id: sha256Hex(`event ${i}`),
    pubkey: random.pick(AUTHORS),
    created_at: random.pick(TIMES),
    kind: random.pick(KINDS),
    tags,
    content: range(random.below(6))
      .map(() => random.pick(['fox', 'hen', 'cat', 'dog']))
      .join(' '),
    sig: '00'.repeat(64),
  };
}

function randomFilter(random: Random, events: readonly NostrEvent[]): FilterJson {
  const filter: Record<string, unknown> = {};
  const some = (of: () => unknown, most: number) => range(1 + random.below(most)).map(of);
  const tagValue = (letter: string) => () => {
    if (letter === 'e') return random.pick(events).id;
    return letter === 'p' ? random.pick(AUTHORS) : random.pick(WORDS);
  };
  if (random.chance(8)) filter['ids'] = some(() => random.pick(events).id, 40);
  if (random.chance(30)) filter['authors'] = some(() => random.pick(AUTHORS), 10);
  if (random.chance(35)) filter['kinds'] = some(() => random.pick(KINDS), 6);
  for (const letter of ['e', 'p', 't', 'T']) {
    if (random.chance(12)) filter[`#${letter}`] = some(tagValue(letter), letter === 'e' ? 60 : 10);
  }
  if (random.chance(20)) filter['since'] = random.pick(TIMES);
  if (random.chance(20)) filter['until'] = random.pick(TIMES);
  if (random.chance(10)) filter['search'] = random.pick(['fox', 'hen cat', 'dog lang:en']);
  if (random.chance(60)) filter['limit'] = random.below(40);
  return filter;
}

/** Whether an event satisfies a filter, read member by member. */
function isWanted(filter: FilterMembers, event: NostrEvent): boolean {
  return filter.every(([name, wanted]) => {
    const list = Array.isArray(wanted) ? wanted : [];
    switch (name) {
      case 'ids':
        return list.includes(event.id);
      case 'authors':
        return list.includes(event.pubkey);
      case 'kinds':
        return list.includes(event.kind);
      case 'since':
        return Number(wanted) <= event.created_at;
      case 'until':
        return event.created_at <= Number(wanted);
      case 'limit':
        return true;
      case 'search': {
        const words = String(wanted)
          .split(' ')
          .filter((word) => !word.includes(':'));
        if (words.length > 0 && [1059, 7502].includes(event.kind)) return false;
        return words.every((word) => event.content.split(' ').includes(word));
      }
      default:
        return event.tags.some((tag) => `#${tag[0]}` === name && list.includes(tag[1]));
    }
  });
}

function parsed(filter: FilterJson): Filter {
  const result = parseFilter(filter, { filterValuesMax: 1_000, search: true });
  if ('problem' in result) throw new Error(result.problem);
  return result;
}

type Question = { readonly filters: readonly FilterJson[]; readonly bounds: Bounds };

const limitsOf = (filters: readonly FilterJson[]) =>
  filters.map(({ limit = 500 }) => Number(limit));

function answerOf({ filters, bounds }: Question): string[] {
  const limits = { rows: limitsOf(filters), beyond: null };
  const answer = store.query.run(filters.map(parsed), limits, bounds);
  const ids: string[] = [];
  for (let row = answer.next(); row !== undefined; row = answer.next()) {
    if (row === null) answer.resume(NOW);
    else ids.push(row.id.toString('hex'));
  }
  return ids;
}

function countOf({ filters, bounds }: Question): number {
  const counting = store.query.count(filters.map(parsed), bounds);
  let count = 0;
  for (let key = counting.next(); key !== undefined; key = counting.next()) {
    if (key === null) counting.resume(NOW);
    else count++;
  }
  return count;
}

describe(`with the seed ${SEED}`, () => {
  it('an index scan finds what a look at every event finds, and a count counts it', () => {
    const random = randomFrom(SEED);
    const all: NostrEvent[] = [];
    for (const i of range(EVENTS)) all.push(randomEvent(random, i, all));
    const ns = store.transaction(() =>
      all.map((event) => store.events.insert(event, expiration(event))),
    );
    const gone = new Set(ns.filter(() => random.chance(10)));
    store.transaction(() => gone.forEach((n) => void store.events.remove(n)));
    const alive = all
      .map((event, i) => ({ event, n: ns[i] ?? 0 }))
      .filter(({ event, n }) => !gone.has(n) && !isExpired(event, NOW))
      .sort((a, b) => newestFirst(a.event, b.event));
    let [filtersAsked, filtersMatched] = [0, 0];

    for (let round = 0; round < GROUPS; round++) {
      const size = random.chance(40) ? 1 : 2 + random.below(6);
      const filters = range(size).map(() => randomFilter(random, all));
      const keys = new Set(random.chance(50) ? [random.pick(AUTHORS)] : []);
      const upTo = ns[EVENTS - 1 - random.below(80)] ?? 0;
      const visible = alive
        .filter(({ event, n }) => n <= upTo && isReadable(event, keys))
        .map(({ event }) => event);
      const matched = filters.map((filter) => {
        const members = Object.entries(filter);
        return visible.filter((event) => isWanted(members, event));
      });
      filtersAsked += size;
      filtersMatched += matched.filter(({ length }) => length > 0).length;

      const isReadableNow: Bounds['isReadable'] = (event) => isReadable(event, keys);
      const question = { filters, bounds: { upTo, now: NOW, isReadable: isReadableNow } };
      const limits = limitsOf(filters);
      const ids = answerOf(question);
      expect(new Set(ids).size).toBe(ids.length);
      if (filters.every(({ search, ids: named }) => search === undefined || named !== undefined)) {
        const cut = matched.flatMap((found, i) => found.slice(0, limits[i]));
        const expected = [...new Set(cut)].sort(newestFirst).map(({ id }) => id);
        expect(ids).toEqual(expected);
      } else if (filters.every((_, i) => (matched[i]?.length ?? 0) <= (limits[i] ?? 0))) {
        // Relevance decides the order, and with limits the choice; without a cut nothing is lost.
        const expected = new Set(matched.flat().map(({ id }) => id));
        expect(new Set(ids)).toEqual(expected);
      }
      if (round % 3 > 0) continue;
      expect(countOf(question)).toBe(new Set(matched.flat()).size);
    }
    expect(filtersAsked).toBeGreaterThanOrEqual(5_000);
    expect(filtersMatched / filtersAsked).toBeGreaterThan(0.3);
  }, 60_000);
});
