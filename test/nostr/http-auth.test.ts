/**
 * What authorises an HTTP request (NIP-98), and the many things that do not.
 */

import { getToken } from 'nostr-tools/nip98';
import { finalizeEvent } from 'nostr-tools/pure';
import { describe, expect, it } from 'vitest';
import { checkHttpAuth, readAuthorization } from '../../src/nostr/http-auth.ts';
import { headerOf } from '../support/administer.ts';
import { signEvent, testKey } from '../support/sign.ts';

const NOW = 1_800_000_000;
const PAYLOAD = 'a7'.repeat(32);
const URL = 'wss://relay.example.com';
const REQUEST = { url: URL, method: 'POST', payload: PAYLOAD, now: NOW };

const OK = [
  ['u', 'https://relay.example.com/'],
  ['method', 'POST'],
  ['payload', PAYLOAD],
];

const allow = (tags: readonly (readonly string[])[], at = NOW, kind = 27_235) =>
  checkHttpAuth({ kind, created_at: at, tags: tags.map((tag) => [...tag]) }, REQUEST);

const EVENT = signEvent(
  { kind: 27_235, created_at: NOW, tags: OK, content: '' },
  testKey('a').secret,
);

describe('a request is allowed', () => {
  it.each([
    'https://relay.example.com/',
    'https://relay.example.com',
    'wss://relay.example.com/',
    'wss://relay.example.com',
    'HTTPS://RELAY.example.com:443/',
  ])('when u is %s', (u) => {
    expect(allow([['u', u], ...OK.slice(1)])).toBeUndefined();
  });

  it.each([-60, 60])('%i seconds from now', (seconds) => {
    expect(allow(OK, NOW + seconds)).toBeUndefined();
  });

  it('when the method is written small', () => {
    expect(
      allow([['method', 'post'], ...OK.filter(([name]) => name !== 'method')]),
    ).toBeUndefined();
  });
});

describe('a request is not allowed', () => {
  it.each([
    '',
    'xyz',
    'relay.example.com',
    'http://relay.example.com/',
    'ws://relay.example.com/',
    'https://relay.example.com/admin',
    'https://relay.example.com/?a=1',
    'https://relay.example.com:8443/',
    'https://relay.example.com.evil.example/',
    'https://evil@relay.example.com/',
    ' https://relay.example.com/',
  ])('when u is "%s"', (u) => {
    expect(allow([['u', u], ...OK.slice(1)])).toMatch(/^the u tag/);
  });

  it('when the first u tag is another, whatever a second one says', () => {
    expect(allow([['u', 'https://other.example/'], ...OK])).toMatch(/^the u tag/);
  });

  it.each(['GET', 'PUT', '', 'POST '])('when the method is "%s"', (method) => {
    const tags = OK.map((tag) => (tag[0] === 'method' ? ['method', method] : tag));
    expect(allow(tags)).toMatch(/^the method tag/);
  });

  it.each(['', 'b8'.repeat(32), PAYLOAD.toUpperCase()])('when the payload is "%s"', (payload) => {
    const tags = OK.map((tag) => (tag[0] === 'payload' ? ['payload', payload] : tag));
    expect(allow(tags)).toMatch(/^the payload tag/);
  });

  it.each(['u', 'method', 'payload'])('without the tag %s', (missing) => {
    expect(allow(OK.filter(([name]) => name !== missing))).toMatch(`the ${missing} tag`);
  });

  it.each([-61, 61])('%i seconds from now', (seconds) => {
    expect(allow(OK, NOW + seconds)).toMatch(/^created_at/);
  });

  it('by an event of another kind', () => {
    expect(allow(OK, NOW, 22_242)).toMatch(/27235/);
  });
});

describe('a header', () => {
  it('holds the event, whatever the case of its scheme', () => {
    const header = headerOf(EVENT);
    expect(readAuthorization(header)).toEqual(EVENT);
    expect(readAuthorization(header.replace('Nostr', 'nOSTR'))).toEqual(EVENT);
  });

  it('may leave the padding of base64 out', () => {
    const padded = [0, 1, 2].map((more) => headerOf({ ...EVENT, content: 'x'.repeat(more) }));
    expect(padded.some((header) => header.endsWith('='))).toBe(true);
    for (const header of padded) {
      expect(readAuthorization(header.replace(/=+$/, ''))).toMatchObject({ id: EVENT.id });
    }
  });

  it('is what nostr-tools makes of a request', async () => {
    const { secret } = testKey('tools');
    const token = await getToken(URL, 'post', (event) => finalizeEvent(event, secret), true, {});
    const event = readAuthorization(token);
    expect(event).toMatchObject({ kind: 27_235, pubkey: testKey('tools').pubkey });
  });

  it.each([
    ['missing', undefined],
    ['empty', ''],
    ['of another scheme', `Basic ${headerOf(EVENT).slice(6)}`],
    ['without an event', 'Nostr '],
    ['with two blanks', headerOf(EVENT).replace(' ', '  ')],
    ['with a blank inside', `${headerOf(EVENT).slice(0, 50)} ${headerOf(EVENT).slice(50)}`],
    ['with a blank behind', `${headerOf(EVENT)} `],
    ['not base64', 'Nostr %%%%'],
    ['of base64 that cannot be', 'Nostr A'],
    ['not JSON', `Nostr ${Buffer.from('{"id":').toString('base64')}`],
    ['not UTF-8', `Nostr ${Buffer.from([0x22, 0xff, 0x22]).toString('base64')}`],
    ['not an event', headerOf({ kind: 27_235 })],
    ['an array', headerOf([EVENT])],
    ['longer than it need be', headerOf({ ...EVENT, content: 'x'.repeat(4_000) })],
  ])('is refused when it is %s', (_, header) => {
    expect(readAuthorization(header)).toBeTypeOf('string');
  });
});
