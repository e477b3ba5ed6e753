/**
 * AUTH events (NIP-42): kind, time, challenge and relay.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkAuth } from '../../src/nostr/auth.ts';

const NOW = 1_700_000_000;
const EXPECTED = { challenge: 'c1', relayUrl: 'wss://relay.example/', now: NOW };
const CHALLENGE = ['challenge', 'c1'];

const check = (fields: { kind?: number; created_at?: number; tags?: string[][] }) =>
  checkAuth(
    { kind: 22_242, created_at: NOW, tags: [['relay', EXPECTED.relayUrl], CHALLENGE], ...fields },
    EXPECTED,
  );
const checkRelay = (relay: string, relayUrl = EXPECTED.relayUrl) =>
  checkAuth(
    { kind: 22_242, created_at: NOW, tags: [['relay', relay], CHALLENGE] },
    { ...EXPECTED, relayUrl },
  );

describe('an AUTH event', () => {
  it('is fine when kind, time, challenge and relay are', () => {
    expect(check({})).toBeUndefined();
  });

  it.each([1, 22_241, 22_243, 0])('is refused with kind %i', (kind) => {
    expect(check({ kind })).toBe('invalid: an AUTH event has kind 22242');
  });

  it.each([
    [-600, true],
    [600, true],
    [-601, false],
    [601, false],
    [-1800, false],
    [-NOW, false],
  ])('made %i seconds from now is fine: %s', (offset, fine) => {
    const text = check({ created_at: NOW + offset });
    expect(text).toBe(fine ? undefined : 'invalid: created_at is more than ten minutes from now');
  });

  it.each([
    ['no tags', []],
    ['no challenge', [['relay', EXPECTED.relayUrl]]],
    ['a challenge without value', [['relay', EXPECTED.relayUrl], ['challenge']]],
    [
      'an empty challenge',
      [
        ['relay', EXPECTED.relayUrl],
        ['challenge', ''],
      ],
    ],
    [
      'another challenge',
      [
        ['relay', EXPECTED.relayUrl],
        ['challenge', 'c2'],
      ],
    ],
    [
      'the challenge in other case',
      [
        ['relay', EXPECTED.relayUrl],
        ['challenge', 'C1'],
      ],
    ],
    ['the right challenge second', [['relay', EXPECTED.relayUrl], ['challenge', 'x'], CHALLENGE]],
  ])('is refused with %s', (_, tags) => {
    expect(check({ tags })).toBe('invalid: the challenge is not the one this relay sent');
  });

  it.each([
    ['no relay', [CHALLENGE]],
    ['a relay without value', [['relay'], CHALLENGE]],
    ['the right relay second', [['relay', 'wss://x'], ['relay', EXPECTED.relayUrl], CHALLENGE]],
  ])('is refused with %s', (_, tags) => {
    expect(check({ tags })).toBe('invalid: the relay tag does not name this relay');
  });
});

describe('the relay tag', () => {
  it.each([
    'wss://relay.example',
    'wss://relay.example/',
    'WSS://Relay.EXAMPLE',
    'wss://relay.example:443',
    'ws://relay.example:80/',
    'ws://relay.example',
    'https://relay.example',
    'http://relay.example/',
    'wss://relay.example/other/path?x#y',
    ' wss://relay.example/ ',
  ])('names this relay: %j', (relay) => {
    expect(checkRelay(relay)).toBeUndefined();
  });

  it.each([
    '',
    'xyz',
    'intentionally wrong relay',
    'relay.example',
    'relay.example:443',
    '//relay.example',
    'wss://',
    'wss://[',
    'wss://relay.example:99999',
    'wss://relay.example:8080',
    'wss://relay.example.org',
    'wss://sub.relay.example',
    'wss://relay.example@evil.example',
    'wss://evil.example/wss://relay.example',
    'ftp://relay.example',
    'nostr://relay.example',
    'javascript:relay.example',
  ])('does not name this relay: %j', (relay) => {
    expect(checkRelay(relay)).toBe('invalid: the relay tag does not name this relay');
  });

  it('has to name a port that is not the default', () => {
    expect(checkRelay('ws://127.0.0.1:7777/', 'ws://127.0.0.1:7777')).toBeUndefined();
    expect(checkRelay('ws://127.0.0.1', 'ws://127.0.0.1:7777')).toBeDefined();
    expect(checkRelay('ws://127.0.0.1:7778', 'ws://127.0.0.1:7777')).toBeDefined();
  });

  it('never matches when the own URL is garbage too', () => {
    expect(checkRelay('xyz', 'xyz')).toBeDefined();
    expect(checkRelay('', '')).toBeDefined();
  });

  it('never makes the check throw', () => {
    const anyText = fc.string({ unit: 'binary' });
    const texts = fc.oneof(
      anyText,
      anyText.map((text) => `wss://${text}`),
    );
    fc.assert(
      fc.property(texts, (relay) => {
        expect(checkRelay(relay) ?? 'invalid: ').toMatch(/^invalid: /);
      }),
    );
  });
});
