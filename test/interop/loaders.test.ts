/**
 * What the AtoB web app asks a relay: its loaders, with its filters, in both versions of the
 * library.
 */

import type { Event } from 'nostr-tools/core';
import type { Filter } from 'nostr-tools/filter';
import { firstValueFrom } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { keeperAddress } from '../../src/nsm/keeper-snapshot.ts';
import { connect } from '../support/client.ts';
import { C, note, publishAll, X } from '../support/machines.ts';
import { startTestRelay, type TestRelay } from '../support/start-relay.ts';
import { newDelivery } from './delivery.ts';
import { type Loaders, openLoaders, openLoaders4 } from './libraries/loaders.ts';
import { plain } from './library.ts';

const NOW = Math.floor(Date.now() / 1_000);
const PAGE = 50;

const delivery = newDelivery();
const { machine, steps } = delivery;
/** A public offer, and an application's own data: other kinds and events beside the machines. */
const offer = note(37_500, 'offer', { by: C, at: NOW - 20, tags: [['d', 'offer']] });
const settings = note(30_078, '{}', { by: C, at: NOW - 20, tags: [['d', 'settings']] });
const notes = Array.from({ length: 3 * PAGE - 10 }, (_, i) =>
  note(9, `${i}`, { by: X, at: NOW - 1_000 + i }),
);

const sorted = (events: Iterable<Event | NostrEvent>): readonly Event[] =>
  [...events].map(plain).sort((a, b) => (a.id < b.id ? -1 : 1));

describe.each([
  ['applesauce 6', openLoaders],
  ['applesauce 4', openLoaders4],
])('the loaders of %s', (_, open) => {
  let relay: TestRelay;
  let loaders: Loaders;

  beforeAll(async () => {
    relay = await startTestRelay();
    const client = await connect(relay.url);
    await publishAll(client, [machine, ...steps, offer, settings, ...notes]);
    await client.close();
    loaders = open(relay.url);
  });
  afterAll(() => relay.stop());

  it.each<readonly [string, () => Filter, readonly (Event | NostrEvent)[]]>([
    ['definitions', () => ({ kinds: [7500] }), [machine]],
    ['definitions and offers', () => ({ kinds: [37_500, 7500] }), [machine, offer]],
    ['definitions of an author', () => ({ kinds: [7500], authors: [C.pubkey] }), [machine]],
    ['transitions of an author', () => ({ kinds: [7501], authors: [X.pubkey] }), steps],
    ['transitions of a machine', () => ({ kinds: [7501], '#e': [machine.id] }), steps],
    ['data of an author', () => ({ kinds: [30_078], authors: [C.pubkey] }), [settings]],
  ])('load %s', async (_, filter, expected) => {
    const found = new Map<string, Event>();
    const loading = loaders
      .timeline(filter(), PAGE)()
      .subscribe((one) => found.set(one.id, one));
    await expect.poll(() => sorted(found.values())).toEqual(sorted(expected));
    loading.unsubscribe();
  });

  it('load an event by its id', async () => {
    expect(plain(await firstValueFrom(loaders.event(machine.id)))).toEqual(machine);
  });

  it('load data and states by their address', async () => {
    const load = (pubkey: string, identifier: string) =>
      firstValueFrom(loaders.address({ kind: 30_078, pubkey, identifier }));
    expect(plain(await load(C.pubkey, 'settings'))).toEqual(plain(settings));
    const state = await load(relay.self, keeperAddress(machine.id));
    expect(state.tags).toContainEqual(['s', 'in_transit']);
  });

  it('load a long timeline block by block, and lose nothing', async () => {
    const found = new Map<string, Event>();
    const next = loaders.timeline({ kinds: [9] }, PAGE);
    const blocks = [PAGE, 2 * PAGE, notes.length];
    for (const block of blocks) {
      const loading = next().subscribe((one) => found.set(one.id, one));
      // A version that repeats the boundary has a few less in its block.
      await expect.poll(() => found.size).toBeGreaterThanOrEqual(block - blocks.length);
      loading.unsubscribe();
    }
    const loading = next().subscribe((one) => found.set(one.id, one));
    await expect.poll(() => sorted(found.values())).toEqual(sorted(notes));
    loading.unsubscribe();
  });
});
