/**
 * NIP-01: which of several versions is kept, in whatever order they come.
 */

import type { NostrEvent } from '../../../src/nostr/event.ts';
import { type Case, type Chapter, optional, required } from './case.ts';
import { find, newestFirst, refuse, submit, take } from './expectations.ts';
import { type Draft, draft, type Peer } from './peer.ts';
import { type Posted, postedTo, type Versions } from './posted.ts';

const d = (...values: readonly string[]) => values.map((value) => ['d', value]);

type Which = (posted: Posted) => Versions;

/** The newer version is found by kind and author, and only that. */
const keepsNewer = (says: string, which: Which, tester: number): Case =>
  required(
    says,
    async (peer) => {
      const posted = await postedTo(peer);
      const { newer } = which(posted);
      await find(peer.client, { kinds: [newer.kind], authors: [posted.author] }, newer);
    },
    { tester: [tester] },
  );

const removesOlder = (says: string, which: Which, tester: number): Case =>
  required(
    says,
    async (peer) => {
      const { older } = which(await postedTo(peer));
      await find(peer.client, { ids: [older.id] });
    },
    { tester: [tester] },
  );

const refusesOlder = (says: string, which: Which, tester: number): Case =>
  required(
    says,
    async (peer) => {
      const { older } = which(await postedTo(peer));
      await refuse(peer.client, older);
      await find(peer.client, { ids: [older.id] });
    },
    { tester: [tester] },
  );

/** What of a newcomer's events, sent in this order, is left. */
async function leaves({ client }: Peer, sent: readonly NostrEvent[], left: readonly NostrEvent[]) {
  for (const event of sent) await submit(client, event);
  await find(client, { authors: [sent[0]?.pubkey] }, ...left);
}

/** An address: a kind, and the tags that may make it one. */
type At = readonly [kind: number, tags: readonly (readonly string[])[]];

const apart = (says: string, one: At, other: At): Case =>
  required(`keeps versions apart that differ in ${says}`, async (peer) => {
    const by = peer.newcomer();
    const two = [one, other].map(([kind, tags], i) =>
      draft(kind, `${i}`, { by, ago: 9 - i, tags }),
    );
    await leaves(peer, two, two);
  });

const sameAddress = (says: string, tags: Draft['tags'] = []): Case =>
  required(`takes an addressable event ${says} for one with an empty d`, async (peer) => {
    const by = peer.newcomer();
    const older = draft(30_000, 'older', { by, ago: 9, tags: d('') });
    const newer = draft(30_000, 'newer', { by, ago: 5, tags });
    await leaves(peer, [older, newer], [newer]);
  });

const KINDS = [0, 10_002, 30_000];

const tie = (kind: number, order: 'first' | 'last'): Case =>
  required(
    `keeps the lowest id of one second when it comes ${order}: kind ${kind}`,
    async (peer) => {
      const by = peer.newcomer();
      const versions = ['x', 'y', 'z'].map((content) => draft(kind, content, { by, ago: 5 }));
      const sorted = [...versions].sort(newestFirst);
      await leaves(peer, order === 'first' ? sorted : sorted.toReversed(), sorted.slice(0, 1));
    },
  );

/** The tests of replaceable and addressable events. */
export const REPLACEMENT: Chapter = {
  title: 'NIP-01: replaceable and addressable events',
  cases: [
    keepsNewer('takes profiles', ({ profile }) => profile, 61),
    removesOlder('replaces a profile by a newer one', ({ profile }) => profile, 62),
    keepsNewer('takes contact lists', ({ contacts }) => contacts, 63),
    removesOlder('replaces a contact list by a newer one', ({ contacts }) => contacts, 64),
    optional(
      'serves replaced versions by their id',
      async (peer) => {
        const { older } = (await postedTo(peer)).bookmarks;
        await find(peer.client, { ids: [older.id] }, older);
      },
      { tester: [65], declined: 'a replaced version is removed, as its author expects' },
    ),
    removesOlder('removes a replaced event', ({ bookmarks }) => bookmarks, 66),
    refusesOlder('refuses a replaced event that comes again', ({ bookmarks }) => bookmarks, 67),
    removesOlder('removes a replaced addressable event', ({ list }) => list, 68),
    refusesOlder('refuses a replaced addressable event that comes again', ({ list }) => list, 69),
    keepsNewer('finds a replaceable event', ({ bookmarks }) => bookmarks, 70),
    keepsNewer('finds an addressable event', ({ list }) => list, 71),
    ...KINDS.flatMap((kind) => [tie(kind, 'first'), tie(kind, 'last')]),
    apart('their d', [30_000, d('a')], [30_000, d('b')]),
    apart('case of their d', [30_000, d('a')], [30_000, d('A')]),
    apart('a colon in their d', [30_000, d('a')], [30_000, d('a:b')]),
    apart('their first d', [30_000, d('a', 'b')], [30_000, d('b', 'a')]),
    apart('their kind', [30_000, d('a')], [30_001, d('a')]),
    apart('their kind, being replaceable', [10_004, []], [10_005, []]),
    apart('content, if they are regular, whatever their d', [1, d('a')], [1, d('a')]),
    sameAddress('without a d'),
    sameAddress('whose d has no value', [['d']]),
    sameAddress('with other tags only', [
      ['D', 'x'],
      ['t', 'x'],
    ]),
    sameAddress('whose first d is empty', d('', 'x')),
    required('keeps versions apart of two authors', async (peer) => {
      const two = [peer.newcomer(), peer.newcomer()].map((by) => draft(10_002, '', { by }));
      await take(peer.client, ...two);
      for (const event of two) await find(peer.client, { authors: [event.pubkey] }, event);
    }),
    required('replaces a replaceable event whatever its d', async (peer) => {
      const by = peer.newcomer();
      const older = draft(10_003, 'older', { by, ago: 9, tags: d('a') });
      const newer = draft(10_003, 'newer', { by, ago: 5, tags: d('b') });
      await leaves(peer, [older, newer], [newer]);
    }),
    required('sends no superseded version to subscribers', async (peer) => {
      const [reader, by] = [await peer.another(), peer.newcomer()];
      await reader.subscribe('live', { authors: [by.pubkey] }).stored();
      const [newer, older] = [draft(0, 'newer', { by }), draft(0, 'older', { by, ago: 9 })];
      await take(peer.client, newer);
      await refuse(peer.client, older);
      await find(peer.client, { authors: [by.pubkey] }, newer);
    }),
  ],
};
