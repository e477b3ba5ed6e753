/**
 * nostr-fetch: reads everything there is, page by page, each until the time at which the one before
 * ended.
 */

import { setTimeout } from 'node:timers/promises';
import { NostrFetcher } from 'nostr-fetch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { connect } from '../support/client.ts';
import { note, publishAll, X, Z } from '../support/machines.ts';
import type { TestRelay } from '../support/start-relay.ts';
import { newDelivery } from './delivery.ts';
import { startFixedRelay } from './fixed-relay.ts';
import { plain } from './library.ts';

const NOW = Math.floor(Date.now() / 1_000);
const many = (kind: number, count: number, at: (i: number) => number): readonly NostrEvent[] =>
  Array.from({ length: count }, (_, i) => note(kind, `${i}`, { by: X, at: at(i) }));

/** More than the relay sends at once. */
const apart = many(9, 700, (i) => NOW - 10_000 + i);
/** As many as the relay sends at once, all of one second. */
const together = many(11, 500, () => NOW - 10_000);

const contentsOf = (events: readonly { readonly content: string }[]): readonly string[] =>
  events.map(({ content }) => content).sort();

describe('nostr-fetch', () => {
  let relay: TestRelay;
  let fetcher: NostrFetcher;
  const delivery = newDelivery();

  beforeAll(async () => {
    relay = await startFixedRelay();
    const client = await connect(relay.url);
    const { machine, steps } = delivery;
    await publishAll(client, [machine, ...steps, ...apart, ...together]);
    await client.close();
    fetcher = NostrFetcher.init({ webSocketConstructor: WebSocket });
  });
  afterAll(async () => {
    fetcher.shutdown();
    await relay.stop();
  });

  it('reads a machine and its steps', async () => {
    const { machine, steps } = delivery;
    const ofMachine = { kinds: [7501], '#e': [machine.id] };
    const found = await fetcher.fetchAllEvents([relay.url], ofMachine, {}, { sort: true });
    expect(found.map(plain)).toEqual([steps[1], steps[0]]);
    const [latest] = await fetcher.fetchLatestEvents([relay.url], { kinds: [7501] }, 1);
    expect(latest).toMatchObject({ id: steps[1].id });
  });

  it('reads more than one page, and loses nothing', async () => {
    const found = await fetcher.fetchAllEvents(
      [relay.url],
      { kinds: [9] },
      {},
      { limitPerReq: 50 },
    );
    expect(contentsOf(found)).toEqual(contentsOf(apart));
    const all = await fetcher.fetchAllEvents([relay.url], { kinds: [9] }, {});
    expect(contentsOf(all)).toEqual(contentsOf(apart));
  });

  it('reads what is of one second, as long as that fits in a page', async () => {
    const found = await fetcher.fetchAllEvents([relay.url], { kinds: [11] }, {});
    expect(contentsOf(found)).toEqual(contentsOf(together));
  });

  it('finds nothing where there is nothing', async () => {
    const authors = [Z.pubkey];
    expect(await fetcher.fetchAllEvents([relay.url], { authors }, {})).toEqual([]);
  });

  it('reads again after the relay was restarted', async () => {
    // In one process with its client a relay may be back before the client reads that it went.
    await relay.restart(() => setTimeout(100));
    const found = await fetcher.fetchLatestEvents([relay.url], { kinds: [9] }, 3);
    expect(contentsOf(found)).toEqual(contentsOf(apart.slice(-3)));
  });
});
