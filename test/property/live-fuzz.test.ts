/**
 * Live delivery against a scan: clients subscribe, replace, close, publish and delete at random
 * while the clock runs, and every subscription has got exactly what it should have.
 *
 * A subscription is owed what is stored and readable when it is opened, up to its limit, and then
 * every event that is accepted while it is open and that its filters want. What a client was sent
 * is read off its frames. The seed is fixed; HEADKEEPER_FUZZ_SEED sets another.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isExpired, type NostrEvent, newestFirst } from '../../src/nostr/event.ts';
import { matches, parseFilter } from '../../src/nostr/filter.ts';
import { type Client, connect, type FilterJson, type Frame } from '../support/client.ts';
import { NOW, note } from '../support/machines.ts';
import { type Random, randomFrom } from '../support/random.ts';
import { testKey } from '../support/sign.ts';
import { startTestRelay, type TestRelay } from '../support/start-relay.ts';

const SEED = Number(process.env['HEADKEEPER_FUZZ_SEED'] ?? 20_261_124);
const STEPS = 500;
const PEOPLE = [1, 2, 3].map((i) => testKey(`person ${i}`));
const KINDS = [1, 7, 30_000, 20_001];
const WORDS = ['a', 'b', 'c'];
const IDS = ['x', 'y', 'z'];

let time = NOW;
let relay: TestRelay;

beforeAll(async () => {
  relay = await startTestRelay({}, { now: () => time });
});
afterAll(() => relay.stop());

/** A client with the filters of its open subscriptions, and the frames it is owed. */
type Party = {
  readonly client: Client;
  readonly open: Map<string, readonly FilterJson[]>;
  readonly owed: Frame[];
};

/** Subscriptions of one client may be served in any order; within each the order counts. */
function bySubscription(frames: readonly Frame[]): readonly Frame[] {
  return [...frames].sort((a, b) => String(a[1]).localeCompare(String(b[1])));
}

/** All frames that came, once as many answers have ended as should. */
async function hear(client: Client, owed: readonly Frame[]): Promise<readonly Frame[]> {
  const ends = (frames: readonly Frame[]) => frames.filter(([verb]) => verb === 'EOSE').length;
  const heard: Frame[] = [];
  do heard.push(...(await client.unread()));
  while (ends(heard) < ends(owed));
  return heard;
}

function wants(filter: FilterJson, event: NostrEvent): boolean {
  const parsed = parseFilter(filter, { filterValuesMax: 100 });
  if ('problem' in parsed) throw new Error(parsed.problem);
  return matches(parsed, event);
}

function randomFilter(random: Random): FilterJson {
  const filter: Record<string, unknown> = {};
  if (random.chance(40)) filter['kinds'] = [random.pick(KINDS), random.pick(KINDS)];
  if (random.chance(40)) filter['authors'] = [random.pick(PEOPLE).pubkey];
  if (random.chance(30)) filter['#t'] = [random.pick(WORDS), random.pick(WORDS)];
  if (random.chance(15)) filter['since'] = time - random.below(40);
  if (random.chance(15)) filter['until'] = time + random.below(40) - 20;
  if (random.chance(40)) filter['limit'] = random.below(8);
  return filter;
}

function randomEvent(random: Random, i: number): NostrEvent {
  const tags = [
    ['t', random.pick(WORDS)],
    ['d', random.pick(WORDS)],
  ];
  if (random.chance(30)) tags.push(['expiration', `${time + 1 + random.below(30)}`]);
  const at = time - random.below(30);
  return note(random.pick(KINDS), `${i}`, { by: random.pick(PEOPLE), at, tags });
}

/** The relay in a few lines: a list, and what is done with it. */
function modelStore() {
  let stored: NostrEvent[] = [];
  const placeOf = ({ kind, pubkey, tags }: NostrEvent) =>
    kind === 30_000 ? `${pubkey} ${tags.find(([name]) => name === 'd')?.[1]}` : undefined;
  return {
    /** Stores an event unless a newer version is there; false when it is refused. */
    add: (event: NostrEvent): boolean => {
      const place = placeOf(event);
      const current = stored.find((other) => place !== undefined && placeOf(other) === place);
      if (current && newestFirst(current, event) <= 0) return false;
      if (event.kind !== 20_001) stored = [...stored.filter((one) => one !== current), event];
      return true;
    },
    /** Carries out a deletion; of a deletion it has no effect. */
    remove: (event: NostrEvent) => {
      if (event.kind !== 5) stored = stored.filter((one) => one.id !== event.id);
    },
    all: () => stored,
    answer: (filters: readonly FilterJson[]): NostrEvent[] => {
      const readable = stored.filter((event) => !isExpired(event, time)).sort(newestFirst);
      const found = filters.flatMap((filter) =>
        readable
          .filter((event) => wants(filter, event))
          .slice(0, filter['limit'] === undefined ? 500 : Number(filter['limit'])),
      );
      return [...new Set(found)].sort(newestFirst);
    },
  };
}

describe(`with the seed ${SEED}`, () => {
  it('every subscription gets what a scan says, stored and live', async () => {
    const random = randomFrom(SEED);
    const model = modelStore();
    const parties: Party[] = [];
    for (const _ of PEOPLE) {
      parties.push({ client: await connect(relay.url), open: new Map(), owed: [] });
    }
    const publisher = await connect(relay.url);
    let delivered = 0;

    const publish = async (event: NostrEvent) => {
      const isOwed = model.add(event);
      expect((await publisher.publish(event)).accepted).toBe(isOwed);
      if (!isOwed) return;
      for (const { open, owed } of parties) {
        for (const [id, filters] of open) {
          if (filters.some((filter) => wants(filter, event))) owed.push(['EVENT', id, event]);
        }
      }
    };
    const subscribe = ({ client, open, owed }: Party) => {
      const id = random.pick(IDS);
      const filters = Array.from({ length: 1 + random.below(3) }, () => randomFilter(random));
      client.send(['REQ', id, ...filters]);
      owed.push(...model.answer(filters).map((event): Frame => ['EVENT', id, event]), ['EOSE', id]);
      open.set(id, filters);
    };
    const close = ({ client, open }: Party) => {
      const id = random.pick(IDS);
      client.send(['CLOSE', id]);
      open.delete(id);
    };

    for (let step = 0; step < STEPS; step++) {
      const party = random.pick(parties);
      const choice = random.below(10);
      if (choice < 5) await publish(randomEvent(random, step));
      else if (choice < 7) subscribe(party);
      else if (choice < 8) close(party);
      else if (choice < 9) time += random.below(6);
      else {
        const victim = random.pick([...model.all(), undefined]);
        if (!victim) continue;
        const by = PEOPLE.find(({ pubkey }) => pubkey === victim.pubkey) ?? testKey('nobody');
        model.remove(victim);
        await publish(note(5, `${step}`, { by, at: time, tags: [['e', victim.id]] }));
      }
      // What was asked is heard before the next step, so that the order is known.
      for (const { client, owed } of parties) {
        const heard = await hear(client, owed);
        expect(bySubscription(heard), `step ${step}`).toEqual(bySubscription(owed.splice(0)));
        delivered += heard.length;
      }
    }
    expect(delivered).toBeGreaterThan(STEPS);
    for (const { client } of [...parties, { client: publisher }]) await client.close();
  }, 60_000);
});
