/**
 * `req`: what a relay has stored for filters (NIP-01), an event a line.
 */

import type { Filter } from 'nostr-tools/filter';
import { isObject, type Json } from '../rules/json.ts';
import { queryFrom, withRelay } from './client.ts';
import { answered, Unable } from './outcome.ts';

/** Prints the stored events: 0 where there are some, 1 where there is none. */
export function req(
  texts: readonly string[],
  { relay: url }: { readonly relay: string },
): Promise<number> {
  return answered(async () => {
    const filters = texts.map(parseFilter);
    const events = await withRelay(url, (relay) => queryFrom(relay, filters));
    for (const event of events) console.log(JSON.stringify(event));
    return events.length > 0 ? 0 : 1;
  });
}

/** What is a filter the relay says; that it is an object is seen here. */
function parseFilter(text: string): Filter {
  try {
    const value = JSON.parse(text) as Json;
    if (isObject(value)) return value as Filter;
  } catch {
    // Told below, like everything else that is no filter.
  }
  throw new Unable(`not a filter: ${text}`);
}
