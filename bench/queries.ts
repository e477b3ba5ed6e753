/**
 * `npm run bench:queries`: how long one turn of a query holds the thread, for each filter shape.
 *
 * A database of 200,000 events (or as many as the first argument says) with few large and many
 * small authors, common and rare tags, crowded seconds and expired events. Every shape is answered
 * as a connection answers it, turn by turn, JSON included; then it is counted. Exits 1 when the
 * worst turn of a shape holds 10 ms or more. Time is that of the processor, and the better of two
 * runs counts: what other programs take is no part of the query.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseFilter } from '../src/nostr/filter.ts';
import { sha256Hex } from '../src/nsm/canonical.ts';
import { rowToJson } from '../src/store/events.ts';
import { openStore, type Store } from '../src/store/store.ts';
import { randomFrom } from '../test/support/random.ts';

const HOLD_MAX_MS = 10;
const EVENTS = Number(process.argv[2] ?? 200_000);
const NOW = 1_800_000_000;
const LIMIT = 1_000;
/** A relay gives up a count after as many turns. */
const TURNS_MAX = 3_000;

type FilterJson = Readonly<Record<string, unknown>>;

const range = (length: number): number[] => Array.from({ length }, (_, i) => i);
const AUTHORS = range(5_000).map((i) => sha256Hex(`author ${i}`));
const author = (i: number): string => AUTHORS[i % AUTHORS.length] ?? '';
const random = randomFrom(1);

function fill(store: Store): void {
  for (let i = 0; i < EVENTS; ) {
    store.transaction(() => {
      for (const end = Math.min(EVENTS, i + 5_000); i < end; i++) insert(store, i);
    });
  }
}

function insert(store: Store, i: number): void {
  const tags = [['t', random.chance(50) ? 'common' : `rare ${random.below(20_000)}`]];
  tags.push(['p', author(random.below(100))], ['e', sha256Hex(`${random.below(i + 1)}`)]);
  const event = {
    id: sha256Hex(`${i}`),
    // Half of all by ten authors, the rest by anybody.
    pubkey: author(random.chance(50) ? random.below(10) : random.below(5_000)),
    created_at: random.chance(20) ? NOW - 86_400 : NOW - random.below(30_000_000),
    kind: random.pick([1, 1, 1, 1, 6, 7, 7, 1_111, 9_735]),
    tags,
    content: `the text of ${i} ${random.chance(1) ? 'x'.repeat(40_000) : 'is short'}`,
    sig: '00'.repeat(64),
  };
  store.events.insert(event, random.chance(10) ? NOW - 1 : undefined);
}

const LETTERS = ['t', 'p', 'e'];
const SHAPES: Readonly<Record<string, readonly FilterJson[]>> = {
  everything: [{}],
  'everything, twenty times': range(20).map(() => ({})),
  'one kind': [{ kinds: [1] }],
  'a kind nobody uses': [{ kinds: [40_000] }],
  '1,900 kinds': [{ kinds: range(1_900) }],
  'a large author': [{ authors: [author(0)] }],
  'a large author, a rare kind': [{ authors: [author(0)], kinds: [9_735] }],
  '2,000 authors': [{ authors: AUTHORS.slice(0, 1_990) }],
  '2,000 authors, kinds, since': [
    { authors: AUTHORS.slice(0, 1_990), kinds: [1, 6], since: NOW - 90_000 },
  ],
  'a common tag': [{ '#t': ['common'] }],
  'a common tag, a small author': [{ '#t': ['common'], authors: [author(4_000)] }],
  'a common tag, a large author, no such kind': [
    { '#t': ['common'], authors: [author(0)], kinds: [2] },
  ],
  'two common tags': [{ '#t': ['common'], '#p': [author(1)] }],
  '2,000 rare tags': [{ '#t': range(1_990).map((i) => `rare ${i}`) }],
  'twenty filters of 2,000 tags': range(20).map((f) => ({
    '#t': range(1_990).map((i) => `rare ${f * 1_990 + i}`),
  })),
  '2,000 ids': [{ ids: range(1_990).map((i) => sha256Hex(`${i * 7}`)) }],
  'twenty filters of 2,000 ids': range(20).map((f) => ({
    ids: range(1_990).map((i) => sha256Hex(`${f * 1_990 + i}`)),
  })),
  'a crowded second': [{ since: NOW - 86_400, until: NOW - 86_400 }],
  'every letter': LETTERS.map((letter) => ({
    [`#${letter}`]: letter === 't' ? ['common'] : [letter === 'p' ? author(1) : sha256Hex('1')],
  })),
  'a common word': [{ search: 'text' }],
  'words with nothing in common': [{ search: 'text zebra' }],
};

type Hold = { readonly worstMs: number; readonly totalMs: number; readonly rows: number };

/** Takes all there is, turn by turn; `serve` says what is done with each item. */
function measure<Item>(
  source: {
    readonly next: () => Item | null | undefined;
    readonly resume: (now: number) => void;
  },
  serve: (item: Item) => void,
): Hold {
  let [worstMs, totalMs, rows] = [0, 0, 0];
  let isOpen = true;
  for (let turn = 0; isOpen && turn < TURNS_MAX; turn++) {
    const started = process.cpuUsage();
    source.resume(NOW);
    let item = source.next();
    for (; item; item = source.next()) {
      serve(item);
      rows++;
    }
    isOpen = item === null;
    const { user, system } = process.cpuUsage(started);
    const heldMs = (user + system) / 1_000;
    worstMs = Math.max(worstMs, heldMs);
    totalMs += heldMs;
  }
  return { worstMs, totalMs, rows };
}

function ask(store: Store, filters: readonly FilterJson[]) {
  const parsed = filters.map((json) => {
    const filter = parseFilter(json, { filterValuesMax: 2_000, search: true });
    if ('problem' in filter) throw new Error(filter.problem);
    return filter;
  });
  const bounds = { upTo: store.lastEvent(), now: NOW };
  const limits = { rows: parsed.map(() => LIMIT), beyond: LIMIT };
  const answer = measure(store.query.run(parsed, limits, bounds), (row) => rowToJson(row));
  return { answer, count: measure(store.query.count(parsed, bounds), () => {}) };
}

const dataDir = mkdtempSync(join(tmpdir(), 'headkeeper-queries-'));
const store = openStore(dataDir, 'normal', { search: true });
try {
  fill(store);
  console.log(`${EVENTS} events; milliseconds: longest turn and all of REQ, then of COUNT`);
  let isTooLong = false;
  for (const [name, filters] of Object.entries(SHAPES)) {
    const [cold, warm] = [ask(store, filters), ask(store, filters)];
    const worst = (of: 'answer' | 'count') => Math.min(cold[of].worstMs, warm[of].worstMs);
    const part = (of: 'answer' | 'count') =>
      `${worst(of).toFixed(1).padStart(7)}${warm[of].totalMs.toFixed(0).padStart(7)}` +
      `${String(warm[of].rows).padStart(8)} rows`;
    isTooLong ||= worst('answer') >= HOLD_MAX_MS || worst('count') >= HOLD_MAX_MS;
    console.log(`${name.padEnd(44)}${part('answer')}${part('count')}`);
  }
  process.exitCode = isTooLong ? 1 : 0;
} finally {
  store.close();
  rmSync(dataDir, { recursive: true, force: true });
}
