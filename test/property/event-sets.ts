/**
 * Random sets of signed events about one machine, with forks, endorsements and much that is wrong;
 * and what such a set comes to, computed from the whole set at once.
 *
 * `meaningOf` is the rule of PROTOCOL §7 written down a second time, on complete sets: no order, no
 * increments, no relay. It shares with the relay only single steps of the engine.
 */

import type { NostrEvent } from '../../src/nostr/event.ts';
import { nodeAfter } from '../../src/nsm/advance.ts';
import { type Definition, parseDefinition } from '../../src/nsm/definition.ts';
import type { ForkMode } from '../../src/nsm/definition-tags.ts';
import { compareSnapshot, snapshotContent } from '../../src/nsm/snapshot.ts';
import { parseLink, parseTransition } from '../../src/nsm/transition.ts';
import type { StateNode } from '../../src/nsm/view.ts';
import { isRefusal } from '../../src/refusal.ts';
import { note, type Person } from '../support/machines.ts';
import { type Random, randomFrom } from '../support/random.ts';
import { testKey } from '../support/sign.ts';

/** Events about one machine, its definition among them. */
export type EventSet = {
  readonly machine: NostrEvent;
  readonly events: readonly NostrEvent[];
};

/** An id, null for the initial state. */
export type NodeId = string | null;

/** What a set comes to wherever it is complete. */
export type Meaning = {
  /** Accepted nodes, each valid on its prior; the initial state under null. */
  readonly nodes: ReadonlyMap<NodeId, StateNode>;
  readonly priors: ReadonlyMap<string, NodeId>;
  /** Undefined without endorsements; where they part of those that exclude each other. */
  readonly final: NodeId | undefined;
  readonly isFrozen: boolean;
  /** The head in `dag` mode. */
  readonly head: NodeId;
};

const PEOPLE: readonly Person[] = ['ann', 'ben', 'cat'].map(testKey);
const CUSTODIAN: Person = testKey('set custodian');
const BEGIN = 1_700_000_000;
const CHILDREN_MAX = 7;

const CONFIG = {
  initial: 'a',
  context: { n: 0 },
  meta: {
    nsm: {
      v: 1,
      guards: { isSmall: { '<': [{ var: 'data.x' }, 25] } },
      actions: { add: [{ inc: ['n', { var: 'data.x' }] }] },
    },
  },
  on: { ADD: { guard: 'isSmall', actions: 'add' } },
  states: { a: { on: { GO: 'b' } }, b: { on: { BACK: 'a' } } },
};

/** How the endorsements of a set are drawn. */
export type Endorsing = 'none' | 'one path' | 'anything';

/** The set of a seed: 20 to 34 transitions, some of them invalid, endorsements and false ones. */
export function randomEventSet(seed: number, forks: ForkMode, endorsing: Endorsing): EventSet {
  const random = randomFrom(seed);
  const tags = [
    ['state', `30078:${CUSTODIAN.pubkey}:set-${seed}`],
    ['forks', forks],
    ['title', `${seed}`],
  ];
  const machine = note(7500, CONFIG, { by: CUSTODIAN, at: BEGIN, tags });
  const transitions = drawTransitions(random, machine);
  const { nodes, priors } = meaningOf({ machine, events: [machine, ...transitions] });
  const endorsed = drawEndorsed(random, { nodes, priors, endorsing });
  const snapshots = endorsed.map((node) => snapshotOf(random, machine, { node, seed }));
  const lie = note(
    30078,
    snapshotContent(pick(random, nodes).computed.state).replace('"n":', '"n":9'),
    {
      ...{ by: CUSTODIAN, at: BEGIN + 99 },
      tags: [
        ['d', `set-${seed}`],
        ['e', machine.id],
      ],
    },
  );
  return { machine, events: [machine, ...transitions, ...snapshots, lie] };
}

/** What a complete set comes to. */
export function meaningOf({ machine, events }: EventSet): Meaning {
  const definition = parseDefinition(machine);
  if (isRefusal(definition)) throw new Error(definition.says);
  const { nodes, priors } = acceptAll(definition, events);
  const endorsed = new Set(
    events.flatMap((event) => {
      const head = event.kind === 30078 ? parseLink(event) : undefined;
      const node = head === undefined ? undefined : nodes.get(head);
      return node && !compareSnapshot(event, node.computed) ? [node.id] : [];
    }),
  );
  const pathTo = (id: NodeId): NodeId[] =>
    id === null ? [id] : [...pathTo(priors.get(id) ?? null), id];
  const paths = [...endorsed].map(pathTo);
  const maximal = paths.filter(
    (path) =>
      !paths.some((other) => other.length > path.length && other.includes(path.at(-1) ?? null)),
  );
  const [first = []] = maximal;
  const shared = first.filter((id) => maximal.every((path) => path.includes(id)));
  const final = maximal.length === 0 ? undefined : (shared.at(-1) ?? null);
  const isFrozen = maximal.length > 1;
  let head = final ?? null;
  for (let next: NodeId = head; !isFrozen && next !== undefined; ) {
    head = next;
    const children = [...priors]
      .filter(([, prior]) => prior === head)
      .map(([id]) => id)
      .sort();
    if (children[0] === undefined) break;
    next = children[0];
  }
  return { nodes, priors, final, isFrozen, head };
}

