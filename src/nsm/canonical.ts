/**
 * Canonical state and its hash (PROTOCOL §5): what relays, custodians and clients compare.
 *
 * RFC 8785 text of the state's members, so that key order, whitespace and number spelling never
 * decide whether two parties agree. A `ComputedState` is immutable and complete: everything the
 * engine needs for the next step can be read back from its canonical text.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import serialize from 'canonicalize';
import { deepFreeze, type Json } from '../rules/json.ts';

/** XState's state value: a state's key, or keys of regions with their values. */
export type StateValue = string | { readonly [key: string]: StateValue };

/** A timer that has started: the event it will raise and when, in Unix seconds. */
export type Timer = { readonly event: string; readonly due: number };

/** What the engine computed; without `output` unless the machine is done and has one. */
export type State = {
  readonly status: 'active' | 'done' | 'error';
  readonly value: StateValue;
  readonly context: { readonly [name: string]: Json };
  readonly output?: Json;
  readonly history: { readonly [node: string]: readonly string[] };
  readonly timers: readonly Timer[];
};

/** A state with the text that is hashed (RFC 8785) and its lower-case hex SHA-256. */
export type ComputedState = {
  readonly state: State;
  readonly canonical: string;
  readonly hash: string;
};

/** RFC 8785 text of a JSON value. Throws on what is not JSON (NaN, lone surrogates, functions). */
export function canonicalJson(value: unknown): string {
  // The library sees to what is not plain data; states are, and it is slow on large ones.
  const text = plainText(value) ?? serialize(value);
  if (text === undefined) throw new TypeError('not a JSON value');
  return text;
}

/** The text of what `JSON.parse` may return; undefined for everything else. */
function plainText(value: unknown): string | undefined {
  if (typeof value === 'string') return stringText(value);
  // Numbers are written as ECMAScript does.
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : undefined;
  if (typeof value === 'boolean' || value === null) return String(value);
  if (Array.isArray(value)) return listText(value);
  if (typeof value !== 'object') return undefined;
  const prototype = Object.getPrototypeOf(value);
  const isPlain = prototype === null || prototype === Object.prototype;
  return isPlain ? objectText(value as Readonly<Record<string, unknown>>) : undefined;
}

function stringText(text: string): string | undefined {
  if (NEEDS_NO_ESCAPE.test(text)) return `"${text}"`;
  return text.isWellFormed() ? JSON.stringify(text) : undefined;
}

const NEEDS_NO_ESCAPE = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

function listText(list: readonly unknown[]): string | undefined {
  let items = '';
  for (let i = 0; i < list.length; i++) {
    const text = plainText(list[i]);
    if (text === undefined) return undefined;
    items += i === 0 ? text : `,${text}`;
  }
  return `[${items}]`;
}

function objectText(object: Readonly<Record<string, unknown>>): string | undefined {
  let members = '';
  // Sorted by code units, as RFC 8785 wants.
  for (const name of Object.keys(object).sort()) {
    const [key, text] = [stringText(name), plainText(object[name])];
    if (key === undefined || text === undefined) return undefined;
    members += members === '' ? `${key}:${text}` : `,${key}:${text}`;
  }
  return `{${members}}`;
}

/** Lower-case hex SHA-256 of the UTF-8 bytes of a text. */
export function sha256Hex(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)));
}

/** Freezes a state in its canonical form. Throws when a member is not JSON. */
export function computeState(state: State): ComputedState {
  return readState(canonicalJson(state));
}

/** Reads a state back from the text `computeState` made; the inverse of storing it. */
export function readState(canonical: string): ComputedState {
  const state = deepFreeze(JSON.parse(canonical)) as State;
  let hash: string | undefined;
  return {
    state,
    canonical,
    // Equal texts have equal hashes, so most steps need none; a relay has a faster function.
    get hash() {
      hash ??= sha256Hex(canonical);
      return hash;
    },
  };
}

/** SHA-256 of the RFC 8785 form of a definition's content: equal for copies of a machine. */
export function contentHash(content: Json): string {
  return sha256Hex(canonicalJson(content));
}
