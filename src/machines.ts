/**
 * Hosted machines in memory: compiled definitions and head states over the store's rows.
 *
 * Answers what `judge` asks and carries its verdicts out. The cache is only ever a copy: rows are
 * written first, and `forget` drops every copy when a transaction did not commit.
 */
import { hash } from 'node:crypto';
import {
  type Change,
  columnsOf,
  numberOf,
  type Settled,
  settle,
  standingOf,
  treeOf,
} from './branches.ts';
import { type CacheBounds, machineCache } from './machine-cache.ts';
import { loadMachine } from './machine-loading.ts';
import { initialNode, STATE_AFTER_FUEL, STATE_EVERY, type StoredMachine } from './machine-nodes.ts';
import { viewOf } from './machine-view.ts';
import { type NostrEvent, tagValues } from './nostr/event.ts';
import type { Definition } from './nsm/definition.ts';
import type { ForkMode } from './nsm/definition-tags.ts';
import { endorse, grow, voidAt } from './nsm/forks.ts';
import { DEFINITION_KIND } from './nsm/kinds.ts';
import type { RuleSet } from './nsm/rule-set.ts';
import type { Transition } from './nsm/transition.ts';
import type { StateNode } from './nsm/view.ts';
import type { Store } from './store/store.ts';

/** The hosted machines of a store. */
export type Machines = ReturnType<typeof hostMachines>;

/** How machines are hosted. */
export type HostOptions = CacheBounds & {
  readonly rules: RuleSet;
  /** Whether a transition without a link is taken as built on the head. */
  readonly infersLinks?: boolean;
  /** Fork mode of machines whose definition leaves it to the relay. */
  readonly forks?: ForkMode;
  /** The key whose machines are final as they move: that of a relay that acts as custodian. */
  readonly custodian?: string | null;
  /** Told the id of a machine that was found to mean something else under today's rule set. */
  readonly onFrozen?: (machine: string) => void;
};

/** Hosts the machines of a store. */
export function hostMachines(store: Store, options: HostOptions) {
  const { rules, forks: usualForks = 'head-only', custodian = null } = options;
  const { infersLinks = false, onFrozen = () => {} } = options;
  const cache = machineCache(options);

  const machine = (id: string): StoredMachine | undefined => {
    const cached = cache.get(id);
    if (cached) return cached;
    const found = store.events.find(id);
    const row = found?.kind === DEFINITION_KIND ? store.machines.find(found.n) : undefined;
    const event = row && store.events.read(row.event);
    if (!row || !event) return undefined;
    return cache.put(id, loadMachine({ store, rules, onFrozen }, row, event));
  };

  const keep = ({ machine, change }: Settled): Change => {
    cache.put(machine.definition.id, machine);
    return change;
  };

  const isOwn = ({ custodian: named }: Definition) => named?.pubkey === (custodian ?? NOBODY);

  return {
    view: viewOf(store, { rules, infersLinks, machine }),
    machine,

    /** Writes the rows of a new machine whose definition event is stored as `n`. */
    host: (event: NostrEvent, definition: Definition, { n, now }: Stored): void => {
      const forks = definition.forks ?? usualForks;
      const title = tagValues(event, 'title')[0] ?? null;
      insertMachine(store, definition, { n, now, forks, title, rules: rules.hash });
      const head = initialNode(definition);
      const isFinal = isOwn(definition);
      if (isFinal) store.machines.setFinal(n, null, 0);
      const final = isFinal ? { final: null, finalHeight: 0 } : NOTHING_FINAL;
      const { spent: spentAtState } = definition.machine.running;
      cache.put(event.id, { definition, head, forks, ...FRESH, ...final, n, spentAtState });
    },

    ...headRows(store, { cache, isOwn }),

    ...forkRows(store, keep),

    /** The machine as stored, after a change that went past the cache. */
    reload: (id: string): StoredMachine | undefined => {
      cache.drop(id);
      return machine(id);
    },

    /** Drops every copy: what was remembered may belong to a transaction that is no more. */
    forget: (): void => cache.clear(),
  };
}

/** Where a machine stands that was hosted just now. */
const FRESH = { frozen: null, headN: null, isUnderstood: true, links: 'strict' } as const;

type Memory = {
  readonly cache: Pick<ReturnType<typeof machineCache>, 'put'>;
  /** Whether a machine is final as it moves. */
  readonly isOwn: (definition: Definition) => boolean;
};

