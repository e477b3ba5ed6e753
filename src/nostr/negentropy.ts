/**
 * Negentropy version 1 (NIP-77): two relays find out which records only one of them has.
 *
 * A message divides all records into ranges and says something of each. What agrees is skipped,
 * what differs is divided further, until ranges are short enough to be listed. A responder lists
 * its own ids where it is shown a list; the initiator compares and learns what it has and needs.
 * No answer ever repeats the fingerprint of the very range it answers, else a sync would not end.
 */

import { bytesToHex } from '@noble/hashes/utils.js';
import type { Records } from './negentropy-records.ts';
import {
  type Bound,
  boundBetween,
  compareBytes,
  FINGERPRINT_BYTES,
  ID_BYTES,
  INFINITY,
  MODE,
  type Reader,
  readBytes,
  VERSION,
  type Writer,
  writeMessage,
  ZERO,
} from './negentropy-wire.ts';

/** Why a message cannot be answered. */
export type NegentropyProblem = { readonly problem: string };

/** Told of ids (64 hex) as the initiator learns of them. */
export type Findings = {
  /** Ours, and not theirs. */
  readonly have: (id: string) => void;
  /** Theirs, and not ours. */
  readonly need: (id: string) => void;
};

/** The least that a limit on the length of messages may be, in bytes. */
export const FRAME_BYTES_MIN = 4_096;

/** A range that is as long as this is divided, a shorter one is listed. */
const LISTED_BELOW = 32;
const BUCKETS = 16;
/** What is kept free of a message for the last range, which stands for all that did not fit. */
const RESERVED_BYTES = 200;
/** Most bytes of a divided range, or of a list without its ids: a bound has at most 42. */
const DIVIDED_BYTES_MAX = 1_100;
const LIST_BYTES_MAX = 60;

/** The first message of an initiator. */
export function openingMessage(records: Records): Uint8Array {
  const writer = writeMessage();
  divide(records, { from: 0, to: records.size, upper: INFINITY }, writer);
  return writer.message();
}

/** A responder's answer, of at most so many bytes; it always has one, even where all is settled. */
export function respond(
  records: Records,
  message: Uint8Array,
  frameBytesMax: number,
): Uint8Array | NegentropyProblem {
  const [version = 0] = message;
  if (message.length === 0 || version < 0x60 || version > 0x6f) {
    return { problem: 'not a negentropy message' };
  }
  // A peer that speaks another version is told ours.
  if (version !== VERSION) return Uint8Array.of(VERSION);
  return walk({ records, reader: readBytes(message.subarray(1)), frameBytesMax });
}

/** An initiator's next message, or undefined once there is nothing left to find out. */
export function proceed(
  records: Records,
  message: Uint8Array,
  { frameBytesMax, findings }: { readonly frameBytesMax: number; readonly findings: Findings },
): Uint8Array | NegentropyProblem | undefined {
  if (message[0] !== VERSION) return { problem: 'not a negentropy message of version 1' };
  const next = walk({ records, reader: readBytes(message.subarray(1)), frameBytesMax, findings });
  return 'problem' in next || next.length > 1 ? next : undefined;
}

type Walk = {
  readonly records: Records;
  readonly reader: Reader;
  readonly frameBytesMax: number;
  /** Present for the initiator. */
  readonly findings?: Findings;
};

/** Records `from` to `to`; on the wire their range ends at `upper`. */
type Range = { readonly from: number; readonly to: number; readonly upper: Bound };

/** Goes through the ranges of a message and writes what is to be said of each. */
function walk({ records, reader, frameBytesMax, findings }: Walk): Uint8Array | NegentropyProblem {
  const writer = writeMessage();
  const roomUntil = frameBytesMax - RESERVED_BYTES;
  let lower: Bound = ZERO;
  let from = 0;
  let isSkipping = false;

  while (!reader.isAtEnd()) {
    const upper = reader.bound();
    const said = upper && readSaid(reader);
    if (!upper || !said) return { problem: 'the message is malformed' };
    const range = { from, to: records.lowerBound(upper, from), upper };
    if (isSettled(records, range, said)) isSkipping = true;
    else if (said.ids && findings) {
      compare(records, range, { ids: said.ids, findings });
      isSkipping = true;
    } else {
      if (isSkipping) writeSkip(lower, writer);
      isSkipping = false;
      const limited = { writer, roomUntil };
      const done = said.ids ? list(records, range, limited) : answer(records, range, limited);
      if (done !== undefined) {
        // The rest waits for the next message.
        writeFingerprint(records, { from: done, to: records.size, upper: INFINITY }, writer);
        return writer.message();
      }
    }
    from = range.to;
    lower = upper;
  }
  return writer.message();
}

