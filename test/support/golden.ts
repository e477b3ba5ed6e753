/**
 * What is on record of the meaning of machines: `test/fixtures/golden-machines.json`.
 *
 * The hash of the last state of every example, and for 200 random machines what each of 20 steps
 * comes to: the hash of a state or the code of a refusal. Computed from nothing but names and
 * seeds, so a difference is one of meaning: in the engine, in the rules, or in what was drawn.
 */

import { advance } from '../../src/nsm/advance.ts';
import { isRefusal } from '../../src/refusal.ts';
import { randomMachine } from './random-machine.ts';
import { hostRandom, walkerFor } from './random-walk.ts';

const MACHINES = 200;
const STEPS = 20;

/** A random machine on record. */
type Golden = {
  readonly seed: number;
  /** The hash of the definition's content: tells a machine that was drawn otherwise. */
  readonly content: string;
  /** The hash of the initial state, then a hash or a code for each step. */
  readonly steps: readonly string[];
};

/** The walks of the first 200 seeds whose machines can start. */
export function goldenMachines(): readonly Golden[] {
  const machines: Golden[] = [];
  for (let seed = 1; machines.length < MACHINES; seed++) {
    const definition = hostRandom(randomMachine(seed));
    if (definition === undefined) continue;
    const draw = walkerFor(definition, seed);
    let node = {
      ...{ id: null as string | null, height: 0 },
      ...{ createdAt: definition.createdAt, computed: definition.initial },
    };
    const steps = [node.computed.hash];
    for (let n = 1; n <= STEPS && node.computed.state.status === 'active'; n++) {
      const transition = draw(node, n);
      const computed = advance(definition, node, transition);
      steps.push(isRefusal(computed) ? computed.code : computed.hash);
      if (isRefusal(computed)) continue;
      const { id, createdAt } = transition;
      node = { id, height: node.height + 1, createdAt, computed };
    }
    machines.push({ seed, content: definition.contentHash, steps });
  }
  return machines;
}
