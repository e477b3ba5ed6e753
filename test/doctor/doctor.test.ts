/**
 * The doctor on a store that was damaged in one way at a time: it says so, what follows from the
 * events is as before after a repair, and no event was touched.
 */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { examine, repair } from '../../src/doctor/doctor.ts';
import type { Finding } from '../../src/doctor/finding.ts';
import { BUNDLED_RULES } from '../../src/nsm/rule-set.ts';
import { openStore, openStoreToRead } from '../../src/store/store.ts';
import { type OldStore, oldStore } from '../support/old-store.ts';

const EVENTS = 'SELECT * FROM event ORDER BY n';
/** Everything that is derived; counters of changes and times of arrival are not. */
const DERIVED = [
  'SELECT * FROM tag ORDER BY hash, created_at, rank, event',
  'SELECT * FROM latest ORDER BY author, kind, d',
  'SELECT event, machine, prior, height, canonical, type, status, value, state_hash, state' +
    ' FROM transition ORDER BY event',
  'SELECT event, head, height, head_time, status, value, state, next_due, rules, title' +
    ' FROM machine',
  'SELECT machine, author FROM participant ORDER BY machine, author',
];
const MACHINE = '(SELECT event FROM machine WHERE height = 70)';
const STEP = (height: number) =>
  `(SELECT event FROM transition WHERE machine = ${MACHINE} AND height = ${height})`;

/** Damage to derived rows, and where the doctor finds it. */
const DAMAGE: readonly (readonly [says: string, where: string, statement: string])[] = [
  ['tags that are missing', 'tag', `DELETE FROM tag WHERE event = ${STEP(3)}`],
  ['all tags missing', 'tag', 'DELETE FROM tag'],
  ['a tag that no event has', 'tag', `INSERT INTO tag VALUES (5, 1700000000, 7, ${STEP(3)})`],
  ['a tag of an event that is not', 'tag', 'INSERT INTO tag VALUES (5, 1700000000, 7, 99999)'],
  ['a tag under another time', 'tag', `UPDATE tag SET created_at = 5 WHERE event = ${STEP(9)}`],
  ['a version that is not served', 'latest', 'DELETE FROM latest WHERE kind = 30023'],
  ['a version that names another event', 'latest', `UPDATE latest SET event = ${MACHINE}`],
  ['a coordinate of nothing', 'latest', "INSERT INTO latest VALUES (1, 30023, 'gone', 99999)"],
  ['a rank of another id', 'event', `UPDATE event SET rank = rank + 1 WHERE n = ${STEP(3)}`],
  ['tags under another rank', 'tag', `UPDATE tag SET rank = 7 WHERE event = ${STEP(3)}`],
  ['an expiry that is forgotten', 'event', 'UPDATE event SET expires_at = NULL WHERE kind = 1'],
  ['a transition without a row', 'transition', `DELETE FROM transition WHERE event = ${STEP(5)}`],
  ['no transition with a row', 'transition', 'DELETE FROM transition'],
  [
    'a wrong state hash',
    'transition',
    `UPDATE transition SET state_hash = zeroblob(32) WHERE event = ${STEP(7)}`,
  ],
  [
    'a transition filed under another machine',
    'transition',
    `UPDATE transition SET machine = (SELECT min(event) FROM machine) WHERE event = ${STEP(8)}`,
  ],
  [
    'a transition on another prior',
    'transition',
    `UPDATE transition SET prior = NULL, height = 1 WHERE event = ${STEP(9)}`,
  ],
  [
    'a gap in the canonical chain',
    'transition',
    `UPDATE transition SET canonical = 0 WHERE event = ${STEP(9)}`,
  ],
  [
    'a state that is not stored',
    'transition',
    `UPDATE transition SET state = NULL WHERE event = ${STEP(64)}`,
  ],
  [
    'a state that is another',
    'transition',
    `UPDATE transition SET state = '{}' WHERE event = ${STEP(64)}`,
  ],
  [
    'a head that was lost',
    'machine',
    `UPDATE machine SET head = NULL, height = 0 WHERE event = ${MACHINE}`,
  ],
  ['a head that lags', 'machine', `UPDATE machine SET head = ${STEP(3)} WHERE event = ${MACHINE}`],
  [
    'a head that is another event',
    'machine',
    `UPDATE machine SET head = 1 WHERE event = ${MACHINE}`,
  ],
  [
    'another state at the head',
    'machine',
    `UPDATE machine SET state = '{}', value = '"z"', status = 'done'`,
  ],
  ['a timer that is made up', 'machine', 'UPDATE machine SET next_due = 5'],
  ['a title that is made up', 'machine', "UPDATE machine SET title = 'Mine'"],
  ['a participant who is missing', 'participant', 'DELETE FROM participant'],
  ['a machine without a row', 'machine', `DELETE FROM machine WHERE event = ${MACHINE}`],
];

