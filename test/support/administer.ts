/**
 * Management calls (NIP-86) as an operator's client makes them, and as somebody makes them wrong.
 */

import { createHash } from 'node:crypto';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { NOW, type Person } from './machines.ts';
import { signEvent, testKey } from './sign.ts';

/** The one who may manage the relays of these tests. */
export const OPERATOR: Person = testKey('operator');

/** What a relay says to a call. */
export type Reply = {
  readonly status: number;
  readonly result?: unknown;
  readonly error?: string;
};

/** What may be another than a right call has. */
export type CallSaid = {
  readonly by?: Person;
  readonly at?: number;
  /** The address in the `u` tag. */
  readonly u?: string;
  readonly method?: string;
  /** The hash in the `payload` tag; null leaves the tag out. */
  readonly payload?: string | null;
  readonly kind?: number;
  readonly type?: string;
  /** The header itself; null sends none. */
  readonly header?: string | null;
};

type Place = { readonly url: string; readonly httpUrl: string };

let calls = 0;

/** The event that authorises a body; each is another one. */
export function authorisation({ url }: Place, body: string, said: CallSaid = {}): NostrEvent {
  const { by = OPERATOR, at = NOW, u = url, method = 'POST', kind = 27_235 } = said;
  const { payload = createHash('sha256').update(body).digest('hex') } = said;
  const tags = [
    ['u', u],
    ['method', method],
    ...(payload === null ? [] : [['payload', payload]]),
    ['nonce', String(++calls)],
  ];
  return signEvent({ kind, created_at: at, tags, content: '' }, by.secret);
}

/** The header that carries an event. */
export function headerOf(event: unknown): string {
  return `Nostr ${Buffer.from(JSON.stringify(event)).toString('base64')}`;
}

/** Sends a body with an authorisation for it. */
export async function post(place: Place, body: string, said: CallSaid = {}): Promise<Reply> {
  const { type = 'application/nostr+json+rpc', header } = said;
  const authorization = header === undefined ? headerOf(authorisation(place, body, said)) : header;
  const response = await fetch(`${place.httpUrl}/`, {
    method: 'POST',
    headers: {
      'content-type': type,
      ...(authorization === null ? {} : { authorization }),
    },
    body,
  });
  const text = await response.text();
  const answer = text.startsWith('{') ? (JSON.parse(text) as Omit<Reply, 'status'>) : {};
  return { status: response.status, ...answer };
}

/** Calls a method by its name. */
export function call(
  place: Place,
  [method, ...params]: readonly [method: string, ...params: readonly unknown[]],
  said: CallSaid = {},
): Promise<Reply> {
  return post(place, JSON.stringify({ method, params }), said);
}

/** Calls a method that must succeed, and gives its result. Throws when it does not. */
export async function manage(
  place: Place,
  method: string,
  ...params: readonly unknown[]
): Promise<unknown> {
  const { status, result, error } = await call(place, [method, ...params]);
  if (status !== 200 || error !== undefined) throw new Error(`${method}: ${status} ${error}`);
  return result;
}
