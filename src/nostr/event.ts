/**
 * The NIP-01 event: its strict form, its id, its kind class, and the few tags with a meaning of
 * their own (NIP-01 `d`, NIP-40 `expiration`, NIP-70 `-`).
 *
 * Whatever leaves `parseEvent` has the right types, lower-case hex and well-formed strings, so no
 * later code asks again. That the id is the hash and that the signature holds is *not* yet known.
 */

import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { type Refusal, refuse } from '../refusal.ts';

/** A signed event (NIP-01): ids and pubkeys of 64, `sig` of 128 lower-case hex; Unix seconds. */
export type NostrEvent = {
  readonly id: string;
  readonly pubkey: string;
  readonly created_at: number;
  readonly kind: number;
  readonly tags: readonly (readonly string[])[];
  readonly content: string;
  readonly sig: string;
};

/** The five members that the id commits to. */
export type UnsignedEvent = Omit<NostrEvent, 'id' | 'sig'>;

/** How long a relay keeps an event of a kind (NIP-01). */
export type KindClass = 'regular' | 'replaceable' | 'ephemeral' | 'addressable';

type Tagged = Pick<NostrEvent, 'tags'>;
type Dated = Pick<NostrEvent, 'created_at' | 'id'>;

const KIND_MAX = 65_535;
const HEX_64 = /^[0-9a-f]{64}$/;
const HEX_128 = /^[0-9a-f]{128}$/;

/** True for a string of exactly 64 lower-case hex digits. */
export function isHex64(value: unknown): value is string {
  return typeof value === 'string' && HEX_64.test(value);
}

/** True for an integer that is safe and not negative: a time or a number of things. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** True for an integer from 0 to 65535. */
export function isKind(value: unknown): value is number {
  return isCount(value) && value <= KIND_MAX;
}

/**
 * The event in strict NIP-01 form, or a `bad-event` refusal whose sentence names the field.
 *
 * The result holds exactly the seven fields, always in the same order; others are dropped. A tag
 * may be empty (`[]`), but a name may not.
 */
export function parseEvent(value: unknown): NostrEvent | Refusal {
  if (typeof value !== 'object' || value === null) return bad('an event is a JSON object');

  const fields = value as { readonly [field in keyof NostrEvent]?: unknown };
  const { id, pubkey, created_at, kind, tags, content, sig } = fields;
  if (!isHex64(id)) return bad('id must be 64 lower-case hex');
  if (!isHex64(pubkey)) return bad('pubkey must be 64 lower-case hex');
  if (!isCount(created_at)) return bad('created_at must be a non-negative integer');
  if (!isKind(kind)) return bad('kind must be an integer from 0 to 65535');
  if (!Array.isArray(tags)) return bad('tags must be a list of lists of strings');
  const problem = tagsProblem(tags);
  if (problem !== undefined) return bad(problem);
  if (!isText(content)) return bad('content must be a string of well-formed Unicode');
  if (typeof sig !== 'string' || !HEX_128.test(sig)) return bad('sig must be 128 lower-case hex');

  // JSON can say -0, which would survive a round trip nowhere; adding 0 makes it 0.
  return { id, pubkey, created_at: created_at + 0, kind: kind + 0, tags, content, sig };
}

/**
 * The id exactly as the client sent it, in whatever case, or undefined if no 64 hex can be seen.
 *
 * Read before anything else is judged, so that a broken event still gets its `OK false` (NIP-01).
 */
export function idAsSent(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('id' in value)) return undefined;
  const { id } = value;
  return typeof id === 'string' && isHex64(id.toLowerCase()) ? id : undefined;
}

/** The canonical array whose UTF-8 bytes are hashed (NIP-01), in the form of `JSON.stringify`. */
export function serializeEvent(event: UnsignedEvent): string {
  const { pubkey, created_at, kind, tags, content } = event;
  return JSON.stringify([0, pubkey, created_at, kind, tags, content]);
}

