/**
 * Kind 7501 → a transition: what the event says about itself, before any machine is looked at
 * (PROTOCOL §4.2). A relay hint or marker after an id is ignored.
 */
import { isHex64, type NostrEvent } from '../nostr/event.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { deepFreeze, isObject, type Json, utf8Bytes } from '../rules/json.ts';
import { jsonRefusal } from './definition.ts';
import { isEventType, LIMITS, TICK } from './kinds.ts';

import { isJsonProblem, parseStrictJson } from './strict-json.ts';

/** A parsed kind 7501; times are Unix seconds. */
export type Transition = {
  readonly id: string;
  readonly machine: string;
  /** The transition it builds on; null means the initial state and nothing else. */
  readonly prior: string | null;
  /** True where a relay has inferred the prior, since the event does not name one. */
  readonly isImplied?: boolean;
  readonly type: string;
  readonly author: string;
  readonly createdAt: number;
  /** Frozen; null when the content is empty. */
  readonly payload: Json;
};

/** The transition an event holds, or why its shape is refused. */
export function parseTransition(event: NostrEvent): Transition | Refusal {
  if (event.tags.some(([name]) => name === 'expiration')) return refuse('expiring');
  const machine = parseMachineRef(event);
  if (machine === undefined) return refuse('machine-ref');
  const types = event.tags.filter(([name]) => name === 't');
  const type = types[0]?.[1];
  if (types.length !== 1 || type === undefined || !(isEventType(type) || type === TICK))
    return refuse('event-type');
  const prior = parseLink(event);
  if (prior === undefined) return refuse('link-shape');
  const payload = parsePayload(event.content);
  if (isRefusal(payload)) return payload;
  if (type === TICK && payload.value !== null) {
    return refuse('payload-shape', {}, 'a tick carries no payload');
  }
  return {
    id: event.id,
    machine,
    prior,
    type,
    author: event.pubkey,
    createdAt: event.created_at,
    payload: payload.value,
  };
}

/** The machine named by the only `e` tag; undefined when there is none, several or a bad one. */
export function parseMachineRef(event: NostrEvent): string | undefined {
  const tags = event.tags.filter(([name]) => name === 'e');
  const id = tags[0]?.[1];
  return tags.length === 1 && isHex64(id) ? id : undefined;
}

/** The id in the only `transition` tag, null without one, undefined when malformed or repeated. */
export function parseLink(event: NostrEvent): string | null | undefined {
  const tags = event.tags.filter(([name]) => name === 'transition');
  if (tags.length === 0) return null;
  const id = tags[0]?.[1];
  return tags.length === 1 && isHex64(id) ? id : undefined;
}

function parsePayload(content: string): { value: Json } | Refusal {
  if (content === '') return { value: null };
  const limit = LIMITS.payloadBytes;
  if (utf8Bytes(content) > limit) return refuse('payload-limits', { limit });
  const parsed = parseStrictJson(content, LIMITS.payloadDepth);
  if (isJsonProblem(parsed)) return jsonRefusal(parsed, 'payload-json');
  const { value } = parsed;
  if (!isObject(value)) return refuse('payload-shape', {}, 'the payload is not a JSON object');
  for (const name of ['type', 'inputterPubKey']) {
    if (Object.hasOwn(value, name)) return refuse('payload-shape', { path: `/${name}` });
  }
  return { value: deepFreeze(value) };
}
