/**
 * Authentication (NIP-42): when a challenge is sent, what answers it, and for how long it counts.
 *
 * A challenge comes just before the first answer that says `auth-required: `, once a connection,
 * and serves for all keys; a failed answer costs nothing. What only some may read is in
 * nip-59.test.ts, what only some may write in nip-70.test.ts.
 */

import { beforeEach, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { verdictOf } from '../support/answers.ts';
import { askForChallenge, authenticate, proveKey, sendAuth } from '../support/authenticate.ts';
import { type Client, isVerb } from '../support/client.ts';
import { C, NOW, note, R, X, Z } from '../support/machines.ts';
import { setStage } from '../support/stage.ts';

const stage = setStage();
let client: Client;
let relay: string;

beforeEach(async () => {
  client = await stage.another();
  relay = stage.relay.url;
});

const AUTH = ['AUTH', expect.stringMatching(/^\S{16,}$/)];
const NEEDED = expect.stringMatching(/^auth-required: \S/);
const WRAPS = { kinds: [1059] };

/** Whether this connection counts as a key's: it is sent what only that key may read. */
const countsAs = async ({ pubkey }: typeof Z): Promise<boolean> => {
  const wrap = note(21_059, '', { by: C, tags: [['p', pubkey]] });
  await client.subscribe('wraps', { kinds: [21_059, 1] }).stored();
  await stage.client.publish(wrap);
  return (await client.unread()).length === 1;
};

describe('a challenge', () => {
  it('is not sent to who does not need it', async () => {
    await client.query({ limit: 1 });
    await client.query({ kinds: [1, 1059] });
    await client.query({ kinds: [1] }, WRAPS);
    await client.publish(note(1, 'public'));
    await client.publish(note(1059, 'for nobody'));
    expect(await client.unread()).toEqual([]);
  });

  it('comes just before the answer that asks for it', async () => {
    client.send(['REQ', 'a', WRAPS]);
    expect(await client.unread()).toEqual([AUTH, ['CLOSED', 'a', NEEDED]]);
    const other = await stage.another();
    const event = note(1, '', { tags: [['-']] });
    other.send(['EVENT', event]);
    expect(await other.nextFrame()).toEqual(AUTH);
    expect(await other.nextFrame()).toEqual(['OK', event.id, false, NEEDED]);
  });

  it('comes once', async () => {
    await askForChallenge(client);
    client.send(['REQ', 'a', WRAPS]);
    expect(await client.unread()).toEqual([['CLOSED', 'a', NEEDED]]);
  });

  it('is another one on every connection', async () => {
    const other = await stage.another();
    expect(await askForChallenge(client)).not.toBe(await askForChallenge(other));
  });
});

describe('an AUTH counts', () => {
  it('when all is right, and is answered with OK', async () => {
    const challenge = await askForChallenge(client);
    const answer = await sendAuth(client, proveKey(X, { challenge, relay }));
    expect(answer).toEqual({ accepted: true, message: '' });
    expect(await countsAs(X)).toBe(true);
    expect(await countsAs(Z)).toBe(false);
  });

  it.each([
    ['ten minutes old', -600],
    ['ten minutes ahead', 600],
  ])('when it is %s', async (_, seconds) => {
    const challenge = await askForChallenge(client);
    const proof = proveKey(X, { challenge, relay, at: NOW + seconds });
    expect(verdictOf(await sendAuth(client, proof))).toBe('ok');
  });

  it.each<readonly [string, (url: string) => string]>([
    ['a slash at the end', (url) => `${url}/`],
    ['a path', (url) => `${url}/some/path?and=query`],
    ['another case', (url) => url.toUpperCase()],
    ['another scheme', (url) => url.replace('ws:', 'http:')],
  ])('when the address of the relay has %s', async (_, change) => {
    const challenge = await askForChallenge(client);
    const proof = proveKey(X, { challenge, relay: change(relay) });
    expect(verdictOf(await sendAuth(client, proof))).toBe('ok');
  });

  it('beside those that came before', async () => {
    await authenticate(client, relay, X, R);
    expect([await countsAs(X), await countsAs(R), await countsAs(Z)]).toEqual([true, true, false]);
  });

  it('even if one in between fails', async () => {
    const challenge = await askForChallenge(client);
    await sendAuth(client, proveKey(X, { challenge, relay }));
    await sendAuth(client, proveKey(R, { challenge: 'wrong', relay }));
    await sendAuth(client, proveKey(Z, { challenge, relay }));
    expect([await countsAs(X), await countsAs(R), await countsAs(Z)]).toEqual([true, false, true]);
  });

  it('twice, without harm', async () => {
    const challenge = await askForChallenge(client);
    const proof = proveKey(X, { challenge, relay });
    expect(verdictOf(await sendAuth(client, proof))).toBe('ok');
    expect(verdictOf(await sendAuth(client, proof))).toBe('ok');
  });

  it('on its connection only', async () => {
    await authenticate(await stage.another(), relay, X);
    expect(await countsAs(X)).toBe(false);
  });
});

describe('an AUTH fails, and the next one may succeed, when', () => {
  /** An AUTH event that is right but for these tags. */
  const withTags = (...tags: readonly string[][]) => ({ tags });

  it.each<readonly [string, (challenge: string) => object]>([
    ['its kind is 1', () => ({ kind: 1 })],
    ['its kind is 27235', () => ({ kind: 27_235 })],
    ['it is 601 seconds old', () => ({ at: NOW - 601 })],
    ['it is 601 seconds ahead', () => ({ at: NOW + 601 })],
    ['it is half an hour old', () => ({ at: NOW - 1_800 })],
    ['it answers another challenge', () => ({ challenge: 'deadbeef' })],
    ['it answers an empty challenge', () => ({ challenge: '' })],
    ['it answers more than the challenge', (challenge) => ({ challenge: `${challenge} ` })],
    ['it has no tags', () => withTags()],
    ['it has no challenge', () => withTags(['relay', relay])],
    ['it has a challenge without a value', () => withTags(['relay', relay], ['challenge'])],
    ['it has no relay', (challenge) => withTags(['challenge', challenge])],
    ['it names another relay', () => ({ relay: 'wss://relay.example.com' })],
    ['it names another port', () => ({ relay: 'ws://127.0.0.1:1' })],
    ['it names a host that begins alike', () => ({ relay: `${relay}.example.com` })],
    ['it names the relay as user of another', () => ({ relay: `${relay}@example.com` })],
    ['it names no address', () => ({ relay: 'intentionally wrong relay' })],
    ['it names an address without a scheme', () => ({ relay: relay.slice('ws://'.length) })],
    ['it names nothing', () => ({ relay: '' })],
  ])('%s', async (_, change) => {
    const challenge = await askForChallenge(client);
    const wrong = proveKey(X, { challenge, relay, ...change(challenge) });
    expect(await sendAuth(client, wrong)).toEqual({
      accepted: false,
      message: expect.stringMatching(/^invalid: \S/),
    });
    expect(await client.unread()).toEqual([]);
    expect(await countsAs(X)).toBe(false);
    expect(verdictOf(await sendAuth(client, proveKey(X, { challenge, relay })))).toBe('ok');
  });

  it.each<readonly [string, (proof: NostrEvent) => object]>([
    ['its signature is wrong', () => ({ sig: '0'.repeat(128) })],
    ['its id is wrong', () => ({ id: 'ab'.repeat(32) })],
    ['its pubkey is another', () => ({ pubkey: Z.pubkey })],
    ['its tags are another', ({ tags }) => ({ tags: [...tags, ['x']] })],
    ['it is no event otherwise', () => ({ sig: undefined })],
  ])('%s', async (_, change) => {
    const challenge = await askForChallenge(client);
    const proof = proveKey(X, { challenge, relay });
    const wrong = { ...proof, ...change(proof) };
    expect((await sendAuth(client, wrong)).message).toMatch(/^invalid: \S/);
    expect(await countsAs(X)).toBe(false);
    expect(verdictOf(await sendAuth(client, proof))).toBe('ok');
  });

  it('there was no challenge yet', async () => {
    const early = proveKey(X, { challenge: '', relay });
    expect((await sendAuth(client, early)).message).toMatch(/^invalid: \S/);
    await authenticate(client, relay, X);
    expect(await countsAs(X)).toBe(true);
  });

  it('the challenge is that of another connection', async () => {
    const other = await stage.another();
    const others = await askForChallenge(other);
    const challenge = await askForChallenge(client);
    const stolen = proveKey(X, { challenge: others, relay });
    expect((await sendAuth(client, stolen)).accepted).toBe(false);
    expect((await sendAuth(client, proveKey(X, { challenge, relay }))).accepted).toBe(true);
  });
});

describe('an AUTH event', () => {
  it('is refused as an EVENT, before and after it counted, and nobody sees it', async () => {
    const reader = await stage.another();
    await reader.subscribe('live', { kinds: [22_242] }).stored();
    const challenge = await askForChallenge(client);
    const proof = proveKey(X, { challenge, relay });
    expect(verdictOf(await client.publish(proof))).toBe('invalid: bad-event:');
    await sendAuth(client, proof);
    expect(verdictOf(await client.publish(proof))).toBe('invalid: bad-event:');
    expect(await reader.unread()).toEqual([]);
    expect(await client.query({ kinds: [22_242] })).toEqual([]);
    expect(await client.query({ ids: [proof.id] })).toEqual([]);
  });
});

describe('a relay that wants AUTH to write', () => {
  const closed = setStage({ access: { authToWrite: true }, publicUrl: 'wss://relay.example.com' });

  it('takes events of anybody from who has authenticated, by its public address', async () => {
    client = await closed.another();
    const event = note(1, 'not mine', { by: R });
    client.send(['EVENT', event]);
    const [, challenge] = await client.nextFrame(isVerb('AUTH'));
    expect(await client.nextFrame()).toEqual(['OK', event.id, false, NEEDED]);
    expect(await client.query({ limit: 1 })).toEqual([]);

    const proofFor = (address: string) =>
      proveKey(X, { challenge: String(challenge), relay: address });
    expect((await sendAuth(client, proofFor(closed.relay.url))).accepted).toBe(false);
    expect((await sendAuth(client, proofFor('wss://relay.example.com/'))).accepted).toBe(true);
    expect(verdictOf(await client.publish(event))).toBe('ok');
  });
});
