/**
 * A database that schema version 1 wrote opens under the present one, and nothing in it means
 * anything else.
 *
 * The file holds what five examples left behind, and a machine of 70 steps; it is never made anew.
 */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { examine } from '../src/doctor/doctor.ts';
import { createRelay } from '../src/index.ts';
import { BUNDLED_RULES } from '../src/nsm/rule-set.ts';
import { revalidateMachine } from '../src/revalidation.ts';
import { SCHEMA_VERSION } from '../src/store/migrations.ts';
import { openStore } from '../src/store/store.ts';
import { connect } from './support/client.ts';
import { type OldStore, oldStore } from './support/old-store.ts';

const EVENTS = 'SELECT n, id, author, kind, created_at, tags, content, sig FROM event ORDER BY n';
const HEADS =
  'SELECT event, head, height, status, value, state, frozen FROM machine ORDER BY event';
const HASHES = 'SELECT event, machine, prior, height, canonical, state_hash FROM transition';
/** Keeper snapshots belong to a key that is not in the file: they are made anew. */
const RECORD = `SELECT n, id, tags, content, sig FROM event WHERE kind <> 30078 ORDER BY n`;

let old: OldStore;
beforeEach(() => {
  old = oldStore({ asIs: true });
});
afterEach(() => old.remove());

describe('a database of schema 1', () => {
  it('is that of the first release', () => {
    expect(old.rows('PRAGMA user_version')).toEqual([{ user_version: 1 }]);
    expect(old.rows('SELECT count(*) AS n FROM machine')).toEqual([{ n: 7 }]);
    expect(old.rows('SELECT count(*) AS n FROM transition')).toEqual([{ n: 96 }]);
  });

  it('opens with events, heads and hashes unchanged', () => {
    const before = [EVENTS, HEADS, HASHES].map(old.rows);
    openStore(old.dataDir, 'normal').close();
    expect(old.rows('PRAGMA user_version')).toEqual([{ user_version: SCHEMA_VERSION }]);
    expect([EVENTS, HEADS, HASHES].map(old.rows)).toEqual(before);
  });

  it('has every verdict confirmed by the rules of today', () => {
    const store = openStore(old.dataDir, 'normal');
    const rows = store.machines.after(0, 100);
    const judged = rows.map((row) => revalidateMachine(store, row, BUNDLED_RULES));
    expect(judged.flatMap(({ differences }) => differences)).toEqual([]);
    expect(judged.reduce((sum, { judged: count }) => sum + count, 0)).toBe(96);
    expect([...examine(store, BUNDLED_RULES)]).toEqual([]);
    store.close();
  });

  it('is served and goes on', async () => {
    const before = [RECORD, HASHES].map(old.rows);
    const relay = await createRelay({
      ...{ listen: { port: 0 }, dataDir: old.dataDir, verify: { workers: 0 } },
    });
    const client = await connect(relay.url);
    expect(await client.query({ kinds: [7501] })).toHaveLength(96);
    const snapshots = await client.query({ kinds: [30_078], authors: [relay.self] });
    expect(snapshots).toHaveLength(7);
    const listed = await fetch(`${relay.httpUrl}/api/v1/machines`);
    const { machines } = Object(await listed.json());
    expect(machines.map(({ height }: { height: number }) => height)).toContain(70);
    await client.close();
    await relay.stop();
    expect([RECORD, HASHES].map(old.rows)).toEqual(before);
  });
});
