/**
 * nostr-tools: the pool, with reconnection switched on.
 */

import type { Event } from 'nostr-tools/core';
import { SimplePool } from 'nostr-tools/pool';
import { finalizeEvent } from 'nostr-tools/pure';
import { type Library, plain, refusalIn } from '../library.ts';

/** nostr-tools. Its `querySync` cannot authenticate, so queries are subscriptions until EOSE. */
export const nostrTools: Library = {
  name: 'nostr-tools',
  resumes: true,
  authenticates: 'and sends again',
  open: async (url, as) => {
    const pool = new SimplePool({ enableReconnect: true });
    const onauth: Parameters<SimplePool['publish']>[2] & object = {
      onauth: async (template) => finalizeEvent(template, as.secret),
    };
    return {
      publish: async (event) => {
        try {
          const [message = ''] = await Promise.all(pool.publish([url], event, onauth));
          return { accepted: true, message };
        } catch (error) {
          return refusalIn(error);
        }
      },
      query: (filter) =>
        new Promise((resolve) => {
          const events: Event[] = [];
          const subscription = pool.subscribe([url], filter, {
            ...onauth,
            onevent: (event) => events.push(plain(event)),
            oneose: () => {
              resolve(events);
              subscription.close();
            },
          });
        }),
      listen: (filter, hear) =>
        new Promise((resolve) => {
          const onevent = (event: Event) => hear(plain(event));
          pool.subscribe([url], filter, { ...onauth, onevent, oneose: resolve });
        }),
      close: () => pool.destroy(),
    };
  },
};
