/**
 * Worker entry: tries a definition where it can be killed.
 *
 * Linting, compiling and the initial step run here first. What takes too long never reaches the
 * main thread, which otherwise would stand still for everybody. Its first message says that all its
 * code is loaded; each further one answers a definition.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { loadLibraries } from './libraries.ts';
import type { NostrEvent } from './nostr/event.ts';
import { parseDefinition } from './nsm/definition.ts';
import { makeRuleSet } from './nsm/rule-set.ts';
import { isRefusal } from './refusal.ts';

const rules = makeRuleSet(loadLibraries(String(workerData ?? '')));

parentPort?.on('message', (event: NostrEvent) => {
  const definition = parseDefinition(event, rules);
  parentPort?.postMessage(isRefusal(definition) ? definition : null);
});
parentPort?.postMessage('ready');
