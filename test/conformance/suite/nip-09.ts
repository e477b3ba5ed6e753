/**
 * NIP-09: an author's deletion removes for good, and nobody else's does anything.
 */

import type { NostrEvent } from '../../../src/nostr/event.ts';
import type { Person } from '../../support/machines.ts';
import { type Chapter, optional, required } from './case.ts';
import { expectEvents, find, refuse, submit, take } from './expectations.ts';
import { type Draft, draft } from './peer.ts';

const ARTICLE = 30_023;
const address = ({ pubkey }: Person, d: string, kind = ARTICLE): string => `${kind}:${pubkey}:${d}`;
const article = (by: Person, d: string, ago: number): NostrEvent =>
  draft(ARTICLE, `${d} of ${ago} seconds ago`, { by, ago, tags: [['d', d]] });

/** A deletion of events and addresses. */
const deletion = (targets: readonly (NostrEvent | string)[], said: Draft): NostrEvent => {
  const tags = targets.map((one) => (typeof one === 'string' ? ['a', one] : ['e', one.id]));
  return draft(5, 'deletion', { tags, ...said });
};
const ids = (...events: readonly NostrEvent[]) => ({ ids: events.map(({ id }) => id) });

/** The tests of deletion. */
export const DELETION: Chapter = {
  title: 'NIP-09: deletion',
  cases: [
    required(
      'removes an event by id',
      async ({ client, newcomer }) => {
        const by = newcomer();
        const event = draft(1, 'x', { by, ago: 180 });
        await take(client, event, deletion([event], { by }));
        await find(client, ids(event));
      },
      { tester: [72] },
    ),
    required(
      'removes by address what was made in the same second',
      async ({ client, newcomer }) => {
        const by = newcomer();
        const event = article(by, 'x', 0);
        await take(client, event);
        const at = { by, ago: 0 };
        const removal = deletion([address(by, 'x')], at);
        await take(client, removal);
        await find(client, ids(event));
      },
      { tester: [73] },
    ),
    required(
      'removes by address only what is older',
      async ({ client, newcomer }) => {
        const by = newcomer();
        const [older, newer] = [article(by, 'x', 300), article(by, 'x', 60)];
        await take(client, older, newer, deletion([address(by, 'x')], { by, ago: 180 }));
        await find(client, ids(newer), newer);
      },
      { tester: [74] },
    ),
    required(
      'is bound by the address',
      async ({ client, newcomer }) => {
        const [by, other] = [newcomer(), newcomer()];
        const draftOf = draft(30_024, 'x', { by, ago: 300, tags: [['d', 'x']] });
        const kept = [article(other, 'x', 300), article(by, 'y', 300), draftOf];
        await take(client, ...kept, deletion([address(by, 'x')], { by }));
        await find(client, ids(...kept), ...kept);
      },
      { tester: [75] },
    ),
    required(
      'removes nothing of others by id',
      async ({ client, newcomer }) => {
        const event = draft(1, 'of another', { by: newcomer(), ago: 240 });
        await take(client, event);
        await submit(client, deletion([event], { by: newcomer() }));
        await find(client, ids(event), event);
      },
      { tester: [76] },
    ),
    required(
      'removes nothing of others by address',
      async ({ client, newcomer }) => {
        const other = newcomer();
        const event = article(other, 'x', 240);
        await take(client, event);
        await submit(client, deletion([address(other, 'x')], { by: newcomer() }));
        await find(client, ids(event), event);
      },
      { tester: [77] },
    ),
    required(
      'refuses a deleted event that comes again',
      async ({ client, newcomer }) => {
        const by = newcomer();
        const event = draft(1, 'x', { by, ago: 180 });
        await take(client, event, deletion([event], { by }));
        await refuse(client, event);
        await find(client, ids(event));
      },
      { tester: [78] },
    ),
    required(
      'refuses what is older than the deletion of its address',
      async ({ client, newcomer }) => {
        const by = newcomer();
        const event = article(by, 'x', 300);
        await take(client, event, deletion([address(by, 'x')], { by, ago: 180 }));
        await refuse(client, event);
        await find(client, ids(event));
      },
      { tester: [79] },
    ),
    required(
      'takes what is newer than the deletion of its address',
      async ({ client, newcomer }) => {
        const by = newcomer();
        const event = article(by, 'x', 60);
        await take(client, deletion([address(by, 'x')], { by, ago: 180 }), event);
        await find(client, ids(event), event);
      },
      { tester: [80] },
    ),
    required('removes by id what was made in the same second', async ({ client, newcomer }) => {
      const by = newcomer();
      const event = draft(1, 'x', { by });
      await take(client, event, deletion([event], { by }));
      await find(client, ids(event));
    }),
    required('takes several targets, some twice and some no ids', async ({ client, newcomer }) => {
      const by = newcomer();
      const [a, b, kept] = ['a', 'b', 'kept'].map((content) => draft(1, content, { by })) as [
        NostrEvent,
        NostrEvent,
        NostrEvent,
      ];
      const values = [a.id, a.id, 'f'.repeat(64), b.id];
      const tags = [...values.map((id) => ['e', id]), ['k', '1']];
      await take(client, a, b, kept, draft(5, '', { by, tags }));
      await find(client, ids(a, b, kept), kept);
    }),
    required('serves deletions', async ({ client, newcomer }) => {
      const by = newcomer();
      const removal = deletion([draft(1, 'x', { by })], { by });
      await take(client, removal);
      await find(client, ids(removal), removal);
    }),
    required('does not undo a deletion by deleting it', async ({ client, newcomer }) => {
      const by = newcomer();
      const event = draft(1, 'x', { by, ago: 9 });
      const removal = deletion([event], { by, ago: 5 });
      await take(client, event, removal);
      await submit(client, deletion([removal], { by }));
      await refuse(client, event);
      await find(client, ids(event));
    }),
    required('does not keep out an event because a stranger named it first', async (peer) => {
      const [by, stranger] = [peer.newcomer(), peer.newcomer()];
      const [event, addressed] = [draft(1, 'x', { by, ago: 9 }), article(by, 'x', 9)];
      const removal = deletion([event, addressed, address(by, 'x')], { by: stranger });
      await submit(peer.client, removal);
      await take(peer.client, event, addressed);
      await find(peer.client, ids(event, addressed), event, addressed);
    }),
    required('counts an author’s deletion after a stranger’s', async ({ client, newcomer }) => {
      const by = newcomer();
      const event = draft(1, 'x', { by, ago: 9 });
      await submit(client, deletion([event], { by: newcomer() }));
      await take(client, event, deletion([event], { by }));
      await find(client, ids(event));
    }),
    optional('keeps out what its author deleted before it came', async (peer) => {
      const [by, reader] = [peer.newcomer(), await peer.another()];
      const event = draft(1, 'too late', { by, ago: 9 });
      await take(peer.client, deletion([event], { by }));
      await reader.subscribe('live', { authors: [by.pubkey] }).stored();
      await refuse(peer.client, event);
      expectEvents(await peer.client.query(ids(event)), []);
    }),
    optional('removes a replaceable event by an address without a d', async (peer) => {
      const by = peer.newcomer();
      const event = draft(10_002, 'x', { by, ago: 9 });
      await take(peer.client, event, deletion([address(by, '', 10_002)], { by }));
      await find(peer.client, ids(event));
    }),
    optional('takes a d with colons', async ({ client, newcomer }) => {
      const by = newcomer();
      const event = article(by, 'a:b::c', 9);
      await take(client, event, deletion([address(by, 'a:b::c')], { by }));
      await find(client, ids(event));
    }),
  ],
};
