/**
 * The Rust SDK, compiled to WebAssembly: a code base of its own, down to JSON and signatures.
 */

import { bytesToHex } from '@noble/hashes/utils.js';
import {
  type Client,
  ClientBuilder,
  Duration,
  Keys,
  loadWasmAsync,
  NostrSigner,
  Event as RustEvent,
  Filter as RustFilter,
} from '@rust-nostr/nostr-sdk';
import type { Event } from 'nostr-tools/core';
import type { Filter } from 'nostr-tools/filter';
import { fromJson, type Library } from '../library.ts';

const PATIENCE = () => Duration.fromSecs(10);

/** The Rust SDK. */
export const rustSdk: Library = {
  name: 'Rust SDK',
  resumes: true,
  authenticates: 'and sends again',
  open: async (url, as) => {
    await loadWasmAsync();
    const signer = NostrSigner.keys(Keys.parse(bytesToHex(as.secret)));
    const client: Client = new ClientBuilder().signer(signer).build();
    await client.addRelay(url);
    await client.tryConnect(PATIENCE());
    return {
      publish: async (event) => {
        const { success, failed } = await client.sendEvent(
          RustEvent.fromJson(JSON.stringify(event)),
        );
        return { accepted: success.length === 1, message: failed[0]?.error ?? '' };
      },
      query: async (filter) => {
        const events = await client.fetchEvents(filterOf(filter), PATIENCE());
        return events.toVec().map(plainOf);
      },
      listen: (filter, hear) =>
        new Promise((resolve, reject) => {
          client.handleNotifications({
            handleEvent: async (_relay, _subscription, event) => {
              hear(plainOf(event));
              return false;
            },
            handleMsg: async (_relay, message) => {
              if (message.asJson().startsWith('["EOSE"')) resolve();
              return false;
            },
          });
          client.subscribe(filterOf(filter)).catch(reject);
        }),
      close: () => client.shutdown(),
    };
  },
};

const filterOf = (filter: Filter): RustFilter => RustFilter.fromJson(JSON.stringify(filter));

function plainOf(event: RustEvent): Event {
  return fromJson(event.asJson());
}
