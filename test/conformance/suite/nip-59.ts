/**
 * NIP-59 with NIP-42: gift wraps are for their addressee alone.
 */

import type { NostrEvent } from '../../../src/nostr/event.ts';
import { proveKey, sendAuth } from '../../support/authenticate.ts';
import { type Client, isVerb } from '../../support/client.ts';
import type { Person } from '../../support/machines.ts';
import { type Chapter, optional } from './case.ts';
import { eventsIn, expect, expectEvents, find, submit, take } from './expectations.ts';
import { challengeOf } from './nip-42.ts';
import { draft, type Peer, present } from './peer.ts';

const wrapFor = (peer: Peer, { pubkey }: Person, kind = 1059): NostrEvent =>
  draft(kind, 'ciphertext', { by: peer.newcomer(), tags: [['p', pubkey]] });

/** A connection that counts as somebody's. */
async function connectionOf(peer: Peer, who: Person): Promise<Client> {
  const client = await peer.another();
  const challenge = await challengeOf(peer, client);
  const { accepted, message } = await sendAuth(
    client,
    proveKey(who, { challenge, relay: peer.url, at: present() }),
  );
  expect(accepted, `refused AUTH: ${message}`);
  return client;
}

/** The tests of guarded events. */
export const WRAPS: Chapter = {
  title: 'NIP-59: gift wraps',
  cases: [
    optional('gives a wrap to its addressee, stored and live', async (peer) => {
      const to = peer.newcomer();
      const client = await connectionOf(peer, to);
      const [stored, live] = [wrapFor(peer, to), wrapFor(peer, to)];
      await take(peer.client, stored);
      await find(client, { '#p': [to.pubkey] }, stored);
      await client.subscribe('live', { kinds: [1059], '#p': [to.pubkey] }).stored();
      await take(peer.client, live);
      const heard = eventsIn((await client.unread()).filter(([, id]) => id === 'live'));
      expectEvents(heard, [live]);
    }),
    optional('gives a wrap to nobody else, however they ask', async (peer) => {
      const to = peer.newcomer();
      const wrap = wrapFor(peer, to);
      await take(peer.client, wrap);
      const stranger = await connectionOf(peer, peer.newcomer());
      const ways = [{ ids: [wrap.id] }, { '#p': [to.pubkey] }, { authors: [wrap.pubkey] }];
      for (const client of [stranger, await peer.another()]) {
        for (const way of ways) await find(client, { ...way, kinds: [1, 1059] });
        for (const way of ways) await find(client, way);
      }
    }),
    optional('sends a wrap live to nobody else', async (peer) => {
      const to = peer.newcomer();
      const stranger = await connectionOf(peer, peer.newcomer());
      const readers = [stranger, await peer.another()];
      const filter = { kinds: [1, 1059], '#p': [to.pubkey] };
      for (const one of readers) await one.subscribe('live', filter).stored();
      await take(peer.client, wrapFor(peer, to));
      for (const one of readers) expectEvents(eventsIn(await one.unread()), []);
    }),
    optional('asks who wants to read wraps to authenticate', async ({ another }) => {
      const client = await another();
      client.send(['REQ', 'wraps', { kinds: [1059] }]);
      const said = await client.unread();
      expect(said.some(isVerb('AUTH')), 'no AUTH came');
      const [, , reason] = said.find(isVerb('CLOSED')) ?? [];
      expect(String(reason).startsWith('auth-required: '), `it was closed with ${reason}`);
    }),
    optional('gives a wrap to each of two addressees', async (peer) => {
      const two = [peer.newcomer(), peer.newcomer()];
      const tags = two.map(({ pubkey }) => ['p', pubkey]);
      const wrap = draft(1059, 'ciphertext', { by: peer.newcomer(), tags });
      await take(peer.client, wrap);
      for (const one of two) await find(await connectionOf(peer, one), { ids: [wrap.id] }, wrap);
    }),
    optional('passes an ephemeral wrap on to its addressee alone', async (peer) => {
      const to = peer.newcomer();
      const [client, other] = [await connectionOf(peer, to), await peer.another()];
      const filter = { kinds: [1, 21_059], '#p': [to.pubkey] };
      for (const one of [client, other]) await one.subscribe('live', filter).stored();
      const wrap = wrapFor(peer, to, 21_059);
      await submit(peer.client, wrap);
      expectEvents(eventsIn(await client.unread()), [wrap]);
      expectEvents(eventsIn(await other.unread()), []);
      await find(client, { ids: [wrap.id] });
    }),
    optional('lets the addressee delete a wrap, and nobody else', async (peer) => {
      const [to, stranger] = [peer.newcomer(), peer.newcomer()];
      const client = await connectionOf(peer, to);
      const wrap = wrapFor(peer, to);
      const deletion = (by: Person) => draft(5, '', { by, tags: [['e', wrap.id]] });
      await take(client, wrap);
      await submit(client, deletion(stranger));
      await find(client, { ids: [wrap.id] }, wrap);
      await take(client, deletion(to));
      await find(client, { ids: [wrap.id] });
      expect(!(await submit(client, wrap)).accepted, 'took it again');
    }),
  ],
};
