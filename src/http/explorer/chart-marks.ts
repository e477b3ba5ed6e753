/**
 * What a chart says of one node of a machine's tree: which states are active, which were, over
 * which transitions it came there, and which may be taken next.
 */
import type { StoredMachine } from '../../machine-nodes.ts';
import type { StateValue } from '../../nsm/canonical.ts';
import { activePaths, enabledTypes } from '../../nsm/enabled.ts';
import type { StateNode } from '../../nsm/view.ts';
import type { Relay } from '../../relay.ts';
import type { ChartEdge, ChartGraph } from './chart-graph.ts';

/** Paths of states, and ids of edges. */
export type Marks = {
  readonly active: ReadonlySet<string>;
  readonly visited: ReadonlySet<string>;
  readonly taken: ReadonlySet<string>;
  readonly enabled: ReadonlySet<string>;
};

/** How far back a chart follows the path to a node. */
const TRAIL_MAX = 300;

/** A node on the way: its active paths, and the type that led there; null at the start. */
type Step = { readonly paths: readonly string[]; readonly type: string | null };

/** The marks of a chart at a node; `isOpen` when the machine takes transitions there. */
export function marksOf(
  relay: Relay,
  machine: StoredMachine,
  { node, graph, isOpen }: { node: StateNode; graph: ChartGraph; isOpen: boolean },
): Marks {
  const trail = trailOf(relay, machine, node);
  const { state } = node.computed;
  const active = new Set(activePaths(state));
  const types = new Set(
    isOpen ? enabledTypes(machine.definition.machine, state).map(({ type }) => type) : [],
  );
  const leads = ({ event, from }: ChartEdge) =>
    event !== null && types.has(event) && (from === '' || active.has(from));
  const taken = trail.slice(1).flatMap(({ type, paths }, i) => {
    const before = new Set(trail[i]?.paths);
    const after = new Set(paths);
    return graph.edges
      .filter(({ event, from, to }) => event === type && isOn(before, from) && isOn(after, to))
      .map(({ id }) => id);
  });
  return {
    active,
    visited: new Set(trail.flatMap(({ paths }) => paths)),
    taken: new Set(taken),
    enabled: new Set(graph.edges.filter(leads).map(({ id }) => id)),
  };
}

const isOn = (paths: ReadonlySet<string>, path: string): boolean => path === '' || paths.has(path);

/** The steps to a node, the first one first; not from the start where that is too far. */
function trailOf({ store }: Relay, { definition }: StoredMachine, node: StateNode): Step[] {
  const steps: Step[] = [];
  for (let n = node.id === null ? null : (store.events.find(node.id)?.n ?? null); n !== null; ) {
    const row = store.transitions.find(n);
    if (!row || steps.length >= TRAIL_MAX) return steps.reverse();
    steps.push({
      paths: activePaths({ value: JSON.parse(row.value) as StateValue }),
      type: row.type,
    });
    n = row.prior;
  }
  steps.push({ paths: activePaths(definition.initial.state), type: null });
  return steps.reverse();
}
