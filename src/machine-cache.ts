/**
 * The machines kept compiled in memory: those used last, within a number and an amount of memory.
 *
 * Definitions differ in size by a factor of a thousand and anybody may send large ones, so a number
 * alone is no bound on memory. Weights are estimates from above; the machine used last always
 * stays.
 */
import type { StoredMachine } from './machine-nodes.ts';
import type { Definition } from './nsm/definition.ts';
import { TABLE_TEXT_MAX } from './nsm/step-table.ts';

/** Machines by their id. */
export type MachineCache = {
  /** A kept machine, which now counts as used last. */
  readonly get: (id: string) => StoredMachine | undefined;
  /** Keeps a machine, in the place of what was kept under its id, and returns it. */
  readonly put: (id: string, machine: StoredMachine) => StoredMachine;
  readonly drop: (id: string) => void;
  readonly clear: () => void;
};

/** The bounds of a cache. */
export type CacheBounds = {
  /** Most machines. */
  readonly cachedMax: number;
  /** Most bytes of memory, as estimated. */
  readonly cachedBytesMax: number;
};

type Kept = { readonly machine: StoredMachine; readonly weight: number };

/** What a character of a definition comes to when compiled; 63 was the most that was measured. */
const BYTES_PER_RULE = 64;
/** What a character of a state comes to, as text and as objects. */
const BYTES_PER_STATE = 8;

/** An empty cache. */
export function machineCache({ cachedMax, cachedBytesMax }: CacheBounds): MachineCache {
  const kept = new Map<string, Kept>();
  const compiled = new WeakMap<Definition, number>();
  let weight = 0;

  const weightOf = ({ definition, head }: StoredMachine): number => {
    const known = compiled.get(definition) ?? weightOfDefinition(definition);
    compiled.set(definition, known);
    return known + head.computed.canonical.length * BYTES_PER_STATE;
  };

  const drop = (id: string): void => {
    weight -= kept.get(id)?.weight ?? 0;
    kept.delete(id);
  };

  const put = (id: string, machine: StoredMachine): StoredMachine => {
    drop(id);
    const entry = { machine, weight: weightOf(machine) };
    kept.set(id, entry);
    weight += entry.weight;
    for (const oldest of kept.keys()) {
      const fits = kept.size <= cachedMax && weight <= cachedBytesMax;
      if (fits || oldest === id) break;
      drop(oldest);
    }
    return machine;
  };

  return {
    get: (id) => {
      const machine = kept.get(id)?.machine;
      return machine && put(id, machine);
    },
    put,
    drop,
    clear: () => {
      kept.clear();
      weight = 0;
    },
  };
}

/** The rules are compiled, the context is only kept: once as written, and in the initial state. */
function weightOfDefinition({ machine, initial }: Definition): number {
  const { context, ...rules } = machine.config;
  const hasTable = machine.isTable && initial.canonical.length < TABLE_TEXT_MAX;
  const table = hasTable ? TABLE_TEXT_MAX : 0;
  const data = JSON.stringify(context ?? {}).length + initial.canonical.length + table;
  return JSON.stringify(rules).length * BYTES_PER_RULE + data * BYTES_PER_STATE;
}
