/**
 * Clients that do not keep up: the relay waits for those who read slowly, gives up those who do not
 * read at all, and serves everybody else meanwhile.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, connect } from '../support/client.ts';
import { NOW, note, publishAll } from '../support/machines.ts';
import { setStage } from '../support/stage.ts';
import { startTestRelay, type TestRelay } from '../support/start-relay.ts';

/** Close to the longest content there may be, so that few events fill every buffer on the way. */
const LONG = 'x'.repeat(130_000);
const STORED = 60;
/** More than the buffers of a connection can hold, however generous the system is with them. */
const LIVE_MAX = 1_000;

const stage = setStage({ limits: { sendQueueBytesMax: 1_048_576 * 2 } });

// What takes two heartbeats begins before the other tests.
let heart: TestRelay;
let dead: Client;
let alive: Client;

beforeAll(async () => {
  heart = await startTestRelay({ limits: { heartbeatSeconds: 1 } });
  dead = await connect(heart.url, { answersPings: false });
  alive = await connect(heart.url);
  for (const client of [dead, alive]) await client.subscribe('live', { kinds: [1] }).stored();
});
afterAll(async () => {
  await alive.close();
  await heart.stop();
});

describe('a client that stops reading', () => {
  it('gets all that is stored when it reads again, and nobody waits for it', async () => {
    const events = Array.from({ length: STORED }, (_, i) => note(1, LONG, { at: NOW - i }));
    await publishAll(stage.client, events);
    const slow = await stage.another();
    const subscription = slow.subscribe('all', { kinds: [1] });
    slow.socket.pause();
    const ids = events.map(({ id }) => id);
    const newest = { ids: ids.slice(0, 1) };
    expect(await stage.client.query(newest)).toEqual(events.slice(0, 1));
    slow.socket.resume();
    const stored = await subscription.stored();
    expect(stored.map(({ id }) => id)).toEqual(ids);
  });

  it('is given up when too much waits for it, and nobody else is', async () => {
    const [slow, other] = await Promise.all([stage.another(), stage.another()]);
    const missed = slow.subscribe('live', { kinds: [20_001] });
    const heard = other.subscribe('live', { kinds: [20_001], '#t': ['last'] });
    await Promise.all([missed.stored(), heard.stored()]);
    slow.socket.pause();
    for (let i = 0; i < LIVE_MAX && slow.socket.readyState === slow.socket.OPEN; i++) {
      await publishAll(stage.client, [note(20_001, LONG, { at: NOW - i })]);
      // Reading nothing, it hears of the end only when it says something.
      slow.socket.ping();
    }
    expect(await slow.ended).toEqual({ code: 1006 });
    const last = note(20_001, '', { tags: [['t', 'last']] });
    await publishAll(stage.client, [last]);
    expect(await heard.next()).toEqual(last);
  });
});

describe('a client that stops reading what is stored', () => {
  it('is given up when too much live comes behind it', async () => {
    const slow = await stage.another();
    slow.subscribe('both', { kinds: [1, 20_002] });
    slow.socket.pause();
    for (let i = 0; i < LIVE_MAX && slow.socket.readyState === slow.socket.OPEN; i++) {
      await publishAll(stage.client, [note(20_002, LONG, { at: NOW - i })]);
      slow.socket.ping();
    }
    expect(await slow.ended).toEqual({ code: 1006 });
  });
});

describe('a client that does not answer pings', () => {
  it('is given up, even with a subscription; one that only listens is not', async () => {
    expect(await dead.ended).toEqual({ code: 1006 });
    expect(await alive.unread()).toEqual([]);
  });
});
