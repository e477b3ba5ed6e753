/**
 * A disk that is full before the guard has seen it: SQLite fails in the middle of a batch.
 *
 * Simulated by a bound on the pages of the file. What was acknowledged stays, what was not leaves
 * nothing behind, and the same bytes are taken when there is room.
 */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { examine } from '../../src/doctor/doctor.ts';
import { BUNDLED_RULES } from '../../src/nsm/rule-set.ts';
import { type StoredMachines, storeMachines } from '../store/stored-machines.ts';
import { signEvent, testKey } from '../support/sign.ts';

const { secret } = testKey('client');
const ROUNDS = 20;

let stored: StoredMachines;
beforeEach(() => {
  stored = storeMachines();
});
afterEach(() => stored.remove());

const note = (at: number) =>
  signEvent(
    { kind: 1, created_at: at, tags: [['t', `${at}`]], content: 'x'.repeat(3_000) },
    secret,
  );

const setPagesMax = (pages: number): void =>
  void stored.store.db.pragma(`max_page_count = ${pages}`);

describe('a disk that is full', () => {
  it('costs the batch that met it, and nothing that was acknowledged', () => {
    const acknowledged: string[] = [];
    let failures = 0;
    for (let at = 0; failures < ROUNDS; at++) {
      const events = [note(at * 2), note(at * 2 + 1)];
      if (at % 3 === 0) {
        setPagesMax(Number(stored.store.db.pragma('page_count', { simple: true })));
      }
      try {
        stored.batch(events);
        acknowledged.push(...events.map(({ id }) => id));
      } catch (fault) {
        expect(fault).toMatchObject({ code: 'SQLITE_FULL' });
        failures += 1;
        stored.machines.forget();
        expect(events.filter(({ id }) => stored.store.events.find(id))).toEqual([]);
        setPagesMax(1_000_000);
        stored.batch(events);
        acknowledged.push(...events.map(({ id }) => id));
      }
    }
    stored.reopen();
    expect(acknowledged.filter((id) => !stored.store.events.find(id))).toEqual([]);
    expect([...examine(stored.store, BUNDLED_RULES)]).toEqual([]);
  });
});
