/**
 * From the row of a machine to the machine in memory: compiled, with its head, under the rule set
 * of today.
 *
 * A machine whose log comes to something else under that rule set is frozen here, and so is one
 * whose definition it refuses.
 */
import { isReplayable, type StoredMachine } from './machine-nodes.ts';
import type { NostrEvent } from './nostr/event.ts';
import { readState } from './nsm/canonical.ts';
import { parseDefinition } from './nsm/definition.ts';
import type { Links } from './nsm/keeper-snapshot.ts';
import type { RuleSet } from './nsm/rule-set.ts';
import type { Frozen, HostedMachine, StateNode } from './nsm/view.ts';
import { isRefusal } from './refusal.ts';
import { revalidateMachine } from './revalidation.ts';
import { standIn } from './stand-in.ts';
import type { MachineRow } from './store/machine-rows.ts';
import type { Store } from './store/store.ts';

/** Where a machine is loaded, and who is told when it had to be frozen. */
export type Home = {
  readonly store: Store;
  readonly rules: RuleSet;
  readonly onFrozen: (machine: string) => void;
};

/** A machine as stored; `event` is its definition. */
export function loadMachine(home: Home, row: MachineRow, event: NostrEvent): StoredMachine {
  const { store, rules } = home;
  const parsed = parseDefinition(event, rules);
  const isUnderstood = !isRefusal(parsed);
  const definition = isUnderstood ? parsed : standIn(event);
  const head: StateNode = {
    id: idOf(store, row.head),
    height: row.height,
    createdAt: row.head_time,
    computed: readState(row.state),
  };
  const frozen = row.frozen === null ? null : (JSON.parse(row.frozen) as Frozen);
  const forks = row.forks as HostedMachine['forks'];
  const finalHeight = row.final_height;
  const final = finalHeight === null ? undefined : idOf(store, row.final);
  const { spent: spentAtState } = definition.machine.running;
  const links = row.links as Links;
  const place = { n: row.event, headN: row.head, spentAtState, links, isUnderstood };
  const loaded = { definition, head, forks, frozen, final, finalHeight, ...place };
  // What is frozen was judged already, or is judged when it is let go.
  if (frozen) return loaded;
  if (!isUnderstood) return freezeForRules(home, loaded);
  return row.rules === rules.hash ? loaded : revalidate(home, loaded, row);
}

function idOf(store: Store, n: number | null): string | null {
  if (n === null) return null;
  return store.events.read(n)?.id ?? null;
}

/**
 * Judges the log of a machine again under today's rule set (PROTOCOL §3.6): equal hashes let it
 * go on, anything else freezes it until the operator decides.
 */
function revalidate(home: Home, machine: StoredMachine, row: MachineRow): StoredMachine {
  const { store, rules } = home;
  // A log with side branches is a tree, and takes longer.
  const isTree = store.transitions.countBeside(machine.n, null).total > 0;
  const isSame = isTree
    ? revalidateMachine(store, row, rules).differences.length === 0
    : isReplayable(store, machine);
  if (!isSame) return freezeForRules(home, machine);
  store.machines.setRules(machine.n, rules.hash);
  return machine;
}

function freezeForRules({ store, onFrozen }: Home, machine: StoredMachine): StoredMachine {
  const frozen: Frozen = { at: machine.head.id, cause: 'rules' };
  store.machines.freeze(machine.n, JSON.stringify(frozen));
  onFrozen(machine.definition.id);
  return { ...machine, frozen };
}
