/**
 * Decides whether an event may extend a machine (PROTOCOL §4, §6).
 *
 * Pure: no clock, no disk, no randomness, so that a client, a custodian and the relay reach the
 * same verdict from the same history. Runs inside the transaction that stores the event; nothing
 * can change between the verdict and the write.
 */
import { type NostrEvent, tagValues } from '../nostr/event.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { advance, nodeAfter } from './advance.ts';
import { type BranchStep, type Disproof, isDisproof, proveBranch } from './branch.ts';
import { type Definition, parseDefinition } from './definition.ts';
import { statesHead, withImpliedLink } from './implied-link.ts';
import { DEFINITION_KIND, SNAPSHOT_KIND, TRANSITION_KIND } from './kinds.ts';
import { compareSnapshot } from './snapshot.ts';
import { parseLink, parseMachineRef, parseTransition, type Transition } from './transition.ts';
import type { Frozen, HostedMachine, MachineView, StateNode } from './view.ts';

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
      /** Evidence that the endorsement names and that proved valid, up to `node`. */
      readonly branch: readonly BranchStep[];
    }
  | {
      readonly verdict: 'refused';
      readonly refusal: Refusal;
      /** Set when the event is worth keeping: well-formed, but it contradicts the chain. */
      readonly evidence?: { readonly machine: string; readonly prior: string | null };
      /** The node at which the event voids its machine: a second valid transition on it. */
      readonly voids?: StateNode;
      /** Evidence that proved invalid on the way. */
      readonly disproved?: Disproof;
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
  const unlinked = checkLink(transition, machine, view);
  if (machine.frozen) return onFrozen(transition, machine, { view, isLinked: !unlinked });
  if (unlinked) return refused(unlinked);
  if (transition.prior === machine.head.id) return onNode(transition, machine, machine.head);
  return besideHead(transition, machine, view);
}

function onNode(transition: Transition, machine: HostedMachine, prior: StateNode): Verdict {
  const node = nodeAfter(machine.definition, prior, transition);
  if (isRefusal(node)) return refused(node);
  return { verdict: 'transition', machine, transition, node };
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

/** The rule of the machine's fork mode about what does not build on the head (PROTOCOL §7). */
function besideHead(transition: Transition, machine: HostedMachine, view: MachineView): Verdict {
  const { prior } = transition;
  if (machine.forks === 'head-only') return offHead(transition, machine);
  if (machine.forks === 'void') return voiding(transition, machine, view);
  // What builds on evidence waits with it.
  if (prior !== null && view.transition(prior)?.standing !== 'accepted')
    return offHead(transition, machine);
  if (!view.canBranch(machine, prior)) return kept(refuse('fork-limit'), transition);
  const node = view.node(machine, prior);
  return node ? onNode(transition, machine, node) : offHead(transition, machine);
}

/** A second transition on a node above the final prefix voids the machine, if it is valid there. */
function voiding(transition: Transition, machine: HostedMachine, view: MachineView): Verdict {
  const { prior } = transition;
  const isOnPath = prior === null || view.transition(prior)?.isCanonical === true;
  const node = isOnPath ? view.node(machine, prior) : undefined;
  if (!node || node.height < (machine.finalHeight ?? 0)) return offHead(transition, machine);
  const after = advance(machine.definition, node, transition);
  // Nobody can make evidence of it any more.
  if (isRefusal(after)) return refused(staleHead(transition, machine));
  return {
    ...kept(refuse('machine-frozen', headDetails({ head: node })), transition),
    voids: node,
  };
}

/** A frozen machine takes nothing, but what could be endorsed or shows an earlier fork is kept. */
function onFrozen(
  transition: Transition,
  machine: HostedMachine,
  { view, isLinked }: { readonly view: MachineView; readonly isLinked: boolean },
): Verdict {
  const refusal = refuse('machine-frozen', headDetails(machine));
  const { frozen, head } = machine;
  if (!isLinked || !isForGood(frozen)) return refused(refusal);
  if (frozen?.cause !== 'void' || transition.prior === head.id) return kept(refusal, transition);
  const verdict = voiding(transition, machine, view);
  return verdict.verdict === 'refused' ? { ...verdict, refusal } : verdict;
}

/** Frozen by what its parties signed; the other causes can be lifted. */
function isForGood(frozen: Frozen | null): boolean {
  return frozen?.cause === 'equivocation' || frozen?.cause === 'void';
}

function offHead(transition: Transition, machine: HostedMachine): Verdict {
  return kept(staleHead(transition, machine), transition);
}

function staleHead({ prior }: Transition, machine: HostedMachine): Refusal {
  return refuse(prior === null ? 'link-missing' : 'stale-head', headDetails(machine));
}

function kept(refusal: Refusal, { machine, prior }: Transition): RefusedVerdict {
  return { ...refused(refusal), evidence: { machine, prior } };
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
  if (machine.frozen && !isForGood(machine.frozen))
    return refused(refuse('machine-frozen', headDetails(machine)));
  const endorses = machine.definition.custodian?.pubkey === event.pubkey;
  const branch = endorses ? proveBranch(machine, head, view) : [];
  if (isRefusal(branch)) return refused(branch);
  if (isDisproof(branch)) return { ...refused(refuse('snapshot-head-invalid')), disproved: branch };
  const node = branch.at(-1)?.node ?? view.node(machine, head);
  if (node === undefined || node.id !== head) return refused(unknownHead(head, named, view));
  const mismatch = compareSnapshot(event, node.computed);
  if (mismatch && view.infersLinks && statesHead(event, machine)) {
    return { verdict: 'snapshot', machine, node: machine.head, endorses: false, branch: [] };
  }
  if (mismatch) return { ...refused(mismatch), evidence: { machine: named, prior: head } };
  return { verdict: 'snapshot', machine, node, endorses, branch };
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

function headDetails({ head }: Pick<HostedMachine, 'head'>): { head?: string; height: number } {
  return head.id === null ? { height: head.height } : { head: head.id, height: head.height };
}

type RefusedVerdict = Extract<Verdict, { verdict: 'refused' }>;

function refused(refusal: Refusal): RefusedVerdict {
  return { verdict: 'refused', refusal };
}
