/**
 * One run of the engine: what a step is told, what it may spend, what it leaves behind.
 */
import { type Refusal, refuse } from '../refusal.ts';
import type { Environment } from '../rules/compile.ts';
import { type Meter, newMeter, RuleError, spend } from '../rules/meter.ts';
import type { Timer } from './canonical.ts';
import { LIMITS } from './kinds.ts';

/** What a step is told of a transition: author, clock, payload, id, type; nulls at the start. */
export type Input = Environment;

/** The mutable side of one step. Never outlives it. */
export type Run = {
  readonly input: Input;
  /** Started timers by the event they will raise, with when they are due. */
  readonly timers: Map<string, number>;
  readonly meter: Meter;
  /** Guards that said no while candidates for the event were looked for. */
  denied: number;
  /** What a rule threw: XState wraps it, so it is kept aside. */
  fault: RuleError | null;
};

/** A run with full fuel, in which these timers have started. */
export function newRun(input: Input, timers: readonly Timer[]): Run {
  const started = new Map(timers.map(({ event, due }) => [event, due]));
  return { input, timers: started, meter: newMeter(), denied: 0, fault: null };
}

/** Timers in the order they fire: by time, then by name in code units. */
export function inFiringOrder(timers: ReadonlyMap<string, number>): Timer[] {
  return [...timers]
    .map(([event, due]) => ({ event, due }))
    .sort((a, b) => a.due - b.due || (a.event < b.event ? -1 : 1));
}

/** Takes fuel for what the engine does by itself, where no rule is asked; throws without any. */
export function spendFuel(run: Run, amount: number): void {
  try {
    spend(run.meter, amount);
  } catch (error) {
    if (error instanceof RuleError) run.fault = error;
    throw error;
  }
}

/** Why a step that threw is refused. */
export function failure(run: Run, error: unknown): Refusal {
  if (run.fault) return refuse(run.fault.code, {}, run.fault.message);
  const message = error instanceof Error ? error.message : '';
  if (message.startsWith('Infinite loop')) {
    return refuse(
      'engine-budget',
      { limit: LIMITS.microsteps },
      'the machine does not come to rest',
    );
  }
  return refuse('guard-error', {}, 'the engine failed on this input');
}
