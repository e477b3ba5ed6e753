/**
 * Whether an event that an index offers is part of an answer: everything the index did not decide.
 *
 * What a key says is compared first; tags are read only when a filter or the reader's rights depend
 * on them. Hollow rows, what has expired and what came after the question are nobody's.
 */
import type { Filter } from '../nostr/filter.ts';
import { isFound } from '../nostr/search.ts';
import type { Key } from './merge.ts';
import type { Turn } from './turn.ts';

/** An event as the rights of a reader may depend on it; what is not looked at is not read. */
export type Readable = { readonly id: string; readonly kind: number; readonly tags: string };

/** What a query may see: rows up to a sequence number, not expired at a time (Unix seconds). */
export type Bounds = {
  readonly upTo: number;
  readonly now: number;
  /** Whether the reader may see an event, so that others do not count towards a limit. */
  readonly isReadable?: (event: Readable) => boolean;
  /** Whether an event is about to be removed, so that it is nobody's any more. */
  readonly isLeaving?: (key: Key) => boolean;
  /** Whether the signature of an event that is stored without one is at hand. */
  readonly isSigned?: (id: string) => boolean;
};

/** What a condition may have to read. */
export type Reads = {
  readonly id: (key: Key) => string;
  readonly tags: (key: Key) => string;
  readonly content: (key: Key) => string;
  readonly authors: (pubkeys: ReadonlySet<string>) => ReadonlySet<number>;
};

/** The conditions of a filter and of a reader as one question. */
export function accepts(
  filter: Filter,
  { bounds, turn, reads }: { readonly bounds: Bounds; readonly turn: Turn; readonly reads: Reads },
): (key: Key) => boolean {
  const { upTo, isReadable, isLeaving } = bounds;
  const { kinds, since = 0, until = Number.MAX_SAFE_INTEGER, tags, search } = filter;
  const authors = filter.authors && reads.authors(filter.authors);
  const words = search && search.words.length > 0 ? search : undefined;
  const tests = tags.map(({ letter, values }) => tagTest(letter, values));
  const event = looking(reads);

  const isOffered = (key: Key): boolean =>
    key.n <= upTo && (key.expires_at === null || key.expires_at > turn.now) && !isLeaving?.(key);

  return (key) => {
    if (!isOffered(key)) return false;
    if (kinds && !kinds.has(key.kind)) return false;
    if (authors && !authors.has(key.author)) return false;
    if (key.created_at < since || key.created_at > until) return false;
    event.lookAt(key);
    for (const hasOne of tests) {
      if (!hasOne(event.tags)) return false;
    }
    if (isReadable && !isReadable(event)) return false;
    if (words === undefined) return true;
    return isFound(words, { kind: key.kind, content: reads.content(key) });
  };
}

/** One event after another in one object, made once: a filter may look at very many. */
function looking(reads: Reads) {
  let current: Key = { n: 0, created_at: 0, rank: 0, author: 0, kind: 0, expires_at: null };
  let read: string | undefined;
  return {
    lookAt: (key: Key): void => {
      current = key;
      read = undefined;
    },
    get kind(): number {
      return current.kind;
    },
    get id(): string {
      return reads.id(current);
    },
    get tags(): string {
      read ??= reads.tags(current);
      return read;
    },
  };
}

/**
 * Looks for a tag in the JSON text of tags: a quote inside a string is escaped there, so this
 * pattern can only be the start of a tag.
 */
export function tagTest(letter: string, values: ReadonlySet<string>): (tags: string) => boolean {
  if (values.size <= 8) {
    const patterns = [...values].map((value) => `["${letter}",${JSON.stringify(value)}`);
    return (tags) => patterns.some((pattern) => tags.includes(pattern));
  }
  return (tags) => {
    if (tags === '') return false;
    const parsed = JSON.parse(tags) as string[][];
    return parsed.some(
      ([name, value]) => name === letter && value !== undefined && values.has(value),
    );
  };
}
