/**
 * Decides whether an event may extend a machine (PROTOCOL §4, §6).
 *
 * Pure: no clock, no disk, no randomness, so that a client, a custodian and the relay reach the
 * same verdict from the same history. Runs inside the transaction that stores the event; nothing
 * can change between the verdict and the write.
 */
import { type NostrEvent, tagValues } from '../nostr/event.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import type { ComputedState } from './canonical.ts';
import { type Definition, parseDefinition } from './definition.ts';
import { step } from './engine.ts';
import { statesHead, withImpliedLink } from './implied-link.ts';
import { DEFINITION_KIND, LIMITS, SNAPSHOT_KIND, TICK, TRANSITION_KIND } from './kinds.ts';
import { compareSnapshot } from './snapshot.ts';
import { type Elapsed, elapse } from './time.ts';
import { parseLink, parseMachineRef, parseTransition, type Transition } from './transition.ts';
import type { HostedMachine, MachineView, StateNode } from './view.ts';

/** What an event is to this protocol, with everything the store needs to act on it. */
export type Verdict =
  /** Not the business of this protocol. */
  | { readonly verdict: 'ordinary' }
  | { readonly verdict: 'definition'; readonly definition: Definition }
  | {
      readonly verdict: 'transition';
      readonly machine: HostedMachine;
      readonly transition: Transition;
      readonly node: StateNode;
    }
  | {
      readonly verdict: 'snapshot';
      readonly machine: HostedMachine;
      /** The node whose state it states correctly. */
      readonly node: StateNode;
      /** True when its author is the machine's designated custodian. */
      readonly endorses: boolean;
    }
  | {
      readonly verdict: 'refused';
      readonly refusal: Refusal;
      /** Set when the event is worth keeping: well-formed, but it contradicts the chain. */
      readonly evidence?: { readonly machine: string; readonly prior: string | null };
    };

/** Judges one verified event against the history in `view`. The first failure is reported. */
export function judge(event: NostrEvent, view: MachineView): Verdict {
  if (event.kind === DEFINITION_KIND) return judgeDefinition(event, view);
  if (event.kind === TRANSITION_KIND) return judgeTransition(event, view);
  if (event.kind === SNAPSHOT_KIND) return judgeSnapshot(event, view);
  return { verdict: 'ordinary' };
}

function judgeDefinition(event: NostrEvent, view: MachineView): Verdict {
  const definition = parseDefinition(event, view.rules);
  return isRefusal(definition) ? refused(definition) : { verdict: 'definition', definition };
}

function judgeTransition(event: NostrEvent, view: MachineView): Verdict {
  const parsed = parseTransition(event);
  if (isRefusal(parsed)) return refused(parsed);
  const machine = view.machine(parsed.machine);
  if (machine === undefined) return refused(unknownMachine(parsed.machine, view));
  const transition = view.infersLinks ? withImpliedLink(parsed, machine) : parsed;
  if (machine.frozen) return refused(refuse('machine-frozen', headDetails(machine)));
  const unlinked = checkLink(transition, machine, view);
  if (unlinked) return refused(unlinked);
  if (transition.prior !== machine.head.id) return offHead(transition, machine);
  const computed = advance(machine.definition, machine.head, transition);
  if (isRefusal(computed)) return refused(computed);
  const { id, createdAt } = transition;
  const node = { id, height: machine.head.height + 1, createdAt, computed };
  return { verdict: 'transition', machine, transition, node };
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
  const after = step(definition.machine, computed, {
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
  return after.hash === before.hash ? refuse('no-change') : after;
}

/** What is wrong with the link itself, whichever transition is the head. */
function checkLink(
  { prior, machine: id, createdAt }: Transition,
  machine: HostedMachine,
  view: MachineView,
): Refusal | undefined {
  const { head, definition } = machine;
  if (prior === head.id) return createdAt < head.createdAt ? refuse('time-regress') : undefined;
  if (prior === null) return createdAt < definition.createdAt ? refuse('time-regress') : undefined;
  const known = view.transition(prior);
  if (known === undefined) {
    const kind = prior === id ? DEFINITION_KIND : view.kindOf(prior);
    if (kind === undefined) return refuse('orphan', { missing: prior });
    const hint = prior === id ? 'leave the transition tag out of a first transition' : undefined;
    return refuse('link-wrong-kind', {}, hint);
  }
  if (known.machine !== id) return refuse('link-other-machine');
  if (known.standing === 'refused') return refuse('link-rejected-prior');
  return createdAt < known.createdAt ? refuse('time-regress') : undefined;
}

function offHead(transition: Transition, machine: HostedMachine): Verdict {
  const code = transition.prior === null ? 'link-missing' : 'stale-head';
  const { machine: id, prior } = transition;
  return { ...refused(refuse(code, headDetails(machine))), evidence: { machine: id, prior } };
}

function judgeSnapshot(event: NostrEvent, view: MachineView): Verdict {
  const d = tagValues(event, 'd')[0] ?? '';
  const bound = view.boundMachine(event.pubkey, d);
  const named = parseMachineRef(event);
  const links = event.tags.some(([name]) => name === 'transition');
  const machine = named === undefined ? undefined : view.machine(named);
  if (machine === undefined && bound === undefined && !links) return { verdict: 'ordinary' };
  const head = parseLink(event);
  const expires = event.tags.some(([name]) => name === 'expiration');
  if (named === undefined || head === undefined || expires) return refused(refuse('snapshot-ref'));
  if (machine === undefined) return refused(unknownMachine(named, view));
  const node = view.node(machine, head);
  if (node === undefined) return refused(unknownHead(head, named, view));
  const mismatch = compareSnapshot(event, node.computed);
  if (mismatch && view.infersLinks && statesHead(event, machine)) {
    return { verdict: 'snapshot', machine, node: machine.head, endorses: false };
  }
  if (mismatch) return { ...refused(mismatch), evidence: { machine: named, prior: head } };
  const endorses = machine.definition.custodian?.pubkey === event.pubkey;
  return { verdict: 'snapshot', machine, node, endorses };
}

function unknownHead(head: string | null, machine: string, view: MachineView): Refusal {
  const known = head === null ? undefined : view.transition(head);
  const kind = head === null ? undefined : view.kindOf(head);
  if (kind !== undefined && kind !== TRANSITION_KIND) return refuse('link-wrong-kind');
  if (known !== undefined && known.machine !== machine) return refuse('link-other-machine');
  if (known?.standing === 'refused') return refuse('snapshot-head-invalid');
  return refuse('snapshot-unknown-head', head === null ? {} : { missing: head });
}

function unknownMachine(id: string, view: MachineView): Refusal {
  // An id that names something else will never be a machine; an unknown one may still arrive.
  if (view.kindOf(id) !== undefined)
    return refuse('machine-ref', {}, 'the e tag does not name a definition');
  return refuse('unknown-machine', { missing: id });
}

function headDetails({ head }: HostedMachine): { head?: string; height: number } {
  return head.id === null ? { height: head.height } : { head: head.id, height: head.height };
}

function refused(refusal: Refusal): Extract<Verdict, { verdict: 'refused' }> {
  return { verdict: 'refused', refusal };
}
