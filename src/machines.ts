/**
 * Hosted machines in memory: compiled definitions and head states over the store's rows.
 *
 * Answers what `judge` asks and carries its verdicts out. The cache is only ever a copy: rows are
 * written first, and `forget` drops every copy when a transaction did not commit.
 */

import { type NostrEvent, tagValues } from './nostr/event.ts';
import { type ComputedState, canonicalJson, readState } from './nsm/canonical.ts';
import { type Definition, parseDefinition } from './nsm/definition.ts';
import { advance } from './nsm/judge.ts';
import { DEFINITION_KIND, TRANSITION_KIND } from './nsm/kinds.ts';
import type { RuleSet } from './nsm/rule-set.ts';
import { nextDue } from './nsm/time.ts';
import { parseTransition, type Transition } from './nsm/transition.ts';
import type { Frozen, HostedMachine, KnownTransition, MachineView, StateNode } from './nsm/view.ts';
import { isRefusal, REFUSALS, type RefusalCode } from './refusal.ts';
import { standIn } from './stand-in.ts';
import type { MachineRow } from './store/machine-rows.ts';
import type { Store } from './store/store.ts';
import type { TransitionRow } from './store/transition-rows.ts';

/** Full state is stored at every height divisible by this, and at the head. */
export const STATE_EVERY = 64;

/** It is also stored where the steps since it last was took so much fuel; they may be run again. */
const STATE_AFTER_FUEL = 20_000;

/** A hosted machine with where it stands in the store. */
export type StoredMachine = HostedMachine & {
  /** Sequence number of the definition's event. */
  readonly n: number;
  /** Sequence number of the head's event, null at the initial state. */
  readonly headN: number | null;
  /** Whether its definition is lost, so that another stands for it; it is frozen then. */
  readonly isLost?: boolean;
  /** What the compiled machine had spent when its state was last stored. */
  readonly spentAtState: number;
};

/** The hosted machines of a store. */
export type Machines = ReturnType<typeof hostMachines>;

/** How machines are hosted. */
export type HostOptions = {
  /** Most machines kept compiled in memory. */
  readonly cachedMax: number;
  readonly rules: RuleSet;
  /** Told the id of a machine that was found to mean something else under today's rule set. */
  readonly onFrozen?: (machine: string) => void;
};

/** Hosts the machines of a store. */
export function hostMachines(store: Store, { cachedMax, rules, onFrozen = () => {} }: HostOptions) {
  const cache = new Map<string, StoredMachine>();

  const remember = (id: string, machine: StoredMachine): StoredMachine => {
    cache.delete(id);
    cache.set(id, machine);
    if (cache.size > cachedMax) cache.delete(cache.keys().next().value ?? '');
    return machine;
  };

  const machine = (id: string): StoredMachine | undefined => {
    const cached = cache.get(id);
    if (cached) return remember(id, cached);
    const found = store.events.find(id);
    const row = found?.kind === DEFINITION_KIND ? store.machines.find(found.n) : undefined;
    const event = row && store.events.read(row.event);
    if (!row || !event) return undefined;
    return remember(id, loadMachine({ store, rules, onFrozen }, row, event));
  };

  const view: MachineView = {
    rules,
    machine,
    transition: (id) => knownTransition(store, id),
    node: (hosted, id) => findNode(store, hosted as StoredMachine, id),
    kindOf: (id) => store.events.find(id)?.kind,
    boundMachine: store.endorsements.boundMachine,
  };

  return {
    view,
    machine,

    /** Writes the rows of a new machine whose definition event is stored as `n`. */
    host: (event: NostrEvent, definition: Definition, { n, now }: Stored): void => {
      const { initial, createdAt, participants } = definition;
      const forks = definition.forks ?? 'head-only';
      store.machines.insert({
        ...{ event: n, createdAt, now, forks, rules: rules.hash, state: initial.canonical },
        ...columnsOf(initial),
        title: tagValues(event, 'title')[0] ?? null,
      });
      for (const pubkey of participants) store.machines.addParticipant(n, pubkey);
      const { spent: spentAtState } = definition.machine.running;
      const head = initialNode(definition);
      remember(event.id, { definition, head, forks, frozen: null, n, headN: null, spentAtState });
    },

    /** Writes the rows of an accepted transition stored as `n` and moves the head onto it. */
    extend: (hosted: StoredMachine, { node, transition }: Step, { n, now }: Stored): void => {
      const { canonical, hash } = node.computed;
      const { spent } = hosted.definition.machine.running;
      const isStored =
        node.height % STATE_EVERY === 0 || spent - hosted.spentAtState > STATE_AFTER_FUEL;
      const { next_due, ...columns } = columnsOf(node.computed);
      const { height, createdAt: time } = node;
      store.transitions.insert({
        ...{ event: n, machine: hosted.n, prior: hosted.headN, height, first_seen: now },
        ...columns,
        type: transition.type,
        state_hash: Buffer.from(hash, 'hex'),
        state: isStored ? canonical : null,
      });
      const move = { machine: hosted.n, from: hosted.headN, to: n, height, time, now };
      const moved = store.machines.moveHead({ ...move, ...columns, next_due, state: canonical });
      if (!moved) throw new Error(`the head of ${hosted.definition.id} is not where it was`);
      store.machines.addParticipant(hosted.n, transition.author);
      const spentAtState = isStored ? spent : hosted.spentAtState;
      remember(hosted.definition.id, { ...hosted, head: node, headN: n, spentAtState });
    },

    /** The machine as stored, after a change that went past the cache. */
    reload: (id: string): StoredMachine | undefined => {
      cache.delete(id);
      return machine(id);
    },

    /** Drops every copy: what was remembered may belong to a transaction that is no more. */
    forget: (): void => cache.clear(),
  };
}

