/**
 * Relays that get the same events come to agree, whatever the order (PROTOCOL §7, §10): in `dag`
 * mode on the head and its state, in `head-only` mode on the final prefix.
 *
 * Real signed events, the real engine, a store for each order. The last block takes conditions away
 * and must find differences: a suite that cannot fail shows nothing. `npm run convergence` runs
 * more sets (`SETS=`, `SEED=`).
 */

import { afterAll, describe, expect, it } from 'vitest';
import { type Held, type Loss, openStores } from './arrivals.ts';
import {
  type Endorsing,
  hasDeepFork,
  type Meaning,
  meaningOf,
  randomEventSet,
} from './event-sets.ts';

const SETS = Number(process.env['SETS'] ?? 24);
const SEED = Number(process.env['SEED'] ?? 1);
const ORDERS = 6;
const ENDORSING: readonly Endorsing[] = ['one path', 'none', 'one path', 'anything'];

const closers: (() => void)[] = [];
afterAll(() => {
  for (const close of closers) close();
});

type Run = {
  readonly seed: number;
  readonly size: number;
  readonly isDeep: boolean;
  readonly meaning: Meaning;
  readonly held: readonly Held[];
};

/** Delivers sets to six stores each. */
function runSets(forks: 'dag' | 'head-only', count: number, loss: Loss = 'none'): readonly Run[] {
  const { deliver, close } = openStores(ORDERS, loss);
  closers.push(close);
  return Array.from({ length: count }, (_, i) => {
    const seed = SEED + i;
    const set = randomEventSet(seed, forks, ENDORSING[i % ENDORSING.length] ?? 'none');
    const meaning = meaningOf(set);
    const held = deliver(set, seed);
    return { seed, size: set.events.length, isDeep: hasDeepFork(meaning), meaning, held };
  });
}

const differing = (runs: readonly Run[], of: (held: Held) => unknown): number[] =>
  runs.flatMap(({ seed, held }) =>
    new Set(held.map((one) => `${of(one)}`)).size > 1 ? [seed] : [],
  );

/**
 * Nobody can undo the initial state, so it is the same whether it is endorsed or nothing is: its
 * endorsement needs no link, and before its definition it is data of some application.
 */
const endOf = ({ final = null, frozenAt }: Held): string => `${final} ${frozenAt}`;
const expectedEnd = ({ final = null, isFrozen }: Meaning): string =>
  `${final} ${isFrozen ? final : undefined}`;

describe(`${SETS} sets of events in ${ORDERS} orders (SEED=${SEED})`, () => {
  const dag = runSets('dag', SETS);
  const headOnly = runSets('head-only', SETS);

  it('are of 20 events and more, half of them with forks deeper than two', () => {
    const sizes = [...dag, ...headOnly].map(({ size }) => size).sort((a, b) => a - b);
    expect(sizes[Math.floor(sizes.length / 2)]).toBeGreaterThanOrEqual(20);
    for (const runs of [dag, headOnly]) {
      const deep = runs.filter(({ isDeep }) => isDeep);
      expect(deep.length * 2).toBeGreaterThanOrEqual(runs.length);
    }
  });

  it('come to one head and one state in dag mode, which are those of the whole set', () => {
    expect(differing(dag, ({ head }) => head)).toEqual([]);
    expect(differing(dag, ({ state }) => state)).toEqual([]);
    const wrong = dag.filter(({ meaning, held }) => held[0]?.head !== meaning.head);
    expect(wrong.map(({ seed }) => seed)).toEqual([]);
  });

  it('come to one final prefix or one freeze in dag mode', () => {
    const wrong = dag.filter(({ meaning, held }) =>
      held.some((one) => endOf(one) !== expectedEnd(meaning)),
    );
    expect(wrong.map(({ seed }) => seed)).toEqual([]);
  });

  it('come to one final prefix or one freeze in head-only mode, and a head upon it', () => {
    expect(differing(headOnly, endOf)).toEqual([]);
    const wrong = headOnly.filter(({ meaning, held }) =>
      held.some((one) => endOf(one) !== expectedEnd(meaning)),
    );
    expect(wrong.map(({ seed }) => seed)).toEqual([]);
    const endorsed = headOnly.filter(({ meaning }) => meaning.final !== undefined);
    const frozen = headOnly.filter(({ meaning }) => meaning.isFrozen);
    expect(endorsed.length * 2).toBeGreaterThan(headOnly.length);
    expect(frozen.length).toBeGreaterThan(0);
  });

  it('leave provisional heads that differ in head-only mode: the orders are not all alike', () => {
    expect(differing(headOnly, ({ head }) => head).length).toBeGreaterThan(0);
  });
});

describe('without a condition of convergence', () => {
  const count = Math.ceil(SETS / 2);
  const inDag = runSets('dag', count, 'orphans');
  const inHeadOnly = runSets('head-only', count, 'orphans');
  const forgetful = runSets('head-only', count, 'superseded endorsements');

  it('heads differ in dag mode when orphans are dropped', () => {
    expect(differing(inDag, ({ head }) => head).length).toBeGreaterThan(count / 3);
  });

  it('final prefixes differ in head-only mode when orphans are dropped', () => {
    expect(differing(inHeadOnly, endOf).length).toBeGreaterThan(0);
  });

  it('final prefixes differ when superseded endorsements are forgotten', () => {
    expect(differing(forgetful, endOf).length).toBeGreaterThan(0);
  });
});
