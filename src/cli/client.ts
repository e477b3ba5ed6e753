/**
 * The client side of commands: a relay that is asked, over its websocket or over HTTP.
 *
 * A relay that is not there, or that does not answer in time, makes a command unable to find out;
 * that it refuses something is an answer.
 */

import type { Filter } from 'nostr-tools/filter';
import { Relay, useWebSocketImplementation } from 'nostr-tools/relay';
import { WebSocket } from 'ws';
import type { NostrEvent } from '../nostr/event.ts';
import { REFUSALS, type RefusalCode } from '../refusal.ts';
import { Unable } from './outcome.ts';

/** How long a relay may take to answer anything, in milliseconds. */
export const PATIENCE_MS = 5_000;

// Node 20 has no WebSocket of its own.
useWebSocketImplementation(WebSocket);

/** What a relay answered to an event; `code` is undefined where it has another sort of codes. */
export type Ok = {
  readonly accepted: boolean;
  readonly message: string;
  readonly code: RefusalCode | undefined;
};

/** The HTTP address beside a websocket address, without a slash at its end. */
export function httpUrl(url: string): string {
  return url.replace(/^ws/, 'http').replace(/\/+$/, '');
}

/** A connection to a relay. Throws `Unable` when there is none. */
export async function connectTo(url: string): Promise<Relay> {
  try {
    return await Relay.connect(url, { timeout: PATIENCE_MS });
  } catch (error) {
    throw new Unable(`${url}: ${reasonOf(error) || 'there is no relay'}`);
  }
}

/** Lets a command talk to a relay; the connection ends with it. Throws `Unable`. */
export async function withRelay<Result>(
  url: string,
  talk: (relay: Relay) => Promise<Result>,
): Promise<Result> {
  const relay = await connectTo(url);
  try {
    return await talk(relay);
  } finally {
    relay.close();
  }
}

/** Publishes an event. Throws `Unable` when no OK comes. */
export async function publishTo(relay: Relay, event: NostrEvent): Promise<Ok> {
  try {
    const tags = event.tags.map((tag) => [...tag]);
    const message = await relay.publish({ ...event, tags });
    return { accepted: true, message, code: undefined };
  } catch (error) {
    const message = reasonOf(error);
    // nostr-tools rejects for a refusal as it does for a broken connection.
    const prefix = /^([a-z-]+): /.exec(message)?.[1];
    if (prefix === undefined) throw new Unable(`${relay.url}: ${message}`);
    return { accepted: false, message, code: codeIn(message) };
  }
}

/** What is stored, up to EOSE. Throws `Unable` when the relay closes the subscription instead. */
export function queryFrom(
  relay: Relay,
  filters: readonly Filter[],
): Promise<readonly NostrEvent[]> {
  const events: NostrEvent[] = [];
  return new Promise((resolve, reject) => {
    const subscription = relay.subscribe([...filters], {
      eoseTimeout: PATIENCE_MS,
      onevent: (event) => void events.push(event),
      oneose: () => {
        resolve(events);
        subscription.close();
      },
      onclose: (reason) => reject(new Unable(`${relay.url}: ${reason}`)),
    });
  });
}

/** A JSON answer of a relay's API, with its status. Throws `Unable` when there is none. */
export async function askApi(
  relay: string,
  path: string,
  body?: object,
): Promise<{ readonly status: number; readonly answer: Readonly<Record<string, unknown>> }> {
  const url = `${httpUrl(relay)}/api/v1/${path}`;
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const posted = body && { method: 'POST', body: JSON.stringify(body) };
  try {
    const response = await fetch(url, { signal, ...posted });
    const answer = (await response.json()) as Readonly<Record<string, unknown>>;
    return { status: response.status, answer };
  } catch (error) {
    const { cause = error } = error as Error;
    throw new Unable(`${url}: ${reasonOf(cause)}`);
  }
}

function codeIn(message: string): RefusalCode | undefined {
  const code = /^[a-z-]+: ([a-z-]+): /.exec(message)?.[1];
  return code !== undefined && isCode(code) ? code : undefined;
}

const isCode = (code: string): code is RefusalCode => Object.hasOwn(REFUSALS, code);

const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error ?? '');