type Stored = { readonly n: number; readonly now: number };
type Step = { readonly node: StateNode; readonly transition: Transition };

function columnsOf(computed: ComputedState) {
  const { status, value } = computed.state;
  return { status, value: canonicalJson(value), next_due: nextDue(computed) ?? null };
}

function initialNode(definition: Definition): StateNode {
  return { id: null, height: 0, createdAt: definition.createdAt, computed: definition.initial };
}

type Home = {
  readonly store: Store;
  readonly rules: RuleSet;
  readonly onFrozen: (machine: string) => void;
};

function loadMachine(home: Home, row: MachineRow, event: NostrEvent): StoredMachine {
  const { store, rules } = home;
  const parsed = parseDefinition(event, rules);
  const definition = isRefusal(parsed) ? standIn(event, rules) : parsed;
  const headEvent = row.head === null ? undefined : store.events.read(row.head);
  const head: StateNode = {
    id: headEvent?.id ?? null,
    height: row.height,
    createdAt: row.head_time,
    computed: readState(row.state),
  };
  const frozen = row.frozen === null ? null : (JSON.parse(row.frozen) as Frozen);
  const forks = row.forks as HostedMachine['forks'];
  const { spent: spentAtState } = definition.machine.running;
  const place = { n: row.event, headN: row.head, spentAtState, isLost: isRefusal(parsed) };
  const loaded = { definition, head, forks, frozen, ...place };
  // What is frozen was judged already, or is judged when it is let go.
  if (frozen) return loaded;
  if (isRefusal(parsed)) return freezeForRules(home, loaded);
  return row.rules === rules.hash ? loaded : revalidate(home, loaded);
}

/**
 * Judges the log of a machine again under today's rule set (PROTOCOL §3.6): equal hashes let it
 * go on, anything else freezes it until the operator decides.
 */
function revalidate(home: Home, machine: StoredMachine): StoredMachine {
  const { store, rules } = home;
  const path = pathTo(store, machine.headN, null);
  const { definition } = machine;
  const replayed = replay(store, { definition, start: initialNode(definition), path });
  if (replayed !== undefined) {
    store.machines.setRules(machine.n, rules.hash);
    return machine;
  }
  return freezeForRules(home, machine);
}

function freezeForRules({ store, onFrozen }: Home, machine: StoredMachine): StoredMachine {
  const frozen: Frozen = { at: machine.head.id, cause: 'rules' };
  store.machines.freeze(machine.n, JSON.stringify(frozen));
  onFrozen(machine.definition.id);
  return { ...machine, frozen };
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
    return { standing: 'evidence', machine, createdAt: evidence.created_at };
  }
  const refusal = store.refusals.find(id);
  const forGood = refusal && REFUSALS[refusal.code as RefusalCode]?.scope === 'everywhere';
  if (!forGood || refusal.kind !== TRANSITION_KIND || !refusal.machine) return undefined;
  const machine = refusal.machine.toString('hex');
  return { standing: 'refused', machine, createdAt: refusal.created_at };
}

/** An accepted node with its state: from the nearest stored state, by at most 63 steps. */
function findNode(store: Store, machine: StoredMachine, id: string | null): StateNode | undefined {
  if (id === machine.head.id) return machine.head;
  if (id === null) return machine.isLost ? undefined : initialNode(machine.definition);
  const found = store.events.find(id);
  const row = found && store.transitions.find(found.n);
  if (!row || row.machine !== machine.n) return undefined;
  const path = pathTo(store, row.event, 'stored state');
  const [first] = path;
  const { definition } = machine;
  const isStored = first !== undefined && first.state !== null;
  const node = isStored
    ? replay(store, { definition, start: nodeOf(store, first), path: path.slice(1) })
    : replay(store, { definition, start: initialNode(definition), path });
  // A frozen machine may have lost what its steps depend on.
  if (node === undefined && machine.frozen === null) {
    throw new Error(`replay of ${id} does not give its state`);
  }
  return node;
}

/** Rows from the start, or from the nearest stored state, down to a transition. */
function pathTo(store: Store, n: number | null, stop: 'stored state' | null): TransitionRow[] {
  const path: TransitionRow[] = [];
  for (let at = n; at !== null; ) {
    const row = store.transitions.find(at);
    if (!row) throw new Error(`transition ${at} is missing`);
    path.push(row);
    if (stop && row.state !== null) break;
    at = row.prior;
  }
  return path.reverse();
}

function nodeOf(store: Store, row: TransitionRow): StateNode {
  const event = store.events.read(row.event);
  if (!event || row.state === null) throw new Error(`transition ${row.event} has no stored state`);
  const computed = readState(row.state);
  return { id: event.id, height: row.height, createdAt: event.created_at, computed };
}

type Replay = {
  readonly definition: Definition;
  readonly start: StateNode;
  readonly path: readonly TransitionRow[];
};

/** Steps through rows and compares each hash; undefined as soon as one differs. */
function replay(store: Store, { definition, start, path }: Replay): StateNode | undefined {
  let node = start;
  for (const row of path) {
    // A tombstone cannot be stepped through; its state was stored when it became one.
    if (row.state !== null && !store.events.row(row.event)) {
      node = nodeOf(store, row);
      continue;
    }
    const event = store.events.read(row.event);
    const transition = event && parseTransition(event);
    if (!transition || isRefusal(transition)) return undefined;
    const computed = advance(definition, node, transition);
    if (isRefusal(computed) || computed.hash !== row.state_hash.toString('hex')) return undefined;
    node = { id: event.id, height: row.height, createdAt: event.created_at, computed };
  }
  return node;
}
