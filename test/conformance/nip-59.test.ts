/**
 * Gift wraps (NIP-59) and key packs (PROTOCOL §11): kept without being looked into, and given to
 * nobody but those they are addressed to, stored and live, however one asks.
 *
 * Every test has an addressee of its own. Deletion by the addressee is in nip-09.test.ts.
 */

import { beforeEach, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { verdictOf } from '../support/answers.ts';
import { askForChallenge, authenticate, proveKey, sendAuth } from '../support/authenticate.ts';
import type { Client, FilterJson } from '../support/client.ts';
import { NOW, note, type Person, publishAccepted, type Said, Z } from '../support/machines.ts';
import { testKey } from '../support/sign.ts';
import { setStage } from '../support/stage.ts';

const stage = setStage();
const ONCE = testKey('used once');
let client: Client;
let people = 0;
/** The addressee of this test. */
let to: Person;

beforeEach(async () => {
  client = await stage.another();
  to = testKey(`addressee ${++people}`);
});

const submit = async (event: NostrEvent): Promise<string> =>
  verdictOf(await stage.client.publish(event));
const be = (...persons: readonly Person[]) => authenticate(client, stage.relay.url, ...persons);
/** A secret to this test's addressee. */
const wrap = (kind: number, said: Said = {}): NostrEvent =>
  note(kind, 'ciphertext', { by: ONCE, tags: [['p', to.pubkey]], ...said });
/** Every way to ask for an event beside others, so that asking is not refused. */
const waysTo = ({ id, pubkey, kind }: NostrEvent): readonly FilterJson[] => [
  {},
  { ids: [id] },
  { kinds: [1, kind] },
  { authors: [pubkey] },
  { '#p': [to.pubkey] },
  { since: NOW },
];

describe.each([1059, 7502])('a secret of kind %i', (kind) => {
  it('is kept, and said not to have been looked into', async () => {
    expect(await submit(wrap(kind))).toBe('ok opaque');
    expect(await submit(wrap(kind))).toBe('ok duplicate');
  });

  it('may be two days old, as its author makes it', async () => {
    expect(await submit(wrap(kind, { at: NOW - 172_800 }))).toBe('ok opaque');
  });

  it('is given to its addressee, stored and live', async () => {
    await be(to);
    await submit(wrap(kind));
    expect(await client.query({ kinds: [kind] })).toEqual([wrap(kind)]);
    for (const filter of waysTo(wrap(kind))) {
      expect(await client.query(filter)).toContainEqual(wrap(kind));
    }
    await client.subscribe('live', { kinds: [kind] }).stored();
    const next = wrap(kind, { at: NOW + 1 });
    await submit(next);
    expect(await client.unread()).toEqual([['EVENT', 'live', next]]);
  });

  it.each<readonly [string, () => readonly Person[]]>([
    ['nobody in particular', () => []],
    ['somebody else', () => [Z]],
    ['its author', () => [ONCE]],
  ])('is not given to %s, stored or live', async (_, persons) => {
    if (persons().length > 0) await be(...persons());
    await submit(wrap(kind));
    for (const filter of waysTo(wrap(kind))) {
      expect(await client.query(filter)).not.toContainEqual(wrap(kind));
    }
    await client.subscribe('live', ...waysTo(wrap(kind))).stored();
    await submit(wrap(kind, { at: NOW + 1 }));
    expect(await client.unread()).toEqual([]);
  });

  it('asked for alone is a reason to authenticate, and none for who has', async () => {
    client.send(['REQ', 'a', { kinds: [kind] }, { kinds: [1059, 7502], limit: 1 }]);
    const closed = ['CLOSED', 'a', expect.stringMatching(/^auth-required: \S/)];
    expect(await client.unread()).toEqual([['AUTH', expect.stringMatching(/\S/)], closed]);
    const other = await stage.another();
    await authenticate(other, stage.relay.url, Z);
    expect(await other.query({ kinds: [kind] })).toEqual([]);
  });

  it('does not take the place of others in an answer', async () => {
    const open = note(2_000 + people, 'public', { at: NOW - 60 });
    const mine = wrap(kind, { at: NOW - 50 });
    const others = [1, 2, 3].map((ago) => note(kind, to.pubkey, { by: ONCE, at: NOW - ago }));
    for (const event of [open, mine, ...others]) await submit(event);
    const filter = { kinds: [open.kind, kind], limit: 1 };
    expect(await client.query(filter)).toEqual([open]);
    await be(to);
    expect(await client.query(filter)).toEqual([mine]);
  });
});

describe('no page of the HTTP API', () => {
  it('tells of a secret, though it names a machine', async () => {
    const { machine, first } = await publishAccepted(stage.client);
    const tags = [
      ['p', to.pubkey],
      ['e', machine.id],
      ['transition', first.id],
      ['t', 'NOTE'],
    ];
    const secrets = [1059, 7502].map((kind) => wrap(kind, { tags }));
    for (const secret of secrets) await submit(secret);
    const of = `/api/v1/machines/${machine.id}`;
    const paths = ['/', '/api/v1/machines', '/api/v1/refusals', of, `${of}/state`, `${of}/dag`];
    for (const path of [
      ...paths,
      `${of}/transitions?branch=all`,
      ...secrets.map(({ id }) => `/api/v1/machines/${id}`),
    ]) {
      const body = await (await fetch(stage.relay.httpUrl + path)).text();
      expect(body).not.toContain(to.pubkey);
      expect(body).not.toContain('ciphertext');
    }
  });
});

describe('a gift wrap', () => {
  it('is given to each of its addressees', async () => {
    const event = wrap(1059, {
      tags: [
        ['p', to.pubkey],
        ['p', Z.pubkey],
      ],
    });
    await submit(event);
    await be(Z);
    expect(await client.query({ ids: [event.id] })).toEqual([event]);
    const other = await stage.another();
    await authenticate(other, stage.relay.url, to);
    expect(await other.query({ ids: [event.id] })).toEqual([event]);
  });

  it('is given to whichever of the keys of a connection it is addressed to', async () => {
    await be(Z, to);
    await submit(wrap(1059));
    expect(await client.query({ '#p': [to.pubkey] })).toEqual([wrap(1059)]);
  });

  it.each<readonly [string, () => readonly (readonly string[])[]]>([
    ['in no tag', () => []],
    ['in a P tag', () => [['P', to.pubkey]]],
    ['behind another', () => [['p', Z.pubkey, to.pubkey]]],
    ['in upper case', () => [['p', to.pubkey.toUpperCase()]]],
  ])('is not given to who is named %s', async (_, tags) => {
    const event = wrap(1059, { tags: tags() });
    await submit(event);
    await be(to);
    expect(await client.query({ ids: [event.id] })).toEqual([]);
  });

  it('that is ephemeral is passed on to its addressee alone', async () => {
    await be(to);
    const listeners = [client, await stage.another()];
    for (const one of listeners) await one.subscribe('live', { kinds: [1, 21_059] }).stored();
    expect(await submit(wrap(21_059))).toBe('ok');
    expect(await client.unread()).toEqual([['EVENT', 'live', wrap(21_059)]]);
    expect(await listeners[1]?.unread()).toEqual([]);
    expect(await client.query({ kinds: [21_059] })).toEqual([]);
  });

  it('reaches a subscription that was open before its owner authenticated', async () => {
    await client.subscribe('live', { kinds: [1, 1059] }).stored();
    const challenge = await askForChallenge(client);
    await submit(wrap(1059, { at: NOW - 1 }));
    await sendAuth(client, proveKey(to, { challenge, relay: stage.relay.url }));
    await submit(wrap(1059));
    expect(await client.unread()).toEqual([['EVENT', 'live', wrap(1059)]]);
  });
});
