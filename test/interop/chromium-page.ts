/**
 * What runs in the browser: an application on nostr-tools, with the browser's own WebSocket.
 *
 * Whatever goes in and out survives JSON, since that is how a test talks to a page.
 */

import { hexToBytes } from '@noble/hashes/utils.js';
import type { Event } from 'nostr-tools/core';
import type { Filter } from 'nostr-tools/filter';
import { finalizeEvent, getPublicKey } from 'nostr-tools/pure';
import type { Answer } from '../support/client.ts';
import { nostrTools } from './libraries/nostr-tools.ts';
import type { Session } from './library.ts';

const heard: Event[] = [];
let session: Session | undefined;
let secret: Uint8Array = new Uint8Array();

/** Begins to use a relay as somebody whose secret key is in hex. */
export async function open(url: string, key: string): Promise<void> {
  secret = hexToBytes(key);
  session = await nostrTools.open(url, { secret, pubkey: getPublicKey(secret) });
}

/** Signs a note and publishes it. */
export async function write(content: string): Promise<Event & Answer> {
  const created_at = Math.floor(Date.now() / 1_000);
  const event = finalizeEvent({ kind: 1, created_at, tags: [], content }, secret);
  return { ...event, ...(await publish(event)) };
}

/** Publishes an event. */
export const publish = (event: Event): Promise<Answer> => opened().publish(event);

/** What is stored. */
export const query = (filter: Filter): Promise<readonly Event[]> => opened().query(filter);

/** Begins to listen; resolves at EOSE. */
export const listen = (filter: Filter): Promise<void> =>
  opened().listen(filter, (event) => heard.push(event));

/** What was heard up to now. */
export const whatWasHeard = (): readonly Event[] => heard;

function opened(): Session {
  if (session === undefined) throw new Error('no relay is open');
  return session;
}
