/**
 * NIP-11: what a relay says about itself, and that it does what it says.
 */

import { connect, isVerb } from '../../support/client.ts';
import { type Case, type Chapter, optional, required } from './case.ts';
import { about, expect, refuse, take } from './expectations.ts';
import { claims, draft, limitOf, type Peer } from './peer.ts';
import { Untested } from './untested.ts';

const ACCEPT = { Accept: 'application/nostr+json' };

/** More than this is not tried out. */
const AFFORDABLE = 300_000;

const claim = (nip: number, tester: number, declined?: string): Case =>
  optional(
    `claims NIP-${nip}`,
    async (peer) => expect(claims(peer, nip), 'it does not'),
    declined === undefined ? { tester: [tester] } : { tester: [tester], declined },
  );

/** A limit that is named and can be tried out. */
function affordable(peer: Peer, name: string): number {
  const limit = limitOf(peer, name);
  if (limit > AFFORDABLE) throw new Untested(`its ${name} of ${limit} is too much to try`);
  return limit;
}

/** The tests of the document. */
export const DOCUMENT: Chapter = {
  title: 'NIP-11: the relay information document',
  cases: [
    optional(
      'serves a document at its own address',
      async ({ info }) => expect(Object.keys(info).length > 0, 'there is none'),
      { tester: [1] },
    ),
    claim(4, 2, 'encrypted messages of the old kind show who talks to whom; NIP-17 replaces them'),
    claim(9, 3),
    claim(11, 4),
    claim(26, 5, 'delegation is unrecommended'),
    claim(29, 6, 'groups that a relay manages are another service'),
    claim(40, 7),
    claim(42, 8),
    claim(45, 9),
    claim(50, 10, 'search is off until the operator switches it on'),
    claim(59, 11),
    claim(65, 12, 'lists of relays are events like others; NIP-65 asks nothing of relays'),
    claim(94, 13, 'descriptions of files are events like others; NIP-94 asks nothing of relays'),
    claim(96, 14, 'files are another service, and the NIP is unrecommended'),
    optional('names integers as supported_nips', async ({ info }) => {
      const nips = info['supported_nips'];
      expect(Array.isArray(nips) && nips.every(Number.isInteger), `they are ${nips}`);
    }),
    optional('says what type the document has', async ({ httpUrl }) => {
      const type = (await fetch(httpUrl, { headers: ACCEPT })).headers.get('content-type') ?? '';
      expect(type.startsWith('application/nostr+json'), `it is ${type}`);
    }),
    optional('lets any page ask for the document', async ({ httpUrl }) => {
      const { headers } = await fetch(httpUrl, { headers: ACCEPT });
      expect(headers.get('access-control-allow-origin') === '*', 'not from any origin');
      expect(headers.has('access-control-allow-headers'), 'no allowed headers are named');
      expect(headers.has('access-control-allow-methods'), 'no allowed methods are named');
    }),
    ...['HEAD', 'OPTIONS'].map((method) =>
      optional(`answers ${method}`, async ({ httpUrl }) => {
        const { status, headers } = await fetch(httpUrl, { method, headers: ACCEPT });
        expect(status < 300, `with ${status}`);
        expect(headers.get('access-control-allow-origin') === '*', 'not from any origin');
      }),
    ),
    optional('keeps the document from browsers that show pages', async ({ httpUrl }) => {
      const response = await fetch(httpUrl, { headers: { Accept: 'text/html' } });
      expect(!(await response.text()).includes('"supported_nips"'), 'it is the same');
    }),
    required('takes as many tags as it says, and no more', async (peer) => {
      const most = affordable(peer, 'max_event_tags');
      const tags = (count: number) => Array.from({ length: count }, () => ['t', 'x']);
      const by = peer.newcomer();
      await refuse(peer.client, draft(1, 'too many tags', { by, tags: tags(most + 1) }));
      await take(peer.client, draft(1, 'tags', { by, tags: tags(most) }));
    }),
    required('takes as much content as it says, and no more', async (peer) => {
      const most = affordable(peer, 'max_content_length');
      const by = peer.newcomer();
      await refuse(peer.client, draft(1, 'x'.repeat(most + 1), { by }));
      await take(peer.client, draft(1, 'x'.repeat(most), { by }));
    }),
    required(
      'opens as many subscriptions as it says, and no more',
      async ({ another, ...peer }) => {
        const most = affordable({ another, ...peer }, 'max_subscriptions');
        if (most > 500) throw new Untested(`${most} subscriptions are too many to try`);
        const client = await another();
        for (let id = 0; id <= most; id++) client.send(['REQ', `${id}`, { kinds: [1], limit: 0 }]);
        const eoses = (await client.unread()).filter(isVerb('EOSE'));
        expect(eoses.length === most, `it opened ${eoses.length} of ${most}`);
      },
    ),
    required('takes subscription ids as long as it says, and no longer', async (peer) => {
      const most = affordable(peer, 'max_subid_length');
      const client = await peer.another();
      client.send(['REQ', 'x'.repeat(most), { kinds: [1], limit: 0 }]);
      const said = await about(client, 'x'.repeat(most));
      expect(said.some(isVerb('EOSE')), 'no EOSE came');
      client.send(['REQ', 'x'.repeat(most + 1), { kinds: [1], limit: 0 }]);
      expect(!(await client.unread()).some(isVerb('EOSE')), 'it took a longer one');
    }),
    required('refuses times further ahead than it says', async (peer) => {
      const ahead = limitOf(peer, 'created_at_upper_limit');
      await refuse(peer.client, draft(1, 'ahead', { by: peer.newcomer(), ago: -ahead - 60 }));
    }),
    optional('turns websockets away at other paths', async ({ url }) => {
      const opened = await connect(`${url.replace(/\/$/, '')}/no-such-path`).catch(() => undefined);
      await opened?.close();
      expect(opened === undefined, 'it opened one');
    }),
  ],
};
