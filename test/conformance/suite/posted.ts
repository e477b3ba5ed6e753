/**
 * The events that relay-tester posts before it asks ("group A"): all by one author, times in
 * minutes before the run. They are posted once a run, by the first test that needs them.
 */

import type { NostrEvent } from '../../../src/nostr/event.ts';
import { submit } from './expectations.ts';
import { type Draft, draft, type Peer } from './peer.ts';

/** Two versions of one thing. */
export type Versions = { readonly older: NostrEvent; readonly newer: NostrEvent };

/** Group A by name. */
export type Posted = {
  readonly author: string;
  /** The run's own value, which stands in their `t`, `k` and `n` tags. */
  readonly mark: string;
  readonly a40: NostrEvent;
  readonly a50: NostrEvent;
  readonly b45: NostrEvent;
  readonly b55: NostrEvent;
  readonly profile: Versions;
  readonly contacts: Versions;
  readonly list: Versions;
  readonly bookmarks: Versions;
  readonly approved: NostrEvent;
  readonly denied: NostrEvent;
  /** Those that have to be found. */
  readonly left: readonly NostrEvent[];
};

const POSTED = new WeakMap<Peer, Promise<Posted>>();

/** Group A, posted. What the relay answers is for other tests to judge. */
export function postedTo(peer: Peer): Promise<Posted> {
  const known = POSTED.get(peer);
  if (known !== undefined) return known;
  const posting = post(peer);
  POSTED.set(peer, posting);
  return posting;
}

async function post({ client, person }: Peer): Promise<Posted> {
  const by = person('registered one');
  const mark = by.pubkey.slice(0, 16);
  const of = (kind: number, minutes: number, said: Draft = {}): NostrEvent =>
    draft(kind, `${kind} of ${minutes} minutes ago`, { by, ago: 60 * minutes, ...said });
  const t = (value: string): Draft => ({ tags: [['t', `${mark} ${value}`]] });
  const verdict = (value: string): Draft => ({
    tags: [
      ['k', mark],
      ['n', `${mark} ${value}`],
    ],
  });
  const d: Draft = { tags: [['d', '1']] };
  const posted = {
    ...{ a40: of(1, 40, t('a')), a50: of(1, 50, t('a')) },
    ...{ b45: of(1, 45, t('b')), b55: of(1, 55, t('b')) },
    profile: { older: of(0, 60), newer: of(0, 0) },
    contacts: { newer: of(3, 10), older: of(3, 70) },
    approved: of(9_999, 1, verdict('approved')),
    denied: of(9_999, 2, verdict('denied')),
    list: { older: of(30_000, 120, d), newer: of(30_000, 60, d) },
    bookmarks: { older: of(10_003, 80), newer: of(10_003, 60) },
  };
  const versions = [posted.profile, posted.contacts, posted.list, posted.bookmarks];
  const notes = [posted.a40, posted.a50, posted.b45, posted.b55, posted.approved, posted.denied];
  const events = [...notes, ...versions.flatMap((two) => Object.values(two)), of(21_212, 0)];
  for (const event of events) await submit(client, event);
  const left = [...notes, ...versions.map(({ newer }) => newer)];
  return { ...posted, author: by.pubkey, mark, left };
}