/** Damage to the record itself: only said, never mended. */
const LOSSES: readonly (readonly [says: string, where: string, statement: string])[] = [
  [
    'an event that was changed',
    'event',
    `UPDATE event SET content = '{"n":9}' WHERE n = ${STEP(4)}`,
  ],
  ['an event that is gone', 'event', `DELETE FROM event WHERE n = ${STEP(4)}`],
  ['a definition that is gone', 'event', `DELETE FROM event WHERE n = ${MACHINE}`],
  ['an author who is gone', 'event', 'DELETE FROM author WHERE n = 1'],
  ['evidence that was changed', 'evidence', "UPDATE evidence SET event = '{}'"],
];

let old: OldStore;
beforeEach(() => {
  old = oldStore();
});
afterEach(() => old.remove());

function found(): readonly Finding[] {
  const store = openStoreToRead(old.dataDir);
  try {
    return store.atOneMoment(() => [...examine(store, BUNDLED_RULES)]);
  } finally {
    store.close();
  }
}

function mend(): readonly Finding[] {
  const store = openStore(old.dataDir, 'normal');
  try {
    return repair(store, BUNDLED_RULES);
  } finally {
    store.close();
  }
}

const derived = () => DERIVED.map((query) => old.rows(query));

describe('the doctor', () => {
  it('has nothing to say about a store that is whole, and repairs nothing', () => {
    expect(found()).toEqual([]);
    const before = derived();
    expect(mend()).toEqual([]);
    expect(derived()).toEqual(before);
  });

  it.each(DAMAGE)('finds and mends %s', (_, where, statement) => {
    const [events, before] = [old.rows(EVENTS), derived()];
    old.sql(statement);
    const problems = found();
    expect(problems.map((finding) => finding.where)).toContain(where);
    expect(mend().length).toBeGreaterThan(0);
    expect(found()).toEqual([]);
    expect(derived()).toEqual(before);
    if (where !== 'event') expect(old.rows(EVENTS)).toEqual(events);
  });

  it.each(LOSSES)('reports %s and never removes what is left', (_, where, statement) => {
    old.sql(statement);
    const [events, evidence] = [old.rows(EVENTS), old.rows('SELECT * FROM evidence')];
    const problems = found().filter(({ repair: mends }) => mends === undefined);
    expect(problems.map((finding) => finding.where)).toContain(where);
    mend();
    expect(old.rows(EVENTS)).toEqual(events);
    expect(old.rows('SELECT * FROM evidence')).toEqual(evidence);
    const left = found().filter(({ isNote }) => !isNote);
    expect(left.map((finding) => finding.where)).toContain(where);
  });

  it('says that a file is damaged and looks no further', () => {
    old.spoilPage(20);
    const problems = found();
    expect(problems.length).toBeGreaterThan(0);
    expect(new Set(problems.map(({ where }) => where))).toEqual(new Set(['file']));
    expect(mend()).toEqual([]);
  });

  it('takes a machine that stands by other rules for what it is', () => {
    old.sql(`UPDATE machine SET rules = 'others' WHERE event = ${MACHINE}`);
    expect(found()).toEqual([]);
    old.sql(`UPDATE transition SET state_hash = zeroblob(32) WHERE event = ${STEP(7)}`);
    expect(found()).toMatchObject([{ where: 'machine', isNote: true }]);
    expect(mend()).toEqual([]);
  });
});
