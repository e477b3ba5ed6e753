/**
 * Runs single expressions and actions as a step would, and says how they ended and what they cost.
 *
 * Contexts, payloads and params are frozen all the way down, so a rule that changed what it was
 * given would throw a TypeError and fail its test.
 */
import { compileRules, type Environment, isRuleProblem } from '../../src/rules/compile.ts';
import { deepFreeze, type Json } from '../../src/rules/json.ts';
import { type Meter, newMeter, RULE_LIMITS, RuleError } from '../../src/rules/meter.ts';
import { parseExpression } from '../../src/rules/parse.ts';
import { isProblem, rootSite } from '../../src/rules/problem.ts';

export const ALICE = 'a1'.repeat(32);
export const BOB = 'b2'.repeat(32);

/** What a rule is run on; what is left out is null, an empty context or nobody's step. */
export type Given = {
  readonly context?: Json;
  readonly environment?: Partial<Environment>;
  readonly params?: Json;
  readonly meter?: Meter;
};

/** How an expression ended, with the fuel it took. */
export type Outcome =
  | { readonly value: Json; readonly fuel: number }
  | { readonly error: RuleError['code']; readonly fuel: number }
  | { readonly problem: string; readonly path: string };

const STEP: Environment = {
  by: null,
  at: 1_700_000_000,
  data: null,
  id: null,
  type: null,
  def: { id: 'de'.repeat(32), pubkey: ALICE, created_at: 1_690_000_000 },
};

/** A step's environment with some members of its own. */
export function environment(members: Partial<Environment> = {}): Environment {
  return { ...STEP, ...members, data: deepFreeze(members.data ?? null) };
}

/** Runs one expression. */
export function evaluate(expression: Json, given: Given = {}): Outcome {
  const compiled = parseExpression(expression, rootSite());
  if (isProblem(compiled)) return { problem: compiled.code, path: compiled.path };
  const meter = given.meter ?? newMeter();
  const fuel = () => RULE_LIMITS.fuel - meter.fuel;
  try {
    const value = compiled({
      context: deepFreeze(given.context ?? {}),
      it: null,
      environment: environment(given.environment),
      params: deepFreeze(given.params ?? null),
      meter,
      drafts: new Map(),
    });
    return { value, fuel: fuel() };
  } catch (error) {
    if (error instanceof RuleError) return { error: error.code, fuel: fuel() };
    throw error;
  }
}

/** Runs one action: the new context, or the code of the error. */
export function act(operations: Json, context: Json, given: Given = {}): Json {
  const library = compileRules({ v: 1, actions: { act: operations } });
  if (isRuleProblem(library)) throw new Error(`${library.path}: ${library.message}`);
  const action = library.actions.get('act');
  if (action === undefined) throw new Error('the action was not compiled');
  const { params = null, meter = newMeter() } = given;
  try {
    return action(deepFreeze(context), environment(given.environment), deepFreeze(params), meter);
  } catch (error) {
    if (error instanceof RuleError) return error.code;
    throw error;
  }
}
