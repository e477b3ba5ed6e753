/**
 * A sorted set of records (time, id) and the fingerprint of any stretch of it (NIP-77).
 *
 * Times and ids lie in two flat arrays, 40 bytes a record. A fingerprint starts from the sum of its
 * ids modulo 2^256; sums can be subtracted, so with the sum up to every 256th record a stretch
 * costs two of those and at most 510 ids, however long it is. The set never changes.
 */

import { sha256 } from '@noble/hashes/sha2.js';
import {
  type Bound,
  compareBytes,
  encodeVarint,
  FINGERPRINT_BYTES,
  ID_BYTES,
} from './negentropy-wire.ts';

/** Records in the order of their times, then of their ids. */
export type Records = {
  readonly size: number;
  readonly time: (index: number) => number;
  /** The 32 bytes of an id; a view, not a copy. */
  readonly id: (index: number) => Uint8Array;
  /** The first record at or after `from` that is not before the bound; `size` if there is none. */
  readonly lowerBound: (bound: Bound, from: number) => number;
  /** The 16 bytes that stand for the ids of a stretch, `to` not included. */
  readonly fingerprint: (from: number, to: number) => Uint8Array;
};

const BLOCK = 256;
const WORDS = ID_BYTES / 4;
const WORD = 2 ** 32;

/**
 * Makes a set of `times` and `ids`, 32 bytes for each time, in any order; no id may be there twice.
 * Arrays that are in order already are not copied, and must not be changed any more.
 */
export function makeRecords(times: Float64Array, ids: Uint8Array): Records {
  const sorted = inOrder({ times, ids }) ? { times, ids } : sort({ times, ids });
  const sums = blockSums(sorted.ids);
  const size = sorted.times.length;
  const id = (index: number) => sorted.ids.subarray(index * ID_BYTES, (index + 1) * ID_BYTES);
  const time = (index: number) => sorted.times[index] ?? Number.POSITIVE_INFINITY;
  return {
    ...{ size, time, id },
    lowerBound: (bound, from) => {
      let low = from;
      for (let high = size; low < high; ) {
        const middle = Math.floor((low + high) / 2);
        const isBefore =
          time(middle) < bound.time ||
          (time(middle) === bound.time && compareBytes(id(middle), bound.prefix) < 0);
        if (isBefore) low = middle + 1;
        else high = middle;
      }
      return low;
    },
    fingerprint: (from, to) => {
      const sum = stretchSum(sorted.ids, sums, { from, to });
      const count = encodeVarint(to - from);
      const input = new Uint8Array(ID_BYTES + count.length);
      writeWords(sum, input);
      input.set(count, ID_BYTES);
      return sha256(input).subarray(0, FINGERPRINT_BYTES);
    },
  };
}

type Columns = { readonly times: Float64Array; readonly ids: Uint8Array };

function compareAt({ times, ids }: Columns, a: number, b: number): number {
  const difference = (times[a] ?? 0) - (times[b] ?? 0);
  if (difference !== 0) return difference;
  for (let i = 0; i < ID_BYTES; i++) {
    const byte = (ids[a * ID_BYTES + i] ?? 0) - (ids[b * ID_BYTES + i] ?? 0);
    if (byte !== 0) return byte;
  }
  return 0;
}

function inOrder(columns: Columns): boolean {
  for (let i = 1; i < columns.times.length; i++) {
    if (compareAt(columns, i - 1, i) > 0) return false;
  }
  return true;
}

function sort(columns: Columns): Columns {
  const size = columns.times.length;
  const order = new Uint32Array(size).map((_, i) => i);
  order.sort((a, b) => compareAt(columns, a, b));
  const times = new Float64Array(size);
  const ids = new Uint8Array(size * ID_BYTES);
  for (const [to, from] of order.entries()) {
    times[to] = columns.times[from] ?? 0;
    ids.set(columns.ids.subarray(from * ID_BYTES, (from + 1) * ID_BYTES), to * ID_BYTES);
  }
  return { times, ids };
}

/** For every 256th record, the eight words of the sum of all ids before it. */
function blockSums(ids: Uint8Array): Uint32Array {
  const blocks = Math.floor(ids.length / ID_BYTES / BLOCK);
  const sums = new Uint32Array((blocks + 1) * WORDS);
  const view = viewOf(ids);
  const sum = new Float64Array(WORDS);
  for (let block = 1; block <= blocks; block++) {
    addIds(sum, view, { from: (block - 1) * BLOCK, to: block * BLOCK, sign: 1 });
    carry(sum);
    sums.set(sum, block * WORDS);
  }
  return sums;
}

type Stretch = { readonly from: number; readonly to: number };

function stretchSum(ids: Uint8Array, sums: Uint32Array, { from, to }: Stretch): Float64Array {
  const sum = new Float64Array(WORDS);
  const view = viewOf(ids);
  const firstBlock = Math.floor(from / BLOCK);
  const lastBlock = Math.floor(to / BLOCK);
  for (let word = 0; word < WORDS; word++) {
    sum[word] = (sums[lastBlock * WORDS + word] ?? 0) - (sums[firstBlock * WORDS + word] ?? 0);
  }
  // What lies in the first block before the stretch goes out, what it has of the last comes in.
  addIds(sum, view, { from: firstBlock * BLOCK, to: from, sign: -1 });
  addIds(sum, view, { from: lastBlock * BLOCK, to, sign: 1 });
  carry(sum);
  return sum;
}

/** Adds ids word by word. Of 510 words the sum stays far below 2^53, so carries can wait. */
function addIds(
  sum: Float64Array,
  view: DataView,
  { from, to, sign }: Stretch & { readonly sign: 1 | -1 },
): void {
  for (let at = from * ID_BYTES; at < to * ID_BYTES; at += ID_BYTES) {
    for (let word = 0; word < WORDS; word++) {
      sum[word] = (sum[word] ?? 0) + sign * view.getUint32(at + word * 4, true);
    }
  }
}

/** Brings every word into its 32 bits, modulo 2^256; words may have been negative. */
function carry(sum: Float64Array): void {
  let over = 0;
  for (let word = 0; word < WORDS; word++) {
    const value = (sum[word] ?? 0) + over;
    over = Math.floor(value / WORD);
    sum[word] = value - over * WORD;
  }
}

function writeWords(sum: Float64Array, into: Uint8Array): void {
  const view = viewOf(into);
  for (const [word, value] of sum.entries()) view.setUint32(word * 4, value, true);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
