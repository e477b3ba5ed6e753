/**
 * The loaders of applesauce, as the AtoB web app makes them: in their present version, and in the
 * one the app has.
 */

import '../node-websocket.ts';
import * as loaders from 'applesauce-loaders/loaders';
import * as loaders4 from 'applesauce-loaders-4/loaders';
import { RelayPool } from 'applesauce-relay';
import { RelayPool as RelayPool4 } from 'applesauce-relay-4';
import type { Event } from 'nostr-tools/core';
import type { Filter } from 'nostr-tools/filter';
import type { Observable } from 'rxjs';

/** Where an addressable event is to be found. */
export type Address = {
  readonly kind: number;
  readonly pubkey: string;
  readonly identifier: string;
};

/** The loaders of an application that has one relay. */
export type Loaders = {
  /** Each call loads the next block; what is loaded comes without an end. */
  readonly timeline: (filter: Filter, limit: number) => () => Observable<Event>;
  readonly address: (address: Address) => Observable<Event>;
  readonly event: (id: string) => Observable<Event>;
};

/** Loaders of version 6. */
export function openLoaders(url: string): Loaders {
  const pool = new RelayPool();
  const options = { bufferTime: 10, extraRelays: [url] };
  const event = loaders.createEventLoader(pool, options);
  return {
    timeline: (filter, limit) => loaders.createTimelineLoader(pool, [url], filter, { limit }),
    address: loaders.createAddressLoader(pool, options),
    event: (id) => event({ id }),
  };
}

/** Loaders of version 4. */
export function openLoaders4(url: string): Loaders {
  const pool = new RelayPool4();
  const options = { bufferTime: 10, extraRelays: [url] };
  const event = loaders4.createEventLoader(pool, options);
  return {
    timeline: (filter, limit) => loaders4.createTimelineLoader(pool, [url], filter, { limit }),
    address: loaders4.createAddressLoader(pool, options),
    event: (id) => event({ id }),
  };
}
