/**
 * The 43 tests that mikedilger/relay-tester requires of a relay, under its numbers, with the events
 * it posts and in its order: all by one author on one connection, as that suite does it.
 *
 * Times are minutes before now. The details are in the files of the NIPs.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { verdictOf } from '../support/answers.ts';
import { askForChallenge, proveKey, sendAuth } from '../support/authenticate.ts';
import type { FilterJson, Sent } from '../support/client.ts';
import { NOW, note, type Said } from '../support/machines.ts';
import { testKey } from '../support/sign.ts';
import { setStage } from '../support/stage.ts';

const stage = setStage();
const R1 = testKey('registered one');
const R2 = testKey('registered two');
const S = testKey('stranger');
const NOBODY = 'deadbeef'.repeat(8);

const minutes = (ago: number): number => NOW - 60 * ago;
const post = (kind: number, ago: number, said: Said = {}): NostrEvent =>
  note(kind, `${kind} of ${ago} minutes ago`, { by: R1, at: minutes(ago), ...said });
const tagged = (...tags: readonly (readonly string[])[]) => ({ tags });
const submit = async (event: Sent): Promise<string> => verdictOf(await stage.client.publish(event));
const find = (...filters: readonly FilterJson[]) => stage.client.query(...filters);
const byId = (...events: readonly NostrEvent[]) => find({ ids: events.map(({ id }) => id) });
const newestFirst = (events: readonly NostrEvent[]) =>
  [...events].sort((a, b) => b.created_at - a.created_at || (a.id < b.id ? -1 : 1));

const a40 = post(1, 40, tagged(['t', 'a']));
const a50 = post(1, 50, tagged(['t', 'a']));
const b45 = post(1, 45, tagged(['t', 'b']));
const b55 = post(1, 55, tagged(['t', 'b']));
const profile = { older: post(0, 60), newer: post(0, 0) };
const contacts = { older: post(3, 70), newer: post(3, 10) };
const ephemeral = post(21_212, 0);
const k = post(9_999, 1, tagged(['k', '3036'], ['n', 'approved']));
const n = post(9_999, 2, tagged(['k', '3036'], ['n', 'denied']));
const list = {
  older: post(30_000, 120, tagged(['d', '1'])),
  newer: post(30_000, 60, tagged(['d', '1'])),
};
const bookmarks = { older: post(10_003, 80), newer: post(10_003, 60) };

/** Group A as it is posted, and what is left of it. */
const POSTED = [a40, a50, b45, b55, profile.older, profile.newer, contacts.newer, contacts.older];
const MORE = [ephemeral, k, n, list.older, list.newer, bookmarks.older, bookmarks.newer];
const LEFT = [a40, a50, b45, b55, profile.newer, contacts.newer, k, n, list.newer, bookmarks.newer];

beforeAll(async () => {
  for (const event of [...POSTED, ...MORE]) await submit(event);
});

describe('before anybody is known', () => {
  it.each<readonly [string, object]>([
    ['16: the kind of an AUTH is verified', { kind: 1 }],
    ['17: the relay of an AUTH is verified', { relay: 'intentionally wrong relay' }],
    ['18: the challenge of an AUTH is verified', { challenge: 'intentionally wrong' }],
    ['19: the time of an AUTH is verified', { at: minutes(30) }],
  ])('%s', async (_, wrong) => {
    const client = await stage.another();
    const challenge = await askForChallenge(client);
    const proof = proveKey(S, { challenge, relay: stage.relay.url, ...wrong });
    expect((await sendAuth(client, proof)).accepted).toBe(false);
  });

  it('20: EOSE is sent', async () => {
    expect(await find({ authors: [NOBODY], kinds: [1], limit: 10 })).toEqual([]);
  });

  it('22: an incomplete subscription stays open', async () => {
    const client = await stage.another();
    client.send(['REQ', 'sub0', { authors: [NOBODY], kinds: [1], limit: 10, until: minutes(60) }]);
    expect(await client.unread()).toEqual([['EOSE', 'sub0', ['finish']]]);
  });
});

describe('an event', () => {
  const fresh = (content: string, at = NOW) => note(1, content, { by: R1, at });

  it('27: is answered with OK', async () => {
    expect(await submit(fresh('hello'))).toBe('ok');
  });

  it('28: has its signature verified', async () => {
    const sig = '0'.repeat(128);
    expect(await submit({ ...fresh('unsigned'), sig })).toBe('invalid: bad-signature:');
  });

  it('29: has its id verified, and is answered by that id', async () => {
    const id = 'cafebabe'.repeat(8);
    expect(await submit({ ...fresh('misnamed'), id })).toBe('invalid: bad-id:');
  });

  it.each([
    ['30: may hold the seven escapes of NIP-01', 'linebreak\ndoublequote"backslash\\\r\t\b\f'],
    ['33: may hold what Unicode calls no characters', '\ufdd1 \u{10fff2}'],
  ])('%s', async (_, content) => {
    expect(await submit(fresh(content))).toBe('ok');
  });

  it('34: may be a week old', async () => {
    expect(await submit(fresh('old', minutes(7 * 24 * 60)))).toBe('ok');
  });
});

