/**
 * Time in a machine: virtual timers that fire when somebody moves the clock (PROTOCOL §5).
 *
 * The clock of a step is the transition's `created_at`; no real timer exists. Due timers fire in
 * order of (due, event), each at its own due time; timers they start count too, so replay is a
 * pure function of the log.
 */
import type { ComputedState } from './canonical.ts';
import type { Definition } from './definition.ts';
import { fireTimer } from './engine.ts';
import { LIMITS } from './kinds.ts';

/** A state after timers fired: how many did, and whether more are due at the same time. */
export type Elapsed = {
  readonly computed: ComputedState;
  readonly fired: number;
  readonly isMoreDue: boolean;
};

/** When the next timer of a state is due, in Unix seconds; undefined when none is. */
export function nextDue({ state }: ComputedState): number | undefined {
  return state.timers[0]?.due;
}

/** Fires the timers due by `time`, at most 32 of them. */
export function elapse(definition: Definition, before: ComputedState, time: number): Elapsed {
  const def = { id: definition.id, pubkey: definition.pubkey, created_at: definition.createdAt };
  let computed = before;
  let fired = 0;
  for (; fired < LIMITS.timersFired; fired++) {
    const [timer] = computed.state.timers;
    if (timer === undefined || timer.due > time) break;
    computed = fireTimer(definition.machine, computed, { timer, def });
  }
  const due = nextDue(computed);
  return { computed, fired, isMoreDue: due !== undefined && due <= time };
}
