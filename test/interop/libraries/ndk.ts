/**
 * NDK.
 */

import { bytesToHex } from '@noble/hashes/utils.js';
import NDK, {
  NDKEvent,
  NDKPrivateKeySigner,
  NDKPublishError,
  NDKRelayAuthPolicies,
} from '@nostr-dev-kit/ndk';
import type { Event } from 'nostr-tools/core';
import { fromJson, type Library } from '../library.ts';

/** NDK. It authenticates, but leaves it to the application to send again what was refused. */
export const ndk: Library = {
  name: 'NDK',
  resumes: false,
  authenticates: 'for what comes next',
  open: async (url, as) => {
    const signer = new NDKPrivateKeySigner(bytesToHex(as.secret));
    const ndk = new NDK({ explicitRelayUrls: [url], signer, enableOutboxModel: false });
    ndk.relayAuthDefaultPolicy = NDKRelayAuthPolicies.signIn({ ndk });
    await ndk.connect();
    return {
      publish: async (event) => {
        try {
          await new NDKEvent(ndk, event).publish();
          return { accepted: true, message: '' };
        } catch (error) {
          if (!(error instanceof NDKPublishError)) throw error;
          const [message = error] = [...error.errors.values()];
          return { accepted: false, message: message.message };
        }
      },
      query: async (filter) => {
        const events = await ndk.fetchEvents(filter, { closeOnEose: true });
        return [...events].map(plainOf);
      },
      listen: (filter, hear) =>
        new Promise((resolve) => {
          const subscription = ndk.subscribe(filter, { closeOnEose: false });
          subscription.on('event', (event: NDKEvent) => hear(plainOf(event)));
          subscription.on('eose', () => resolve());
        }),
      close: () => {
        for (const relay of ndk.pool.relays.values()) relay.disconnect();
      },
    };
  },
};

const plainOf = (event: NDKEvent): Event => fromJson(JSON.stringify(event.rawEvent()));
