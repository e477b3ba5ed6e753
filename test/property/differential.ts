/**
 * Walks on random machines, taken by the engine and by the reference side by side.
 *
 * The engine starts every step from canonical text, as a relay does that has just been started; the
 * reference never forgets anything. What they come to is compared as canonical text.
 */

import { advance } from '../../src/nsm/advance.ts';
import { readState } from '../../src/nsm/canonical.ts';
import { isRefusal } from '../../src/refusal.ts';
import { type Feature, firedIn, randomMachine } from '../support/random-machine.ts';
import { hostRandom, walkerFor } from '../support/random-walk.ts';
import { referenceOf, stateText } from './reference.ts';

/** What many walks came to. */
export type Tally = {
  /** Machines that were walked. */
  machines: number;
  steps: number;
  accepted: number;
  /** What the steps that were not accepted were refused with. */
  readonly refused: Map<string, number>;
  readonly fired: Map<Feature, number>;
  /** Seeds and steps at which the two came to something else. */
  readonly differences: string[];
};

/** What walks must come to, lest they show little. */
export type Demand = {
  /** How often every feature has to fire. */
  readonly fired: number;
  /** Which part of the steps has to be accepted, in percent. */
  readonly accepted: number;
};

const STEPS_PER_MACHINE = 40;

/** Walks on the machines of one seed after another, until so many steps have been taken. */
export function compare({ seed, steps }: { readonly seed: number; readonly steps: number }): Tally {
  const tally: Tally = {
    ...{ machines: 0, steps: 0, accepted: 0, differences: [] },
    ...{ refused: new Map(), fired: new Map() },
  };
  for (let at = seed; tally.steps < steps; at++) walk(at, tally);
  return tally;
}

/** What is wrong with a tally, a sentence each: differences first, then what was not shown. */
export function problemsOf(tally: Tally, { fired, accepted }: Demand): readonly string[] {
  const rare = [...tally.fired].filter(([, count]) => count < fired);
  const percent = (100 * tally.accepted) / tally.steps;
  return [
    ...tally.differences,
    ...rare.map(([feature, count]) => `${feature} fired ${count} times, not ${fired}`),
    ...(percent < accepted ? [`${percent.toFixed()} % accepted, not ${accepted}`] : []),
  ];
}

function walk(seed: number, tally: Tally): void {
  const config = randomMachine(seed);
  const definition = hostRandom(config);
  if (definition === undefined) return;
  tally.machines += 1;
  const reference = referenceOf(config, definition);
  let node = {
    id: null as string | null,
    height: 0,
    createdAt: definition.createdAt,
    computed: definition.initial,
  };
  let standing = reference.initial;
  if (stateText(standing) !== node.computed.canonical)
    tally.differences.push(`${seed}: at the start`);
  const draw = walkerFor(definition, seed);
  for (let n = 1; n <= STEPS_PER_MACHINE && node.computed.state.status === 'active'; n++) {
    const transition = draw(node, n);
    const cold = { ...node, computed: readState(node.computed.canonical) };
    const ours = advance(definition, cold, transition);
    const theirs = reference.advance(standing, transition);
    const [a, b] = [
      isRefusal(ours) ? ours.code : ours.canonical,
      typeof theirs === 'string' ? theirs : stateText(theirs),
    ];
    tally.steps += 1;
    if (a !== b) {
      tally.differences.push(`${seed}: step ${n}, ${transition.type}: ${a}, not ${b}`);
      return;
    }
    if (isRefusal(ours) || typeof theirs === 'string') {
      tally.refused.set(a, (tally.refused.get(a) ?? 0) + 1);
      continue;
    }
    tally.accepted += 1;
    const { id, createdAt } = transition;
    node = { id, height: node.height + 1, createdAt, computed: ours };
    standing = theirs;
  }
  for (const [feature, count] of firedIn(node.computed.state.context)) {
    tally.fired.set(feature, (tally.fired.get(feature) ?? 0) + count);
  }
}
