/**
 * NIP-01: stored events, EOSE, live events, and each of them once, whatever happens meanwhile.
 */

import type { NostrEvent } from '../../../src/nostr/event.ts';
import { type Client, isVerb } from '../../support/client.ts';
import type { Person } from '../../support/machines.ts';
import { type Chapter, optional, required } from './case.ts';
import {
  about,
  eventsIn,
  expect,
  expectEvents,
  find,
  refuse,
  submit,
  take,
} from './expectations.ts';
import { draft, type Peer, present } from './peer.ts';
import { Untested } from './untested.ts';

/** Enough stored events that sending them takes a while, and few enough for any limit. */
const MANY = 300;

const events = (by: Person, count: number, kind = 1): readonly NostrEvent[] =>
  Array.from({ length: count }, (_, i) => draft(kind, `${i}`, { by, ago: 1_000 - i }));

/** A reader whose subscription `live` to a newcomer has got its EOSE. */
async function listening({ another, newcomer }: Peer): Promise<{ reader: Client; by: Person }> {
  const [reader, by] = [await another(), newcomer()];
  await reader.subscribe('live', { authors: [by.pubkey] }).stored();
  return { reader, by };
}

/** What a reader's subscription got since it was last asked. */
const heard = async (reader: Client, id = 'live'): Promise<readonly NostrEvent[]> =>
  eventsIn(await about(reader, id));

async function published({ client }: Peer, many: readonly NostrEvent[]): Promise<void> {
  const answers = await Promise.all(many.map((event) => client.publish(event)));
  const refused = answers.find(({ accepted }) => !accepted);
  if (refused) throw new Untested(`it does not take ${many.length} events: ${refused.message}`);
}

