/**
 * Sorted supplies of keys, and several of them as one: newest first, ties lowest id first.
 *
 * A source may ask for a pause instead of giving a key, so that no query holds the thread for
 * longer than its turn; whoever reads resumes it in the next one. The merge keeps its sources in a
 * heap: a key costs the logarithm of their number, not their number.
 */

/** What an index says of an event, without its text: small enough to keep many of them. */
export type Key = {
  /** Sequence number; 0 for what is kept aside (key-reads.ts) and has none. */
  readonly n: number;
  readonly created_at: number;
  /** The first 48 bits of the id. */
  readonly rank: number;
  /** Number of the author. */
  readonly author: number;
  readonly kind: number;
  /** When it expires; 0 for a hollow row (store/tombstones.ts), which is nobody's. */
  readonly expires_at: number | null;
  /** The id, of what is kept aside. */
  readonly aside?: string;
};

/** A sorted supply of keys. `null` means: not at the end, but a pause is due. */
export type Source = {
  readonly head: () => Key | null | undefined;
  readonly next: () => void;
};

type Entry = { readonly key: Key; readonly source: Source };

/** A source without keys. */
export const END: Source = { head: () => undefined, next: () => {} };

/** The order of NIP-01, as a comparator. */
export function newestKeyFirst(a: Key, b: Key): number {
  return b.created_at - a.created_at || a.rank - b.rank || a.n - b.n;
}

/** Several sorted sources as one, each key once. */
export function merge(sources: readonly Source[]): Source {
  if (sources.length === 1 && sources[0]) return sources[0];
  const heap: Entry[] = [];
  /** Sources whose next key is not in the heap yet. */
  const pending = [...sources];
  const head = (): Key | null | undefined => {
    for (let source = pending.at(-1); source; source = pending.at(-1)) {
      const key = source.head();
      if (key === null) return null;
      pending.pop();
      if (key) push(heap, { key, source });
    }
    return heap[0]?.key;
  };
  return {
    head,
    next: () => {
      const key = head();
      while (key && heap[0] && newestKeyFirst(heap[0].key, key) === 0) {
        const { source } = pop(heap);
        source.next();
        pending.push(source);
      }
    },
  };
}

function isBefore(a: Entry | undefined, b: Entry | undefined): boolean {
  return a !== undefined && b !== undefined && newestKeyFirst(a.key, b.key) < 0;
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
