/**
 * Requests to vanish (NIP-62): a kind 62 that names the relays which shall forget its author.
 */
import { type NostrEvent, tagValues } from './event.ts';

/** The kind of a request to vanish. */
export const VANISH_KIND = 62;

const EVERY_RELAY = 'ALL_RELAYS';
const SCHEMES: ReadonlySet<string> = new Set(['ws:', 'wss:', 'http:', 'https:']);

/**
 * True if a request names the relay with that address, or all relays. Of an address host, port and
 * path count, without regard to a final slash: another relay may live on the same host.
 */
export function asksToVanish(event: Pick<NostrEvent, 'tags'>, relayUrl: string): boolean {
  const own = placeOf(relayUrl);
  return tagValues(event, 'relay').some(
    (value) => value === EVERY_RELAY || (own !== undefined && placeOf(value) === own),
  );
}

function placeOf(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, host, pathname } = new URL(text);
  return SCHEMES.has(protocol) ? host + pathname.replace(/\/+$/, '') : undefined;
}
