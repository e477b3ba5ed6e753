/** The relay's fast id must be the id everyone else computes. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodeEventId } from '../../src/verify/event-id.ts';

describe('the id of an event', () => {
  it('is the lower-case SHA-256 of the UTF-8 text', () => {
    expect(nodeEventId('abc')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });

  it('is what noble computes for any well-formed text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(nodeEventId(text)).toBe(bytesToHex(sha256(utf8ToBytes(text))));
      }),
    );
  });
});
