/**
 * Proof of work (NIP-13).
 */

import { describe, expect, it } from 'vitest';
import { eventId } from '../../src/nostr/event.ts';
import { checkWork, leadingZeroBits } from '../../src/nostr/pow.ts';

/** The example event of NIP-13. */
const EXAMPLE = {
  id: '000006d8c378af1779d2feebc7603a125d99eca0ccf1085959b307f64e5dd358',
  pubkey: 'a48380f4cfcc1ad5378294fcac36439770f9c878dd880ffa94bb74ea54a6f243',
  created_at: 1_651_794_653,
  kind: 1,
  tags: [['nonce', '776797', '20']],
  content: "It's just me mining my own business",
};

/** An event with 16 leading zero bits and these tags. */
const mined = (...tags: string[][]) => ({ id: `0000${'f'.repeat(60)}`, tags });
const says = (bits: number, ...tags: string[][]) => checkWork(mined(...tags), bits)?.says;

describe('the difficulty of an id', () => {
  it.each([
    ['f'.repeat(64), 0],
    [`8${'0'.repeat(63)}`, 0],
    [`7${'0'.repeat(63)}`, 1],
    [`3${'0'.repeat(63)}`, 2],
    [`1${'0'.repeat(63)}`, 3],
    [`0f${'0'.repeat(62)}`, 4],
    [`002f${'0'.repeat(60)}`, 10],
    [`${'0'.repeat(63)}1`, 255],
    ['0'.repeat(64), 256],
  ])('of %s is %i', (id, bits) => {
    expect(leadingZeroBits(id)).toBe(bits);
  });

  it('is 21 for the example of NIP-13', () => {
    expect(eventId(EXAMPLE)).toBe(EXAMPLE.id);
    expect(leadingZeroBits(EXAMPLE.id)).toBe(21);
  });
});

describe('checking work', () => {
  it('takes what the author committed to, not what luck added', () => {
    expect(checkWork(EXAMPLE, 20)).toBeUndefined();
    expect(checkWork(EXAMPLE, 21)?.says).toBe('target 20 is less than 21');
  });

  it('asks for nothing when the minimum is 0', () => {
    expect(checkWork({ id: 'f'.repeat(64), tags: [] }, 0)).toBeUndefined();
  });

  it('takes a commitment of exactly the minimum and of exactly the work done', () => {
    expect(says(16, ['nonce', '1', '16'])).toBeUndefined();
    expect(says(10, ['nonce', '1', '10'])).toBeUndefined();
  });

  it('refuses too little work with the code pow and the minimum', () => {
    expect(checkWork(mined(['nonce', '1', '20']), 20)).toMatchObject({
      code: 'pow',
      details: { limit: 20 },
      says: 'difficulty 16 is less than 20',
    });
  });

  it.each([
    ['no nonce tag', []],
    ['a nonce without target', [['nonce', '1']]],
    ['an empty target', [['nonce', '1', '']]],
    ['a target that is no number', [['nonce', '1', 'x']]],
    ['a negative target', [['nonce', '1', '-16']]],
    ['a fractional target', [['nonce', '1', '16.5']]],
    ['an absurdly long target', [['nonce', '1', '1'.repeat(400)]]],
    [
      'a target in a second nonce tag only',
      [
        ['nonce', '1'],
        ['nonce', '1', '16'],
      ],
    ],
  ])('refuses %s', (_, tags) => {
    expect(says(8, ...tags)).toBe('the nonce tag commits to no target');
  });

  it('refuses a commitment to 0 or to less than the minimum', () => {
    expect(says(8, ['nonce', '1', '0'])).toBe('target 0 is less than 8');
    expect(says(8, ['nonce', '1', '7'])).toBe('target 7 is less than 8');
  });

  it('refuses a commitment that the id does not live up to', () => {
    expect(says(8, ['nonce', '1', '17'])).toBe('difficulty 16 is less than the target 17');
  });
});
