/**
 * Every library that publishes and subscribes. nostr-fetch only reads and has a test of its own.
 */

import './node-websocket.ts';
import { applesauce, applesauce4 } from './libraries/applesauce.ts';
import { ndk } from './libraries/ndk.ts';
import { nostrTools } from './libraries/nostr-tools.ts';
import { nostrify } from './libraries/nostrify.ts';
import { rustSdk } from './libraries/rust-sdk.ts';
import { rxNostr } from './libraries/rx-nostr.ts';
import { welshman } from './libraries/welshman.ts';
import type { Library } from './library.ts';

/** All of them; each is tested with the same machines and against the same relays. */
export const LIBRARIES: readonly Library[] = [
  nostrTools,
  applesauce,
  applesauce4,
  ndk,
  rxNostr,
  nostrify,
  welshman,
  rustSdk,
];
