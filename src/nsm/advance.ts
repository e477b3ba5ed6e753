/**
 * One step of a machine: the state after a transition on top of a node (PROTOCOL §4.7–9, §5).
 *
 * Due timers fire first, then the transition itself is run; a step that changes nothing is refused.
 * Pure: whoever replays a chain takes the same steps as the relay.
 */
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import type { ComputedState } from './canonical.ts';
import type { Definition } from './definition.ts';
import { LIMITS, TICK } from './kinds.ts';
import { stepRemembered } from './step-table.ts';
import { type Elapsed, elapse } from './time.ts';
import type { Transition } from './transition.ts';
import type { StateNode } from './view.ts';

/** The node a transition leads to from its prior, or why the step is refused. */
export function nodeAfter(
  definition: Definition,
  prior: StateNode,
  transition: Transition,
): StateNode | Refusal {
  const computed = advance(definition, prior, transition);
  if (isRefusal(computed)) return computed;
  const { id, createdAt } = transition;
  return { id, height: prior.height + 1, createdAt, computed };
}

/** The state after a transition on top of a node of its machine, or why the step is refused. */
export function advance(
  definition: Definition,
  prior: StateNode,
  transition: Transition,
): ComputedState | Refusal {
  const elapsed = elapse(definition, prior.computed, transition.createdAt);
  return advanceFrom(definition, { before: prior.computed, elapsed }, transition);
}

/** A state, and what timers have made of it by the time of a transition. */
export type Advance = { readonly before: ComputedState; readonly elapsed: Elapsed };

/** `advance` where the timers have been seen to, for those who try many transitions at one time. */
export function advanceFrom(
  definition: Definition,
  { before, elapsed: { computed, fired, isMoreDue } }: Advance,
  transition: Transition,
): ComputedState | Refusal {
  if (before.state.status !== 'active') return refuse('machine-finished');
  if (transition.type === TICK) return fired === 0 ? refuse('no-timer-due') : computed;
  if (isMoreDue) return refuse('timers-due', { limit: LIMITS.timersFired });
  if (computed.state.status !== 'active') {
    return refuse('machine-finished', {}, 'a timer that is due has ended the machine');
  }
  const after = stepRemembered(definition.machine, computed, {
    by: transition.author,
    at: transition.createdAt,
    // Read on demand: a dry run wants to know what a rule asked for (see next.ts).
    get data() {
      return transition.payload;
    },
    get id() {
      return transition.id;
    },
    type: transition.type,
    def: { id: definition.id, pubkey: definition.pubkey, created_at: definition.createdAt },
  });
  if (isRefusal(after)) return after;
  return after.canonical === before.canonical ? refuse('no-change') : after;
}
