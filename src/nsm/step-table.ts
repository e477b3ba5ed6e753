/**
 * Steps of machines without rules, looked up.
 *
 * Where a machine has no guard, no action and no timer, the state after a step depends on the state
 * before and the type of the event alone, and many such machines go round in circles. So what a
 * step came to is remembered with the compiled machine. Only what was accepted: a stranger's
 * refused attempts leave nothing behind. The table may vanish or be full at any time; it never says
 * anything but what the engine said.
 */
import { isRefusal, type Refusal } from '../refusal.ts';
import type { ComputedState } from './canonical.ts';
import { type Machine, step } from './engine.ts';
import type { Input } from './run.ts';

/** Characters of canonical text that are remembered for one machine at most. */
export const TABLE_TEXT_MAX = 2_048;

type Table = {
  /** By the canonical text of the state before, then by the type of the event. */
  readonly steps: Map<string, Map<string, ComputedState>>;
  text: number;
};

const tables = new WeakMap<Machine, Table>();

/** What `step` says, remembered where that depends on state and type alone. */
export function stepRemembered(
  machine: Machine,
  before: ComputedState,
  input: Input & { readonly type: string },
): ComputedState | Refusal {
  if (!machine.isTable) return step(machine, before, input);
  const { type } = input;
  const known = tables.get(machine)?.steps.get(before.canonical)?.get(type);
  if (known) return known;
  const after = step(machine, before, input);
  if (!isRefusal(after)) remember(machine, { before, type, after });
  return after;
}

type Step = {
  readonly before: ComputedState;
  readonly type: string;
  readonly after: ComputedState;
};

function remember(machine: Machine, { before, type, after }: Step): void {
  const table: Table = tables.get(machine) ?? { steps: new Map(), text: 0 };
  const text = before.canonical.length + type.length + after.canonical.length;
  if (table.text + text > TABLE_TEXT_MAX) return;
  const steps = table.steps.get(before.canonical) ?? new Map<string, ComputedState>();
  tables.set(machine, table);
  table.steps.set(before.canonical, steps.set(type, after));
  table.text += text;
}
