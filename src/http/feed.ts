/**
 * What happened to one machine lately, as server-sent events, and who reads it.
 *
 * A reader is a place in a ring of notices, no queue of its own: what is new and what was missed
 * come from the same ring, the bytes are there once for all readers, and who falls behind by more
 * than the ring holds has lost its place and is told so. Memory is bounded by the ring alone.
 */

/** How many notices a feed keeps, and how many bytes of them. */
export const FEED_LIMITS = { notices: 256, bytes: 262_144 } as const;

/** The data of a notice; every member of INTERFACE, and what it is about. */
export type NoticeData = {
  readonly machine: string;
  readonly revision: number;
  readonly head: string | null;
  readonly height: number;
  readonly status: string;
  readonly value: unknown;
  readonly [about: string]: unknown;
};

/** What happens on a feed; `dropped` is the last word to who is not served any longer. */
export type NoticeName = 'head' | 'fork' | 'snapshot' | 'refusal' | 'frozen' | 'dropped';

/** The notices of one machine. */
export type Feed = {
  readonly add: (name: NoticeName, data: NoticeData) => void;
  /** The number of the last notice; 0 before the first. */
  readonly last: () => number;
  /** Notices after a number, and the number to go on from; undefined when some of them are gone. */
  readonly after: (number: number) => Slice | undefined;
  /** False when notices after a number are gone. */
  readonly holds: (number: number) => boolean;
  /** Forgets all notices: readers who have not caught up have lost their place. */
  readonly clear: () => void;
  readonly bytes: () => number;
  /** Called when there is something new. */
  readonly readers: Set<() => void>;
};

/** Some notices on the wire, not longer than a slice, and the number of the last of them. */
export type Slice = { readonly frames: readonly Uint8Array[]; readonly upTo: number };

/** A slice ends when it is longer, in bytes. */
const SLICE_BYTES = 65_536;

/** A feed without notices; `stamp` names it within the ids of its notices. */
export function createFeed(stamp: string): Feed {
  let frames: Uint8Array[] = [];
  let last = 0;
  let bytes = 0;

  const isOver = (): boolean => frames.length > FEED_LIMITS.notices || bytes > FEED_LIMITS.bytes;
  const readers = new Set<() => void>();
  const wakeAll = (): void => {
    for (const wake of [...readers]) wake();
  };
  const holds = (number: number): boolean => number >= last - frames.length && number <= last;

  return {
    add: (name, data) => {
      last++;
      const { revision, height } = data;
      const frame = noticeFrame(name, data, noticeId({ stamp, number: last, revision, height }));
      frames.push(frame);
      bytes += frame.length;
      while (isOver()) bytes -= frames.shift()?.length ?? 0;
      wakeAll();
    },
    last: () => last,
    after: (number) => (holds(number) ? sliceOf(frames, number, last - frames.length) : undefined),
    holds,
    clear: () => {
      frames = [];
      bytes = 0;
      wakeAll();
    },
    bytes: () => bytes,
    readers,
  };
}

function sliceOf(frames: readonly Uint8Array[], number: number, first: number): Slice {
  const slice: Uint8Array[] = [];
  let bytes = 0;
  for (const frame of frames.slice(number - first)) {
    if (bytes > SLICE_BYTES) break;
    slice.push(frame);
    bytes += frame.length;
  }
  return { frames: slice, upTo: number + slice.length };
}

/** Where a reader stands: a notice of a feed, and the machine as it was then. */
export type Place = {
  readonly stamp: string;
  readonly number: number;
  readonly revision: number;
  readonly height: number;
};

/** The id of a place, for `Last-Event-ID`. */
export function noticeId({ stamp, number, revision, height }: Place): string {
  return [stamp, number, revision, height].join('.');
}

/** The place of an id; undefined when it is none of ours. */
export function parseNoticeId(id: string): Place | undefined {
  const match = /^([a-z0-9]{1,32})\.(\d{1,15})\.(\d{1,15})\.(\d{1,15})$/.exec(id);
  if (!match) return undefined;
  const [, stamp = '', ...numbers] = match;
  const [number = 0, revision = 0, height = 0] = numbers.map(Number);
  return { stamp, number, revision, height };
}

const encoder = new TextEncoder();

/** A notice on the wire (WHATWG HTML, server-sent events); JSON has no line breaks. */
export function noticeFrame(name: NoticeName, data: object, id?: string): Uint8Array {
  const start = id === undefined ? '' : `id: ${id}\n`;
  return encoder.encode(`${start}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}
