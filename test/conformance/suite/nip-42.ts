/**
 * NIP-42: who answers a challenge rightly is known, who does not is told so, and both stay
 * connected.
 *
 * A challenge is taken where it comes: at once, or when asking for what only its addressee may
 * read, or when publishing what only its author may. A relay that sends none is not tested.
 */

import { proveKey, sendAuth } from '../../support/authenticate.ts';
import { type Client, isVerb } from '../../support/client.ts';
import { type Case, type Chapter, optional, required } from './case.ts';
import { expect, find, refuse, survives, take } from './expectations.ts';
import { draft, onlyWith, type Peer, present } from './peer.ts';
import { Untested } from './untested.ts';

/** The first challenge of a connection. */
export async function challengeOf({ newcomer }: Peer, client: Client): Promise<string> {
  const asking = [
    ['REQ', 'wraps', { kinds: [1059] }],
    ['EVENT', draft(1, 'protected', { by: newcomer(), tags: [['-']] })],
    ['EVENT', draft(1059, 'for nobody', { by: newcomer() })],
  ];
  for (const question of [undefined, ...asking]) {
    if (question !== undefined) client.send(question);
    const challenge = (await client.unread()).find(isVerb('AUTH'))?.[1];
    if (typeof challenge === 'string') return challenge;
  }
  throw new Untested('it sends no challenge');
}

/** A proof that is right but for `wrong`. */
const failsWith = (says: string, wrong: () => object, tester?: number): Case =>
  required(
    `refuses an AUTH ${says}, lives, and takes the right one`,
    async (peer) => {
      const [client, by] = [await peer.another(), peer.newcomer()];
      const challenge = await challengeOf(peer, client);
      const right = { challenge, relay: peer.url, at: present() };
      const answer = await sendAuth(client, proveKey(by, { ...right, ...wrong() }));
      expect(!answer.accepted, 'took it');
      await survives(client, ['CLOSE', 'wraps']);
      const { accepted, message } = await sendAuth(client, proveKey(by, right));
      expect(accepted, `refused the right one: ${message}`);
    },
    tester === undefined ? {} : { tester: [tester] },
  );

/** The tests of authentication. */
export const AUTHENTICATION: Chapter = {
  title: 'NIP-42: authentication',
  cases: [
    optional(
      'sends a challenge at once',
      async ({ another }) => {
        const client = await another();
        expect((await client.unread()).some(isVerb('AUTH')), 'it sent none');
      },
      {
        tester: [15],
        declined:
          'a challenge comes when it is needed; some clients wait for ever after an early one',
      },
    ),
    failsWith('of another kind', () => ({ kind: 1 }), 16),
    failsWith('for something that is no address', () => ({ relay: 'intentionally wrong' }), 17),
    failsWith('for another challenge', () => ({ challenge: 'deadbeef' }), 18),
    failsWith('that is half an hour old', () => ({ at: present() - 1_800 }), 19),
    failsWith('that is half an hour ahead', () => ({ at: present() + 1_800 })),
    failsWith('for another relay', () => ({ relay: 'wss://relay.example.com' })),
    failsWith('without tags', () => ({ tags: [] })),
    failsWith('without a challenge', () => ({ tags: [['relay', 'ws://127.0.0.1']] })),
    failsWith('without a relay', () => ({ tags: [['challenge', 'x']] })),
    required('refuses an AUTH whose signature is wrong', async (peer) => {
      const client = await peer.another();
      const challenge = await challengeOf(peer, client);
      const proof = { challenge, relay: peer.url, at: present() };
      const forged = { ...proveKey(peer.newcomer(), proof), sig: '0'.repeat(128) };
      expect(!(await sendAuth(client, forged)).accepted, 'took it');
    }),
    required('refuses an AUTH for the challenge of another connection', async (peer) => {
      const [one, other] = [await peer.another(), await peer.another()];
      const challenge = await challengeOf(peer, one);
      await challengeOf(peer, other);
      const proof = proveKey(peer.newcomer(), { challenge, relay: peer.url, at: present() });
      expect(!(await sendAuth(other, proof)).accepted, 'took it');
    }),
    optional(
      'takes the AUTH of somebody unknown',
      async (peer) => {
        const client = await peer.another();
        const challenge = await challengeOf(peer, client);
        const right = { challenge, relay: peer.url, at: present() };
        const { accepted, message } = await sendAuth(client, proveKey(peer.newcomer(), right));
        expect(accepted, `refused it: ${message}`);
      },
      { tester: [81] },
    ),
    optional('takes several keys on one connection, all of which count', async (peer) => {
      onlyWith(peer, 70);
      const [client, two] = [await peer.another(), [peer.newcomer(), peer.newcomer()]];
      const challenge = await challengeOf(peer, client);
      for (const by of two) {
        const right = { challenge, relay: peer.url, at: present() };
        expect((await sendAuth(client, proveKey(by, right))).accepted, 'refused one');
      }
      for (const by of two) await take(client, draft(1, 'mine', { by, tags: [['-']] }));
    }),
    optional('takes the address with and without a slash at the end', async (peer) => {
      for (const relay of [peer.url.replace(/\/$/, ''), `${peer.url.replace(/\/$/, '')}/`]) {
        const client = await peer.another();
        const challenge = await challengeOf(peer, client);
        const proof = proveKey(peer.newcomer(), { challenge, relay, at: present() });
        expect((await sendAuth(client, proof)).accepted, `refused ${relay}`);
      }
    }),
    optional('takes an AUTH that is nine minutes old', async (peer) => {
      const client = await peer.another();
      const challenge = await challengeOf(peer, client);
      const right = { challenge, relay: peer.url, at: present() - 540 };
      expect((await sendAuth(client, proveKey(peer.newcomer(), right))).accepted, 'refused it');
    }),
    optional('takes an AUTH twice, without harm', async (peer) => {
      const client = await peer.another();
      const challenge = await challengeOf(peer, client);
      const proof = proveKey(peer.newcomer(), { challenge, relay: peer.url, at: present() });
      for (let i = 0; i < 2; i++) expect((await sendAuth(client, proof)).accepted, 'refused it');
    }),
    required('refuses an AUTH without a challenge of its own, and lives', async (peer) => {
      const client = await peer.another();
      const proof = { challenge: '', relay: peer.url, at: present() };
      expect(!(await sendAuth(client, proveKey(peer.newcomer(), proof))).accepted, 'took it');
      await survives(client, ['CLOSE', 'never opened']);
    }),
    required('never stores an AUTH event', async (peer) => {
      const by = peer.newcomer();
      const proof = proveKey(by, { challenge: 'x', relay: peer.url, at: present() });
      await refuse(peer.client, proof);
      await find(peer.client, { ids: [proof.id] });
    }),
  ],
};