/** The tests of subscriptions. */
export const SUBSCRIPTIONS: Chapter = {
  title: 'NIP-01: subscriptions',
  cases: [
    required(
      'sends EOSE',
      async ({ client, newcomer }) => {
        await find(client, { authors: [newcomer().pubkey], kinds: [1], limit: 10 });
      },
      { tester: [20] },
    ),
    optional(
      'closes a subscription that can find nothing more',
      async ({ another }) => {
        const client = await another();
        client.send(['REQ', 'a', { ids: ['deadbeef'.repeat(8)], kinds: [1] }]);
        const verbs = (await about(client, 'a')).map(([verb]) => verb).join();
        expect(verbs === 'EOSE,CLOSED', `it said ${verbs}`);
      },
      { tester: [21], declined: 'it would end subscriptions to an id that is still to come' },
    ),
    required(
      'keeps an incomplete subscription open',
      async ({ another, newcomer }) => {
        const client = await another();
        const past = { kinds: [1], limit: 10, until: present() - 3_600 };
        client.send(['REQ', 'a', { authors: [newcomer().pubkey], ...past }]);
        const verbs = (await about(client, 'a')).map(([verb]) => verb).join();
        expect(verbs === 'EOSE', `it said ${verbs}`);
      },
      { tester: [22] },
    ),
    required('sends what is stored, then EOSE, then what comes', async (peer) => {
      const [reader, by] = [await peer.another(), peer.newcomer()];
      const [first, second] = events(by, 2) as [NostrEvent, NostrEvent];
      await take(peer.client, first);
      reader.send(['REQ', 'live', { authors: [by.pubkey] }]);
      const stored = await about(reader, 'live');
      expectEvents(eventsIn(stored), [first]);
      expect(stored.at(-1)?.[0] === 'EOSE', 'EOSE was not the last');
      await take(peer.client, second);
      expectEvents(await heard(reader), [second]);
    }),
    required('sends an awaited id when it comes', async (peer) => {
      const reader = await peer.another();
      const event = draft(1, 'awaited', { by: peer.newcomer() });
      await reader.subscribe('live', { ids: [event.id] }).stored();
      await take(peer.client, event);
      expectEvents(await heard(reader), [event]);
    }),
    required('has a limit for what is stored only', async (peer) => {
      const [reader, by] = [await peer.another(), peer.newcomer()];
      await reader.subscribe('live', { authors: [by.pubkey], limit: 1 }).stored();
      const three = events(by, 3);
      await take(peer.client, ...three);
      expectEvents(await heard(reader), three);
    }),
    required('sends a live event once, however many filters it fits', async (peer) => {
      const [reader, by] = [await peer.another(), peer.newcomer()];
      const filter = { authors: [by.pubkey] };
      await reader.subscribe('live', filter, { ...filter, kinds: [1] }, filter).stored();
      const [event] = events(by, 1) as [NostrEvent];
      await take(peer.client, event);
      expectEvents(await heard(reader), [event]);
    }),
    required('sends a live event to each subscription that wants it', async (peer) => {
      const { reader, by } = await listening(peer);
      await reader.subscribe('other', { authors: [by.pubkey], kinds: [1] }).stored();
      const [event] = events(by, 1) as [NostrEvent];
      await take(peer.client, event);
      const frames = await reader.unread();
      for (const id of ['live', 'other']) {
        expectEvents(eventsIn(frames.filter(([, about]) => about === id)), [event]);
      }
    }),
    required('sends live only what its filters want', async (peer) => {
      const { reader, by } = await listening(peer);
      await take(peer.client, draft(1, 'by another', { by: peer.newcomer() }));
      expectEvents(await heard(reader), []);
      await take(peer.client, ...events(by, 1));
      expect((await heard(reader)).length === 1, 'it does not listen any more');
    }),
    required('sends nothing after CLOSE', async (peer) => {
      const { reader, by } = await listening(peer);
      reader.send(['CLOSE', 'live']);
      await reader.unread();
      await take(peer.client, ...events(by, 1));
      expectEvents(await heard(reader), []);
    }),
    required('replaces a subscription by the next REQ of its id', async (peer) => {
      const { reader, by } = await listening(peer);
      const other = peer.newcomer();
      await reader.subscribe('live', { authors: [other.pubkey] }).stored();
      await take(peer.client, ...events(by, 1), ...events(other, 1));
      expectEvents(await heard(reader), events(other, 1));
    }),
    required('has subscription ids for each connection', async (peer) => {
      const { reader, by } = await listening(peer);
      const { reader: other } = await listening(peer);
      other.send(['CLOSE', 'live']);
      await other.unread();
      await take(peer.client, ...events(by, 1));
      expectEvents(await heard(reader), events(by, 1));
    }),
    required('stops in the middle of stored events at CLOSE', async (peer) => {
      const [reader, by] = [await peer.another(), peer.newcomer()];
      await published(peer, events(by, MANY));
      reader.send(['REQ', 'long', { authors: [by.pubkey], limit: MANY }]);
      reader.send(['CLOSE', 'long']);
      await about(reader, 'long');
      await take(peer.client, draft(1, 'later', { by }));
      expectEvents(await heard(reader, 'long'), []);
    }),
    required('sends nothing of the old filter after the EOSE of the new one', async (peer) => {
      const [reader, by, other] = [await peer.another(), peer.newcomer(), peer.newcomer()];
      await published(peer, events(by, MANY));
      await take(peer.client, ...events(other, 2));
      reader.send(['REQ', 'a', { authors: [by.pubkey], limit: MANY }]);
      reader.send(['REQ', 'a', { authors: [other.pubkey] }]);
      const frames = await about(reader, 'a');
      expect(frames.at(-1)?.[0] === 'EOSE', 'EOSE was not the last');
      const tail = eventsIn(frames).slice(-2);
      expectEvents(tail, events(other, 2));
    }),
    required('sends an event that comes during a query exactly once', async (peer) => {
      const [reader, by] = [await peer.another(), peer.newcomer()];
      const stored = events(by, MANY);
      await published(peer, stored);
      const during = Array.from({ length: 20 }, (_, i) => draft(1, `during ${i}`, { by, ago: i }));
      const publishing = Promise.all(during.map((event) => peer.client.publish(event)));
      reader.send(['REQ', 'live', { authors: [by.pubkey], limit: 500 }]);
      await publishing;
      expectEvents(await heard(reader), [...stored, ...during]);
    }),
    required('keeps and sends an event once that comes from several at once', async (peer) => {
      const { reader, by } = await listening(peer);
      const [event] = events(by, 1) as [NostrEvent];
      const senders = await Promise.all([peer.another(), peer.another(), peer.another()]);
      const answers = await Promise.all(senders.map((sender) => submit(sender, event)));
      expect(
        answers.every(({ accepted }) => accepted),
        'one of them was refused',
      );
      expectEvents(await heard(reader), [event]);
      await find(peer.client, { ids: [event.id] }, event);
    }),
    required('sends a duplicate to nobody', async (peer) => {
      const { reader, by } = await listening(peer);
      const [event] = events(by, 1) as [NostrEvent];
      await take(peer.client, event);
      await submit(peer.client, event);
      expectEvents(await heard(reader), [event]);
    }),
    optional('answers a duplicate with true', async ({ client, newcomer }) => {
      const event = draft(1, 'twice', { by: newcomer() });
      await take(client, event, event);
    }),
    required('sends to nobody what it refused', async (peer) => {
      const { reader, by } = await listening(peer);
      await refuse(peer.client, { ...draft(1, 'forged', { by }), sig: '0'.repeat(128) });
      await refuse(peer.client, { ...draft(25_000, 'forged', { by }), sig: '0'.repeat(128) });
      expectEvents(await heard(reader), []);
    }),
    optional(
      'passes ephemeral events on',
      async (peer) => {
        const { reader, by } = await listening(peer);
        const event = draft(25_000, 'now', { by });
        await take(await peer.another(), event);
        expectEvents(await heard(reader), [event]);
      },
      { tester: [59] },
    ),
    optional(
      'persists ephemeral events',
      async ({ client, newcomer }) => {
        const event = draft(25_000, 'kept', { by: newcomer() });
        await take(client, event);
        await find(client, { ids: [event.id] }, event);
      },
      { tester: [60], declined: 'an ephemeral event is one that is not stored' },
    ),
    required('serves others when a reader breaks off', async (peer) => {
      const [reader, by] = [await peer.another(), peer.newcomer()];
      await published(peer, events(by, MANY));
      reader.send(['REQ', 'long', { authors: [by.pubkey], limit: MANY }]);
      reader.socket.terminate();
      await reader.ended;
      const found = await peer.client.query({ authors: [by.pubkey], limit: 10 });
      expect(found.length === 10, `${found.length} of 10 were found`);
    }),
    required('serves others while a reader does not read, and then the reader', async (peer) => {
      const [reader, by] = [await peer.another(), peer.newcomer()];
      const stored = events(by, MANY);
      await published(peer, stored);
      reader.socket.pause();
      const slow = reader.subscribe('slow', { authors: [by.pubkey], limit: MANY });
      const found = await peer.client.query({ authors: [by.pubkey], limit: 10 });
      expect(found.length === 10, `${found.length} of 10 were found`);
      reader.socket.resume();
      expectEvents(await slow.stored(), stored);
    }),
    optional('answers in the order in which it was asked', async ({ another }) => {
      const client = await another();
      for (const id of ['a', 'b', 'c']) client.send(['REQ', id, { kinds: [1], limit: 0 }]);
      const eoses = (await client.unread()).filter(isVerb('EOSE')).map(([, id]) => id);
      expect(eoses.join() === 'a,b,c', `it answered ${eoses.join()}`);
    }),
  ],
};
