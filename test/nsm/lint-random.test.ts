/**
 * Lint on machines by seed: the copy it looks at takes the very steps of the machine, and the ways
 * it shows can be gone.
 */

import { describe, expect, it } from 'vitest';
import { advance } from '../../src/nsm/advance.ts';
import { examineDefinition } from '../../src/nsm/definition.ts';
import { TICK } from '../../src/nsm/kinds.ts';
import { probe } from '../../src/nsm/lint/probe.ts';
import { lint } from '../../src/nsm/lint.ts';
import { BUNDLED_RULES } from '../../src/nsm/rule-set.ts';
import { simulate } from '../../src/nsm/simulate.ts';
import type { Transition } from '../../src/nsm/transition.ts';
import type { StateNode } from '../../src/nsm/view.ts';
import { isRefusal } from '../../src/refusal.ts';
import { type Random, randomFrom } from '../support/random.ts';
import { ANN, randomMachine, TYPES } from '../support/random-machine.ts';
import { BOB, definitionEvent, START } from './machine-events.ts';
import { startOf } from './play.ts';

const SEEDS = Array.from({ length: 15 }, (_, i) => i + 2);

const machineOf = (seed: number) => definitionEvent(randomMachine(seed), { by: ANN });

/** Some transition on top of a node. */
function anyOn({ id: prior, createdAt }: StateNode, machine: string, random: Random): Transition {
  const type = random.pick([...TYPES, TICK]);
  return {
    ...{ machine, prior, type },
    id: random.below(10).toString().repeat(64),
    author: random.pick([ANN, BOB]),
    createdAt: createdAt + random.below(120),
    payload: random.chance(50) && type !== TICK ? { n: random.below(9) } : null,
  };
}

describe('the copy of a machine that lint looks at', () => {
  it('takes the very steps of the machine, and is refused for the same reasons', () => {
    let accepted = 0;
    for (const seed of SEEDS) {
      const examined = examineDefinition(machineOf(seed), BUNDLED_RULES);
      if ('refusals' in examined) continue;
      const { definition } = examined;
      const observed = probe(examined);
      const random = randomFrom(seed);
      let node = startOf(definition);
      for (let step = 0; step < 40; step++) {
        const transition = anyOn(node, definition.id, random);
        const computed = advance(definition, node, transition);
        expect(observed.attempt(node, transition).after).toEqual(computed);
        if (isRefusal(computed)) continue;
        const { id, createdAt } = transition;
        node = { id, height: node.height + 1, createdAt, computed };
        accepted += 1;
      }
    }
    expect(accepted).toBeGreaterThan(200);
  });
});

describe('the sequences of lint', () => {
  it('are accepted step by step', () => {
    let gone = 0;
    for (const seed of SEEDS.slice(0, 8)) {
      const event = machineOf(seed);
      const { warnings } = lint(event, { budget: { states: 150, steps: 1_000 } });
      for (const { sequence = [] } of warnings) {
        const steps = sequence.map((step) => ({ ...step, at: step.at + START }));
        const results = simulate(event, steps);
        if (isRefusal(results)) continue;
        expect(results.filter(({ refusal }) => refusal !== null)).toEqual([]);
        gone += results.length;
      }
    }
    expect(gone).toBeGreaterThan(50);
  });
});
