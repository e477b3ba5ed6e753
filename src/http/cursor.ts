/**
 * Opaque cursors, and the links that carry them: where a listing goes on, as text that clients hand
 * back unread.
 *
 * Inside are the listing's name and a place in this relay's own sequences, so a page neither
 * repeats nor skips what was there when the listing began.
 */
import type { Context } from 'hono';
import { type Problem, problem } from './problem.ts';

/** A listing that is answered in pages. */
export type Listing = 'machines' | 'transitions' | 'dag' | 'refusals';

/** The cursor of a place in a listing: non-negative safe integers. */
export function makeCursor(listing: Listing, place: readonly number[]): string {
  return Buffer.from([listing, ...place].join(':')).toString('base64url');
}

/** The place a cursor stands for; `start` without one. It has as many numbers as `start`. */
export function readCursor<Place extends readonly number[]>(
  listing: Listing,
  cursor: string | undefined,
  start: Place,
): Place | Problem {
  if (cursor === undefined) return start;
  const [name, ...parts] = Buffer.from(cursor, 'base64url').toString('latin1').split(':');
  const place = parts.map(Number);
  const isPlace = place.length === start.length && place.every((n) => Number.isSafeInteger(n));
  if (name === listing && isPlace && makeCursor(listing, place) === cursor) {
    return place as unknown as Place;
  }
  return problem('bad-cursor', `cursor: take it from next of an answer about ${listing}`);
}

/** The header that names the next page (RFC 8288); none on the last. */
export function linkTo({ req }: Context, next: string | null): Record<string, string> {
  if (next === null) return {};
  const query = new URLSearchParams({ ...req.query(), cursor: next });
  return { Link: `<${req.path}?${query}>; rel="next"` };
}
