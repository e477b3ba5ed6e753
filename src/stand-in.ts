/**
 * Stands for a definition that was hosted and is refused today, or has become a tombstone.
 *
 * Same author, same time; a machine of it is frozen, so its log and its head are served as stored
 * and nothing is ever computed by the machine that stands in.
 */
import type { NostrEvent } from './nostr/event.ts';
import { type Definition, parseDefinition } from './nsm/definition.ts';
import type { RuleSet } from './nsm/rule-set.ts';
import { isRefusal } from './refusal.ts';

/** There must be a way to go, or it would not be a machine; nobody goes it. */
const CONFIG = { initial: 'lost', states: { lost: { on: { NEVER: 'gone' } }, gone: {} } };

/** A definition for the event of one that cannot be read. */
export function standIn(event: NostrEvent, rules: RuleSet): Definition {
  const content = JSON.stringify(CONFIG);
  const definition = parseDefinition({ ...event, content, tags: [] }, rules);
  if (isRefusal(definition)) throw new Error(`the stand-in for ${event.id}: ${definition.code}`);
  return definition;
}
