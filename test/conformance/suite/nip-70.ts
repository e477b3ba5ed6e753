/**
 * NIP-70: protected events come from their author or not at all.
 */

import { proveKey, sendAuth } from '../../support/authenticate.ts';
import { type Chapter, optional, required } from './case.ts';
import { expect, find, refuse, take } from './expectations.ts';
import { challengeOf } from './nip-42.ts';
import { draft, present } from './peer.ts';

const PROTECTED = { tags: [['-']] };

/** The tests of protected events. */
export const PROTECTION: Chapter = {
  title: 'NIP-70: protected events',
  nip: 70,
  cases: [
    required('refuses a protected event from nobody in particular', async (peer) => {
      const event = draft(1, 'protected', { by: peer.newcomer(), ...PROTECTED });
      await refuse(await peer.another(), event);
      await find(peer.client, { ids: [event.id] });
    }),
    required('takes a protected event from its author, and from nobody else', async (peer) => {
      const [client, by] = [await peer.another(), peer.newcomer()];
      const challenge = await challengeOf(peer, client);
      const proof = proveKey(by, { challenge, relay: peer.url, at: present() });
      const { accepted } = await sendAuth(client, proof);
      expect(accepted, 'refused AUTH');
      const mine = draft(1, 'mine', { by, ...PROTECTED });
      await take(client, mine);
      await find(peer.client, { ids: [mine.id] }, mine);
      await refuse(client, draft(1, 'of another', { by: peer.newcomer(), ...PROTECTED }));
    }),
    optional('refuses a repost that carries a protected event', async (peer) => {
      const inside = draft(1, 'protected', { by: peer.newcomer(), ...PROTECTED });
      const tags = [['e', inside.id]];
      await refuse(peer.client, draft(6, inside, { by: peer.newcomer(), tags }));
    }),
    required('knows protection by the name of a tag, not by a value', async (peer) => {
      const by = peer.newcomer();
      await take(peer.client, draft(1, 'open', { by, tags: [['t', '-'], ['-x']] }));
    }),
  ],
};
