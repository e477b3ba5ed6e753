/**
 * Evidence and refusals: kept, but never without bound (PROTOCOL §7).
 */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { snapshotContent } from '../../src/nsm/snapshot.ts';
import { EVIDENCE_LIMITS } from '../../src/store/evidence.ts';
import { REFUSALS_MAX } from '../../src/store/refusals.ts';
import {
  ALICE,
  BOB,
  definitionEvent,
  START,
  snapshotEvent,
  transitionEvent,
} from '../nsm/machine-events.ts';
import { type StoredMachines, storeMachines } from './stored-machines.ts';

const CONFIG = {
  initial: 'a',
  states: { a: { on: { GO: 'b' } }, b: { on: { BACK: 'a' } } },
};

let opened: StoredMachines;
/** The machine, and its transitions in order. */
let chain: readonly string[];
let id: string;

beforeEach(() => {
  opened = storeMachines();
  const machine = definitionEvent(CONFIG);
  id = machine.id;
  expect(opened.write(machine)).toBe('ok');
  const ids: string[] = [];
  for (let height = 0; height < 40; height++) {
    const type = height % 2 === 0 ? 'GO' : 'BACK';
    const sent = transitionEvent(id, { type, on: ids.at(-1) ?? null });
    expect(opened.write(sent)).toBe('ok');
    ids.push(sent.id);
  }
  chain = ids;
});

afterEach(() => opened.remove());

const stale = (on: string | null, n: number) =>
  transitionEvent(id, { type: 'GO', by: BOB, on, data: { n } });

const kept = () => opened.store.evidence.list(opened.store.events.find(id)?.n ?? 0);

describe('evidence', () => {
  it('holds the signed event, refused again when it comes again', () => {
    const sent = stale(chain[3] ?? null, 0);
    for (const _ of [1, 2, 3]) expect(opened.write(sent)).toContain('stale-head');
    expect(kept()).toHaveLength(1);
    expect(JSON.parse(opened.store.evidence.find(sent.id)?.event ?? '')).toEqual(sent);
    expect(opened.store.events.find(sent.id)).toBeUndefined();
  });

  it('has at most 8 siblings of one prior, none of which is pushed out', () => {
    const all = Array.from({ length: 12 }, (_, n) => stale(chain[0] ?? null, n));
    for (const sent of all) expect(opened.write(sent)).toContain('stale-head');
    expect(new Set(kept().map((row) => row.id.toString('hex')))).toEqual(
      new Set(all.slice(0, EVIDENCE_LIMITS.siblings).map((sent) => sent.id)),
    );
  });

  it('counts those of the initial state as siblings too', () => {
    for (let n = 0; n < 12; n++) expect(opened.write(stale(null, n))).toContain('link-missing');
    expect(kept()).toHaveLength(EVIDENCE_LIMITS.siblings);
  });

  it('has at most 256 transitions about one machine', () => {
    const priors = [null, ...chain.slice(0, -1)];
    opened.batch(priors.flatMap((on) => [0, 1, 2, 3, 4, 5, 6, 7].map((n) => stale(on, n))));
    expect(priors.length * 8).toBeGreaterThan(EVIDENCE_LIMITS.total);
    expect(kept()).toHaveLength(EVIDENCE_LIMITS.total);
  });

  it('has room for wrong snapshots beside transitions, as many and no more', () => {
    for (let n = 0; n < 12; n++) opened.write(stale(null, n));
    const initial = opened.machines.machine(id)?.definition.initial.state;
    const claim = JSON.parse(snapshotContent(initial ?? Object.create(null)));
    for (let n = 0; n < 12; n++) {
      const wrong = snapshotEvent(id, { ...claim, context: { n } });
      expect(opened.write(wrong)).toContain('snapshot-mismatch');
    }
    const kinds = kept().map(({ kind }) => kind);
    expect([7501, 30078].map((kind) => kinds.filter((each) => each === kind).length)).toEqual([
      ...[EVIDENCE_LIMITS.siblings, EVIDENCE_LIMITS.siblings],
    ]);
  });

  it('is shown to who asks for its ids, in however many filters', () => {
    const sent = [0, 1, 2].map((n) => stale(chain[3] ?? null, n));
    for (const each of sent) opened.write(each);
    const filters = sent.map((each) => ({ ids: new Set([each.id]), tags: [] }));
    const { query, lastEvent } = opened.store;
    const limits = { rows: [5, 5, 5], beyond: null };
    const source = query.run(filters, limits, { upTo: lastEvent(), now: START });
    const found: string[] = [];
    for (let row = source.next(); row; row = source.next()) found.push(row.id.toString('hex'));
    expect(found.sort()).toEqual(sent.map((each) => each.id).sort());
  });

  it('is not made of what is wrong by itself', () => {
    expect(opened.write(transitionEvent(id, { type: 'NOPE', on: chain.at(-1) ?? null }))).toContain(
      'no-transition',
    );
    expect(kept()).toEqual([]);
  });
});

describe('refusals', () => {
  const remember = (n: number) =>
    opened.store.refusals.remember({
      ...{ id: n.toString(16).padStart(64, '0'), kind: 7501, machine: id, author: ALICE },
      ...{ code: 'no-transition', message: 'no', createdAt: START, at: START + n },
    });

  it('are remembered with their reason', () => {
    const sent = transitionEvent(id, { type: 'NOPE', on: chain.at(-1) ?? null });
    const said = opened.write(sent);
    expect(opened.store.refusals.find(sent.id)).toMatchObject({
      ...{ kind: 7501, code: 'no-transition', message: said, created_at: START },
    });
  });

  it('are a ring: the newest stay, the oldest go', () => {
    const { store } = opened;
    const extra = 50;
    store.transaction(() => {
      for (let n = 1; n <= REFUSALS_MAX + extra; n++) remember(n);
    });
    expect(store.db.prepare('SELECT count(*) FROM refusal').pluck().get()).toBe(REFUSALS_MAX);
    const idOf = (n: number) => n.toString(16).padStart(64, '0');
    expect(store.refusals.find(idOf(extra))).toBeUndefined();
    expect(store.refusals.find(idOf(extra + 1))).toBeDefined();
    expect(store.refusals.find(idOf(REFUSALS_MAX + extra))).toBeDefined();
  });
});
