/**
 * What operators do to values they were given, apart from how their arguments come about.
 *
 * `as…` functions demand a type and throw `guard-error` on any other; there is no coercion.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import {
  codePoints,
  deepEqual,
  isList,
  isObject,
  isSafeInt,
  type Json,
  type JsonList,
  type JsonObject,
  ownMember,
  sizeOf,
  utf8Bytes,
} from './json.ts';
import {
  bytesFuel,
  guardError,
  type Meter,
  spend,
  spendBulk,
  spendSize,
  textFuel,
} from './meter.ts';

const HEX64 = /^[0-9a-f]{64}$/;

/** The types `is` knows, by name. */
export const TYPE_TESTS: ReadonlyMap<string, (x: Json) => boolean> = new Map([
  ['int', isSafeInt],
  ['string', (x: Json) => typeof x === 'string'],
  ['bool', (x: Json) => typeof x === 'boolean'],
  ['null', (x: Json) => x === null],
  ['object', isObject],
  ['array', isList],
  ['hex64', (x: Json) => typeof x === 'string' && HEX64.test(x)],
]);

/** A boolean. */
export function asBoolean(value: Json): boolean {
  if (typeof value === 'boolean') return value;
  throw guardError(`${nameType(value)} where a boolean is needed`);
}

/** A safe integer; -0 becomes 0. */
export function asInteger(value: Json): number {
  if (isSafeInt(value)) return value === 0 ? 0 : value;
  throw guardError(`${nameType(value)} where an integer is needed`);
}

function asString(value: Json): string {
  if (typeof value === 'string') return value;
  throw guardError(`${nameType(value)} where a string is needed`);
}

/** A list. */
export function asList(value: Json): JsonList {
  if (isList(value)) return value;
  throw guardError(`${nameType(value)} where a list is needed`);
}

function asObject(value: Json): JsonObject {
  if (isObject(value)) return value;
  throw guardError(`${nameType(value)} where an object is needed`);
}

/** The type of a value in words, for messages. */
export function nameType(value: Json): string {
  if (value === null) return 'null';
  if (isList(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'number') return isSafeInt(value) ? 'an integer' : 'a fraction';
  return `a ${typeof value}`;
}

/** `==`: pays for both values, whatever their types. */
export function equals(a: Json, b: Json, meter: Meter): boolean {
  spendSize(meter, a);
  spendSize(meter, b);
  return deepEqual(a, b);
}

/** `in`: pays for the value looked for once and for each item up to the one that equals it. */
export function contains(x: Json, collection: Json, meter: Meter): boolean {
  if (isObject(collection)) return Object.hasOwn(collection, asString(x));
  const items = asList(collection);
  spendSize(meter, x);
  return items.some((item) => {
    spendSize(meter, item);
    return deepEqual(x, item);
  });
}

/** `get`: an own member or an item; null when there is none. */
export function get(collection: Json, key: Json): Json {
  if (isList(collection)) return collection[asInteger(key)] ?? null;
  return ownMember(asObject(collection), asString(key)) ?? null;
}

/** `len`: items, members or code points; all but items have to be counted, and paid for. */
export function lengthOf(value: Json, meter: Meter): number {
  if (isList(value)) return value.length;
  const length = typeof value === 'string' ? codePoints(value) : sizeOf(asObject(value));
  spendBulk(meter, length);
  return length;
}

/** `keys`: own names in order of their UTF-16 code units. */
export function keysOf(value: Json, meter: Meter): JsonList {
  const names = Object.keys(asObject(value));
  spendSize(meter, names);
  return names.sort();
}

/** `values`: own members in the order of `keys`. */
export function valuesOf(value: Json, meter: Meter): JsonList {
  const object = asObject(value);
  spendSize(meter, Object.values<Json>(object));
  const names = Object.keys(object).sort();
  return names.map((name) => ownMember(object, name) ?? null);
}

/** `cat`: strings, and integers in decimal. */
export function concatenate(values: JsonList, meter: Meter): string {
  let bytes = 0;
  const texts = values.map((value) => {
    const text = typeof value === 'string' ? value : String(asInteger(value));
    bytes += utf8Bytes(text);
    return text;
  });
  spend(meter, 1 + bytesFuel(bytes));
  return texts.join('');
}

/** `list`: pays for the list with all that its items hold. */
export function newList(values: JsonList, meter: Meter): JsonList {
  spendSize(meter, values);
  return values;
}

/** `append`: a new list, paid for as a whole. */
export function append(list: Json, value: Json, meter: Meter): JsonList {
  const items = asList(list);
  spendSize(meter, items);
  spendSize(meter, value);
  return [...items, value];
}

/** `sha256`: lower-case hex over the UTF-8 bytes of a string. */
export function digest(value: Json, meter: Meter): string {
  const text = asString(value);
  spend(meter, 20 + textFuel(text));
  return bytesToHex(sha256(utf8ToBytes(text)));
}