/** What a range holds: nothing, a fingerprint, or ids one after the other. */
type Said = { readonly fingerprint?: Uint8Array; readonly ids?: Uint8Array };

function readSaid(reader: Reader): Said | undefined {
  const mode = reader.varint();
  if (mode === MODE.skip) return {};
  if (mode === MODE.fingerprint) {
    const fingerprint = reader.bytes(FINGERPRINT_BYTES);
    return fingerprint && { fingerprint };
  }
  if (mode !== MODE.idList) return undefined;
  const count = reader.varint();
  const ids = count === undefined ? undefined : reader.bytes(count * ID_BYTES);
  return ids && { ids };
}

function isSettled(records: Records, { from, to }: Range, { fingerprint, ids }: Said): boolean {
  if (fingerprint) {
    return compareBytes(fingerprint, records.fingerprint(from, to)) === 0;
  }
  return ids === undefined;
}

/** What the initiator learns of a range of which it is told all ids. */
function compare(
  records: Records,
  { from, to }: Range,
  { ids, findings }: { readonly ids: Uint8Array; readonly findings: Findings },
): void {
  const theirs = new Set<string>();
  for (let at = 0; at < ids.length; at += ID_BYTES) {
    theirs.add(bytesToHex(ids.subarray(at, at + ID_BYTES)));
  }
  for (let i = from; i < to; i++) {
    const id = bytesToHex(records.id(i));
    if (!theirs.delete(id)) findings.have(id);
  }
  for (const id of theirs) findings.need(id);
}

type Limited = { readonly writer: Writer; readonly roomUntil: number };

/** Divides a range; where it does not fit, says from which record on nothing was written. */
function answer(records: Records, range: Range, { writer, roomUntil }: Limited) {
  if (writer.length() + DIVIDED_BYTES_MAX > roomUntil) return range.from;
  divide(records, range, writer);
  return undefined;
}

/** Lists a range as far as it fits; says from which record on, if some did not. */
function list(records: Records, { from, to, upper }: Range, { writer, roomUntil }: Limited) {
  const room = Math.floor((roomUntil - writer.length() - LIST_BYTES_MAX) / ID_BYTES);
  if (to - from <= room) {
    writeIds(records, { from, to, upper }, writer);
    return undefined;
  }
  if (room <= 0) return from;
  const end = from + room;
  const bound = { time: records.time(end), prefix: records.id(end) };
  writeIds(records, { from, to: end, upper: bound }, writer);
  return end;
}

function divide(records: Records, { from, to, upper }: Range, writer: Writer): void {
  if (to - from < LISTED_BELOW) return writeIds(records, { from, to, upper }, writer);
  for (let bucket = 0, at = from; bucket < BUCKETS; bucket++) {
    // As even as can be: what is left over goes to the first buckets.
    const end = at + Math.ceil((to - at) / (BUCKETS - bucket));
    const bound = end === to ? upper : boundBetween(place(records, end - 1), place(records, end));
    writeFingerprint(records, { from: at, to: end, upper: bound }, writer);
    at = end;
  }
}

function place(records: Records, index: number) {
  return { time: records.time(index), id: records.id(index) };
}

function writeSkip(upper: Bound, writer: Writer): void {
  writer.bound(upper);
  writer.varint(MODE.skip);
}

function writeFingerprint(records: Records, { from, to, upper }: Range, writer: Writer): void {
  writer.bound(upper);
  writer.varint(MODE.fingerprint);
  writer.bytes(records.fingerprint(from, to));
}

function writeIds(records: Records, { from, to, upper }: Range, writer: Writer): void {
  writer.bound(upper);
  writer.varint(MODE.idList);
  writer.varint(to - from);
  for (let i = from; i < to; i++) writer.bytes(records.id(i));
}
