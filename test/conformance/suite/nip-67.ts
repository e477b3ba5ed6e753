/**
 * NIP-67: EOSE with a hint whether there is more.
 */

import { isVerb } from '../../support/client.ts';
import { type Chapter, optional, required } from './case.ts';
import { about, eventsIn, expect, expectEvents, take } from './expectations.ts';
import { draft, type Peer } from './peer.ts';

/** What a subscription to three events, two of them of one second, is sent with a limit. */
async function asked(peer: Peer, limit: number) {
  const [client, by] = [await peer.another(), peer.newcomer()];
  const events = [1, 5, 5].map((ago, i) => draft(1, `${i}`, { by, ago }));
  await take(peer.client, ...events);
  client.send(['REQ', 'a', { authors: [by.pubkey], limit }]);
  const frames = await about(client, 'a');
  const [, , hints] = frames.find(isVerb('EOSE')) ?? [];
  return { hints: JSON.stringify(hints), found: eventsIn(frames), events };
}

/** The tests of hints. */
export const HINTS: Chapter = {
  title: 'NIP-67: EOSE hints',
  nip: 67,
  cases: [
    required('says so when everything was sent', async (peer) => {
      const { hints } = await asked(peer, 10);
      expect(hints === '["finish"]', `it said ${hints}`);
    }),
    required('says so when there is more', async (peer) => {
      const { hints } = await asked(peer, 1);
      expect(hints === '["more"]', `it said ${hints}`);
    }),
    optional('sends the whole of the last second', async (peer) => {
      const { found, events } = await asked(peer, 2);
      expectEvents(found, events);
    }),
  ],
};
