/**
 * A client for benches: many events on their way at once, each waited for by its id.
 *
 * An answer that does not come in time is a failure of the relay, and ends the bench.
 */

import { type RawData, WebSocket } from 'ws';
import type { NostrEvent } from '../src/nostr/event.ts';

/** A connected client. */
export type Client = {
  /** Sends an event and resolves with the text of its OK. */
  readonly publish: (event: NostrEvent) => Promise<string>;
  /** Sends a frame about a subscription; resolves at EOSE, CLOSED or, if unread, NOTICE. */
  readonly ask: (frame: string, subscription: string) => Promise<void>;
  readonly close: () => void;
};

const PATIENCE_MS = 30_000;

/** Connects to `ws://…`. */
export async function openClient(url: string): Promise<Client> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  const waiting = new Map<string, (text: string) => void>();
  const unread: string[] = [];
  socket.on('message', (data: RawData) => {
    const [verb, subject, , text] = JSON.parse(data.toString());
    if (verb === 'EVENT') return;
    // What cannot be read is answered by a NOTICE, which names nothing: the oldest is meant.
    const id = verb === 'NOTICE' ? unread.shift() : subject;
    const done = waiting.get(id);
    waiting.delete(id);
    done?.(String(text ?? ''));
  });
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('open', resolve));

  const wait = (id: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const giveUp = setTimeout(() => reject(new Error(`no answer about ${id}`)), PATIENCE_MS);
      waiting.set(id, (text) => {
        clearTimeout(giveUp);
        resolve(text);
      });
    });

  return {
    close: () => socket.close(),
    publish: (event) => {
      const answer = wait(event.id);
      socket.send(JSON.stringify(['EVENT', event]));
      return answer;
    },
    ask: async (frame, subscription) => {
      const answer = wait(subscription);
      if (!isJson(frame)) unread.push(subscription);
      socket.send(frame);
      await answer;
      socket.send(JSON.stringify(['CLOSE', subscription]));
    },
  };
}

function isJson(text: string): boolean {
  try {
    return JSON.parse(text) !== undefined;
  } catch {
    return false;
  }
}
