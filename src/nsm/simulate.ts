/**
 * Simulates a machine: plays steps on a definition without any relay.
 *
 * Each step is the event that a client would publish, on top of the head, judged by the rules
 * alone. A step that is refused changes nothing, and the next one is tried all the same.
 */
import { eventId, type NostrEvent, type UnsignedEvent } from '../nostr/event.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import type { JsonObject } from '../rules/json.ts';
import { advance } from './advance.ts';
import { buildTransition } from './builders.ts';
import type { ComputedState } from './canonical.ts';
import { type Definition, parseDefinition } from './definition.ts';
import { BUNDLED_RULES, type RuleSet } from './rule-set.ts';
import { parseTransition } from './transition.ts';
import type { StateNode } from './view.ts';

/** What somebody does: a type with its payload, by a pubkey, at a time in Unix seconds. */
export type SimulatedStep = {
  readonly by: string;
  readonly type: string;
  readonly data?: JsonObject;
  readonly at: number;
};

/** What a step came to. */
export type SimulatedResult = {
  readonly step: SimulatedStep;
  /** Its event, with its true id and without a signature. */
  readonly event: NostrEvent;
  /** Why it is refused; null when it is accepted. */
  readonly refusal: Refusal | null;
  /** Where the machine stands after it. */
  readonly node: StateNode;
};

/** Plays steps one after another; a result for each, or why the definition is refused. */
export function simulate(
  definition: NostrEvent,
  steps: Iterable<SimulatedStep>,
  rules: RuleSet = BUNDLED_RULES,
): readonly SimulatedResult[] | Refusal {
  const parsed = parseDefinition(definition, rules);
  if (isRefusal(parsed)) return parsed;
  const { createdAt, initial: computed } = parsed;
  let node: StateNode = { id: null, height: 0, createdAt, computed };
  return [...steps].map((step) => {
    const result = simulateStep(parsed, node, step);
    ({ node } = result);
    return result;
  });
}

function simulateStep(
  definition: Definition,
  head: StateNode,
  step: SimulatedStep,
): SimulatedResult {
  const { by: pubkey, type, data, at: created_at } = step;
  const signer = { pubkey, createdAt: created_at };
  const draft = { machine: definition.id, head, type, ...(data && { payload: data }) };
  const event = withId({ ...buildTransition(signer, draft), created_at });
  const computed = computedAfter(definition, head, event);
  if (isRefusal(computed)) return { step, event, refusal: computed, node: head };
  const node = { id: event.id, height: head.height + 1, createdAt: created_at, computed };
  return { step, event, refusal: null, node };
}

function computedAfter(
  definition: Definition,
  head: StateNode,
  event: NostrEvent,
): ComputedState | Refusal {
  const transition = parseTransition(event);
  if (isRefusal(transition)) return transition;
  if (event.created_at < head.createdAt) return refuse('time-regress');
  return advance(definition, head, transition);
}

function withId(event: UnsignedEvent): NostrEvent {
  return { id: eventId(event), ...event, sig: '' };
}
