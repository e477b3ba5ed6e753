/**
 * Sorted supplies of rows, and several of them as one: newest first, ties lowest id first.
 *
 * A source may ask for a pause instead of giving a row, so that no query holds the thread for
 * longer than its turn; whoever reads resumes it in the next one. The merge keeps its sources in a
 * heap: a row costs the logarithm of their number, not their number.
 */
import type { EventRow } from './events.ts';

/** A sorted supply of rows. `null` means: not at the end, but a pause is due. */
export type Source = {
  readonly head: () => EventRow | null | undefined;
  readonly next: () => void;
};

type Entry = { readonly row: EventRow; readonly source: Source };

/** A source without rows. */
export const END: Source = { head: () => undefined, next: () => {} };

/** The order of NIP-01, as a comparator. */
function newestRowFirst(a: EventRow, b: EventRow): number {
  return b.created_at - a.created_at || Buffer.compare(a.id, b.id);
}

/** Rows that are all there, in order. */
export function sorted(rows: readonly EventRow[]): Source {
  const queue = [...rows].sort(newestRowFirst);
  let at = 0;
  return { head: () => queue[at], next: () => void at++ };
}

/** Several sorted sources as one, each row once. */
export function merge(sources: readonly Source[]): Source {
  if (sources.length === 1 && sources[0]) return sources[0];
  const heap: Entry[] = [];
  /** Sources whose next row is not in the heap yet. */
  const pending = [...sources];
  const head = (): EventRow | null | undefined => {
    for (let source = pending.at(-1); source; source = pending.at(-1)) {
      const row = source.head();
      if (row === null) return null;
      pending.pop();
      if (row) push(heap, { row, source });
    }
    return heap[0]?.row;
  };
  return {
    head,
    next: () => {
      const row = head();
      while (row && heap[0] && newestRowFirst(heap[0].row, row) === 0) {
        const { source } = pop(heap);
        source.next();
        pending.push(source);
      }
    },
  };
}

function isBefore(a: Entry | undefined, b: Entry | undefined): boolean {
  return a !== undefined && b !== undefined && newestRowFirst(a.row, b.row) < 0;
}

function push(heap: Entry[], entry: Entry): void {
  let at = heap.push(entry) - 1;
  while (at > 0) {
    const above = (at - 1) >> 1;
    if (!isBefore(heap[at], heap[above])) return;
    swap(heap, at, above);
    at = above;
  }
}

/** Takes the first entry of a heap that is not empty. */
function pop(heap: Entry[]): Entry {
  swap(heap, 0, heap.length - 1);
  const first = heap.pop() as Entry;
  for (let at = 0; ; ) {
    const left = 2 * at + 1;
    const least = isBefore(heap[left + 1], heap[left]) ? left + 1 : left;
    if (!isBefore(heap[least], heap[at])) return first;
    swap(heap, at, least);
    at = least;
  }
}

function swap(heap: Entry[], a: number, b: number): void {
  const entry = heap[a] as Entry;
  heap[a] = heap[b] as Entry;
  heap[b] = entry;
}
