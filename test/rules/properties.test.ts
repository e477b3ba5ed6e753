/**
 * What holds for every rule anybody could write.
 *
 * Two kinds of rules are drawn: JSON that nearly always is malformed, and well-formed rules over a
 * small context. The latter must not all end in errors, or the properties would say little.
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileRules, isRuleProblem } from '../../src/rules/compile.ts';
import { canonicalBytes, deepEqual, deepFreeze, type Json } from '../../src/rules/json.ts';
import { type Meter, newMeter, RULE_LIMITS, RuleError } from '../../src/rules/meter.ts';
import { OPERATORS } from '../../src/rules/operators.ts';
import {
  contextArbitrary,
  expressionArbitrary,
  nearlyRulesArbitrary,
  operationArbitrary,
  SIGNATURES,
  testArbitrary,
  valueArbitrary,
} from './arbitraries.ts';
import { environment } from './run-rules.ts';

/** The value or the code of the error; anything but a `RuleError` is a bug and is thrown on. */
function outcomeOf(run: (meter: Meter) => Json, meter = newMeter()): Json {
  try {
    return [run(meter)];
  } catch (error) {
    if (error instanceof RuleError) return error.code;
    throw error;
  } finally {
    expect(meter.fuel).toBeGreaterThanOrEqual(0);
  }
}

function compiled(source: Json) {
  const library = compileRules(source);
  if (isRuleProblem(library)) throw new Error(`${library.path}: ${library.message}`);
  return library;
}

describe('any JSON', () => {
  it('is compiled or refused with a pointer into it, and never throws', () => {
    const codes = ['rules-invalid', 'definition-limits'];
    fc.assert(
      fc.property(nearlyRulesArbitrary, (source) => {
        const library = compileRules(source);
        if (!isRuleProblem(library)) return;
        expect(codes).toContain(library.code);
        expect(library.path).toMatch(/^(\/([^~/]|~[01])*)*$/);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('a well-formed expression', () => {
  it('is drawn with every operator', () => {
    const drawn = new Set(SIGNATURES.map(([operator]) => operator));
    expect([...drawn].sort()).toEqual([...OPERATORS.keys()].sort());
  });

  it('yields the same JSON or the same error each time, within its fuel', () => {
    let values = 0;
    fc.assert(
      fc.property(expressionArbitrary, contextArbitrary, valueArbitrary, (from, state, data) => {
        const action = compiled({ v: 1, actions: { a: [{ set: ['out', from] }] } }).actions.get(
          'a',
        );
        const frozen = deepFreeze(state);
        const text = JSON.stringify(frozen);
        const step = environment({ by: 'a', data });
        const run = (meter: Meter): Json => action?.(frozen, step, deepFreeze(data), meter) ?? null;
        const first = outcomeOf(run);
        if (Array.isArray(first)) values++;
        expect(outcomeOf(run)).toEqual(first);
        expect(deepEqual(JSON.parse(JSON.stringify(first)), first)).toBe(true);
        expect(JSON.stringify(frozen)).toBe(text);
      }),
      { numRuns: 1_000 },
    );
    expect(values).toBeGreaterThan(200);
  });

  it('as a guard yields a boolean or an error, whatever fuel is left', () => {
    fc.assert(
      fc.property(testArbitrary, contextArbitrary, fc.nat(30), (from, state, fuel) => {
        const guard = compiled({ v: 1, guards: { g: from } }).guards.get('g');
        const frozen = deepFreeze(state);
        const run = (meter: Meter): Json => guard?.(frozen, environment(), null, meter) ?? null;
        const full = newMeter();
        const outcome = outcomeOf(run, full);
        const spent = RULE_LIMITS.fuel - full.fuel;
        const short = outcomeOf(run, { ...newMeter(), fuel });
        expect(['guard-error', 'engine-budget', [true], [false]]).toContainEqual(outcome);
        expect(short).toEqual(spent <= fuel ? outcome : 'engine-budget');
      }),
      { numRuns: 500 },
    );
  });
});

describe('well-formed operations', () => {
  it('yield a context of known size or an error, and leave the old one alone', () => {
    const operations = fc.array(operationArbitrary, { minLength: 1, maxLength: 4 });
    let written = 0;
    fc.assert(
      fc.property(operations, contextArbitrary, valueArbitrary, (list, state, data) => {
        const action = compiled({ v: 1, actions: { a: list } }).actions.get('a');
        const frozen = deepFreeze(state);
        const text = JSON.stringify(frozen);
        const meter = newMeter();
        const run = (full: Meter): Json =>
          action?.(frozen, environment({ data }), null, full) ?? null;
        const outcome = outcomeOf(run, meter);
        expect(JSON.stringify(frozen)).toBe(text);
        if (!Array.isArray(outcome) || meter.contextBytes === null) return;
        written++;
        expect(meter.contextBytes).toBe(canonicalBytes(outcome[0]));
      }),
      { numRuns: 1_000 },
    );
    expect(written).toBeGreaterThan(100);
  });

  it('write the same, for the same fuel, as each of them in an action of its own', () => {
    const operations = fc.array(operationArbitrary, { minLength: 2, maxLength: 6 });
    let written = 0;
    fc.assert(
      fc.property(operations, contextArbitrary, valueArbitrary, (list, state, data) => {
        const run = (ops: readonly Json[], context: Json, meter: Meter): Json => {
          const action = compiled({ v: 1, actions: { a: ops } }).actions.get('a');
          return action?.(deepFreeze(context), environment({ data }), null, meter) ?? null;
        };
        const whole = newMeter();
        const outcome = outcomeOf((meter) => run(list, state, meter), whole);
        if (!Array.isArray(outcome)) return;
        written++;
        const apart = { ...newMeter(), actions: list.length };
        const each = list.reduce((context, one) => run([one], context, apart), state);
        expect(outcome[0]).toEqual(each);
        expect(whole.fuel).toBe(apart.fuel);
      }),
      { numRuns: 1_500 },
    );
    expect(written).toBeGreaterThan(100);
  });
});
