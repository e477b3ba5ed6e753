/**
 * NIP-62: who asks to vanish is gone, up to that moment, and stays gone.
 */

import type { Person } from '../../support/machines.ts';
import { type Chapter, optional, required } from './case.ts';
import { find, refuse, submit, take } from './expectations.ts';
import { type Draft, draft } from './peer.ts';

const request = (by: Person, relay: string, said: Draft = {}) =>
  draft(62, 'vanish', { by, tags: [['relay', relay]], ...said });

/** The tests of requests to vanish. */
export const VANISHING: Chapter = {
  title: 'NIP-62: requests to vanish',
  nip: 62,
  cases: [
    required('removes everything of an author, and nothing of others', async (peer) => {
      const [by, other] = [peer.newcomer(), peer.newcomer()];
      const [mine, profile] = [draft(1, 'x', { by, ago: 9 }), draft(0, '{}', { by, ago: 9 })];
      const theirs = draft(1, 'x', { by: other, ago: 9, tags: [['p', by.pubkey]] });
      await take(peer.client, mine, profile, theirs, request(by, peer.url));
      await find(peer.client, { ids: [mine.id, profile.id, theirs.id] }, theirs);
    }),
    required('refuses what was there before, deletions too', async ({ client, newcomer, url }) => {
      const by = newcomer();
      const mine = draft(1, 'x', { by, ago: 9 });
      const deletion = draft(5, '', { by, ago: 8, tags: [['e', mine.id]] });
      await take(client, mine, deletion, request(by, url));
      await refuse(client, mine);
      await refuse(client, deletion);
      await find(client, { ids: [mine.id, deletion.id] });
    }),
    required('takes a request to all relays', async ({ client, newcomer }) => {
      const by = newcomer();
      const mine = draft(1, 'x', { by, ago: 9 });
      await take(client, mine, request(by, 'ALL_RELAYS'));
      await find(client, { ids: [mine.id] });
    }),
    required('does not act on a request to another relay', async ({ client, newcomer }) => {
      const by = newcomer();
      const mine = draft(1, 'x', { by, ago: 9 });
      await take(client, mine);
      await submit(client, request(by, 'wss://relay.example.com'));
      await find(client, { ids: [mine.id] }, mine);
    }),
    optional('takes what is newer', async ({ client, newcomer, url }) => {
      const by = newcomer();
      const later = draft(1, 'later', { by });
      await take(client, request(by, url, { ago: 9 }), later);
      await find(client, { ids: [later.id] }, later);
    }),
    required('does not let a deletion undo a request', async ({ client, newcomer, url }) => {
      const by = newcomer();
      const [mine, vanish] = [draft(1, 'x', { by, ago: 9 }), request(by, url, { ago: 5 })];
      await take(client, mine, vanish);
      await submit(client, draft(5, '', { by, tags: [['e', vanish.id]] }));
      await refuse(client, mine);
    }),
  ],
};
