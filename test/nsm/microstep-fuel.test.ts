/**
 * What the engine itself costs (docs/decisions.md): each microstep takes fuel for every target of
 * every transition, at least one for each transition, as many units as states are active after it.
 * The rules of a step draw on the same fuel.
 */

import { describe, expect, it } from 'vitest';
import { STEPS } from '../../bench/hostile-inputs.ts';
import { elapse } from '../../src/nsm/time.ts';
import { RULE_LIMITS } from '../../src/rules/meter.ts';
import { definitionOf, refusalOf, START, verdictOn } from './machine-events.ts';
import { move, startOf } from './play.ts';
import { codeOf } from './time-machines.ts';

/** A guard that passes and takes exactly so much fuel, with the list in the context it needs. */
function spending(fuel: number): { readonly guard: object; readonly list: readonly number[] } {
  const isOdd = fuel % 2 === 1;
  const over = (operator: string, each: boolean) => ({ [operator]: [{ var: 'ctx.list' }, each] });
  const guard = isOdd ? { '!': over('some', false) } : over('all', true);
  return { guard, list: Array((fuel - (isOdd ? 3 : 2)) / 2).fill(0) };
}

/** What becomes of GO when its guard `spend` leaves so much fuel for the rest of the step. */
function withFuelLeft(left: number, config: object): string {
  const { guard, list } = spending(RULE_LIMITS.fuel - left);
  const rules = { v: 1, guards: { spend: guard }, actions: { set: [{ set: ['n', 1] }] } };
  const context = { list, n: 0 };
  const definition = definitionOf({ id: 'm', context, meta: { nsm: rules }, ...config });
  return codeOf(move(definition, startOf(definition), { type: 'GO' }));
}

const GO = (target: unknown) => ({ on: { GO: { target, guard: 'spend' } } });
const two = (a: object, b: object = {}) => ({ initial: 'a', states: { a, b } });
const four = (make: (key: string) => object) =>
  Object.fromEntries(['r0', 'r1', 'r2', 'r3'].map((key) => [key, make(key)]));

/** Four regions with two states each: nine states are active, the root among them. */
const REGIONS = { type: 'parallel', states: four(() => two({})) };

/** The leaves of fifteen regions, and a region that aims at the others' from each of its own. */
const TARGETS = Array.from({ length: 15 }, (_, i) => i);
const loop = (region: number) => {
  const others = (leaf: string) => TARGETS.map((i) => `#m.work.r${i}.${leaf}`);
  const states = { a: { always: { target: others('b') } }, b: { always: { target: others('a') } } };
  return { initial: region === 0 ? 'a' : 'b', states };
};

describe('a microstep takes', () => {
  it.each([
    ['for one target as many units as states are active: the root and b', 2, two(GO('b'))],
    ['one more for each level', 3, two(GO('b'), two({}))],
    ['nine where four regions are active', 9, { ...REGIONS, ...GO('.r0.b') }],
    [
      'so many for each of four targets',
      36,
      { ...REGIONS, ...GO(['.r0.b', '.r1.b', '.r2.b', '.r3.b']) },
    ],
    [
      'so many for each of four transitions',
      36,
      {
        type: 'parallel',
        states: four((key) => two(key === 'r0' ? GO('b') : { on: { GO: 'b' } })),
      },
    ],
    [
      'as much once more when the step goes on by itself',
      6,
      { initial: 'a', states: { a: GO('b'), b: { always: 'c' }, c: { always: 'd' }, d: {} } },
    ],
    [
      'one target for a transition without any, besides what its actions take',
      4,
      two({ on: { GO: { guard: 'spend', actions: 'set' } } }),
    ],
  ])('%s (%d)', (_, fuel, config) => {
    expect(withFuelLeft(fuel, config)).toBe('ok');
    expect(withFuelLeft(fuel - 1, config)).toBe('engine-budget');
  });
});

/** As much work as targets and states can make: every region aims at every other, for ever. */
const LABORIOUS = STEPS.find(({ name }) => name === 'all targets from all regions')?.config;

describe('a machine that multiplies targets by states', () => {
  const stopped = expect.stringContaining('fuel');

  it('is stopped by fuel, long before it has taken 64 microsteps', () => {
    const definition = definitionOf(LABORIOUS);
    const refused = move(definition, startOf(definition), { type: 'X' });
    expect(refused).toMatchObject({ code: 'engine-budget', says: stopped });
  });

  it('is not hosted where its start would take too much (definition-invalid)', () => {
    const text = JSON.stringify(LABORIOUS);
    expect(verdictOn(text)).toBe('hosted');
    const refusal = refusalOf(text.replaceAll('"initial":"a"', '"initial":"t"'));
    expect(refusal).toMatchObject({ code: 'definition-invalid', says: stopped });
  });

  it('has its timer spent where that would take too much', () => {
    const definition = definitionOf({
      ...{ id: 'm', initial: 'wait', after: { 1000: '.work' } },
      states: {
        wait: {},
        work: {
          type: 'parallel',
          states: Object.fromEntries(TARGETS.map((_, i) => [`r${i}`, loop(i)])),
        },
      },
    });
    const { initial } = definition;
    const { computed, fired } = elapse(definition, initial, START + 1);
    expect(fired).toBe(1);
    expect(computed.state).toEqual({ ...initial.state, timers: [] });
  });
});
