/**
 * applesauce-relay, the library of the AtoB web app: its present version, and the one the app has.
 */

import { Relay } from 'applesauce-relay';
import { Relay as Relay4 } from 'applesauce-relay-4';
import type { Event } from 'nostr-tools/core';
import type { Filter } from 'nostr-tools/filter';
import { firstValueFrom, type Observable, toArray, filter as where } from 'rxjs';
import { type Library, plain, type Session } from '../library.ts';
import { signerOf } from '../signer.ts';

const FOREVER = { retries: Number.POSITIVE_INFINITY };

/** applesauce-relay 6; subscriptions are told to reconnect for ever. */
export const applesauce: Library = {
  name: 'applesauce-relay 6',
  resumes: true,
  authenticates: 'and sends again',
  open: async (url, as) => {
    const relay = new Relay(url);
    relay.challenge$
      .pipe(where((challenge) => challenge !== null))
      .subscribe(() => relay.authenticate({ signEvent: signerOf(as) }));
    return sessionOf(relay, { reconnect: Number.POSITIVE_INFINITY });
  },
};

/** applesauce-relay 4, with the option that the AtoB web app sets. */
export const applesauce4: Library = {
  name: 'applesauce-relay 4',
  resumes: true,
  authenticates: 'and sends again',
  open: async (url, as) => {
    const relay = new Relay4(url);
    relay.challenge$
      .pipe(where((challenge) => challenge !== null))
      .subscribe(() => relay.authenticate({ signEvent: signerOf(as) }));
    return sessionOf(relay, FOREVER);
  },
};

/** What both versions have. */
type EitherRelay = {
  readonly publish: (event: Event) => Promise<{ readonly ok: boolean; readonly message?: string }>;
  readonly request: (filter: Filter) => Observable<Event>;
  readonly subscription: (filter: Filter, options: object) => Observable<'EOSE' | Event>;
  readonly close: () => void;
};

function sessionOf(relay: EitherRelay, forever: object): Session {
  return {
    publish: async (event) => {
      const { ok, message = '' } = await relay.publish(event);
      return { accepted: ok, message };
    },
    query: async (filter) => {
      const events = await firstValueFrom(relay.request(filter).pipe(toArray()));
      return events.map(plain);
    },
    listen: (filter, hear) =>
      new Promise((resolve, reject) => {
        relay.subscription(filter, forever).subscribe({
          next: (said) => (said === 'EOSE' ? resolve() : hear(plain(said))),
          error: reject,
        });
      }),
    close: () => relay.close(),
  };
}
