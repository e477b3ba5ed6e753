/**
 * Pages of seven over hundreds of things that share one second, while more of them come and what is
 * there moves: each that was there when a listing began is told once, and in its place.
 */

import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { REPLAY_MAX } from '../../src/http/events.ts';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { type Chain, chainOf } from '../support/chains.ts';
import { eventsOf, followEvents } from '../support/event-stream.ts';
import { define, move, NOW, Z } from '../support/machines.ts';
import { setStage } from '../support/stage.ts';
import { ask, nextPage, type Told } from './job.ts';

const COUNT = 500;
const stage = setStage({ rate: { enabled: false } });

type Listing = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;

/** Everything a listing tells, page by page; `between` pages something may happen. */
async function leaf(path: string, [list, id]: readonly [string, string], between?: Between) {
  const told: unknown[] = [];
  let next: string | undefined = `${path}${path.includes('?') ? '&' : '?'}limit=7`;
  for (let i = 0; next !== undefined; i++) {
    const page: Told<Listing> = await ask(stage.relay, next);
    expect(page.status).toBe(200);
    const things = page.json[list] ?? [];
    told.push(...things.map((thing) => thing[id]));
    next = nextPage(page);
    if (next !== undefined) expect(things.length).toBeLessThanOrEqual(7);
    await between?.(i);
  }
  return told;
}
type Between = (page: number) => Promise<void>;

/** Publishes without waiting for each; all must be accepted. */
async function publish(events: readonly NostrEvent[]): Promise<void> {
  const answers = await Promise.all(events.map((event) => stage.client.publish(event)));
  expect(answers.filter(({ accepted }) => !accepted)).toEqual([]);
}

const switches: { readonly definition: NostrEvent; head: NostrEvent | null }[] = [];
const addSwitch = async (): Promise<void> => {
  const { definition } = chainOf(0, NOW);
  await publish([definition]);
  switches.push({ definition, head: null });
};
const turn = async (which: number): Promise<void> => {
  const found = switches[which % switches.length];
  if (found === undefined) throw new Error('there is nothing to turn');
  const type = (found.head?.tags[1]?.[1] ?? 'OFF') === 'OFF' ? 'ON' : 'OFF';
  found.head = move(found.definition, type, { on: found.head, at: NOW });
  await publish([found.head]);
};

const inOneSecond = (chain: Chain): Chain => {
  const transitions: NostrEvent[] = [];
  for (const { tags } of chain.transitions) {
    const type = tags[1]?.[1] ?? '';
    transitions.push(move(chain.definition, type, { on: transitions.at(-1) ?? null, at: NOW }));
  }
  return { ...chain, transitions };
};

describe('pages of machines that share one second', () => {
  beforeAll(async () => {
    // More would wait for their trial at a time than a relay lets wait.
    while (switches.length < COUNT) await Promise.all(Array.from({ length: 50 }, addSwitch));
    await Promise.all(Array.from({ length: COUNT / 2 }, (_, i) => turn(i * 7)));
  }, 60_000);

  it('tell each once, in its place, while others come and some of them move', async () => {
    // What happens after each page: nothing, a new machine, or a move of one of them.
    const happening = fc.array(fc.option(fc.nat({ max: 2 * COUNT }), { freq: 3 }), {
      ...{ minLength: 20, maxLength: 60 },
    });
    await fc.assert(
      fc.asyncProperty(happening, async (happenings) => {
        const before = await leaf('/api/v1/machines', ['machines', 'machine']);
        expect(new Set(before)).toEqual(new Set(switches.map(({ definition }) => definition.id)));
        expect(before).toHaveLength(switches.length);
        const during = await leaf('/api/v1/machines', ['machines', 'machine'], async (page) => {
          const what = happenings[page] ?? null;
          if (what === null) return;
          if (what > COUNT) await addSwitch();
          else await turn(what);
        });
        expect(during).toEqual(before);
      }),
      { numRuns: 3, endOnFailure: true },
    );
  }, 60_000);

  it('tell each once to whoever looks through an index', async () => {
    const path = `/api/v1/machines?author=${switches[0]?.definition.pubkey}`;
    const before = await leaf(path, ['machines', 'machine']);
    const during = await leaf(path, ['machines', 'machine'], (page) => turn(page * 11));
    expect(during).toEqual(before);
    expect(new Set(before).size).toBe(before.length);
  }, 60_000);
});

