/**
 * JSON values as the rules language sees them: null, booleans, numbers, strings, lists, objects.
 *
 * Values are never changed once they exist, so parts of one may stand in another. Members are
 * looked up by own name only, whatever a prototype has. Nothing here bounds its recursion: values
 * come from texts of bounded depth and `RULE_LIMITS` bounds what rules can nest.
 */

/** Any JSON value. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [name: string]: Json };

/** A JSON array. */
export type JsonList = readonly Json[];

/** A JSON object; look its members up by own name. */
export type JsonObject = { readonly [name: string]: Json };

/** Names that JavaScript gives a meaning of its own; no path may contain one (PROTOCOL §13). */
const FORBIDDEN_NAMES: ReadonlySet<string> = new Set(['__proto__', 'prototype', 'constructor']);

const NOT_ASCII = /[\u0080-\uffff]/;

const DECIMAL_INDEX = /^(0|[1-9]\d{0,15})$/;

/** True for a list. */
export function isList(value: Json | undefined): value is JsonList {
  return Array.isArray(value);
}

/** True for an object: not null, not a list. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True for the only numbers that rules compute with: integers within ±(2^53 − 1). */
export function isSafeInt(value: Json | undefined): value is number {
  return Number.isSafeInteger(value);
}

/** True for a name that no path may contain. */
export function isForbiddenName(name: string): boolean {
  return FORBIDDEN_NAMES.has(name);
}

/** An object's own member; undefined when it has none of that name. */
export function ownMember(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** Items of a list, members of an object. */
export function sizeOf(container: JsonList | JsonObject): number {
  return isList(container) ? container.length : Object.keys(container).length;
}

/** The list index a path segment spells in decimal, -1 when it spells none. */
export function decimalIndex(segment: string): number {
  return DECIMAL_INDEX.test(segment) ? Number(segment) : -1;
}

/** Deep equality; values of different types are unequal, and 0 equals -0. */
export function deepEqual(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (isList(a)) return isList(b) && a.length === b.length && a.every((x, i) => same(x, b[i]));
  if (!isObject(a) || !isObject(b)) return false;
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  return names.every((name) => same(a[name], ownMember(b, name)));
}

function same(a: Json | undefined, b: Json | undefined): boolean {
  return a !== undefined && b !== undefined && deepEqual(a, b);
}

/** Bytes of a well-formed string in UTF-8. */
export function utf8Bytes(text: string): number {
  let bytes = text.length;
  // Nearly every string is a key, a name or a word; this test is several times the loop's speed.
  if (!NOT_ASCII.test(text)) return bytes;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    // The two units of a surrogate pair make four bytes: one more for each.
    bytes += unit < 0x800 || (unit & 0xf800) === 0xd800 ? 1 : 2;
  }
  return bytes;
}

/** Unicode code points of a well-formed string. */
export function codePoints(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length; i++) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xd800) count--;
  }
  return count;
}

/** Levels of nesting: 0 for a scalar, 1 for a list or object of scalars. */
export function depthOf(value: Json): number {
  if (typeof value !== 'object' || value === null) return 0;
  let deepest = 0;
  for (const item of Object.values<Json>(value)) deepest = Math.max(deepest, depthOf(item));
  return deepest + 1;
}

/** Bytes of a value's RFC 8785 text. */
export function canonicalBytes(value: Json): number {
  // The canonical text is this one with members in another order, hence equally long.
  return utf8Bytes(JSON.stringify(value));
}

/**
 * Freezes a value and everything in it, and returns it. What is frozen already is taken to be
 * frozen all the way down, so that a new tree on top of an old one costs only what is new.
 */
export function deepFreeze<T extends Json>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const item of Object.values<Json>(value)) deepFreeze(item);
  return Object.freeze(value);
}
