/**
 * Rules that ask for more than they may: each is refused with its definition or stopped by what a
 * step may spend. What is counted here is fuel; `npm run bombs` has the time.
 */

import { describe, expect, it } from 'vitest';
import { bombConfig, RULE_BOMBS, type RuleBomb } from '../../bench/rule-bombs.ts';
import { newMeter, RULE_LIMITS } from '../../src/rules/meter.ts';
import { act, BOB, evaluate } from '../rules/run-rules.ts';
import { definitionOf, refusalOf } from './machine-events.ts';
import { move, startOf } from './play.ts';
import { codeOf } from './time-machines.ts';

/** How GO ends in a machine with the bomb. */
function exploded(bomb: RuleBomb): string {
  const definition = definitionOf(bombConfig(bomb));
  const { data = '' } = bomb;
  return codeOf(move(definition, startOf(definition), { type: 'GO', data }));
}

/** The fuel that the rule of a bomb takes by itself. */
function fuelOf({ rule, context = {}, data = null }: RuleBomb): number {
  const meter = newMeter();
  const given = { context: { a: null, n: -1, ...context }, environment: { by: BOB, data }, meter };
  if ('guard' in rule) evaluate(rule.guard, given);
  else act(rule.action, given.context, given);
  return RULE_LIMITS.fuel - meter.fuel;
}

const bombs = (ends: RuleBomb['ends']) =>
  RULE_BOMBS.filter((bomb) => bomb.ends === ends).map((bomb) => [bomb.name, bomb] as const);

describe('a definition', () => {
  it.each(bombs('definition'))('with %s is refused', (_, bomb) => {
    expect(refusalOf(bombConfig(bomb))).toMatchObject({ code: bomb.code });
  });
});

describe('a step', () => {
  it.each(bombs('step'))('with %s ends as it should', (_, bomb) => {
    expect(exploded(bomb)).toBe(bomb.code ?? 'ok');
  });

  it('takes no more than its fuel, and all of it where fuel is what stops it', () => {
    const taken = bombs('step').map(([name, bomb]) => `${fuelOf(bomb)} ${name}`);
    expect(taken).toMatchInlineSnapshot(`
      [
        "10000 a filter over 60 items in a filter in a filter in a filter",
        "10000 all over 60 items, 25 deep",
        "1189 a cat that doubles eight times, over and over",
        "10000 a cat of 60 kB, sixty times",
        "10000 the hash of 60 kB, sixty times",
        "10000 the length of 60 kB, thousands of times",
        "2002 an expression of 2,000 nodes",
        "10000 2,000 nodes for each of 60 items",
        "5 a path of 5,000 members that are not there",
        "7 a member __proto__ that is asked for by a payload",
        "10000 a text that doubles with each of 256 operations",
        "10000 a list that doubles with each of 200 operations",
        "10000 one more member of a large object, 256 times",
        "512 257 operations",
        "1 a path to __proto__ by way of a payload",
      ]
    `);
  });
});
