/**
 * HTTP authorisation (NIP-98): does a kind 27235 event allow this very request?
 *
 * Only what the event says is judged; that its id and signature hold, and that it was not used
 * before, is checked by whoever asks. A header is hostile text: it is bounded before it is decoded.
 */

import { isRefusal, refusalText } from '../refusal.ts';
import { type NostrEvent, parseEvent, tagValues } from './event.ts';

/** The kind of an event that authorises an HTTP request (NIP-98). */
const HTTP_AUTH_KIND = 27_235;

/** How far `created_at` may be from the clock, in seconds, either way. */
export const HTTP_AUTH_WINDOW = 60;

/** Longest header, in characters; an event with its four tags takes about 700. */
const HEADER_MAX = 4_096;

/**
 * The request that an event must allow; `payload` is the lower-case hex SHA-256 of the body, and
 * undefined for one without.
 */
export type HttpRequest = {
  readonly url: string;
  readonly method: string;
  readonly payload: string | undefined;
  /** Unix seconds. */
  readonly now: number;
};

/** The event in an `Authorization` header, or as a text why there is none. */
export function readAuthorization(header: string | undefined): NostrEvent | string {
  if (header === undefined) return 'an Authorization header is missing (NIP-98)';
  if (header.length > HEADER_MAX)
    return `the Authorization header exceeds ${HEADER_MAX} characters`;
  const base64 = /^nostr ([a-z0-9+/]+={0,2})$/i.exec(header)?.[1];
  if (base64 === undefined) return 'the Authorization header is not `Nostr <base64>`';
  const event = parseEvent(decodeJson(base64));
  return isRefusal(event) ? refusalText(event) : event;
}

/**
 * Undefined if the event allows the request, else why not. Of a body the `payload` is required, as
 * NIP-86 demands. Of `u` everything counts, but `ws` and `http` are one, as are their secure forms.
 */
export function checkHttpAuth(
  event: Pick<NostrEvent, 'kind' | 'created_at' | 'tags'>,
  { url, method, payload, now }: HttpRequest,
): string | undefined {
  if (event.kind !== HTTP_AUTH_KIND) return `the authorisation is not of kind ${HTTP_AUTH_KIND}`;
  if (Math.abs(event.created_at - now) > HTTP_AUTH_WINDOW) {
    return `created_at is more than ${HTTP_AUTH_WINDOW} seconds from now`;
  }
  const [u = ''] = tagValues(event, 'u');
  const named = httpUrl(u);
  if (named === undefined || named !== httpUrl(url)) return 'the u tag does not name this relay';
  const [allowed = ''] = tagValues(event, 'method');
  if (allowed.toUpperCase() !== method) return `the method tag is not ${method}`;
  if (payload === undefined) return undefined;
  const [hash] = tagValues(event, 'payload');
  return hash === payload ? undefined : 'the payload tag is not the SHA-256 of the body';
}

/** A URL as a request for it is made: `https` for `wss`, the rest as URL normalises it. */
function httpUrl(text: string): string | undefined {
  if (!/^(ws|http)s?:\/\/\S+$/i.test(text) || !URL.canParse(text)) return undefined;
  return new URL(text.replace(/^ws/i, 'http')).href;
}

/** Padding may be missing. What is not base64 of JSON in UTF-8 is undefined, which is no event. */
function decodeJson(base64: string): unknown {
  try {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