/** The id an event must have: SHA-256 of its canonical form, 64 lower-case hex (NIP-01). */
export function eventId(event: UnsignedEvent): string {
  return bytesToHex(sha256(utf8ToBytes(serializeEvent(event))));
}

/** The class of a kind; kinds that NIP-01 leaves unassigned are regular. */
export function kindClass(kind: number): KindClass {
  if (kind === 0 || kind === 3) return 'replaceable';
  if (kind < 10_000 || kind >= 40_000) return 'regular';
  if (kind < 20_000) return 'replaceable';
  return kind < 30_000 ? 'ephemeral' : 'addressable';
}

/**
 * The coordinate under which only the latest version is kept (NIP-01): `<kind>:<pubkey>:<d>` for an
 * addressable event, `<kind>:<pubkey>:` for a replaceable one, undefined for others. The first `d`
 * tag counts, even if empty; a missing one is `""`.
 */
export function addressOf(event: Tagged & Pick<NostrEvent, 'kind' | 'pubkey'>): string | undefined {
  const prefix = `${event.kind}:${event.pubkey}:`;
  switch (kindClass(event.kind)) {
    case 'replaceable':
      return prefix;
    case 'addressable':
      return prefix + (firstTag(event, 'd')?.[1] ?? '');
    default:
      return undefined;
  }
}

/**
 * The parts of a coordinate as `a` and `state` tags write it, or undefined if it is not one. Split
 * at the first two colons only, since `d` may hold more. The kind may be of any class.
 */
export function parseAddress(
  value: string,
): { readonly kind: number; readonly pubkey: string; readonly d: string } | undefined {
  const [, digits, pubkey, d] = /^(0|[1-9]\d{0,4}):([0-9a-f]{64}):(.*)$/s.exec(value) ?? [];
  const kind = Number(digits);
  if (!isKind(kind) || pubkey === undefined || d === undefined) return undefined;
  return { kind, pubkey, d };
}

/** The second elements of all tags of that name, in order; tags without one are passed over. */
export function tagValues(event: Tagged, name: string): string[] {
  const values: string[] = [];
  for (const tag of event.tags) {
    if (tag[0] === name && tag[1] !== undefined) values.push(tag[1]);
  }
  return values;
}

/**
 * When the event expires, in Unix seconds, or undefined for never (NIP-40). Only the first
 * `expiration` tag counts, and a value that is not a whole, safe, non-negative number is ignored.
 */
export function expiration(event: Tagged): number | undefined {
  const value = firstTag(event, 'expiration')?.[1] ?? '';
  const seconds = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  return Number.isSafeInteger(seconds) ? seconds : undefined;
}

/** True from the very second of the expiration on (NIP-40). */
export function isExpired(event: Tagged, nowSeconds: number): boolean {
  const seconds = expiration(event);
  return seconds !== undefined && seconds <= nowSeconds;
}

/** True if a tag is named `-`: only its author may publish the event, after AUTH (NIP-70). */
export function isProtected(event: Tagged): boolean {
  return firstTag(event, '-') !== undefined;
}

/** The order of replacement (NIP-01): true if `a` is newer, or as old and has the lower id. */
export function beats(a: Dated, b: Dated): boolean {
  return newestFirst(a, b) < 0;
}

/** The order of answers (NIP-01), for `Array.sort`: newest first, then the lowest id first. */
export function newestFirst(a: Dated, b: Dated): number {
  if (a.created_at !== b.created_at) return b.created_at - a.created_at;
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
}

function bad(says: string): Refusal {
  return refuse('bad-event', {}, says);
}

function tagsProblem(tags: readonly unknown[]): string | undefined {
  for (const [index, tag] of tags.entries()) {
    if (!Array.isArray(tag)) return `tags[${index}] must be a list of strings`;
    if (tag[0] === '') return `tags[${index}] must have a name`;
    for (const item of tag) {
      if (!isText(item)) return `tags[${index}] must hold strings of well-formed Unicode`;
    }
  }
  return undefined;
}

function firstTag(event: Tagged, name: string): readonly string[] | undefined {
  return event.tags.find((tag) => tag[0] === name);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.isWellFormed();
}
