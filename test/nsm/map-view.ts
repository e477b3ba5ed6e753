/**
 * The past of machines in maps: what `judge` may ask, implemented a second time beside the store.
 *
 * `submit` judges and keeps what follows, as a relay would: accepted nodes, evidence, refusals for
 * good, and coordinates that a custodian has used. Head-only, without any bound.
 */

import { type NostrEvent, tagValues } from '../../src/nostr/event.ts';
import { judge, type Verdict } from '../../src/nsm/judge.ts';
import { DEFINITION_KIND, TRANSITION_KIND } from '../../src/nsm/kinds.ts';
import { BUNDLED_RULES } from '../../src/nsm/rule-set.ts';
import { parseMachineRef } from '../../src/nsm/transition.ts';
import type {
  Frozen,
  HostedMachine,
  KnownTransition,
  MachineView,
  StateNode,
} from '../../src/nsm/view.ts';
import { REFUSALS } from '../../src/refusal.ts';

/** An empty past. */
export function mapView() {
  const stored = new Map<string, NostrEvent>();
  const machines = new Map<string, HostedMachine>();
  const known = new Map<string, KnownTransition>();
  const nodes = new Map<string, StateNode>();
  const bound = new Map<string, string>();

  const view: MachineView = {
    rules: BUNDLED_RULES,
    machine: (id) => machines.get(id),
    transition: (id) => known.get(id),
    node: ({ definition }, id) => {
      const { createdAt, initial: computed } = definition;
      if (id === null) return { id, height: 0, createdAt, computed };
      return known.get(id)?.machine === definition.id ? nodes.get(id) : undefined;
    },
    evidence: () => undefined,
    canBranch: () => true,
    kindOf: (id) => stored.get(id)?.kind,
    boundMachine: (pubkey, d) => bound.get(`${pubkey}:${d}`),
  };

  const host = (event: NostrEvent, { definition }: Extract<Verdict, { verdict: 'definition' }>) => {
    const { createdAt, initial: computed } = definition;
    const head = { id: null, height: 0, createdAt, computed };
    const standing = { forks: 'head-only', frozen: null, finalHeight: null } as const;
    machines.set(event.id, { definition, head, ...standing });
  };

  const extend = (event: NostrEvent, verdict: Extract<Verdict, { verdict: 'transition' }>) => {
    const { machine, transition, node } = verdict;
    known.set(event.id, {
      ...{ standing: 'accepted', machine: transition.machine, createdAt: event.created_at },
      isCanonical: true,
    });
    nodes.set(event.id, node);
    machines.set(transition.machine, { ...machine, head: node });
  };

  const remember = (event: NostrEvent, verdict: Extract<Verdict, { verdict: 'refused' }>) => {
    const machine = parseMachineRef(event);
    if (event.kind !== TRANSITION_KIND || machine === undefined) return;
    const isForGood = REFUSALS[verdict.refusal.code].scope === 'everywhere';
    if (!verdict.evidence && !isForGood) return;
    const standing = verdict.evidence ? 'evidence' : 'refused';
    const createdAt = event.created_at;
    known.set(event.id, { standing, machine, createdAt, isCanonical: false });
  };

  return {
    view,

    /** Judges an event and keeps what follows from the verdict. */
    submit: (event: NostrEvent): Verdict => {
      const verdict = judge(event, view);
      if (verdict.verdict === 'refused') remember(event, verdict);
      else stored.set(event.id, event);
      if (verdict.verdict === 'definition') host(event, verdict);
      if (verdict.verdict === 'transition') extend(event, verdict);
      if (verdict.verdict === 'snapshot' && verdict.endorses) {
        const d = tagValues(event, 'd')[0] ?? '';
        bound.set(`${event.pubkey}:${d}`, verdict.machine.definition.id);
      }
      return verdict;
    },

    /** Freezes a machine, or lifts the freeze. */
    freeze: (id: string, frozen: Frozen | null): void => {
      const machine = machines.get(id);
      if (machine) machines.set(id, { ...machine, frozen });
    },

    /** How many events are stored that belong to a machine. */
    machineEvents: (): number =>
      [...stored.values()].filter(
        ({ kind }) => kind === DEFINITION_KIND || kind === TRANSITION_KIND,
      ).length,
  };
}
