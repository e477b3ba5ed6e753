/**
 * Policies about forks, the one of this relay among them, on abstract events: an id, a prior,
 * whether a step is valid there, and snapshots of a custodian. Each takes an order of arrival and
 * says what a relay that follows it ends up with.
 *
 * Only order and memory are simulated here; what is real is tested by convergence.test.ts.
 */

import { commonAncestor } from '../../src/nsm/forks.ts';
import { growTree } from '../nsm/grown-tree.ts';
import { type Random, randomFrom } from '../support/random.ts';

/** A transition, or a snapshot of a head by the custodian. */
export type Item = {
  readonly kind: 'transition' | 'snapshot';
  readonly id: string;
  /** What it builds on, or the head it endorses; null for the initial state. */
  readonly prior: string | null;
  /** For a transition: on its prior. For a snapshot: if its head is. */
  readonly isValid: boolean;
  readonly time: number;
};

/** What a relay ends up with, given what arrived in this order. */
export type Policy = (order: readonly Item[]) => string;

/** 6 to 19 transitions with forks, up to 4 snapshots, some of them bogus. */
export function randomItems(seed: number): readonly Item[] {
  const random = randomFrom(seed);
  const id = () => `${random.below(2 ** 30)}`.padStart(10, '0');
  const transitions: Item[] = [];
  const count = 6 + random.below(14);
  for (let i = 0; i < count; i++) {
    const prior = i === 0 || random.chance(8) ? null : random.pick(transitions.slice(-5)).id;
    const isValid = random.chance(80);
    transitions.push({ kind: 'transition', id: id(), prior, isValid, time: i });
  }
  const snapshots = Array.from({ length: random.below(5) }, (): Item => {
    const { id: prior, time } = random.pick(transitions);
    const isValid = random.chance(80);
    return { kind: 'snapshot', id: id(), prior, isValid, time: time + random.below(4) };
  });
  return [...transitions, ...snapshots];
}

/** A random order of arrival. */
export function shuffled(items: readonly Item[], random: Random): Item[] {
  const waiting = [...items];
  const order: Item[] = [];
  while (waiting.length > 0) order.push(...waiting.splice(random.below(waiting.length), 1));
  return order;
}

/** The accepted transitions, as a map from id to prior. */
type Accepted = ReadonlyMap<string, string | null>;

const isTransition = ({ kind }: Item): boolean => kind === 'transition';

/** One pass that takes what builds on accepted transitions; `rounds` of it. */
function accept(order: readonly Item[], rounds: number): Accepted {
  const accepted = new Map<string, string | null>();
  for (let round = 0; round < rounds; round++) {
    for (const { id, prior, isValid } of order.filter(isTransition)) {
      if (isValid && (prior === null || accepted.has(prior))) accepted.set(id, prior);
    }
  }
  return accepted;
}

const children = (accepted: Accepted, of: string | null): string[] =>
  [...accepted].flatMap(([id, prior]) => (prior === of ? [id] : [])).sort();

function lowest(accepted: Accepted, from: string | null): string | null {
  const [next] = children(accepted, from);
  return next === undefined ? from : lowest(accepted, next);
}

const pathTo = (accepted: Accepted, id: string | null): (string | null)[] =>
  id === null ? [id] : [...pathTo(accepted, accepted.get(id) ?? null), id];

function firstSeen(order: readonly Item[], rounds: number): string {
  let head: string | null = null;
  const seen = new Set<string>();
  for (let round = 0; round < rounds; round++) {
    for (const { id, prior, isValid } of order.filter(isTransition)) {
      if (prior !== head || !isValid || seen.has(id)) continue;
      seen.add(id);
      head = id;
    }
  }
  return `${head}`;
}

function longest(accepted: Accepted): string {
  const tips = [...accepted.keys()].map((id) => ({ id, height: pathTo(accepted, id).length }));
  tips.sort((a, b) => b.height - a.height || (a.id < b.id ? -1 : 1));
  return `${tips[0]?.id ?? null}`;
}

function firstFork(accepted: Accepted): string {
  for (let at: string | null = null; ; ) {
    const [next, other] = children(accepted, at);
    if (next === undefined) return `${at}`;
    if (other !== undefined) return `frozen at ${at}`;
    at = next;
  }
}

