/**
 * Plays an example against a relay as a client would: over a websocket, with nostr-tools.
 *
 * The player computes every state itself, by the rules the relay uses, so that it can build on the
 * head and claim a state without asking. What the relay answers is compared with the script, what
 * the relay computed with what was computed here; a difference is reported, not thrown. Thrown is
 * only what is no answer: a connection that ends, a reply that does not come in time.
 */

import { createHash } from 'node:crypto';
import { finalizeEvent, getPublicKey } from 'nostr-tools/pure';
import { Relay, useWebSocketImplementation } from 'nostr-tools/relay';
import { WebSocket } from 'ws';
import type { NostrEvent } from '../nostr/event.ts';
import { parseDefinition } from '../nsm/definition.ts';
import { advance } from '../nsm/judge.ts';
import { DEFINITION_KIND, SNAPSHOT_KIND, TRANSITION_KIND } from '../nsm/kinds.ts';
import { snapshotContent } from '../nsm/snapshot.ts';
import { parseTransition } from '../nsm/transition.ts';
import { isRefusal, REFUSALS, type RefusalCode } from '../refusal.ts';
import { askForState } from './ask.ts';
import { type Example, readExample, type SignedStep, type Step } from './example.ts';
import type { Game } from './game.ts';

// Node 20 has no WebSocket of its own.
useWebSocketImplementation(WebSocket);

/** What became of a step. */
export type Report = {
  readonly step: Step;
  /** What was done, in a few words. */
  readonly did: string;
  /** `ok`, or the code of the refusal. */
  readonly verdict: string;
  /** What the relay said, a line each. */
  readonly answers: readonly string[];
  /** What is not as the script or the rules have it; empty when all is well. */
  readonly differences: readonly string[];
};

/** How long the relay may take to answer anything. */
const PATIENCE_MS = 5_000;
