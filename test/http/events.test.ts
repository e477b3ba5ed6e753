/**
 * What a follower of a machine is told, and what one who comes back is told again.
 */

import { describe, expect, it } from 'vitest';
import { FEEDS_LIMITS } from '../../src/http/feeds.ts';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { manage, OPERATOR } from '../support/administer.ts';
import {
  type EventStream,
  eventsOf,
  type Following,
  followEvents,
  type StreamFrame,
} from '../support/event-stream.ts';
import {
  C,
  claim,
  DELIVERY,
  define,
  ENGINE_TAG,
  move,
  NOW,
  persisted,
  publishAccepted,
  publishAll,
  publishMachine,
  X,
  Z,
} from '../support/machines.ts';
import { setStage } from '../support/stage.ts';

const stage = setStage({ admin: { pubkeys: [OPERATOR.pubkey] } });
const EXECUTED = { executorPubKey: X.pubkey };
const HEX_64 = /^[0-9a-f]{64}$/;

const follow = (machine: NostrEvent, following?: Following): Promise<EventStream> =>
  followEvents(stage.relay, eventsOf(machine), following);
const names = (frames: readonly StreamFrame[]) => frames.map(({ event }) => event);

/** Ends the stream from the other side and gives what had been sent. */
async function hideAfter(stream: EventStream, machine: NostrEvent) {
  await manage(stage.relay, 'hidemachine', machine.id);
  return stream.rest();
}