describe('pages of transitions that share one second', () => {
  it('tell each once, in chain order, while more come', async () => {
    const { definition, transitions } = inOneSecond(chainOf(COUNT + 60, NOW));
    await publish([definition, ...transitions.slice(0, COUNT)]);
    const path = `/api/v1/machines/${definition.id}/transitions`;
    const told = await leaf(path, ['transitions', 'id'], (page) =>
      publish(transitions.slice(COUNT + page, COUNT + page + 1)),
    );
    expect(told).toEqual(transitions.map(({ id }) => id));

    // Who was away for longer than a stream tells again hears where the machine stands.
    const last = transitions.at(-1)?.id;
    const retold = async (height: number) => {
      const lastEventId = `0.0.0.${height}`;
      const stream = await followEvents(stage.relay, eventsOf(definition), { lastEventId });
      const heads = [(await stream.next()).data['head']];
      while (heads.at(-1) !== last) heads.push((await stream.next()).data['head']);
      stream.close();
      return heads;
    };
    const from = transitions.length - REPLAY_MAX;
    expect(await retold(from - 1)).toEqual([last]);
    expect(await retold(from)).toEqual(transitions.slice(from).map(({ id }) => id));
  }, 60_000);

  it('tell each of all branches once, while more come on either', async () => {
    const { definition, line, beside } = forked(160, 30);
    await publish([definition, ...line.slice(0, 140), ...beside.slice(0, 20)]);
    const path = `/api/v1/machines/${definition.id}/transitions?branch=all`;
    const before = await leaf(path, ['transitions', 'id']);
    expect(new Set(before).size).toBe(before.length);
    expect(before).toHaveLength(160);
    const during = await leaf(path, ['transitions', 'id'], async (page) => {
      if (page < 20) await publish([...line.slice(140 + page, 141 + page)]);
      if (page < 10) await publish([...beside.slice(20 + page, 21 + page)]);
    });
    expect(new Set(during).size).toBe(during.length);
    const isOld = new Set(before);
    expect(during.filter((id) => isOld.has(id))).toEqual(before);
  }, 60_000);

  it('tell each node of the tree once', async () => {
    const { definition, line, beside } = forked(60, 20);
    await publish([definition, ...line, ...beside]);
    const told: unknown[] = [];
    let path: string | undefined = `/api/v1/machines/${definition.id}/dag?limit=7`;
    while (path !== undefined) {
      const page: Told<Listing> = await ask(stage.relay, path);
      told.push(...(page.json['nodes'] ?? []).map(({ id }) => id));
      path = nextPage(page);
    }
    expect(told.toSorted()).toEqual([...line, ...beside].map(({ id }) => id).sort());
  }, 60_000);
});

describe('pages of refusals that share one second', () => {
  it('tell each once, newest first, while more come', async () => {
    const { definition } = chainOf(0, NOW);
    await publish([definition]);
    const refused = Array.from({ length: 230 }, (_, i) =>
      move(definition, 'OFF', { at: NOW, data: { i } }),
    );
    const send = (events: readonly NostrEvent[]) =>
      Promise.all(events.map((event) => stage.client.publish(event)));
    await send(refused.slice(0, 200));
    const path = `/api/v1/refusals?machine=${definition.id}`;
    const told = await leaf(path, ['refusals', 'id'], async (page) => {
      await send(refused.slice(200 + page, 201 + page));
    });
    expect(told).toEqual(
      refused
        .slice(0, 200)
        .map(({ id }) => id)
        .toReversed(),
    );
  }, 60_000);
});

/** A machine in dag mode: a line of transitions that counts, and siblings beside its start. */
function forked(length: number, siblings: number) {
  const config = { ...SWITCH, description: `forked ${length}` };
  const definition = define(config, { tags: [['forks', 'dag']], at: NOW });
  const line: NostrEvent[] = [];
  for (let i = 0; i < length; i++) {
    line.push(move(definition, 'GO', { on: line.at(-1) ?? null, at: NOW }));
  }
  const beside = line.slice(0, siblings).map((on, i) => {
    const first = line[i + 1]?.id ?? '';
    // Of siblings the one with the lower id counts; the line is to go on counting.
    for (let nonce = 0; ; nonce++) {
      const sibling = move(definition, 'GO', { on, at: NOW, by: Z, data: { nonce } });
      if (sibling.id > first) return sibling;
    }
  });
  return { definition, line, beside };
}

const SWITCH = {
  initial: 'a',
  context: { n: 0 },
  meta: { nsm: { v: 1, actions: { count: [{ inc: ['n', 1] }] } } },
  states: { a: { on: { GO: { actions: 'count' } } } },
};
