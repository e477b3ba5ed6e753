/**
 * NIP-40: expiration, looked at whenever an event is taken or sent.
 */

import { type Case, type Chapter, optional, required } from './case.ts';
import { expect, find, refuse, take } from './expectations.ts';
import { draft, present } from './peer.ts';

const expiring = (value: string): readonly (readonly string[])[] => [['expiration', value]];

/** Tags that say nothing about time. */
const NONE: readonly (readonly [string, readonly string[]])[] = [
  ['without a value', ['expiration']],
  ['that is empty', ['expiration', '']],
  ['that is negative', ['expiration', '-1']],
  ['that is a fraction', ['expiration', '1.5']],
  ['in words', ['expiration', 'yesterday']],
];

const ignores = ([says, tag]: (typeof NONE)[number]): Case =>
  optional(`takes an event with an expiration ${says}`, async (peer) => {
    const event = draft(1, says, { by: peer.newcomer(), tags: [tag] });
    await take(peer.client, event);
    await find(peer.client, { ids: [event.id] }, event);
  });

/** The tests of expiration. */
export const EXPIRATION: Chapter = {
  title: 'NIP-40: expiration',
  nip: 40,
  cases: [
    required('refuses what has expired, or does not serve it', async (peer) => {
      const [by, reader] = [peer.newcomer(), await peer.another()];
      await reader.subscribe('live', { authors: [by.pubkey] }).stored();
      await refuse(peer.client, draft(1, '', { by, tags: expiring(`${present() - 10}`) }));
      await refuse(peer.client, draft(20_000, '', { by, tags: expiring(`${present() - 10}`) }));
      const heard = (await reader.unread()).length;
      expect(heard === 0, 'it sent it to a subscriber');
      await find(peer.client, { authors: [by.pubkey] });
    }),
    required('serves an event until it expires, and not from then on', async (peer) => {
      const by = peer.newcomer();
      const lasting = draft(1, 'lasting', { by, ago: 5 });
      const event = draft(1, 'expiring', { by, tags: expiring(`${present() + 3}`) });
      const filter = { authors: [by.pubkey] };
      await take(peer.client, lasting, event);
      await find(peer.client, filter, lasting, event);
      const wait = (Number(event.tags[0]?.[1]) + 0.1) * 1_000 - Date.now();
      await new Promise((resolve) => setTimeout(resolve, wait));
      await find(peer.client, filter, lasting);
      await find(peer.client, { ids: [event.id] });
      await find(peer.client, { ...filter, limit: 1 }, lasting);
    }),
    required('serves an event that expires beyond 2^32', async (peer) => {
      const event = draft(1, '', { by: peer.newcomer(), tags: expiring(`${2 ** 32 + 1}`) });
      await take(peer.client, event);
      await find(peer.client, { ids: [event.id] }, event);
    }),
    optional('takes the first of several expirations', async ({ client, newcomer }) => {
      const by = newcomer();
      const [past, future] = [expiring('1'), expiring(`${present() + 1_000}`)];
      await refuse(client, draft(1, 'past', { by, tags: [...past, ...future] }));
      await take(client, draft(1, 'future', { by, tags: [...future, ...past] }));
    }),
    ...NONE.map(ignores),
  ],
};
