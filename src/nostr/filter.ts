/**
 * Filters (NIP-01): from whatever a client sent to a typed filter, and whether an event matches it.
 *
 * One matcher serves live subscriptions and is the oracle for stored queries, so both halves of a
 * REQ agree. A member this relay does not know is refused, never ignored: ignoring it would answer
 * with more than was asked for.
 */

import { isCount, isHex64, isKind, type NostrEvent } from './event.ts';
import { isFound, parseSearch, SEARCH_LIMITS, type Search } from './search.ts';

/** All members must hold, a list by any one of its values (NIP-01). Times are Unix seconds. */
export type Filter = {
  readonly ids?: ReadonlySet<string>;
  readonly authors?: ReadonlySet<string>;
  readonly kinds?: ReadonlySet<number>;
  readonly since?: number;
  readonly until?: number;
  readonly limit?: number;
  /** Words that the content must hold (NIP-50). */
  readonly search?: Search;
  readonly tags: readonly TagFilter[];
};

/** `#<letter>`: some tag of that name has one of these values as its second element. */
type TagFilter = { readonly letter: string; readonly values: ReadonlySet<string> };

/** Why a filter is refused: text for CLOSED, with its prefix `invalid: ` or `unsupported: `. */
export type FilterProblem = { readonly problem: string };

type Draft = { -readonly [member in keyof Filter]: Filter[member] } & { tags: TagFilter[] };

const LETTER = /^#[a-zA-Z]$/;
const SHOWN_NAME_MAX = 32;

/**
 * The filter a client sent, or the text to close its subscription with. `filterValuesMax` bounds
 * the values of all its lists together; `search` is understood where it is switched on. An empty
 * list is allowed and matches nothing.
 */
export function parseFilter(
  value: unknown,
  limits: { readonly filterValuesMax: number; readonly search?: boolean },
): Filter | FilterProblem {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { problem: 'invalid: a filter is a JSON object' };
  }

  const draft: Draft = { tags: [] };
  let values = 0;
  for (const [name, member] of Object.entries(value)) {
    if (Array.isArray(member)) values += member.length;
    if (values > limits.filterValuesMax) {
      return { problem: `invalid: a filter has at most ${limits.filterValuesMax} values` };
    }
    const isSearch = name === 'search' && limits.search === true;
    const problem = isSearch ? readSearch(draft, member) : readMember(draft, name, member);
    if (problem !== undefined) return { problem };
  }
  return draft;
}

/** True if the event satisfies the filter; `limit` and expiration are not looked at. */
export function matches(filter: Filter, event: NostrEvent): boolean {
  const { ids, authors, kinds, since, until, tags } = filter;
  if (kinds !== undefined && !kinds.has(event.kind)) return false;
  if (authors !== undefined && !authors.has(event.pubkey)) return false;
  if (ids !== undefined && !ids.has(event.id)) return false;
  if (since !== undefined && event.created_at < since) return false;
  if (until !== undefined && event.created_at > until) return false;
  for (const tag of tags) {
    if (!hasTag(event, tag)) return false;
  }
  return filter.search === undefined || isFound(filter.search, event);
}

/** True if no event can ever match: a list is empty, or `since` is after `until`. */
export function isImpossible(filter: Filter): boolean {
  const { ids, authors, kinds, since, until, tags } = filter;
  if (ids?.size === 0 || authors?.size === 0 || kinds?.size === 0) return true;
  if (since !== undefined && until !== undefined && since > until) return true;
  return tags.some((tag) => tag.values.size === 0);
}

/** Adds one member to the draft, or says why it cannot. */
function readMember(draft: Draft, name: string, member: unknown): string | undefined {
  switch (name) {
    case 'ids':
    case 'authors':
      if (!isListOf(isHex64, member)) return `invalid: ${name} must be a list of 64 lower-case hex`;
      draft[name] = new Set(member);
      return undefined;
    case 'kinds':
      if (!isListOf(isKind, member)) return 'invalid: kinds must be a list of integers 0 to 65535';
      draft.kinds = new Set(member);
      return undefined;
    case 'since':
    case 'until':
    case 'limit':
      if (!isCount(member)) return `invalid: ${name} must be a non-negative integer`;
      draft[name] = member;
      return undefined;
    default:
      return readTag(draft, name, member);
  }
}

function readSearch(draft: Draft, member: unknown): string | undefined {
  if (!isText(member) || member.length > SEARCH_LIMITS.length) {
    return `invalid: search must be a string of at most ${SEARCH_LIMITS.length} characters`;
  }
  draft.search = parseSearch(member);
  return undefined;
}

function readTag(draft: Draft, name: string, member: unknown): string | undefined {
  if (!LETTER.test(name)) return `unsupported: unknown filter element ${shown(name)}`;
  if (name === '#e' || name === '#p') {
    if (!isListOf(isHex64, member)) return `invalid: ${name} must be a list of 64 lower-case hex`;
  } else if (!isListOf(isText, member)) {
    return `invalid: ${name} must be a list of strings`;
  }
  draft.tags.push({ letter: name.charAt(1), values: new Set(member) });
  return undefined;
}

function hasTag(event: NostrEvent, { letter, values }: TagFilter): boolean {
  for (const [name, value] of event.tags) {
    if (name === letter && value !== undefined && values.has(value)) return true;
  }
  return false;
}

function isListOf<T>(isItem: (item: unknown) => item is T, value: unknown): value is readonly T[] {
  return Array.isArray(value) && value.every(isItem);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.isWellFormed();
}

/** A hostile name, safe to print: cut, quoted, and half a surrogate pair written as an escape. */
function shown(name: string): string {
  return JSON.stringify(name.slice(0, SHOWN_NAME_MAX));
}
