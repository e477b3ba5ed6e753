/**
 * The log of a machine, replayed from its events alone.
 *
 * No row that follows from the log is believed but one: on what an unlinked transition was taken
 * to build. Every branch is walked, from the initial state on; what a rule set of today refuses
 * ends its branch. Of a transition whose body was removed only its row is left: the state that was
 * stored with it is believed, since there is nothing else to go by. Reads only.
 */

import { advance } from './nsm/advance.ts';
import { readState } from './nsm/canonical.ts';
import type { Definition } from './nsm/definition.ts';
import { TRANSITION_KIND } from './nsm/kinds.ts';
import { parseTransition, type Transition } from './nsm/transition.ts';
import type { StateNode } from './nsm/view.ts';
import { isRefusal, type Refusal, type RefusalCode } from './refusal.ts';
import type { Store } from './store/store.ts';

/** A transition of the log with the node it leads to. */
export type ReplayedNode = StateNode & {
  readonly id: string;
  readonly n: number;
  readonly type: string;
  /** Undefined where the body was removed. */
  readonly author: string | undefined;
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

type Place = { readonly prior: StateNode; readonly priorN: number | null };

/** Replays the log of a machine whose definition is stored as `machine`. */
export function replayLog(store: Store, machine: number, definition: Definition): LogReplay {
  const { createdAt, initial: computed } = definition;
  const initial: StateNode = { id: null, height: 0, createdAt, computed };
  const log = readLog(store, machine, definition.id);
  const nodes = new Map<number, ReplayedNode>();
  const broken: Broken[] = [];
  const reached = new Set<string>();
  const queue: Place[] = [{ prior: initial, priorN: null }];
  for (let at = queue.shift(); at; at = queue.shift()) {
    const { prior, priorN } = at;
    for (const { n, id } of log.get(prior.id) ?? []) {
      reached.add(id);
      const step = stepTo(store, definition, { prior, n });
      if (isRefusal(step)) broken.push({ id, height: prior.height + 1, code: step.code });
      else if (step !== undefined) {
        const node = { ...step, n, priorN };
        nodes.set(n, node);
        queue.push({ prior: node, priorN: n });
      }
    }
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

type Step = Omit<ReplayedNode, 'n' | 'priorN'>;

/** Where a stored transition leads; undefined where its body and its state are gone. */
function stepTo(
  store: Store,
  definition: Definition,
  { prior, n }: { readonly prior: StateNode; readonly n: number },
): Step | Refusal | undefined {
  const height = prior.height + 1;
  const transition = readTransition(store, n);
  if (transition === undefined) {
    const [event, row] = [store.events.read(n), store.transitions.find(n)];
    if (!event || !row || row.state === null) return undefined;
    const { id, created_at: createdAt } = event;
    const computed = readState(row.state);
    return { id, type: row.type, author: undefined, height, createdAt, computed };
  }
  const computed = advance(definition, prior, transition);
  if (isRefusal(computed)) return computed;
  const { id, type, author, createdAt } = transition;
  return { id, type, author, height, createdAt, computed };
}

type Logged = { readonly n: number; readonly id: string };

/** Stored transitions of a machine by the id of what they build on. */
function readLog(store: Store, machine: number, id: string): Map<string | null, Logged[]> {
  const filed = new Map(store.derivedRows.transitionsOf(machine).map((row) => [row.event, row]));
  const stored = store.events.referring(id, TRANSITION_KIND).map(({ n }) => n);
  const log = new Map<string | null, Logged[]>();
  for (const n of new Set([...stored, ...filed.keys()])) {
    const transition = readTransition(store, n);
    const isOfMachine = transition?.machine === id || store.tombstones.isHollow(n);
    const event = isOfMachine ? store.events.read(n) : undefined;
    if (event === undefined) continue;
    const filedPrior = filed.get(n)?.prior ?? null;
    const inferred = filedPrior === null ? undefined : store.events.read(filedPrior)?.id;
    const prior = transition?.prior ?? inferred ?? null;
    log.set(prior, [...(log.get(prior) ?? []), { n, id: event.id }]);
  }
  return log;
}

function readTransition(store: Store, n: number): Transition | undefined {
  const event = store.events.read(n);
  const transition = event && parseTransition(event);
  return transition && !isRefusal(transition) ? transition : undefined;
}
