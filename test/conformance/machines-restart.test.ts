/**
 * What a machine is after its relay was stopped and started again (PROTOCOL §3.6, §4, §7): the same
 * under the same rules, the same under others that judge it alike, frozen under any other.
 */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { type Held, heldBy, keeperSnapshotOf, standing, verdictOf } from '../support/answers.ts';
import { type Client, connect } from '../support/client.ts';
import { move, NOW, publishAccepted, X } from '../support/machines.ts';
import { editDatabase, FILL_DISK, SPOIL_VERDICTS } from '../support/provoke-faults.ts';
import { startTestRelay, type TestRelay } from '../support/start-relay.ts';

let relay: TestRelay;
let client: Client;
let machine: NostrEvent;
let first: NostrEvent;

const restart = async (sql = ''): Promise<void> => {
  await relay.restart(() => editDatabase(relay.dataDir, sql));
  client = await connect(relay.url);
};
const held = (): Promise<Held | null> => heldBy(client, relay.self, machine.id);
const next = (): NostrEvent => move(machine, 'START_TRANSIT', { on: first });

beforeEach(async () => {
  relay = await startTestRelay({}, { now: () => NOW });
  client = await connect(relay.url);
  ({ machine, first } = await publishAccepted(client));
});
afterEach(() => relay.stop());

describe('after a restart', () => {
  it('a machine stands where it stood and goes on', async () => {
    await restart();
    expect(await held()).toEqual(standing(first, 1, 'accepted'));
    expect(verdictOf(await client.publish(first))).toBe('ok duplicate');
    const second = next();
    expect(verdictOf(await client.publish(second))).toBe('ok');
    expect(await held()).toEqual(standing(second, 2, 'in_transit'));
  });

  it('a stale transition is still known to be one (stale-head)', async () => {
    const rival = move(machine, 'START_TRANSIT', { on: first, at: NOW - 50 });
    const second = next();
    await client.publish(second);
    await client.publish(rival);
    await restart();
    const onRival = move(machine, 'DELIVER', { on: rival });
    const stale = `invalid: stale-head: head=${second.id} height=2`;
    expect(verdictOf(await client.publish(onRival))).toBe(stale);
    expect(verdictOf(await client.publish(rival))).toBe(stale);
  });

  it('a machine goes on under another rule set that judges its log alike', async () => {
    await restart("UPDATE machine SET rules = 'another'");
    expect(verdictOf(await client.publish(next()))).toBe('ok');
  });

  it('a machine that the rules of today judge otherwise is frozen (machine-frozen)', async () => {
    await restart(SPOIL_VERDICTS);
    const frozen = `blocked: machine-frozen: head=${first.id} height=1`;
    expect(verdictOf(await client.publish(next()))).toBe(frozen);
    expect(await held()).toEqual({ ...standing(first, 1, 'accepted'), status: 'frozen' });
    const snapshot = await keeperSnapshotOf(client, relay.self, machine.id);
    expect(snapshot?.tags.filter(([name]) => name === 'n')).toEqual([]);
    expect(verdictOf(await client.publish(first))).toBe('ok duplicate');
  });
});

describe('a transition that cannot be written', () => {
  it('leaves no trace, and the same bytes are taken when all is well again (storage)', async () => {
    expect(await held()).toEqual(standing(first, 1, 'accepted'));
    editDatabase(relay.dataDir, FILL_DISK);
    const second = next();
    expect(verdictOf(await client.publish(second))).toBe('error: storage:');
    expect(await held()).toEqual(standing(first, 1, 'accepted'));
    editDatabase(relay.dataDir, 'DROP TRIGGER full');
    expect(await client.query({ authors: [X.pubkey], kinds: [7501] })).toEqual([first]);
    expect(verdictOf(await client.publish(second))).toBe('ok');
    expect(await held()).toEqual(standing(second, 2, 'in_transit'));
  });
});
