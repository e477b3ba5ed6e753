/**
 * What stands for a definition that was hosted and is refused under the rule set of today.
 *
 * An operator may have taken a library away, or a new version is stricter. The machine is frozen
 * then, not lost: its events, its head and the states on record are served; nothing is computed of
 * it, for its meaning is not known here any more.
 */
import type { NostrEvent } from './nostr/event.ts';
import { computeState, contentHash, sha256Hex } from './nsm/canonical.ts';
import type { Definition } from './nsm/definition.ts';
import { parseCustodian, parseForks } from './nsm/definition-tags.ts';
import { compileMachine } from './nsm/engine.ts';
import { LIMITS } from './nsm/kinds.ts';
import { isJsonProblem, parseStrictJson } from './nsm/strict-json.ts';
import { isRefusal } from './refusal.ts';

const CONFIG = { initial: 'frozen', states: { frozen: {} } } as const;
const STATE = { status: 'active', value: 'frozen', context: {}, history: {}, timers: [] } as const;

/** Who, when and what of a definition, over a machine that stands still and means nothing. */
export function standIn(event: NostrEvent): Definition {
  const { id, pubkey, created_at: createdAt, content } = event;
  const parsed = parseStrictJson(content, LIMITS.definitionDepth);
  const custodian = parseCustodian(event);
  const forks = parseForks(event);
  return {
    ...{ id, pubkey, createdAt },
    contentHash: isJsonProblem(parsed) ? sha256Hex(content) : contentHash(parsed.value),
    custodian: isRefusal(custodian) ? null : custodian,
    forks: isRefusal(forks) ? null : forks,
    machine: compileMachine(CONFIG, { guards: new Map(), actions: new Map() }),
    initial: computeState(STATE),
    participants: [pubkey],
    warnings: [],
  };
}
