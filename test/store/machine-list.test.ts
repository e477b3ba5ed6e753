/**
 * Listings agree with a plain look at everything, whatever the bounds on their work.
 *
 * Real rows in a real file, but made up: machines that are only columns, keeper snapshots that are
 * only tags. Bounds of a few rows make every page cross them.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type MachineFilter, machineList } from '../../src/store/machine-list.ts';
import { openStore } from '../../src/store/store.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'headkeeper-test-'));
const store = openStore(dataDir, 'normal');
afterAll(() => {
  store.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const PEOPLE = ['a1', 'b2', 'c3'].map((byte) => byte.repeat(32));
const STATES = ['open', 'open.idle', 'shut'];
const TITLES = ['Bread', 'bread & "butter"', 'Élan', 'straße'];

type Made = {
  readonly author: string;
  readonly others: readonly string[];
  readonly states: readonly string[];
  readonly types: readonly string[];
  readonly status: string;
  readonly isFrozen: boolean;
  readonly title: string;
};
type Machine = Made & { readonly id: string };

const made: fc.Arbitrary<Made> = fc.record({
  author: fc.constantFrom(...PEOPLE),
  others: fc.subarray(PEOPLE),
  states: fc.subarray(STATES),
  types: fc.subarray(['GO', 'STOP']),
  status: fc.constantFrom('active', 'done', 'error'),
  isFrozen: fc.boolean(),
  title: fc.constantFrom(...TITLES),
});

const filters: fc.Arbitrary<MachineFilter> = fc.record(
  {
    state: fc.constantFrom(...STATES, 'open.'),
    type: fc.constantFrom('GO', 'STOP', 'go'),
    status: fc.constantFrom('active', 'done', 'error', 'frozen'),
    author: fc.constantFrom(...PEOPLE, 'd4'.repeat(32)),
    participant: fc.constantFrom(...PEOPLE, 'd4'.repeat(32)),
    q: fc.constantFrom('BREAD', '"', 'éL', '%', 'ß', 'title', '0a'),
  },
  { requiredKeys: [] },
);

const machines = fc.sample(made, { seed: 7, numRuns: 60 }).map(insert);

const bounds = fc.record({
  lookedAt: fc.integer({ min: 1, max: 80 }),
  candidates: fc.integer({ min: 0, max: 80 }),
});

describe('a listing', () => {
  it('finds what a look at every machine finds, newest first, page by page', () => {
    fc.assert(
      fc.property(filters, bounds, fc.integer({ min: 1, max: 20 }), (filter, bound, limit) => {
        const list = machineList(store.db, store.events, bound);
        const found: string[] = [];
        let before: number | null = Number.MAX_SAFE_INTEGER;
        while (before !== null) {
          const page = list.page(filter, { before, limit });
          expect(page.machines.length).toBeLessThanOrEqual(limit);
          if (page.next !== null) expect(page.next).toBeLessThan(before);
          found.push(...page.machines.map(({ id }) => id));
          before = page.next;
        }
        const expected = machines.filter((machine) => meets(machine, filter)).toReversed();
        expect(found).toEqual(expected.map(({ id }) => id));
      }),
      { numRuns: 300 },
    );
  });

  it('is not misled by events of others that carry the tags of a state', () => {
    const tags = [
      ['s', 'rare'],
      ['n', 'RARE'],
    ];
    store.events.insert(made30078('e5'.repeat(32), tags), undefined);
    const { page } = machineList(store.db, store.events);
    const all = { before: Number.MAX_SAFE_INTEGER, limit: 200 };
    expect(page({ state: 'rare' }, all)).toEqual({ machines: [], next: null });
    expect(page({ type: 'RARE' }, all)).toEqual({ machines: [], next: null });
  });

  it('does not search in a text that is too long to search in often', () => {
    const id = insert({ ...(machines[0] as Machine), title: 'needle'.padEnd(20_000, '.') }, 999).id;
    const { page } = machineList(store.db, store.events);
    const newest = { before: Number.MAX_SAFE_INTEGER, limit: 1 };
    expect(page({ q: 'needle' }, newest).machines).toEqual([]);
    expect(page({ q: id }, newest).machines).toHaveLength(1);
    expect(page({}, newest).machines[0]?.title).toHaveLength(200);
  });
});

function meets(machine: Machine, filter: MachineFilter): boolean {
  const { state, type, status, author, participant, q } = filter;
  const shown = machine.isFrozen ? 'frozen' : machine.status;
  const texts = [machine.id, machine.title.toLowerCase()];
  return (
    (state === undefined || machine.states.includes(state)) &&
    (type === undefined || machine.types.includes(type)) &&
    (status === undefined || shown === status) &&
    (author === undefined || machine.author === author) &&
    (participant === undefined || [machine.author, ...machine.others].includes(participant)) &&
    (q === undefined || texts.some((text) => text.includes(q.toLowerCase())))
  );
}

function insert(machine: Made, i: number): Machine {
  const id = i.toString(16).padStart(64, '0');
  const { author, others, states, types, status, isFrozen, title } = machine;
  const event = { id, pubkey: author, created_at: i, kind: 7500, tags: [['title', title]] };
  const n = store.events.insert({ ...event, content: '', sig: '0'.repeat(128) }, undefined);
  const columns = {
    status,
    value: '"open"',
    state: '{}',
    rules: 'r',
    forks: 'head-only',
    next_due: null,
    title,
  };
  store.machines.insert({ event: n, ...columns, createdAt: i, now: i });
  for (const pubkey of [author, ...others]) store.machines.addParticipant(n, pubkey);
  if (isFrozen) store.machines.freeze(n, '{"at":null,"cause":"operator"}');
  const tags = [...states.map((state) => ['s', state]), ...types.map((type) => ['n', type])];
  const snapshot = made30078(id.replace(/^00/, 'ff'), tags);
  store.machines.setKept(n, store.events.insert(snapshot, undefined));
  return { ...machine, id };
}

function made30078(id: string, tags: string[][]) {
  const pubkey = 'f6'.repeat(32);
  const d = ['d', id];
  return { id, pubkey, created_at: 1, kind: 30078, tags: [d, ...tags], content: '', sig: '' };
}
