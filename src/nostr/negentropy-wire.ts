/**
 * The bytes of negentropy version 1 (NIP-77): numbers, bounds and modes, read and written.
 *
 * Arithmetic without bit shifts: times beyond 2^31 are legal and must not wrap around. Whatever is
 * truncated or out of range makes a reader give up with undefined, never throw.
 */

/** Bytes of an event id. */
export const ID_BYTES = 32;

/** Bytes of a fingerprint. */
export const FINGERPRINT_BYTES = 16;

/**
 * A place between records: before the first that is later, or as late with an id not below
 * `prefix`, whose missing bytes count as zero. `time` is in Unix seconds; Infinity is the end.
 */
export type Bound = { readonly time: number; readonly prefix: Uint8Array };

/** What a range says of its records: nothing, their fingerprint, or all their ids. */
export const MODE = { skip: 0, fingerprint: 1, idList: 2 } as const;

/** The first byte of a message of the version that is spoken here. */
export const VERSION = 0x61;

/** The bound behind every record. */
export const INFINITY: Bound = { time: Number.POSITIVE_INFINITY, prefix: new Uint8Array() };

/** The bound before every record. */
export const ZERO: Bound = { time: 0, prefix: new Uint8Array() };

/** Reads a message from its front to its end; bounds are relative to those before them. */
export type Reader = {
  readonly isAtEnd: () => boolean;
  /** A view of so many bytes; undefined when there are fewer. */
  readonly bytes: (count: number) => Uint8Array | undefined;
  /** A non-negative safe integer. */
  readonly varint: () => number | undefined;
  readonly bound: () => Bound | undefined;
};

/** A reader of bytes. */
export function readBytes(message: Uint8Array): Reader {
  let at = 0;
  let lastTime = 0;

  const bytes = (count: number): Uint8Array | undefined => {
    if (count > message.length - at) return undefined;
    at += count;
    return message.subarray(at - count, at);
  };

  const varint = (): number | undefined => {
    for (let value = 0; ; ) {
      const byte = message[at++];
      if (byte === undefined) return undefined;
      value = value * 128 + (byte % 128);
      if (!Number.isSafeInteger(value)) return undefined;
      if (byte < 128) return value;
    }
  };

  /** Zero is infinity, and after that every bound is. */
  const time = (): number | undefined => {
    const encoded = varint();
    if (encoded === undefined) return undefined;
    lastTime = encoded === 0 ? Number.POSITIVE_INFINITY : lastTime + encoded - 1;
    return Number.isSafeInteger(lastTime) || lastTime === Number.POSITIVE_INFINITY
      ? lastTime
      : undefined;
  };

  return {
    ...{ bytes, varint },
    isAtEnd: () => at >= message.length,
    bound: () => {
      const bounded = time();
      const length = varint();
      if (bounded === undefined || length === undefined || length > ID_BYTES) return undefined;
      const prefix = bytes(length);
      return prefix && { time: bounded, prefix };
    },
  };
}

/** Collects the bytes of a message. */
export type Writer = {
  readonly length: () => number;
  readonly bytes: (bytes: Uint8Array) => void;
  readonly varint: (value: number) => void;
  readonly bound: (bound: Bound) => void;
  /** Everything up to now, as one array. */
  readonly message: () => Uint8Array;
};

/** A writer of a message that begins with the version. */
export function writeMessage(): Writer {
  const parts: Uint8Array[] = [Uint8Array.of(VERSION)];
  let length = 1;
  let lastTime = 0;

  const bytes = (part: Uint8Array): void => {
    parts.push(part);
    length += part.length;
  };
  const varint = (value: number): void => bytes(encodeVarint(value));

  return {
    ...{ bytes, varint },
    length: () => length,
    bound: ({ time, prefix }) => {
      varint(time === Number.POSITIVE_INFINITY ? 0 : time - lastTime + 1);
      lastTime = time;
      varint(prefix.length);
      bytes(prefix);
    },
    message: () => {
      const whole = new Uint8Array(length);
      let at = 0;
      for (const part of parts) {
        whole.set(part, at);
        at += part.length;
      }
      return whole;
    },
  };
}

/** A non-negative integer in base 128, most significant digit first, as short as can be. */
export function encodeVarint(value: number): Uint8Array {
  const digits = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
    digits.unshift(128 + (rest % 128));
  }
  return Uint8Array.from(digits);
}

type Place = { readonly time: number; readonly id: Uint8Array };

/** The shortest bound that lies behind one record and not behind the next. */
export function boundBetween(before: Place, next: Place): Bound {
  if (before.time !== next.time) return { time: next.time, prefix: new Uint8Array() };
  let shared = 0;
  while (shared < ID_BYTES && before.id[shared] === next.id[shared]) shared++;
  return { time: next.time, prefix: next.id.subarray(0, shared + 1) };
}

/** The order of bytes; of two that agree as far as they go, the shorter comes first. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
