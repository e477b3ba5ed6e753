/**
 * A disk with too little room: events are refused before SQLite fails, everything else goes on.
 */

import { tmpdir } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { makeConfig } from '../../src/config.ts';
import { createLogger } from '../../src/log.ts';
import { guardDisk } from '../../src/upkeep/disk.ts';
import { connect } from '../support/client.ts';
import { signEvent, testKey } from '../support/sign.ts';
import { startTestRelay, type TestRelay } from '../support/start-relay.ts';

const { secret } = testKey('client');
/** More than any disk has. */
const ALL = 1_099_511_627_776;

let relay: TestRelay | undefined;
afterEach(() => relay?.stop());

const note = (kind: number) =>
  signEvent({ kind, created_at: Math.floor(Date.now() / 1_000), tags: [], content: '' }, secret);

describe('the disk guard', () => {
  it('sees no room where nothing can be written, however much is free', () => {
    const log = createLogger({ level: 'silent', format: 'json' });
    const roomIn = (dataDir: string): boolean => {
      const guard = guardDisk(makeConfig({ dataDir, storage: { freeBytesMin: 0 } }), log);
      guard.close();
      return guard.hasRoom();
    };
    expect([roomIn(tmpdir()), roomIn('/proc/1/nothing')]).toEqual([true, false]);
  });
});

describe('a relay without room on its disk', () => {
  it('refuses events as storage, serves what it has, and passes ephemeral ones on', async () => {
    relay = await startTestRelay({ storage: { freeBytesMin: ALL } });
    const client = await connect(relay.url);
    const live = client.subscribe('live', { kinds: [20_001] });
    expect(await live.stored()).toEqual([]);
    const says = 'error: storage: the disk is full or read-only; reads go on';
    expect(await client.publish(note(1))).toEqual({ accepted: false, message: says });
    const passing = note(20_001);
    expect(await client.publish(passing)).toMatchObject({ accepted: true });
    expect(await live.next()).toMatchObject({ id: passing.id });
    expect(await client.query({ kinds: [1] })).toEqual([]);
    expect((await fetch(`${relay.httpUrl}/readyz`)).status).toBe(503);
    expect((await fetch(`${relay.httpUrl}/healthz`)).status).toBe(200);
    expect((await fetch(`${relay.httpUrl}/api/v1/machines`)).status).toBe(200);
    await client.close();
  });
});
