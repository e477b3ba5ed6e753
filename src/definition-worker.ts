/**
 * Worker entry: tries a definition where it can be killed.
 *
 * Linting, compiling and the initial step run here first. What takes too long never reaches the
 * main thread, which otherwise would stand still for everybody. Its first message says that all its
 * code is loaded; each further one answers a definition.
 */
import { parentPort } from 'node:worker_threads';
import type { NostrEvent } from './nostr/event.ts';
import { parseDefinition } from './nsm/definition.ts';
import { isRefusal } from './refusal.ts';

parentPort?.on('message', (event: NostrEvent) => {
  const definition = parseDefinition(event);
  parentPort?.postMessage(isRefusal(definition) ? definition : null);
});
parentPort?.postMessage('ready');
