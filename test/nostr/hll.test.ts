/**
 * HyperLogLog (NIP-45): the registers that every relay must fill alike.
 */

import { createHash } from 'node:crypto';
import { computeOffset, feedPubkey, hllEncode, newHll } from 'nostr-tools/nip45';
import { describe, expect, it } from 'vitest';
import { type Filter, parseFilter } from '../../src/nostr/filter.ts';
import { hllOffset, hyperLogLog } from '../../src/nostr/hll.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest();
const ID = '351c042c21e4e51fbb0a78972db35ae6db9ef673091982e2055c6ae89fee29f9';

const filter = (json: object): Filter => {
  const parsed = parseFilter(json, { filterValuesMax: 100 });
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed;
};
const offsetOf = (...filters: readonly object[]) => hllOffset(filters.map(filter));

describe('the registers', () => {
  it('are those of the vector', () => {
    const offset = offsetOf({ kinds: [7], '#e': [ID] }) ?? 0;
    expect(offset).toBe(21);
    const hll = hyperLogLog(offset);
    for (let i = 0; i < 10; i++) hll.add(sha256(`pk${i}`));
    const registers = [...Buffer.from(hll.hex(), 'hex')];
    const filled = registers.flatMap((value, at) => (value > 0 ? [`${at}=${value}`] : []));
    expect(filled.join(' ')).toBe('55=1 81=1 88=2 104=4 128=6 134=5 168=1 181=2 203=2 217=1');
    expect(sha256(hll.hex()).toString('hex')).toBe(
      'f2e78feac25eb23daf7cd801f8d60256b4f631f1fd283842c66a24e7afe2a52e',
    );
  });

  it('are those of another implementation', () => {
    const own = hyperLogLog(13);
    const theirs = newHll();
    for (let i = 0; i < 3_000; i++) {
      const pubkey = sha256(`key ${i}`);
      own.add(pubkey);
      feedPubkey(theirs, pubkey.toString('hex'), 13);
    }
    expect(own.hex()).toBe(hllEncode(theirs));
  });

  it('hold a pubkey of nothing but zeros', () => {
    const hll = hyperLogLog(23);
    hll.add(new Uint8Array(32));
    expect(hll.hex().slice(0, 2)).toBe((1 + 64).toString(16));
  });
});

describe('the offset', () => {
  it.each(['ab'.repeat(32), `30023:${ID}:a`, `30023:${ID}:a:b`, 'https://example.com', 'é'])(
    'is taken from the tag value %s',
    (value) => {
      const plain = value.replace(/:a:b$/, ':a');
      expect(offsetOf({ kinds: [1, 1111], '#q': [value] })).toBe(computeOffset(plain));
    },
  );

  it.each<readonly [string, readonly object[]]>([
    [
      'two filters',
      [
        { kinds: [7], '#e': [ID] },
        { kinds: [7], '#e': [ID] },
      ],
    ],
    ['two values', [{ kinds: [7], '#e': [ID, '00'.repeat(32)] }]],
    ['two tags', [{ kinds: [7], '#e': [ID], '#p': [ID] }]],
    ['other kinds', [{ kinds: [7, 8], '#e': [ID] }]],
    ['no kinds', [{ '#e': [ID] }]],
    ['authors', [{ kinds: [7], '#e': [ID], authors: [ID] }]],
    ['no value', [{ kinds: [7], '#e': [] }]],
    ['no tag', [{ kinds: [7] }]],
  ])('is none for %s', (_, filters) => {
    expect(offsetOf(...filters)).toBeUndefined();
  });
});
