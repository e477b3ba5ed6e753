/**
 * The log of a machine, replayed from its events alone.
 *
 * No row that follows from the log is believed but one: on what an unlinked transition was taken
 * to build. Every branch is walked, from the initial state on; what a rule set of today refuses
 * ends its branch. Reads only.
 */
import type { NostrEvent } from './nostr/event.ts';
import type { Definition } from './nsm/definition.ts';
import { advance } from './nsm/judge.ts';
import { TRANSITION_KIND } from './nsm/kinds.ts';
import { parseTransition, type Transition } from './nsm/transition.ts';
import type { StateNode } from './nsm/view.ts';
import { isRefusal, type RefusalCode } from './refusal.ts';
import type { Store } from './store/store.ts';

/** A transition of the log with the node it leads to. */
export type ReplayedNode = StateNode & {
  readonly id: string;
  readonly n: number;
  readonly type: string;
  readonly author: string;
  /** Sequence number of its prior, null for the initial state. */
  readonly priorN: number | null;
};

/** A transition that does not follow from what it builds on. */
export type Broken = { readonly id: string; readonly height: number; readonly code: RefusalCode };

/** What a log comes to. */
export type LogReplay = {
  readonly initial: StateNode;
  /** By sequence number, parents before children. */
  readonly nodes: ReadonlyMap<number, ReplayedNode>;
  readonly broken: readonly Broken[];
  /** Ids of transitions whose prior is broken or missing. */
  readonly unreached: readonly string[];
};

/** Replays the log of a machine whose definition is stored as `machine`. */
export function replayLog(store: Store, machine: number, definition: Definition): LogReplay {
  const { createdAt, initial: computed } = definition;
  const initial: StateNode = { id: null, height: 0, createdAt, computed };
  const log = readLog(store, machine, definition.id);
  const nodes = new Map<number, ReplayedNode>();
  const broken: Broken[] = [];
  const reached = new Set<string>();
  let prior: StateNode | undefined = initial;
  let priorN: number | null = null;
  for (const queue: ReplayedNode[] = []; prior; ) {
    for (const { n } of log.get(prior.id) ?? []) {
      const transition = readTransition(store, n);
      if (transition === undefined) continue;
      reached.add(transition.id);
      const next = advance(definition, prior, transition);
      const height = prior.height + 1;
      const { id, type, author } = transition;
      if (isRefusal(next)) broken.push({ id, height, code: next.code });
      else {
        const at = transition.createdAt;
        const node = { id, n, type, author, priorN, height, createdAt: at, computed: next };
        nodes.set(n, node);
        queue.push(node);
      }
    }
    const first: ReplayedNode | undefined = queue.shift();
    prior = first;
    priorN = first?.n ?? null;
  }
  const all = [...log.values()].flat();
  return {
    ...{ initial, nodes, broken },
    unreached: all.filter(({ id }) => !reached.has(id)).map(({ id }) => id),
  };
}

/** The nodes from the first transition to one of them, that one included. */
export function pathTo(nodes: LogReplay['nodes'], n: number | null): readonly ReplayedNode[] {
  const path: ReplayedNode[] = [];
  for (let at = n === null ? undefined : nodes.get(n); at; ) {
    path.push(at);
    at = at.priorN === null ? undefined : nodes.get(at.priorN);
  }
  return path.reverse();
}

type Logged = { readonly n: number; readonly id: string };

/** Stored transitions of a machine by the id of what they build on. */
function readLog(store: Store, machine: number, id: string): Map<string | null, Logged[]> {
  const filed = new Map(store.derivedRows.transitionsOf(machine).map((row) => [row.event, row]));
  const stored = store.events.referring(id, TRANSITION_KIND).map(({ n }) => n);
  const log = new Map<string | null, Logged[]>();
  for (const n of new Set([...stored, ...filed.keys()])) {
    const transition = readTransition(store, n);
    if (transition?.machine !== id) continue;
    const filedPrior = filed.get(n)?.prior ?? null;
    const inferred = filedPrior === null ? undefined : store.events.read(filedPrior)?.id;
    const prior = transition.prior ?? inferred ?? null;
    log.set(prior, [...(log.get(prior) ?? []), { n, id: transition.id }]);
  }
  return log;
}

function readTransition(store: Store, n: number): Transition | undefined {
  const event: NostrEvent | undefined = store.events.read(n);
  const transition = event && parseTransition(event);
  return transition && !isRefusal(transition) ? transition : undefined;
}
