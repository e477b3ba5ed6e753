/**
 * Evidence that an endorsement names, judged at last (PROTOCOL §7).
 *
 * Transitions that lost a race are kept unjudged. When the custodian endorses one, the path to it
 * is walked down to an accepted node and stepped up again. It is as long as the evidence kept for
 * one machine at most. Pure.
 */
import type { NostrEvent } from '../nostr/event.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { nodeAfter } from './advance.ts';
import { parseTransition, type Transition } from './transition.ts';
import type { HostedMachine, MachineView, StateNode } from './view.ts';

/** A transition that was evidence and is valid, with the node it leads to. */
export type BranchStep = {
  readonly event: NostrEvent;
  readonly transition: Transition;
  readonly node: StateNode;
};

/** A transition that was evidence and is not valid, with the reason. */
export type Disproof = { readonly event: NostrEvent; readonly refusal: Refusal };

/** True for evidence that proved invalid. */
export function isDisproof(found: readonly BranchStep[] | Disproof | Refusal): found is Disproof {
  return 'event' in found;
}

/**
 * The steps from an accepted node to a head that is evidence about a machine; none when the head is
 * no evidence, a refusal when a step is missing or was refused for good.
 */
export function proveBranch(
  machine: HostedMachine,
  head: string | null,
  view: MachineView,
): readonly BranchStep[] | Disproof | Refusal {
  const found = evidenceUpTo(machine.definition.id, head, view);
  if (isRefusal(found)) return found;
  const first = found[0];
  const base = first && view.node(machine, first.transition.prior);
  if (base === undefined) return [];
  const steps: BranchStep[] = [];
  let prior: StateNode = base;
  for (const { event, transition } of found) {
    const isBefore = transition.createdAt < prior.createdAt;
    const node = isBefore
      ? refuse('time-regress')
      : nodeAfter(machine.definition, prior, transition);
    if (isRefusal(node)) return { event, refusal: node };
    steps.push({ event, transition, node });
    prior = node;
  }
  return steps;
}

type Found = Omit<BranchStep, 'node'>;

/** Evidence from the accepted tree up to a head. */
function evidenceUpTo(
  machine: string,
  head: string | null,
  view: MachineView,
): readonly Found[] | Refusal {
  const found: Found[] = [];
  for (let id = head; id !== null; ) {
    const known = view.transition(id);
    if (known?.standing === 'accepted') break;
    const event = view.evidence(id);
    const transition = event && parseTransition(event);
    if (!transition || isRefusal(transition) || transition.machine !== machine) {
      if (id === head) return [];
      const isInvalid = known?.standing === 'refused';
      return isInvalid
        ? refuse('snapshot-head-invalid')
        : refuse('snapshot-unknown-head', { missing: id });
    }
    found.unshift({ event, transition });
    id = transition.prior;
  }
  return found;
}
