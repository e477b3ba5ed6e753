/**
 * Ids and keys in the forms people paste.
 */

import {
  neventEncode,
  noteEncode,
  nprofileEncode,
  npubEncode,
  nsecEncode,
} from 'nostr-tools/nip19';
import { describe, expect, it } from 'vitest';
import { parseEventId, parsePubkey } from '../../src/http/ids.ts';
import { testKey } from '../support/sign.ts';

const HEX = 'a1'.repeat(32);
const { secret } = testKey('somebody');

describe('the id of an event', () => {
  it.each([
    ['hex', HEX],
    ['hex in capitals', HEX.toUpperCase()],
    ['a note', noteEncode(HEX)],
    [
      'a nevent with relays and author',
      neventEncode({ id: HEX, relays: ['wss://r'], author: HEX }),
    ],
  ])('is read from %s', (_, text) => {
    expect(parseEventId(text)).toBe(HEX);
  });

  it.each([
    ['nothing', ''],
    ['hex that is too short', HEX.slice(1)],
    ['a public key', npubEncode(HEX)],
    ['a secret key', nsecEncode(secret)],
    ['a note with a wrong checksum', `${noteEncode(HEX).slice(0, -1)}q`],
    ['a note in capitals', noteEncode(HEX).toUpperCase()],
    ['text', 'note1'],
  ])('is not read from %s', (_, text) => {
    expect(parseEventId(text)).toBeUndefined();
  });
});

describe('a public key', () => {
  it.each([
    ['hex', HEX],
    ['an npub', npubEncode(HEX)],
    ['an nprofile', nprofileEncode({ pubkey: HEX, relays: ['wss://r'] })],
  ])('is read from %s', (_, text) => {
    expect(parsePubkey(text)).toBe(HEX);
  });

  it.each([
    ['a note', noteEncode(HEX)],
    ['a secret key', nsecEncode(secret)],
    ['text', 'npub1'],
  ])('is not read from %s', (_, text) => {
    expect(parsePubkey(text)).toBeUndefined();
  });
});