/** Snapshots that name an accepted head, the newest first. */
function newest(snapshots: readonly Item[], accepted: Accepted): Item | undefined {
  const good = snapshots.filter(({ isValid, prior }) => isValid && accepted.has(prior ?? ''));
  return [...good].sort((a, b) => b.time - a.time || (a.id < b.id ? -1 : 1))[0];
}

const snapshotsIn = (order: readonly Item[]): Item[] => order.filter((item) => !isTransition(item));

/** Judges each snapshot when it comes; with what was accepted by then. */
function judgedOnArrival(order: readonly Item[]): Item[] {
  return order.filter((item, i) => {
    if (isTransition(item) || !item.isValid) return false;
    return accept(order.slice(0, i), order.length).has(item.prior ?? '');
  });
}

function finalAfterThree(order: readonly Item[]): string {
  let final: string | null = null;
  for (let i = 1; i <= order.length; i++) {
    const accepted = accept(order.slice(0, i), order.length);
    const path = pathTo(accepted, lowest(accepted, final));
    final = path.at(-4) ?? final;
    if (i === order.length) return `${path.at(-1)}`;
  }
  return 'null';
}

/** The rule of this relay: its own functions, what comes early waits. */
function endorsed(order: readonly Item[]): string {
  const accepted = accept(order, order.length);
  const grown = growTree('dag');
  let waiting = order.filter(
    ({ isValid, kind, id }) => isValid && (kind === 'snapshot' || accepted.has(id)),
  );
  for (let round = 0; round < order.length; round++) {
    const early: Item[] = [];
    for (const item of waiting) {
      const isKnown = item.prior === null || grown.has(item.prior);
      if (!isKnown) early.push(item);
      else if (item.kind === 'snapshot') grown.endorse(item.prior);
      else if (grown.standing().frozen) grown.addBeside(item.id, item.prior);
      else grown.add(item.id, item.prior);
    }
    waiting = early;
  }
  const { head, final, frozen } = grown.standing();
  if (final !== undefined && commonAncestor(grown.tree, final, head) !== final) return 'broken';
  return `${head} ${final} ${frozen?.at}`;
}

/** Fresh where the clock of the relay, which is how much has come, is not far ahead. */
function freshOnly(order: readonly Item[]): Item[] {
  const transitions = order.filter(isTransition);
  return transitions.filter(({ time }, clock) => Math.abs(clock - time) < transitions.length / 2);
}

/** The table of the research, by its letters; ours is M. */
export const POLICIES: Readonly<Record<string, Policy>> = {
  'A strict first-seen, one delivery': (order) => firstSeen(order, 1),
  'B strict first-seen, until nothing changes': (order) => firstSeen(order, order.length),
  'C lowest id, orphans wait': (order) => `${lowest(accept(order, order.length), null)}`,
  'D lowest id, orphans dropped': (order) => `${lowest(accept(order, 1), null)}`,
  'E lowest id, sent again until nothing changes': (order) =>
    `${lowest(accept([...order, ...order], order.length), null)}`,
  'F longest chain, then lowest id': (order) => longest(accept(order, order.length)),
  'G first fork voids': (order) => firstFork(accept(order, order.length)),
  'H newest valid snapshot, then lowest id': (order) => {
    const accepted = accept(order, order.length);
    return `${lowest(accepted, newest(snapshotsIn(order), accepted)?.prior ?? null)}`;
  },
  'I newest snapshot, judged on arrival': (order) => {
    const accepted = accept(order, order.length);
    return `${lowest(accepted, newest(judgedOnArrival(order), accepted)?.prior ?? null)}`;
  },
  'J newest snapshot, replaced before it is judged': (order) => {
    const accepted = accept(order, order.length);
    const [last] = snapshotsIn(order).sort((a, b) => b.time - a.time || (a.id < b.id ? -1 : 1));
    const isGood = last?.isValid === true && accepted.has(last.prior ?? '');
    return `${lowest(accepted, isGood ? last.prior : null)}`;
  },
  'K lowest id, final after three successors': finalAfterThree,
  'L first valid snapshot sticks': (order) => {
    const accepted = accept(order, order.length);
    const [first] = judgedOnArrival(order);
    return `${lowest(accepted, first?.prior ?? null)}`;
  },
  'M endorsements only add, conflict freezes': endorsed,
  'N lowest id, freshness is part of validity': (order) =>
    `${lowest(accept(freshOnly(order), order.length), null)}`,
};
