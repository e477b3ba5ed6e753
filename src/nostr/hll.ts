/**
 * HyperLogLog over authors (NIP-45): counts of several relays can be put together, and who is on
 * many of them is counted once.
 *
 * Only the queries that NIP-45 names have one: which eight bits of a pubkey choose the register
 * depends on the tag that is asked for, so that nobody can make keys that spoil every count.
 */

import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { isHex64, parseAddress } from './event.ts';
import type { Filter } from './filter.ts';

/** The queries that have one: letter of the tag, and kinds in order. */
const CANONICAL: ReadonlySet<string> = new Set([
  ...['e 7', 'e 6', 'q 1,1111', 'e 1', 'E 1111', 'p 3'],
]);
const REGISTERS = 256;

/** Registers that authors are fed into, and their sum as 512 hex digits. */
export type HyperLogLog = {
  /** Takes an author: a pubkey of 32 bytes. */
  readonly add: (pubkey: Uint8Array) => void;
  readonly hex: () => string;
};

/**
 * Where in a pubkey the register is found, or undefined for filters without one: reactions,
 * reposts, quotes, replies, comments, followers of exactly one thing.
 */
export function hllOffset(filters: readonly Filter[]): number | undefined {
  const [filter, ...others] = filters;
  if (filter === undefined || others.length > 0) return undefined;
  const { ids, authors, since, until, search, kinds, tags } = filter;
  const isNarrowed = [ids, authors, since, until, search].some((member) => member !== undefined);
  const [tag, ...more] = tags;
  const [value, ...values] = tag?.values ?? [];
  if (isNarrowed || !kinds || !tag || value === undefined) return undefined;
  if (more.length > 0 || values.length > 0) return undefined;
  const ordered = [...kinds].sort((a, b) => a - b);
  if (!CANONICAL.has(`${tag.letter} ${ordered.join(',')}`)) return undefined;
  return Number.parseInt(keyOf(value).charAt(32), 16) + 8;
}

/** Empty registers for an offset. */
export function hyperLogLog(offset: number): HyperLogLog {
  const registers = new Uint8Array(REGISTERS);
  return {
    add: (pubkey) => {
      const register = pubkey[offset] ?? 0;
      const value = 1 + leadingZeros(pubkey, offset + 1);
      if (value > (registers[register] ?? 0)) registers[register] = value;
    },
    hex: () => bytesToHex(registers),
  };
}

/** 64 hex for any tag value: an id or pubkey, the pubkey of an address, or a hash. */
function keyOf(value: string): string {
  if (isHex64(value)) return value;
  return parseAddress(value)?.pubkey ?? bytesToHex(sha256(utf8ToBytes(value)));
}

function leadingZeros(bytes: Uint8Array, from: number): number {
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte !== 0) return (at - from) * 8 + Math.clz32(byte) - 24;
  }
  return (bytes.length - from) * 8;
}
