/**
 * The set that one side of a reconciliation has: pages of records, gathered and sorted.
 *
 * Gives way after every page, so that whoever shares the thread is not kept waiting, and gives up
 * as soon as there are more records than it may hold.
 */

import { makeRecords, type Records } from '../nostr/negentropy-records.ts';
import type { RecordRow } from '../store/records.ts';

/** How much is gathered. */
export type Gathering = {
  /** More records than this are too many. */
  readonly recordsMax: number;
  /** Only so many of the newest, ties lowest id first (NIP-01). */
  readonly limit?: number | undefined;
  /** True once nobody waits for the set any more. */
  readonly isAbandoned?: () => boolean;
};

const ID_BYTES = 32;
const FIRST_CAPACITY = 1_024;

/** The set, or undefined when it is too large or nobody wants it any more. */
export async function gatherRecords(
  pages: Iterable<readonly RecordRow[]>,
  { recordsMax, limit, isAbandoned = () => false }: Gathering,
): Promise<Records | undefined> {
  let times = new Float64Array(FIRST_CAPACITY);
  let ids = new Uint8Array(FIRST_CAPACITY * ID_BYTES);
  let size = 0;
  const mayHold = limit === undefined ? recordsMax : Number.POSITIVE_INFINITY;
  for (const page of pages) {
    if (isAbandoned() || size + page.length > mayHold) return undefined;
    if (size + page.length > times.length) {
      const capacity = Math.max(2 * times.length, size + page.length);
      times = grown(times, new Float64Array(capacity));
      ids = grown(ids, new Uint8Array(capacity * ID_BYTES));
    }
    for (const { created_at: time, id } of page) {
      times[size] = time;
      ids.set(id, size * ID_BYTES);
      size++;
    }
    await new Promise(setImmediate);
  }
  // An index gives the newest first; what is nearly in order is sorted fast.
  if (size > 0 && (times[0] ?? 0) > (times[size - 1] ?? 0)) {
    times.subarray(0, size).reverse();
    reverseIds(ids.subarray(0, size * ID_BYTES));
  }
  const all = makeRecords(times.subarray(0, size), ids.subarray(0, size * ID_BYTES));
  const kept = limit === undefined || limit >= size ? all : newest(all, limit);
  return kept.size > recordsMax ? undefined : kept;
}

function grown<Column extends Float64Array | Uint8Array>(from: Column, into: Column): Column {
  into.set(from);
  return into;
}

function reverseIds(ids: Uint8Array): void {
  const held = new Uint8Array(ID_BYTES);
  for (let low = 0, high = ids.length - ID_BYTES; low < high; low += ID_BYTES, high -= ID_BYTES) {
    held.set(ids.subarray(low, low + ID_BYTES));
    ids.copyWithin(low, high, high + ID_BYTES);
    ids.set(held, high);
  }
}

function newest(all: Records, limit: number): Records {
  const oldest = all.time(all.size - limit);
  const after = all.lowerBound({ time: oldest + 1, prefix: new Uint8Array() }, 0);
  const first = all.lowerBound({ time: oldest, prefix: new Uint8Array() }, 0);
  const ties = limit - (all.size - after);
  const indexes = [...range(first, first + ties), ...range(after, all.size)];
  const ids = new Uint8Array(indexes.length * ID_BYTES);
  for (const [to, from] of indexes.entries()) ids.set(all.id(from), to * ID_BYTES);
  return makeRecords(Float64Array.from(indexes, all.time), ids);
}

function* range(from: number, to: number): Generator<number> {
  for (let i = from; i < to; i++) yield i;
}
