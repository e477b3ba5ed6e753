/**
 * NIP-01: which stored events a filter finds, in which order, and what is no filter.
 */

import type { NostrEvent } from '../../../src/nostr/event.ts';
import type { FilterJson } from '../../support/client.ts';
import { type Case, type Chapter, optional, required } from './case.ts';
import {
  about,
  eventsIn,
  expect,
  expectEvents,
  find,
  findInOrder,
  newestFirst,
  survives,
  take,
} from './expectations.ts';
import { claims, draft, type Peer } from './peer.ts';
import { type Posted, postedTo } from './posted.ts';

/** A filter on group A, and what it finds. */
type Ask = (posted: Posted) => readonly [FilterJson, readonly NostrEvent[]];

const finds = (says: string, ask: Ask, tester?: number): Case =>
  required(
    says,
    async (peer) => {
      const [filter, expected] = ask(await postedTo(peer));
      await find(peer.client, filter, ...expected);
    },
    tester === undefined ? {} : { tester: [tester] },
  );

const ids = (...events: readonly NostrEvent[]) => ({ ids: events.map(({ id }) => id) });

/** Malformed members of a filter, which may be refused or find nothing, but do no harm. */
const MALFORMED: readonly (readonly [string, FilterJson])[] = [
  ['kinds that are null', { kinds: null }],
  ['kinds that hold a text', { kinds: ['x'] }],
  ['an id that is empty', { ids: [''] }],
  ['an id that is not hex', { ids: ['g'.repeat(64)] }],
  ['an author in upper case', { authors: ['AB'.repeat(32)] }],
  ['a since that is null', { since: null }],
  ['a since that is a fraction', { since: Math.PI }],
  ['an until of -1', { until: -1 }],
  ['a limit of -1', { limit: -1 }],
  ['a limit that is a text', { limit: '1' }],
  ['a tag that is no list', { '#t': 'x' }],
  ['a tag of two letters', { '#ab': ['x'] }],
  ['a tag that is a digit', { '#9': ['x'] }],
  ['a tag beyond ASCII', { '#é': ['x'] }],
  ['a member called __proto__', JSON.parse('{"__proto__":["x"],"limit":1}')],
  ['a member called constructor', { constructor: ['x'], limit: 1 }],
  ['a member that nobody knows', { foo: 1, limit: 1 }],
];

const outlives = ([says, filter]: (typeof MALFORMED)[number]): Case =>
  required(`answers a filter with ${says}, and lives`, async ({ another }) => {
    const said = await survives(await another(), ['REQ', 'a', filter]);
    const answers = ['EOSE', 'CLOSED', 'NOTICE'];
    expect(
      said.some(([verb]) => answers.includes(verb)),
      'it said nothing',
    );
  });

/** Three events of a newcomer, the newest first, each a second older than the one before. */
async function three({ client, newcomer }: Peer) {
  const by = newcomer();
  const tags = (value: string) => [['t', `${by.pubkey} ${value}`]];
  const [c, b, a] = ['c', 'b', 'a'].map((name, ago) =>
    draft(1, name, { by, ago: ago + 1, tags: tags(name) }),
  ) as [NostrEvent, NostrEvent, NostrEvent];
  await take(client, a, b, c);
  return { author: by.pubkey, a, b, c, t: (value: string) => `${by.pubkey} ${value}` };
}

