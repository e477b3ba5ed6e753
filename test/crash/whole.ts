/**
 * What every data folder must be, whatever happened to it.
 */

import { expect } from 'vitest';
import { examine } from '../../src/doctor/doctor.ts';
import { BUNDLED_RULES } from '../../src/nsm/rule-set.ts';
import { openStoreToRead } from '../../src/store/store.ts';

/** Expects of a folder what the doctor expects: nothing is wrong with it. */
export function expectWhole(dataDir: string): void {
  const store = openStoreToRead(dataDir);
  const found = [...examine(store, BUNDLED_RULES)].filter(({ isNote }) => !isNote);
  store.close();
  expect(found).toEqual([]);
}