describe('a follower of a machine', () => {
  it('hears of each transition as the head that it was', async () => {
    const machine = await publishMachine(stage.client);
    const stream = await follow(machine);
    expect(stream.status).toBe(200);
    expect(stream.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(stream.headers['cache-control']).toBe('no-store');
    const first = move(machine, 'ACCEPT', { at: NOW - 100 });
    const second = move(machine, 'START_TRANSIT', { on: first });
    await publishAll(stage.client, [first, second]);
    const [one, two] = [await stream.next(), await stream.next()];
    expect(one).toMatchObject({
      event: 'head',
      data: { transition: first.id, height: 1, head: first.id, value: 'accepted', prior: null },
    });
    expect(two).toEqual({
      event: 'head',
      id: expect.stringMatching(/^\w+\.\d+\.3\.2$/),
      data: {
        ...{ machine: machine.id, revision: 3, head: second.id, height: 2, status: 'active' },
        ...{ value: 'in_transit', final_height: null, transition: second.id, prior: first.id },
        ...{ type: 'START_TRANSIT', author: X.pubkey, created_at: NOW },
        state_hash: expect.stringMatching(HEX_64),
      },
    });
    stream.close();
  });

  it('hears of nothing that concerns another machine', async () => {
    const [mine, other] = [await publishMachine(stage.client), await publishMachine(stage.client)];
    const stream = await follow(mine);
    const moves = [other, mine].map((machine) => move(machine, 'ACCEPT', { at: NOW - 100 }));
    await publishAll(stage.client, moves);
    expect((await stream.next()).data).toMatchObject({ machine: mine.id });
    stream.close();
  });

  it('hears of what was refused, and why', async () => {
    const { machine, first } = await publishAccepted(stage.client);
    const stream = await follow(machine);
    const refused = move(machine, 'START_TRANSIT', { by: Z, on: first });
    await stage.client.publish(refused);
    expect(await stream.next()).toMatchObject({
      event: 'refusal',
      data: {
        ...{ machine: machine.id, head: first.id, height: 1, value: 'accepted' },
        refusal: {
          ...{ id: refused.id, kind: 7501, author: Z.pubkey, type: 'START_TRANSIT' },
          ...{ code: 'guard-denied', omitted: 0, message: expect.stringContaining('guard-denied') },
        },
      },
    });
    stream.close();
  });

  it('hears of so many refusals a second, and how many others there were', async () => {
    const { machine, first } = await publishAccepted(stage.client);
    const stream = await follow(machine);
    const refused = Array.from({ length: 40 }, (_, i) =>
      move(machine, 'START_TRANSIT', { by: Z, on: first, at: NOW - i }),
    );
    await Promise.all(refused.map((event) => stage.client.publish(event)));
    const told = (await hideAfter(stream, machine)).filter(({ event }) => event === 'refusal');
    const omitted = told.map(({ data }) => (data['refusal'] as { omitted: number }).omitted);
    expect(told.length).toBeGreaterThanOrEqual(FEEDS_LIMITS.refusalsPerSecond);
    expect(told.length + omitted.reduce((sum, count) => sum + count)).toBeLessThanOrEqual(40);
  });
});

describe('a follower of a machine with a custodian, or with branches', () => {
  it('hears of snapshots, and of what they make final', async () => {
    const { machine, first } = await publishAccepted(stage.client);
    const stream = await follow(machine);
    const snapshot = claim(machine, persisted('accepted', EXECUTED), { on: first });
    await publishAll(stage.client, [snapshot]);
    expect(await stream.next()).toMatchObject({
      event: 'snapshot',
      data: {
        ...{ snapshot: snapshot.id, author: C.pubkey, of: first.id, final_height: 1 },
        ...{ head: first.id, revision: 3 },
      },
    });
    stream.close();
  });

  it('is told of a reorganisation as one: the fork, then the head it led to', async () => {
    const { machine, first } = await publishAccepted(stage.client);
    const second = move(machine, 'START_TRANSIT', { on: first });
    const rival = move(machine, 'NOTE', { on: first, data: { note: 'instead' } });
    await publishAll(stage.client, [second]);
    await stage.client.publish(rival);
    const stream = await follow(machine);
    const content = persisted('accepted', { ...EXECUTED, notes: ['instead'] });
    const snapshot = claim(machine, content, { on: rival });
    await publishAll(stage.client, [snapshot]);
    const frames = [await stream.next(), await stream.next(), await stream.next()];
    expect(names(frames)).toEqual(['fork', 'head', 'snapshot']);
    expect(frames[0]?.data).toMatchObject({
      ...{ reorganised: true, at: first.id, branch: { head: rival.id, height: 2 } },
      ...{ head: rival.id, value: 'accepted', final_height: 2 },
    });
    expect(frames[1]?.data).toMatchObject({ head: rival.id, height: 2, reorganised: true });
    expect(frames[2]?.data).toMatchObject({ snapshot: snapshot.id, of: rival.id });
    stream.close();
  });

  it('hears of a branch that does not count', async () => {
    const state = ['state', `30078:${C.pubkey}:followed-dag`];
    const machine = define(DELIVERY, { tags: [ENGINE_TAG, state, ['forks', 'dag']] });
    const first = move(machine, 'ACCEPT', { at: NOW - 100 });
    const [low, high] = [1, 2]
      .map((n) => move(machine, 'NOTE', { on: first, data: { note: `${n}` } }))
      .sort((a, b) => (a.id < b.id ? -1 : 1)) as [NostrEvent, NostrEvent];
    await publishAll(stage.client, [machine, first, low]);
    const stream = await follow(machine);
    await publishAll(stage.client, [high]);
    expect(await stream.next()).toMatchObject({
      event: 'fork',
      data: { reorganised: false, at: first.id, transition: high.id, type: 'NOTE', head: low.id },
    });
    stream.close();
  });
});

describe('a follower of a machine that freezes', () => {
  it('hears of a freeze by two endorsements that exclude each other', async () => {
    const { machine, first } = await publishAccepted(stage.client);
    const second = move(machine, 'START_TRANSIT', { on: first });
    const rival = move(machine, 'NOTE', { on: first, data: { note: 'instead' } });
    await publishAll(stage.client, [second]);
    await stage.client.publish(rival);
    const one = claim(machine, persisted('in_transit', EXECUTED), { on: second });
    await publishAll(stage.client, [one]);
    const stream = await follow(machine);
    const content = persisted('accepted', { ...EXECUTED, notes: ['instead'] });
    await publishAll(stage.client, [claim(machine, content, { on: rival, d: 'elsewhere' })]);
    const frames = [];
    for (let event = ''; event !== 'frozen'; event = frames.at(-1)?.event ?? '') {
      frames.push(await stream.next());
    }
    expect(frames.at(-1)?.data).toMatchObject({
      ...{ status: 'frozen', head: first.id, height: 1 },
      frozen: { at: first.id, cause: 'equivocation' },
    });
    stream.close();
  });

  it('hears of a freeze by the operator, and of its end', async () => {
    const { machine } = await publishAccepted(stage.client);
    const stream = await follow(machine);
    await manage(stage.relay, 'freezemachine', machine.id);
    expect(await stream.next()).toMatchObject({
      event: 'frozen',
      data: { status: 'frozen', frozen: { cause: 'operator' } },
    });
    await manage(stage.relay, 'unfreezemachine', machine.id);
    expect(await stream.next()).toMatchObject({
      event: 'frozen',
      data: { status: 'active', frozen: null },
    });
    stream.close();
  });
});

describe('a follower of a machine that is hidden', () => {
  it('is sent away when the machine is hidden, with the reason', async () => {
    const { machine } = await publishAccepted(stage.client);
    const frames = await hideAfter(await follow(machine), machine);
    expect(frames).toEqual([
      { event: 'dropped', id: undefined, data: { machine: machine.id, reason: 'not-shown' } },
    ]);
    expect((await follow(machine)).status).toBe(404);
  });
});
