/**
 * What an expression can see while it runs.
 *
 * Author, clock and payload travel beside the machine, not in its events, so that a guard that runs
 * after an event the machine raised itself still sees the transition that caused it.
 */
import type { Drafts } from './drafts.ts';
import type { Json } from './json.ts';
import type { Meter } from './meter.ts';

/**
 * The transition as rules see it (PROTOCOL §13): `by` its author, `at` the clock in seconds, `data`
 * the payload, and the definition with exactly these members. All null but `at` and `def` in the
 * initial step and when a timer fires.
 */
export type Environment = {
  readonly by: string | null;
  readonly at: number;
  readonly data: Json;
  readonly id: string | null;
  readonly type: string | null;
  readonly def: { readonly id: string; readonly pubkey: string; readonly created_at: number };
};

/** One run of one rule. `context` advances with each operation, `it` with each loop item. */
export type Scope = {
  context: Json;
  it: Json;
  readonly environment: Environment;
  readonly params: Json;
  readonly meter: Meter;
  /** What this run has copied already, and may change. */
  readonly drafts: Drafts;
};

/** A compiled expression. Throws `RuleError`. */
export type Evaluate = (scope: Scope) => Json;
