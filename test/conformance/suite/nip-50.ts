/**
 * NIP-50: finding words.
 */

import type { NostrEvent } from '../../../src/nostr/event.ts';
import { type Chapter, optional, required } from './case.ts';
import { expectEvents, find, take } from './expectations.ts';
import { draft, type Peer } from './peer.ts';

/** Two events of a newcomer that hold a word nobody else has. */
async function written({ client, newcomer }: Peer) {
  const by = newcomer();
  const word = `w${by.pubkey.slice(0, 20)}`;
  const note = draft(1, `here is ${word} among others`, { by, ago: 5 });
  const article = draft(30_023, `${word} ${word}`, { by, ago: 9, tags: [['d', 'x']] });
  await take(client, note, article, draft(1, 'something else', { by }));
  return { authors: [by.pubkey], word, note, article };
}

const finds = (says: string, filter: object, which: readonly ('note' | 'article')[]) =>
  required(says, async (peer) => {
    const all = await written(peer);
    const expected: readonly NostrEvent[] = which.map((name) => all[name]);
    await find(peer.client, { search: all.word, ...filter }, ...expected);
  });

/** The tests of search. */
export const SEARCH: Chapter = {
  title: 'NIP-50: search',
  nip: 50,
  cases: [
    finds('finds what holds a word', {}, ['note', 'article']),
    finds('finds what holds a word and fits the rest', { kinds: [1] }, ['note']),
    required('finds nothing where nothing holds the word', async (peer) => {
      const { authors, word } = await written(peer);
      await find(peer.client, { authors, search: `${word}x` });
    }),
    required('finds what holds all words', async (peer) => {
      const { word, note } = await written(peer);
      await find(peer.client, { search: `${word} among` }, note);
    }),
    required('passes over extensions it does not know', async (peer) => {
      const { word, note, article } = await written(peer);
      await find(peer.client, { search: `${word} no-such-extension:yes` }, note, article);
    }),
    optional('has a limit for what it finds', async (peer) => {
      const { word, article } = await written(peer);
      const found = await peer.client.query({ search: word, limit: 1 });
      expectEvents(found, [article]);
    }),
  ],
};