describe('a query', () => {
  const kind = 9_999;

  it.each<readonly [string, FilterJson, readonly NostrEvent[]]>([
    [
      '47: is answered newest first',
      { ids: [b55, a40, b45, a50].map(({ id }) => id) },
      [a40, b45, a50, b55],
    ],
    [
      '48: is answered with the newest when limited',
      { authors: [R1.pubkey], kinds: [1, 7], '#t': ['a', 'b'], limit: 2 },
      [a40, b45],
    ],
    ['49: finds by id', { ids: LEFT.map(({ id }) => id) }, newestFirst(LEFT)],
    ['50: finds by author and kind', { authors: [R1.pubkey], kinds: [kind] }, [k, n]],
    ['51: finds by author and tags', { authors: [R1.pubkey], '#t': ['a'] }, [a40, a50]],
    ['52: finds by kind and tags', { kinds: [1], '#t': ['b'] }, [b45, b55]],
    ['53: finds by tags', { '#n': ['approved'] }, [k]],
    ['54: finds by several tags', { '#k': ['3036'], '#n': ['denied'] }, [n]],
  ])('%s', async (_, filter, found) => {
    expect(await find(filter)).toEqual(found);
  });

  it('55: finds by author', async () => {
    expect(await find({ authors: [R1.pubkey] })).toEqual(expect.arrayContaining(LEFT));
    expect(await find({ authors: [R2.pubkey] })).toEqual([]);
  });

  it('56: finds everything', async () => {
    expect(await find({})).toEqual(expect.arrayContaining(LEFT));
  });

  it('57: takes since and until inclusively', async () => {
    const event = post(5_000, 5);
    await submit(event);
    const at = minutes(5);
    expect(await find({ kinds: [5_000], since: at })).toEqual([event]);
    expect(await find({ kinds: [5_000], until: at })).toEqual([event]);
    expect(await find({ kinds: [5_000], since: at, until: at })).toEqual([event]);
  });

  it('58: with a limit of 0 is answered with EOSE alone', async () => {
    const client = await stage.another();
    client.send(['REQ', 'sub0', { authors: [R1.pubkey], limit: 0 }]);
    expect(await client.unread()).toEqual([['EOSE', 'sub0']]);
  });
});

describe('of several versions', () => {
  it.each([
    ['61: profiles are taken', profile],
    ['62: a profile replaces an older one', profile],
    ['63: contact lists are taken', contacts],
    ['64: a contact list replaces an older one', contacts],
    ['70: a replaceable event is found', bookmarks],
    ['71: an addressable event is found', list],
  ])('%s', async (_, { newer }) => {
    expect(await find({ kinds: [newer.kind], authors: [R1.pubkey] })).toEqual([newer]);
  });

  it.each([
    ['66: a replaceable event removes the one before', bookmarks],
    ['68: an addressable event removes the one before', list],
  ])('%s', async (_, { older, newer }) => {
    expect(await find({ kinds: [newer.kind] })).toEqual([newer]);
    expect(await byId(older)).toEqual([]);
  });

  it.each([
    ['67: a replaced event is refused when it comes again', bookmarks],
    ['69: a replaced addressable event is refused when it comes again', list],
  ])('%s', async (_, { older }) => {
    expect((await stage.client.publish(older)).accepted).toBe(false);
  });
});

describe('a deletion', () => {
  let posts = 0;
  const d = (): string => `deletion ${++posts}`;
  const article = (at: string, ago: number, by = R1) =>
    post(30_023, ago, { by, ...tagged(['d', at]) });
  const remove = (tag: 'e' | 'a', value: string, ago = 0) => post(5, ago, tagged([tag, value]));
  const address = (at: string, { pubkey } = R1): string => `30023:${pubkey}:${at}`;

  it('72, 78: by id removes its event, which is refused when it comes again', async () => {
    const event = post(1, 3);
    expect([await submit(event), await submit(remove('e', event.id))]).toEqual(['ok', 'ok']);
    expect(await byId(event)).toEqual([]);
    expect((await stage.client.publish(event)).accepted).toBe(false);
  });

  it('73: by address removes what was made in the same second', async () => {
    const at = d();
    const event = article(at, 0);
    expect([await submit(event), await submit(remove('a', address(at)))]).toEqual(['ok', 'ok']);
    expect(await byId(event)).toEqual([]);
  });

  it('74: by address removes only what is older', async () => {
    const at = d();
    const newer = article(at, 1);
    for (const event of [article(at, 5), newer]) expect(await submit(event)).toBe('ok');
    expect(await submit(remove('a', address(at), 3))).toBe('ok');
    expect(await byId(newer)).toEqual([newer]);
  });

  it('75: by address is bound by it', async () => {
    const at = d();
    const events = [article(at, 5, R2), article(d(), 5), post(30_024, 5, tagged(['d', at]))];
    for (const event of events) expect(await submit(event)).toBe('ok');
    expect(await submit(remove('a', address(at)))).toBe('ok');
    expect(await byId(...events)).toHaveLength(3);
  });

  it('76: by id has no effect on what others made', async () => {
    const event = post(1, 4, { by: R2 });
    expect([await submit(event), await submit(remove('e', event.id))]).toEqual(['ok', 'ok']);
    expect(await byId(event)).toEqual([event]);
  });

  it('77: by address has no effect on what others made', async () => {
    const at = d();
    const event = article(at, 4, R2);
    expect([await submit(event), await submit(remove('a', address(at, R2)))]).toEqual(['ok', 'ok']);
    expect(await byId(event)).toEqual([event]);
  });

  it('79, 80: by address keeps out what is older and lets in what is newer', async () => {
    const at = d();
    expect(await submit(remove('a', address(at), 3))).toBe('ok');
    expect((await stage.client.publish(article(at, 5))).accepted).toBe(false);
    expect(await submit(article(at, 1))).toBe('ok');
  });
});
