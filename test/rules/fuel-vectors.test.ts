/**
 * The published fuel vectors, `docs/fuel-vectors.json`: other implementations check themselves with
 * them, so nothing in them may change as long as the rules language has version 1.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Environment } from '../../src/rules/compile.ts';
import { isObject, type Json } from '../../src/rules/json.ts';
import { newMeter, RULE_LIMITS } from '../../src/rules/meter.ts';
import { OPERATORS } from '../../src/rules/operators.ts';
import { act, evaluate } from './run-rules.ts';

type Vector = {
  readonly context: Json;
  readonly result?: Json;
  readonly error?: string;
  readonly fuel: number;
};

type Vectors = {
  readonly limits: object;
  readonly environment: Environment;
  readonly expressions: readonly (Vector & { readonly expression: Json })[];
  readonly actions: readonly (Vector & { readonly operations: readonly Json[] })[];
};

const { limits, environment, expressions, actions }: Vectors = JSON.parse(
  readFileSync(new URL('../../docs/fuel-vectors.json', import.meta.url), 'utf8'),
);

const operatorOf = (source: Json | undefined): string =>
  isObject(source) ? (Object.keys(source)[0] ?? '') : '';

const shown = (source: unknown): string => JSON.stringify(source).slice(0, 90);

describe('the fuel vectors', () => {
  it.each(expressions.map((vector) => [shown(vector.expression), vector] as const))(
    'hold for %s',
    (_, { expression, context, fuel, ...end }) => {
      const { result: value, error } = end;
      const outcome = evaluate(expression, { context, environment });
      expect(outcome).toEqual({ ...('result' in end ? { value } : { error }), fuel });
    },
  );

  it.each(actions.map((vector) => [shown(vector.operations), vector] as const))(
    'hold for %s',
    (_, { operations, context, fuel, result, error }) => {
      const meter = newMeter();
      expect(act(operations, context, { environment, meter })).toEqual(result ?? error);
      expect(RULE_LIMITS.fuel - meter.fuel).toBe(fuel);
    },
  );

  it('name the limits they were made under', () => {
    expect(limits).toEqual(RULE_LIMITS);
  });

  it('have every operator with a result and, where it can fail, with an error', () => {
    const operators = [...OPERATORS.keys(), 'var', 'lit', 'is'];
    const withEnd = (end: string) =>
      new Set(expressions.filter((vector) => end in vector).map((x) => operatorOf(x.expression)));
    const total = ['==', '!=', 'list', 'var', 'lit', 'is'];
    const [results, errors] = [withEnd('result'), withEnd('error')];
    expect(operators.filter((name) => !results.has(name))).toEqual([]);
    expect(operators.filter((name) => !errors.has(name) && !total.includes(name))).toEqual([]);
  });

  it('have every operation, and every way to fail', () => {
    const names = new Set(actions.map(({ operations }) => operatorOf(operations[0])));
    expect([...names].sort()).toEqual(['del', 'inc', 'push', 'set']);
    const codes = [...expressions, ...actions].flatMap(({ error }) => error ?? []);
    const each = ['guard-error', 'engine-budget', 'state-limits'];
    expect([...new Set(codes)].sort()).toEqual(each.sort());
  });
});