/** What a transition on the head does to the rows of a machine. */
function headRows(store: Store, { cache, isOwn }: Memory) {
  return {
    /** Writes the rows of an accepted transition stored as `n` and moves the head onto it. */
    extend: (hosted: StoredMachine, step: Step, { n, now }: Stored): void => {
      const { node, transition } = step;
      const { headN: from } = hosted;
      const columns = columnsOf(node.computed);
      const isStored = insertNode(store, step, {
        ...{ n, now, hosted, columns },
        prior: from,
        canonical: 1,
      });
      const moved = store.machines.moveHead({
        machine: hosted.n,
        from,
        to: n,
        height: node.height,
        time: node.createdAt,
        now,
        status: columns.status,
        value: columns.value,
        state: node.computed.canonical,
        next_due: columns.next_due,
      });
      if (!moved) throw new Error(`the head of ${hosted.definition.id} is not where it was`);
      const links = transition.isImplied ? 'inferred' : hosted.links;
      if (links !== hosted.links) store.machines.inferLinks(hosted.n);
      const { spent } = hosted.definition.machine.running;
      const spentAtState = isStored ? spent : hosted.spentAtState;
      const extended = { ...hosted, head: node, headN: n, spentAtState, links };
      const isFinal = isOwn(hosted.definition) && links === 'strict';
      if (!isFinal) return void cache.put(transition.machine, extended);
      store.machines.setFinal(hosted.n, n, node.height);
      cache.put(transition.machine, { ...extended, final: node.id, finalHeight: node.height });
    },
  };
}

/** What forks, endorsements and freezes do to the rows of a machine. */
function forkRows(store: Store, keep: (settled: Settled) => Change) {
  return {
    /** Writes the rows of an accepted transition that does not build on the head. */
    branch: (hosted: StoredMachine, step: Step, { n, now }: Stored): Change | undefined => {
      const prior = numberOf(store, step.transition.prior);
      const columns = columnsOf(step.node.computed);
      insertNode(store, step, { n, now, hosted, columns, prior, canonical: 0 });
      store.machines.noteActivity(hosted.n, n);
      const before = standingOf(hosted);
      if (hosted.forks !== 'dag' || hosted.frozen) return undefined;
      const after = grow(treeOf(store, hosted), before, step.transition.id);
      return after === before
        ? undefined
        : keep(settle(store, hosted, { after, now, activity: n }));
    },

    /** Applies an endorsement (the id of a snapshot) of an accepted node, after it was logged. */
    endorse: (
      hosted: StoredMachine,
      { snapshot, node, now, activity }: Endorsed,
    ): Change | undefined => {
      const before = standingOf(hosted);
      const after = endorse(treeOf(store, hosted), before, { id: node, forks: hosted.forks });
      if (after === before) return undefined;
      const rival = rivalOf(store, hosted);
      const conflict = rival === undefined ? undefined : ([rival, snapshot] as const);
      return keep(settle(store, hosted, { after, now, activity, conflict }));
    },

    /** Freezes a machine at a node on which a second valid transition turned up. */
    void: (
      hosted: StoredMachine,
      { at, transition, now }: { at: StateNode; transition: string; now: number },
    ): Change => {
      const first = store.transitions.onPath(hosted.n, at.height + 1);
      const conflict = first === null ? undefined : ([first, transition] as const);
      const after = voidAt(standingOf(hosted), at.id);
      return keep(settle(store, hosted, { after, now, conflict }));
    },
  };
}

/** No key at all. */
const NOBODY = '';

const NOTHING_FINAL = { final: undefined, finalHeight: null } as const;

type Stored = { readonly n: number; readonly now: number };

type Place = Stored & {
  readonly hosted: StoredMachine;
  readonly columns: ReturnType<typeof columnsOf>;
  readonly prior: number | null;
  readonly canonical: 0 | 1;
};

/** A transition with the node it leads to. */
type Step = { readonly node: StateNode; readonly transition: Transition };

type Endorsed = {
  readonly snapshot: string;
  /** The accepted node that is endorsed, null for the initial state. */
  readonly node: string | null;
  readonly now: number;
  readonly activity?: number | undefined;
};

type NewMachine = Stored & {
  readonly forks: ForkMode;
  readonly title: string | null;
  readonly rules: string;
};

function insertMachine(store: Store, definition: Definition, { n, ...row }: NewMachine): void {
  const { initial, createdAt, participants } = definition;
  const columns = { ...columnsOf(initial), state: initial.canonical };
  store.machines.insert({ event: n, createdAt, ...row, ...columns });
  for (const pubkey of participants) store.machines.addParticipant(n, pubkey);
}

/** Writes the row of an accepted transition; true when its state is stored with it. */
function insertNode(
  store: Store,
  { node, transition }: Step,
  { n, now, hosted, columns, prior, canonical }: Place,
): boolean {
  const { canonical: state } = node.computed;
  const { n: machine, definition, spentAtState } = hosted;
  const spent = definition.machine.running.spent - spentAtState;
  const isStored = node.height % STATE_EVERY === 0 || spent > STATE_AFTER_FUEL;
  store.transitions.insert({
    event: n,
    machine,
    prior,
    height: node.height,
    canonical,
    type: transition.type,
    first_seen: now,
    status: columns.status,
    value: columns.value,
    state_hash: hash('sha256', state, 'buffer'),
    state: isStored ? state : null,
  });
  store.machines.addParticipant(machine, transition.author);
  return isStored;
}

/** An endorsement that excludes whatever does not agree with what is final so far. */
function rivalOf(store: Store, { n, final, frozen }: StoredMachine): string | undefined {
  if (frozen?.cause === 'equivocation') return frozen.conflict?.[0];
  if (final === undefined) return undefined;
  return store.endorsements.of(n, numberOf(store, final));
}
