/**
 * Plays an example against a relay, as a client would: over a websocket, with nostr-tools.
 *
 * The player computes every state itself, with the rules the relay uses, and so needs nothing from
 * the relay to build on the head or to claim a state. What the relay answers is compared with the
 * script, what it computed with what was computed here; a difference is told, not thrown. Thrown is
 * only what is no answer: a connection that ends, a reply that does not come in time.
 */

import { createHash } from 'node:crypto';
import { finalizeEvent, getPublicKey, type NostrEvent } from 'nostr-tools/pure';
import { Relay, useWebSocketImplementation } from 'nostr-tools/relay';
import { WebSocket } from 'ws';
import { parseDefinition } from '../nsm/definition.ts';
import type { Definition } from '../nsm/definition.ts';
import { advance } from '../nsm/judge.ts';
import { DEFINITION_KIND, SNAPSHOT_KIND, TRANSITION_KIND } from '../nsm/kinds.ts';
import { snapshotContent } from '../nsm/snapshot.ts';
import { parseTransition } from '../nsm/transition.ts';
import type { StateNode } from '../nsm/view.ts';
import { isRefusal, REFUSALS } from '../refusal.ts';
import { duration, type Example, readExample, type SignedStep, type StateStep } from './example.ts';

