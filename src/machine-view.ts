/**
 * What `judge` may ask about the past, answered from the store inside the storing transaction.
 */
import { FORK_LIMITS, numberOf } from './branches.ts';
import { findNode, type StoredMachine } from './machine-nodes.ts';
import { TRANSITION_KIND } from './nsm/kinds.ts';
import type { RuleSet } from './nsm/rule-set.ts';
import type { KnownTransition, MachineView } from './nsm/view.ts';
import { REFUSALS, type RefusalCode } from './refusal.ts';
import type { Store } from './store/store.ts';

type Hosting = {
  readonly rules: RuleSet;
  readonly infersLinks: boolean;
  readonly machine: (id: string) => StoredMachine | undefined;
};

/** The past as a store has it. */
export function viewOf(store: Store, { rules, infersLinks, machine }: Hosting): MachineView {
  return {
    rules,
    infersLinks,
    machine,
    transition: (id) => knownTransition(store, id),
    node: (hosted, id) => findNode(store, hosted as StoredMachine, id),
    evidence: store.evidence.event,
    canBranch: (hosted, prior) => {
      const { n } = hosted as StoredMachine;
      const { total, siblings } = store.transitions.countBeside(n, numberOf(store, prior));
      return total < FORK_LIMITS.total && siblings < FORK_LIMITS.siblings;
    },
    kindOf: (id) => store.events.find(id)?.kind,
    boundMachine: store.endorsements.boundMachine,
  };
}

function knownTransition(store: Store, id: string): KnownTransition | undefined {
  const found = store.events.find(id);
  if (found?.kind === TRANSITION_KIND) {
    const known = store.transitions.known(found.n);
    return known && { ...known, standing: 'accepted' };
  }
  if (found) return undefined;
  const evidence = store.evidence.find(id);
  if (evidence?.kind === TRANSITION_KIND) {
    const machine = store.events.read(evidence.machine)?.id ?? '';
    const createdAt = evidence.created_at;
    return { standing: 'evidence', machine, createdAt, isCanonical: false };
  }
  const refusal = store.refusals.find(id);
  const forGood = refusal && REFUSALS[refusal.code as RefusalCode]?.scope === 'everywhere';
  if (!forGood || refusal.kind !== TRANSITION_KIND || !refusal.machine) return undefined;
  const machine = refusal.machine.toString('hex');
  return { standing: 'refused', machine, createdAt: refusal.created_at, isCanonical: false };
}
