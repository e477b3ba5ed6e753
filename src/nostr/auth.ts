/**
 * Authentication (NIP-42): does a kind 22242 event answer this relay's challenge, here and now?
 *
 * Only what the event says is judged; that its id and signature hold is checked where every other
 * event's are. Nothing a client writes into a tag may throw.
 */

import { type NostrEvent, tagValues } from './event.ts';

/** The kind of an AUTH event; never stored and never sent to anybody (NIP-42). */
export const AUTH_KIND = 22_242;

const WINDOW_SECONDS = 600;
const SCHEMES: ReadonlySet<string> = new Set(['ws:', 'wss:', 'http:', 'https:']);

/**
 * Undefined if the event answers the challenge, else the text for `OK false`. `relayUrl` is the
 * public URL of this relay, `now` is in Unix seconds; ten minutes either way are allowed. Of the
 * `relay` tag only host and port count: scheme, case, default port and path do not.
 */
export function checkAuth(
  event: Pick<NostrEvent, 'kind' | 'created_at' | 'tags'>,
  expected: { readonly challenge: string; readonly relayUrl: string; readonly now: number },
): string | undefined {
  if (event.kind !== AUTH_KIND) return `invalid: an AUTH event has kind ${AUTH_KIND}`;
  if (Math.abs(event.created_at - expected.now) > WINDOW_SECONDS) {
    return 'invalid: created_at is more than ten minutes from now';
  }

  const [challenge] = tagValues(event, 'challenge');
  if (challenge !== expected.challenge) {
    return 'invalid: the challenge is not the one this relay sent';
  }

  const [relay = ''] = tagValues(event, 'relay');
  const host = hostOf(relay);
  if (host === undefined || host !== hostOf(expected.relayUrl)) {
    return 'invalid: the relay tag does not name this relay';
  }
  return undefined;
}

/** Host and port as URL normalises them: lower case, without the default port of the scheme. */
function hostOf(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, host } = new URL(text);
  return SCHEMES.has(protocol) ? host : undefined;
}
