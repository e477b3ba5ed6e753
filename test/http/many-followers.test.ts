/**
 * Many followers of one machine, some of whom read nothing: they are given up with the reason, and
 * the others miss nothing. `npm run bench:followers` does it with a thousand and looks at memory.
 */

import { describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { eventsOf, followEvents } from '../support/event-stream.ts';
import { define, move, publishAll } from '../support/machines.ts';
import { setStage } from '../support/stage.ts';
import { WIDE } from '../support/wide-machine.ts';
import { ask } from './job.ts';

const stage = setStage();
const READERS = 20;
const SLOW = 5;
/** More than the buffers of a connection can hold, however generous the system is with them. */
const STEPS_MAX = 3_000;

async function givenUp(): Promise<number> {
  const { text } = await ask(stage.relay, '/metrics');
  return Number(/^nsm_slow_readers_total (\d+)$/m.exec(text)?.[1] ?? 0);
}

describe('of many followers', () => {
  it('those who read hear of every step, those who do not are dropped as too slow', async () => {
    const machine = define(WIDE, { tags: [] });
    await publishAll(stage.client, [machine]);
    const path = eventsOf(machine);
    const open = (count: number, paused: boolean) =>
      Promise.all(Array.from({ length: count }, () => followEvents(stage.relay, path, { paused })));
    const [readers, slow] = [await open(READERS, false), await open(SLOW, true)];
    const steps: NostrEvent[] = [];
    while (steps.length < STEPS_MAX && (await givenUp()) < SLOW) {
      for (let i = 0; i < 25; i++) {
        steps.push(move(machine, 'GO', { on: steps.at(-1) ?? null }));
        await publishAll(stage.client, steps.slice(-1));
      }
    }
    for (const reader of readers) {
      const heard: unknown[] = [];
      while (heard.length < steps.length) heard.push((await reader.next()).data['transition']);
      expect(heard).toEqual(steps.map(({ id }) => id));
    }
    for (const follower of slow) {
      follower.resume();
      const frames = await follower.rest();
      expect(frames.at(-1)).toMatchObject({ event: 'dropped', data: { reason: 'too-slow' } });
      const again = await followEvents(stage.relay, path, { lastEventId: follower.lastId() ?? '' });
      const missed = steps.slice(frames.length - 1).map(({ id }) => id);
      for (const id of missed) expect((await again.next()).data).toMatchObject({ transition: id });
      again.close();
    }
    for (const reader of readers) reader.close();
  }, 60_000);
});
