/**
 * NIP-45: what a relay would find, as a number.
 */

import { computeOffset, feedPubkey, hllEncode, newHll } from 'nostr-tools/nip45';
import type { Client, FilterJson } from '../../support/client.ts';
import { type Chapter, optional, required } from './case.ts';
import { eventsIn, expect, expectEvents, take } from './expectations.ts';
import { draft } from './peer.ts';

type Counted = { readonly count?: unknown; readonly hll?: unknown };

/** The third element of the answer to a COUNT. */
async function countedBy(client: Client, ...filters: readonly FilterJson[]): Promise<Counted> {
  client.send(['COUNT', 'how many', ...filters]);
  const [verb, , said] = await client.nextFrame(([, id]) => id === 'how many');
  expect(verb === 'COUNT', `it said ${verb} ${said}`);
  return typeof said === 'object' && said !== null ? said : {};
}

async function expectCount(client: Client, filters: readonly FilterJson[], expected: number) {
  const { count } = await countedBy(client, ...filters);
  expect(count === expected, `it counted ${count}, not ${expected}`);
}

/** The tests of counting. */
export const COUNTING: Chapter = {
  title: 'NIP-45: counting',
  nip: 45,
  cases: [
    required('counts what a filter finds', async ({ client, newcomer }) => {
      const by = newcomer();
      await expectCount(client, [{ authors: [by.pubkey] }], 0);
      await take(client, draft(1, 'a', { by }), draft(1, 'b', { by }), draft(7, '+', { by }));
      await expectCount(client, [{ authors: [by.pubkey] }], 3);
      await expectCount(client, [{ authors: [by.pubkey], kinds: [7] }], 1);
    }),
    required('counts each event once for several filters', async ({ client, newcomer }) => {
      const by = newcomer();
      await take(client, draft(1, 'a', { by }), draft(7, '+', { by }));
      const authors = [by.pubkey];
      await expectCount(client, [{ authors }, { authors, kinds: [1] }, { authors }], 2);
    }),
    required('counts nothing that was replaced or deleted', async ({ client, newcomer }) => {
      const by = newcomer();
      const event = draft(1, 'x', { by, ago: 9 });
      await take(client, draft(0, 'a', { by, ago: 9 }), draft(0, 'b', { by }), event);
      await take(client, draft(5, '', { by, tags: [['e', event.id]] }));
      await expectCount(client, [{ authors: [by.pubkey], kinds: [0, 1] }], 1);
    }),
    required('leaves nothing open, and subscriptions of that name alone', async (peer) => {
      const [client, by] = [await peer.another(), peer.newcomer()];
      await expectCount(client, [{ authors: [by.pubkey] }], 0);
      await client.subscribe('live', { authors: [by.pubkey] }).stored();
      const event = draft(1, 'x', { by });
      await take(peer.client, event);
      const frames = await client.unread();
      expectEvents(eventsIn(frames), [event]);
    }),
    optional('counts no wraps of others', async ({ client, newcomer }) => {
      const [by, to] = [newcomer(), newcomer()];
      await take(client, draft(1059, 'ciphertext', { by, tags: [['p', to.pubkey]] }));
      await expectCount(client, [{ '#p': [to.pubkey] }], 0);
      await expectCount(client, [{ authors: [by.pubkey], kinds: [1, 1059] }], 0);
    }),
    optional('gives registers of HyperLogLog for reactions', async ({ client, newcomer }) => {
      const target = draft(1, 'liked', { by: newcomer() });
      const people = Array.from({ length: 8 }, newcomer);
      const tags = [['e', target.id]];
      await take(client, target, ...people.map((by) => draft(7, '+', { by, tags })));
      const filter = { '#e': [target.id], kinds: [7] };
      const { hll } = await countedBy(client, filter);
      const offset = computeOffset(target.id);
      const registers = newHll();
      for (const { pubkey } of people) feedPubkey(registers, pubkey, offset);
      expect(hll === hllEncode(registers), `they were ${String(hll).slice(0, 40)}`);
    }),
  ],
};
