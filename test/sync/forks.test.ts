/**
 * Two relays, each fed a random half of the same machines with forks and endorsements, and one sync
 * in each direction: they stand alike then, whatever came to whom first (PROTOCOL §7, §10).
 */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { type EventSet, randomEventSet } from '../property/event-sets.ts';
import { randomFrom } from '../support/random.ts';
import { holdingsOf, type Side, startSide, stopSide, syncSides } from './two-relays.ts';

const SETS = 8;

let ours: Side;
let theirs: Side;

beforeEach(async () => {
  [ours, theirs] = await Promise.all([startSide(), startSide()]);
});
afterEach(async () => {
  await Promise.all([ours, theirs].map(stopSide));
});

/**
 * Publishes each event to one relay or the other, few of them to both, and with it what it builds
 * on, whatever the relay says.
 */
async function feedHalves(sets: readonly EventSet[], seed: number): Promise<void> {
  const random = randomFrom(seed);
  for (const { events } of sets) {
    const halves = [new Set<NostrEvent>(), new Set<NostrEvent>()];
    for (const event of events) {
      const chosen = random.chance(20) ? halves : [random.pick(halves)];
      for (const half of chosen) for (const one of withPast(event, events)) half.add(one);
    }
    for (const [i, half] of halves.entries()) {
      const { client } = i === 0 ? ours : theirs;
      for (const event of events) if (half.has(event)) await client.publish(event);
    }
  }
}

/** An event, the definition, and everything that its link leads back to. */
function withPast(event: NostrEvent, events: readonly NostrEvent[]): readonly NostrEvent[] {
  const [link] = event.tags.flatMap(([name, id]) => (name === 'transition' ? [id] : []));
  const prior = events.find(({ id }) => id === link);
  const definition = events.filter(({ kind }) => kind === 7_500);
  return [event, ...(prior ? withPast(prior, events) : definition)];
}

type Stand = { head: string | null; state_hash: string; final_height: number | null };

async function standOf({ relay }: Side, machine: NostrEvent): Promise<Stand> {
  const answer = await fetch(`${relay.httpUrl}/api/v1/machines/${machine.id}/state`);
  return (await answer.json()) as Stand;
}

/** The canonical nodes of a machine that are final. */
async function finalOf({ relay }: Side, machine: NostrEvent): Promise<readonly string[]> {
  const answer = await fetch(`${relay.httpUrl}/api/v1/machines/${machine.id}/dag`);
  const { nodes } = (await answer.json()) as { nodes: { id: string; final: boolean }[] };
  return nodes.filter((node) => node.final).map((node) => node.id);
}

const NONE = { accepted: 0, duplicate: 0, refused: 0, codes: [] };

describe('after one sync in each direction', () => {
  it('dag machines have the same events, the same head and the same state', async () => {
    const sets = Array.from({ length: SETS }, (_, i) => randomEventSet(100 + i, 'dag', 'one path'));
    await feedHalves(sets, 3);
    await syncSides(ours, theirs);
    await syncSides(theirs, ours);
    expect(holdingsOf(theirs)).toEqual(holdingsOf(ours));
    for (const { machine } of sets) {
      const { head, state_hash } = await standOf(ours, machine);
      expect(await standOf(theirs, machine)).toMatchObject({ head, state_hash });
    }
    expect(await syncSides(ours, theirs)).toEqual({ down: NONE, up: NONE });
  });

  it('head-only machines have the same final prefix', async () => {
    const sets = Array.from({ length: SETS }, (_, i) =>
      randomEventSet(200 + i, 'head-only', 'one path'),
    );
    await feedHalves(sets, 4);
    await syncSides(ours, theirs);
    await syncSides(theirs, ours);
    let longest = 0;
    for (const { machine } of sets) {
      const final = await finalOf(ours, machine);
      longest = Math.max(longest, final.length);
      expect(await finalOf(theirs, machine)).toEqual(final);
    }
    expect(longest).toBeGreaterThan(1);
    expect(await syncSides(ours, theirs)).toEqual({ down: NONE, up: NONE });
  });
});