/** The tests of filters. */
export const FILTERS: Chapter = {
  title: 'NIP-01: filters',
  cases: [
    required(
      'answers newest first',
      async (peer) => {
        const { a40, a50, b45, b55 } = await postedTo(peer);
        await findInOrder(peer.client, ids(b55, a40, b45, a50), a40, b45, a50, b55);
      },
      { tester: [47] },
    ),
    required(
      'answers with the newest when limited',
      async (peer) => {
        const { author, mark, a40, b45 } = await postedTo(peer);
        const t = { '#t': [`${mark} a`, `${mark} b`] };
        await findInOrder(
          peer.client,
          { authors: [author], kinds: [1, 7], ...t, limit: 2 },
          a40,
          b45,
        );
      },
      { tester: [48] },
    ),
    required('answers by the lowest id within a second', async (peer) => {
      const { client } = peer;
      const by = peer.newcomer();
      const events = ['x', 'y', 'z'].map((content) => draft(1, content, { by, ago: 5 }));
      await take(client, ...events);
      await findInOrder(client, { authors: [by.pubkey] }, ...events);
      const [lowest] = [...events].sort(newestFirst);
      const found = await client.query({ authors: [by.pubkey], limit: 1 });
      expect(found[0]?.id === lowest?.id, 'another one came first');
      // NIP-67 lets a limited answer run to the end of its last second.
      expect(found.length === 1 || claims(peer, 67), `it sent ${found.length}`);
    }),
    finds('finds by id', ({ left }) => [ids(...left), left], 49),
    finds(
      'finds by author and kind',
      ({ author, approved, denied }) => [{ authors: [author], kinds: [9_999] }, [approved, denied]],
      50,
    ),
    finds(
      'finds by author and tags',
      ({ author, mark, a40, a50 }) => [{ authors: [author], '#t': [`${mark} a`] }, [a40, a50]],
      51,
    ),
    finds(
      'finds by kind and tags',
      ({ mark, b45, b55 }) => [{ kinds: [1], '#t': [`${mark} b`] }, [b45, b55]],
      52,
    ),
    finds(
      'finds by tags',
      ({ mark, approved }) => [{ '#n': [`${mark} approved`] }, [approved]],
      53,
    ),
    finds(
      'finds by several tags, all of which have to fit',
      ({ mark, denied }) => [{ '#k': [mark], '#n': [`${mark} denied`] }, [denied]],
      54,
    ),
    required(
      'finds by author',
      async (peer) => {
        const { author, left } = await postedTo(peer);
        await find(peer.client, { authors: [author] }, ...left);
        await find(peer.client, { authors: [peer.newcomer().pubkey] });
      },
      { tester: [55] },
    ),
    required(
      'finds by the empty filter',
      async (peer) => {
        const { left } = await postedTo(peer);
        const found = new Set((await peer.client.query({})).map(({ id }) => id));
        const missing = left.filter(({ id }) => !found.has(id));
        expect(missing.length === 0 || found.size >= 100, `${missing.length} were missing`);
      },
      { tester: [56] },
    ),
    required(
      'takes since and until inclusively',
      async ({ client, newcomer }) => {
        const by = newcomer();
        const event = draft(5_000, 'in time', { by, ago: 300 });
        await take(client, event);
        const { created_at: at } = event;
        const of = { kinds: [5_000], authors: [by.pubkey] };
        for (const time of [{ since: at }, { until: at }, { since: at, until: at }]) {
          await find(client, { ...of, ...time }, event);
        }
        for (const time of [
          { since: at + 1 },
          { until: at - 1 },
          { since: at + 1, until: at - 1 },
        ]) {
          await find(client, { ...of, ...time });
        }
      },
      { tester: [57] },
    ),
    required(
      'answers a limit of 0 with EOSE alone',
      async (peer) => {
        const { author } = await postedTo(peer);
        const client = await peer.another();
        client.send(['REQ', 'a', { authors: [author], limit: 0 }]);
        const verbs = (await about(client, 'a')).map(([verb]) => verb).join();
        expect(verbs === 'EOSE', `it said ${verbs}`);
      },
      { tester: [58] },
    ),
    required('finds what fits one of several filters, each event once', async (peer) => {
      const { author, a, b, c, t } = await three(peer);
      const filters = [ids(a), { authors: [author], '#t': [t('b')] }, ids(b, c), { ids: [a.id] }];
      await find(peer.client, filters, a, b, c);
    }),
    required('finds through one of several filters that fits', async (peer) => {
      const { author, b, t } = await three(peer);
      const none = { authors: [author], '#t': ['none'], '#e': ['0'.repeat(64)] };
      await find(peer.client, [none, { '#t': [t('b')] }, { ...none, kinds: [7] }], b);
    }),
    optional('orders the answers to several filters with limits together', async (peer) => {
      const { author, a, b, c } = await three(peer);
      const limits = [1, 2, 3].map((limit) => ({ authors: [author], limit }));
      await findInOrder(peer.client, [...limits, { authors: [author] }], c, b, a);
    }),
    required('finds nothing where members contradict', async (peer) => {
      const { author, a } = await three(peer);
      await find(peer.client, { ids: [a.id], kinds: [7] });
      await find(peer.client, { authors: [author], '#t': ['none'] });
    }),
    required(
      'finds by one of several values of a tag, each event once',
      async ({ client, newcomer }) => {
        const by = newcomer();
        const values = [`${by.pubkey} 1`, `${by.pubkey} 2`];
        const event = draft(1, 'both', { by, tags: values.map((value) => ['t', value]) });
        await take(client, event);
        await find(client, { '#t': [...values, 'x'] }, event);
      },
    ),
    required('finds by the second element of a tag and no other', async ({ client, newcomer }) => {
      const by = newcomer();
      const event = draft(1, 'r', { by, tags: [['r', `${by.pubkey} a`, `${by.pubkey} b`]] });
      await take(client, event);
      await find(client, { '#r': [`${by.pubkey} a`] }, event);
      await find(client, { '#r': [`${by.pubkey} b`] });
      await find(client, { '#r': [by.pubkey] });
    }),
    required('tells upper and lower case of tags apart', async ({ client, newcomer }) => {
      const by = newcomer();
      const event = draft(1111, 'comment', {
        by,
        tags: [
          ['K', by.pubkey],
          ['E', by.pubkey],
        ],
      });
      await take(client, event);
      await find(client, { '#K': [by.pubkey] }, event);
      await find(client, { '#k': [by.pubkey] });
      await find(client, { '#e': [by.pubkey] });
    }),
    optional('finds an empty value, but not a missing one', async ({ client, newcomer }) => {
      const by = newcomer();
      const event = draft(1, 'empty', { by, tags: [['t', '']] });
      await take(client, event, draft(1, 'missing', { by, tags: [['t']] }));
      await find(client, { authors: [by.pubkey], '#t': [''] }, event);
    }),
    required('says so when a REQ has no filter, and lives', async ({ another }) => {
      const said = await survives(await another(), ['REQ', 'a']);
      expect(
        said.some(([verb]) => verb === 'CLOSED' || verb === 'NOTICE'),
        'it said nothing',
      );
    }),
    ...MALFORMED.map(outlives),
    required('keeps a valid subscription beside a malformed one', async (peer) => {
      const { a } = await three(peer);
      const client = await peer.another();
      client.send(['REQ', 'bad', { kinds: ['x'] }]);
      client.send(['REQ', 'good', ids(a)]);
      expectEvents(eventsIn(await about(client, 'good')), [a]);
    }),
  ],
};