function acceptAll(definition: Definition, events: readonly NostrEvent[]) {
  const { createdAt, initial: computed } = definition;
  const nodes = new Map<NodeId, StateNode>([[null, { id: null, height: 0, createdAt, computed }]]);
  const priors = new Map<string, NodeId>();
  for (let before = 0; before < nodes.size; ) {
    before = nodes.size;
    for (const event of events) {
      const transition = event.kind === 7501 ? parseTransition(event) : undefined;
      if (!transition || isRefusal(transition) || nodes.has(transition.id)) continue;
      const prior = nodes.get(transition.prior);
      if (prior === undefined || transition.createdAt < prior.createdAt) continue;
      const node = nodeAfter(definition, prior, transition);
      if (isRefusal(node)) continue;
      nodes.set(transition.id, node);
      priors.set(transition.id, transition.prior);
    }
  }
  return { nodes, priors };
}

/** Mostly on one of the last, so that branches get long. */
function drawTransitions(random: Random, machine: NostrEvent): NostrEvent[] {
  const drawn: NostrEvent[] = [];
  const children = new Map<NodeId, number>();
  const count = 20 + random.below(15);
  while (drawn.length < count) {
    const last = drawn.slice(-2);
    const from = random.chance(80) ? last : drawn;
    const prior = drawn.length === 0 || random.chance(6) ? undefined : random.pick(from);
    const id = prior?.id ?? null;
    if ((children.get(id) ?? 0) >= CHILDREN_MAX) continue;
    children.set(id, (children.get(id) ?? 0) + 1);
    drawn.push(drawTransition(random, machine, prior));
  }
  return drawn;
}

function drawTransition(random: Random, machine: NostrEvent, prior: NostrEvent | undefined) {
  const isAdding = random.chance(92);
  const type = isAdding ? 'ADD' : random.pick(['GO', 'BACK'] as const);
  // One number in 25 is too large, and now and then time goes back.
  const data = isAdding ? { x: 1 + random.below(25) } : '';
  const at = (prior?.created_at ?? BEGIN) + (random.chance(2) ? -1 : random.below(3));
  const link = prior ? [['transition', prior.id]] : [];
  const tags = [['e', machine.id], ['t', type], ...link];
  return note(7501, data, { by: random.pick(PEOPLE), at, tags });
}

type Draw = Pick<Meaning, 'nodes' | 'priors'> & { readonly endorsing: Endorsing };

function drawEndorsed(random: Random, { nodes, priors, endorsing }: Draw): StateNode[] {
  if (endorsing === 'none') return [];
  const some = Array.from({ length: 1 + random.below(4) }, () => pick(random, nodes));
  if (endorsing === 'anything') return some;
  const path: StateNode[] = [];
  for (let id: NodeId | undefined = some[0]?.id; id !== undefined; ) {
    const node = nodes.get(id);
    if (node && (path.length === 0 || random.chance(40))) path.push(node);
    id = id === null ? undefined : (priors.get(id) ?? null);
  }
  return path;
}

function snapshotOf(
  random: Random,
  machine: NostrEvent,
  { node, seed }: { readonly node: StateNode; readonly seed: number },
): NostrEvent {
  const link = node.id === null ? [] : [['transition', node.id]];
  const d = random.chance(70) ? `set-${seed}` : `elsewhere-${seed}`;
  const tags = [['d', d], ['e', machine.id], ...link];
  const content = snapshotContent(node.computed.state);
  return note(30078, content, { by: CUSTODIAN, at: BEGIN + random.below(100), tags });
}

function pick(random: Random, nodes: ReadonlyMap<NodeId, StateNode>): StateNode {
  return random.pick([...nodes.values()]);
}

/** True when two branches of a set, after they part, both go on for more than two transitions. */
export function hasDeepFork({ nodes, priors }: Meaning): boolean {
  const depth = (id: NodeId): number => {
    const below = [...priors].filter(([, prior]) => prior === id).map(([child]) => depth(child));
    return 1 + Math.max(0, ...below);
  };
  return [...nodes.keys()].some((id) => {
    const children = [...priors].filter(([, prior]) => prior === id).map(([child]) => child);
    return children.filter((child) => depth(child) > 2).length > 1;
  });
}
