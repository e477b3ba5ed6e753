/**
 * The record of a machine, read in pages and by time, and how much there is in all.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/store.ts';
import { totalsOf } from '../../src/store/totals.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'headkeeper-test-'));
const store = openStore(dataDir, 'normal');
afterAll(() => {
  store.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const KEEPER = 'f6'.repeat(32);
const START = [0, 0] as const;
let made = 0;

/** Stores an event of which only time, kind, tags and length matter. */
function insert(kind: number, said: { at?: number; tags?: string[][]; content?: string } = {}) {
  const { at = 0, tags = [], content = '' } = said;
  const id = (++made).toString(16).padStart(64, '0');
  const pubkey = tags.some(([name]) => name === 'keeper') ? KEEPER : 'a1'.repeat(32);
  const event = { id, pubkey, created_at: at, kind, tags, content, sig: '0'.repeat(128) };
  return { id, n: store.events.insert(event, undefined) };
}

/** A machine whose transitions have these times and contents, in their order. */
function chain(steps: readonly { at: number; content?: string }[]): { id: string; n: number } {
  const machine = insert(7500);
  const columns = { status: 'active', value: '"a"', first_seen: 0, type: 'GO', state: null };
  let prior: number | null = null;
  for (const [i, step] of steps.entries()) {
    const { n: event } = insert(7501, step);
    const state_hash = Buffer.alloc(32);
    const place = { event, machine: machine.n, prior, height: i + 1, canonical: 1 };
    store.transitions.insert({ ...place, ...columns, state_hash });
    prior = event;
  }
  return machine;
}

describe('the last transition up to a time', () => {
  it('is what a walk along the chain finds', () => {
    const times = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 40 });
    fc.assert(
      fc.property(times, fc.integer({ min: -1, max: 21 }), (unsorted, time) => {
        const steps = unsorted.sort((a, b) => a - b).map((at) => ({ at }));
        const { n } = chain(steps);
        const { rows } = store.machineLog.chain(n, { branch: 'all', after: START, limit: 40 });
        const last = rows.findLast(({ created_at }) => created_at <= time);
        const found = store.machineLog.lastBefore(n, time, steps.length);
        expect(found).toBe(last?.id);
      }),
      { numRuns: 50 },
    );
  });
});

describe('a page of a chain', () => {
  it('ends at its limit and says whether more comes', () => {
    const { n } = chain([{ at: 1 }, { at: 2 }, { at: 3 }]);
    const page = (limit: number) =>
      store.machineLog.chain(n, { branch: 'canonical', after: START, limit });
    expect(page(2)).toMatchObject({ hasMore: true, rows: [{ height: 1 }, { height: 2 }] });
    expect(page(3)).toMatchObject({ hasMore: false, rows: { length: 3 } });
  });

  it('ends early when its events are long, and never before the first', () => {
    const content = 'x'.repeat(3_000_000);
    const { n } = chain([1, 2, 3, 4].map((at) => ({ at, content })));
    const first = store.machineLog.chain(n, { branch: 'all', after: START, limit: 100 });
    expect(first).toMatchObject({ hasMore: true, rows: { length: 2 } });
    const after = [2, first.rows[1]?.n ?? 0] as const;
    const second = store.machineLog.chain(n, { branch: 'all', after, limit: 100 });
    expect(second).toMatchObject({ hasMore: false, rows: [{ height: 3 }, { height: 4 }] });
  });
});

describe('the count of snapshots', () => {
  it('is of those that name the machine and are not of the keeper', () => {
    const { id } = chain([{ at: 1 }]);
    const e = ['e', id];
    insert(30078, { tags: [['d', '1'], e] });
    insert(30078, { tags: [['d', '2'], ['p', 'x'], e] });
    insert(30078, {
      tags: [
        ['d', '3'],
        ['e', KEEPER],
      ],
    });
    insert(30078, { tags: [['d', '4'], e, ['keeper']] });
    insert(1, { tags: [e] });
    expect(store.machineLog.countSnapshots(id, KEEPER)).toBe(2);
  });
});

describe('the totals', () => {
  it('are counted anew each time while the store is small', () => {
    const totals = totalsOf(store.db);
    const { events } = totals(0);
    insert(1);
    expect(totals(1)).toMatchObject({ events: events + 1 });
  });

  it('are up to a minute old once it is large', () => {
    const totals = totalsOf(store.db, 1);
    const { events } = totals(0);
    insert(1);
    expect(totals(59_999)).toMatchObject({ events });
    expect(totals(60_000)).toMatchObject({ events: events + 1 });
  });
});
