/**
 * Links that nobody signed: how a relay with `links: infer` reads clients that never write them.
 *
 * A transition without a link means the initial state, and a relay that goes by the letter refuses
 * it once the machine has begun. One that infers takes it as built on the head, in the order of
 * arrival. That order is its own word alone: such a machine is marked for good, and never final.
 */
import type { NostrEvent } from '../nostr/event.ts';
import { compareSnapshot } from './snapshot.ts';
import type { Transition } from './transition.ts';
import type { HostedMachine } from './view.ts';

/** A transition as a relay that infers links reads it; one that names its prior as it is. */
export function withImpliedLink(
  transition: Transition,
  { head, forks }: HostedMachine,
): Transition {
  // Where forks have a meaning, a missing link has one too.
  const isImplied = transition.prior === null && head.id !== null && forks === 'head-only';
  return isImplied ? { ...transition, prior: head.id, isImplied } : transition;
}

/** True for a snapshot without a link that states the head; it endorses nothing. */
export function statesHead(snapshot: NostrEvent, { head, forks }: HostedMachine): boolean {
  const isUnlinked = !snapshot.tags.some(([name]) => name === 'transition');
  if (!isUnlinked || forks !== 'head-only') return false;
  return compareSnapshot(snapshot, head.computed) === undefined;
}
