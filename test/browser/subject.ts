/**
 * What runs in the browser: rules, engine and verifier, on cases that are plain JSON.
 *
 * The same functions are called in Node; whatever they give must survive JSON, since that is how
 * both get to be compared.
 */

import { verifyBundle } from '../../src/nsm/index.ts';
import { compileRules, isRuleProblem } from '../../src/rules/compile.ts';
import type { Json } from '../../src/rules/json.ts';
import { newMeter, RULE_LIMITS } from '../../src/rules/meter.ts';
import { act, evaluate, type Given, type Outcome } from '../rules/run-rules.ts';
import { goldenMachines } from '../support/golden.ts';

/** An expression, and what it is evaluated on. */
export type ExpressionCase = Pick<Given, 'context' | 'environment'> & { readonly expression: Json };

/** Operations, and what they are run on. */
export type ActionCase = Pick<Given, 'environment'> & {
  readonly operations: Json;
  readonly context: Json;
};

/** How each expression ends, with the fuel it takes. */
export function evaluateAll(cases: readonly ExpressionCase[]): readonly Outcome[] {
  return cases.map(({ expression, ...given }) => evaluate(expression, given));
}

/** The context each list of operations leads to, or the code of its error, with the fuel. */
export function actAll(cases: readonly ActionCase[]): readonly (readonly [Json, number])[] {
  return cases.map(({ operations, context, ...given }) => {
    const meter = newMeter();
    return [act(operations, context, { ...given, meter }), RULE_LIMITS.fuel - meter.fuel];
  });
}

/** What compiling each source says: its problem, or the names of its rules. */
export function compileAll(sources: readonly Json[]): readonly unknown[] {
  return sources.map((source) => {
    const library = compileRules(source);
    if (isRuleProblem(library)) return library;
    return [...library.guards.keys(), ...library.actions.keys()];
  });
}

/** What the machines on record come to. */
export function walkAll(): readonly object[] {
  return goldenMachines();
}

/** The report on each proof bundle, given by its bytes. */
export function verifyAll(bundles: readonly (readonly number[])[]): readonly object[] {
  return bundles.map((bytes) => verifyBundle(Uint8Array.from(bytes)));
}
