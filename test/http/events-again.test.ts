/**
 * Followers who come back, and the place that a stream takes among the connections of a relay.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeConfig } from '../../src/config.ts';
import { createLogger } from '../../src/log.ts';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { startRelay } from '../../src/relay.ts';
import { OPERATOR } from '../support/administer.ts';
import { connect } from '../support/client.ts';
import {
  type EventStream,
  eventsOf,
  type Following,
  followEvents,
} from '../support/event-stream.ts';
import {
  move,
  NOW,
  publishAccepted,
  publishAll,
  publishMachine,
  R,
  Z,
} from '../support/machines.ts';
import { setStage } from '../support/stage.ts';
import { startTestRelay, type TestRelay } from '../support/start-relay.ts';
import { ask } from './job.ts';

const stage = setStage({ admin: { pubkeys: [OPERATOR.pubkey] } });

const follow = (machine: NostrEvent, following?: Following): Promise<EventStream> =>
  followEvents(stage.relay, eventsOf(machine), following);

describe('a follower who comes back', () => {
  it('goes on where he was, with everything that happened meanwhile', async () => {
    const machine = await publishMachine(stage.client);
    const stream = await follow(machine);
    const first = move(machine, 'ACCEPT', { at: NOW - 100 });
    await publishAll(stage.client, [first]);
    const { id = '' } = await stream.next();
    stream.close();
    const refused = move(machine, 'START_TRANSIT', { by: Z, on: first });
    await stage.client.publish(refused);
    const second = move(machine, 'START_TRANSIT', { on: first });
    await publishAll(stage.client, [second]);
    const again = await follow(machine, { lastEventId: id });
    const frames = [await again.next(), await again.next()];
    expect(frames.map(({ event }) => event)).toEqual(['refusal', 'head']);
    expect(frames[1]?.data).toMatchObject({ transition: second.id });
    again.close();
    const byQuery = `${eventsOf(machine)}?last_event_id=${id}`;
    const other = await followEvents(stage.relay, byQuery);
    expect((await other.next()).event).toBe('refusal');
    other.close();
  });

  it('misses nothing when he had not heard of anything before', async () => {
    const machine = await publishMachine(stage.client);
    const stream = await follow(machine);
    const noise = await publishMachine(stage.client);
    expect((await ask(stage.relay, eventsOf(noise), { method: 'HEAD' })).status).toBe(200);
    const lastEventId = await openingId(stream);
    stream.close();
    await publishAll(stage.client, [move(machine, 'ACCEPT', { at: NOW - 100 })]);
    const again = await follow(machine, { lastEventId });
    expect(await again.next()).toMatchObject({ event: 'head', data: { height: 1 } });
    again.close();
  });

  it.each(['', 'abc', '0.0.0.0.0', 'zz.99999999999999999.1.1'])(
    'with the id %j, which is none of ours, hears where the machine stands, or what is new',
    async (lastEventId) => {
      const { machine, first } = await publishAccepted(stage.client);
      const stream = await follow(machine, { lastEventId });
      const second = move(machine, 'START_TRANSIT', { on: first });
      await publishAll(stage.client, [second]);
      if (lastEventId !== '') {
        expect((await stream.next()).data).toMatchObject({ head: first.id, missed: true });
      }
      expect((await stream.next()).data).toMatchObject({ transition: second.id });
      stream.close();
    },
  );
});

describe('a follower who comes back after the relay was restarted', () => {
  let relay: TestRelay;
  beforeAll(async () => {
    relay = await startTestRelay({}, { now: () => NOW });
  });
  afterAll(() => relay.stop());

  it('is told of the heads he missed from the record, and where the machine stands', async () => {
    const before = await connect(relay.url);
    const { machine, first } = await publishAccepted(before);
    const stream = await followEvents(relay, eventsOf(machine));
    const lastEventId = await openingId(stream);
    const second = move(machine, 'START_TRANSIT', { on: first });
    const third = move(machine, 'DELIVER', { on: second });
    await publishAll(before, [second, third]);
    const ended = stream.rest();
    await relay.restart();
    expect((await ended).at(-1)).toMatchObject({
      event: 'dropped',
      data: { reason: 'shutting-down' },
    });
    const again = await followEvents(relay, eventsOf(machine), { lastEventId });
    const frames = [await again.next(), await again.next(), await again.next()];
    expect(frames.map(({ data }) => [data['head'], data['missed']])).toEqual([
      [second.id, true],
      [third.id, true],
      [third.id, true],
    ]);
    expect(frames[2]?.data).toMatchObject({ height: 3, value: 'delivered', revision: 4 });
    const after = await connect(relay.url);
    const fourth = move(machine, 'CONFIRM', { on: third, by: R });
    await publishAll(after, [fourth]);
    expect(await again.next()).toMatchObject({ event: 'head', data: { transition: fourth.id } });
    again.close();
    await after.close();
  });
});

describe('a stream', () => {
  it('is refused for a machine that is not hosted, before it begins', async () => {
    const { status, json } = await ask(stage.relay, `/api/v1/machines/${'0'.repeat(64)}/events`);
    expect({ status, json }).toMatchObject({ status: 404, json: { code: 'not-found' } });
  });

  it('has its place among the connections of the relay, and gives it back', async () => {
    const small = await startTestRelay({ limits: { connectionsMax: 2 } }, { now: () => NOW });
    const client = await connect(small.url);
    const machine = await publishMachine(client);
    const stream = await followEvents(small, eventsOf(machine));
    expect(stream.status).toBe(200);
    const beyond = await ask(small, eventsOf(machine));
    expect(beyond).toMatchObject({ status: 503, json: { code: 'overloaded' } });
    expect(beyond.headers.get('retry-after')).toBe('10');
    await expect(connect(small.url)).rejects.toThrow('503');
    stream.close();
    let again = await followEvents(small, eventsOf(machine));
    while (again.status === 503) again = await followEvents(small, eventsOf(machine));
    expect(again.status).toBe(200);
    again.close();
    await client.close();
    await small.stop();
  });

  it('ends when the configuration answers nobody any more', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'headkeeper-test-'));
    const options = { dataDir, listen: { port: 0 }, verify: { workers: 0 } };
    const log = createLogger({ level: 'silent', format: 'json' });
    const relay = await startRelay(makeConfig(options), { log, now: () => NOW });
    const client = await connect(relay.url);
    const machine = await publishMachine(client);
    const stream = await followEvents(relay, eventsOf(machine));
    relay.reload(makeConfig({ ...options, access: { authRequired: true } }));
    expect((await stream.rest()).at(-1)?.data).toMatchObject({ reason: 'not-shown' });
    expect((await ask(relay, eventsOf(machine))).status).toBe(403);
    await client.close();
    await relay.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('counts against the connections that one address may have', async () => {
    const limits = { connectionsPerAddressMax: 2 };
    const small = await startTestRelay({ limits }, { now: () => NOW });
    const client = await connect(small.url);
    const machine = await publishMachine(client);
    const stream = await followEvents(small, eventsOf(machine));
    const beyond = await ask(small, eventsOf(machine));
    expect(beyond).toMatchObject({ status: 429, json: { code: 'rate-limited' } });
    stream.close();
    await client.close();
    await small.stop();
  });
});

/** The id that is sent before anything has happened. */
async function openingId(stream: EventStream): Promise<string> {
  while (stream.lastId() === undefined) await new Promise((resolve) => setImmediate(resolve));
  return stream.lastId() ?? '';
}
