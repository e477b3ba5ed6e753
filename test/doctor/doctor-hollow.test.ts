/**
 * The doctor on a store from which the operator removed bodies: what is left is whole, and the
 * chain behind a gap is still looked at.
 */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bury } from '../../src/burial.ts';
import { examine, repair } from '../../src/doctor/doctor.ts';
import { hostMachines } from '../../src/machines.ts';
import { BUNDLED_RULES as rules } from '../../src/nsm/rule-set.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { type OldStore, oldStore } from '../support/old-store.ts';

const BURIAL = { cause: 'operator', reason: 'unlawful', at: 1_700_000_000 } as const;

let old: OldStore;
let store: Store;
beforeEach(() => {
  old = oldStore();
  store = openStore(old.dataDir, 'normal');
});
afterEach(() => {
  store.close();
  old.remove();
});

/** Removes the events that a query names. */
function buryAll(query: string): void {
  const bounds = { cachedMax: 100, cachedBytesMax: 100_000_000 };
  const hosting = { ...bounds, rules, forks: 'head-only', custodian: null } as const;
  const machines = hostMachines(store, { ...hosting, infersLinks: false, onFrozen: () => {} });
  const ids = store.db.prepare(query).pluck().all() as Buffer[];
  expect(ids.length).toBeGreaterThan(0);
  store.transaction(() => {
    for (const id of ids) bury({ store, machines }, id.toString('hex'), BURIAL);
  });
}

describe('the doctor', () => {
  it('finds nothing wrong with a gap, and still replays what is behind it', () => {
    buryAll(
      'SELECT e.id FROM transition t JOIN event e ON e.n = t.event WHERE t.height IN (30, 66)',
    );
    expect([...examine(store, rules)]).toEqual([]);
    store.db.exec('UPDATE transition SET state_hash = zeroblob(32) WHERE height = 68');
    expect([...examine(store, rules)]).toMatchObject([{ where: 'transition' }]);
    expect(repair(store, rules)).toHaveLength(1);
    expect([...examine(store, rules)]).toEqual([]);
  });

  it('leaves machines alone whose definition is gone', () => {
    buryAll('SELECT id FROM event WHERE kind = 7500');
    expect([...examine(store, rules)].filter(({ isNote }) => !isNote)).toEqual([]);
    expect(repair(store, rules)).toEqual([]);
  });
});
