/**
 * Walks by seed: what people might send to a machine, mostly what its state takes.
 */

import { eventId } from '../../src/nostr/event.ts';
import { type Definition, parseDefinition } from '../../src/nsm/definition.ts';
import { enabledTypes } from '../../src/nsm/enabled.ts';
import { DEFINITION_KIND, TICK } from '../../src/nsm/kinds.ts';
import type { Transition } from '../../src/nsm/transition.ts';
import type { StateNode } from '../../src/nsm/view.ts';
import { isRefusal } from '../../src/refusal.ts';
import { type Random, randomFrom } from './random.ts';
import { ANN, type Config, TYPES } from './random-machine.ts';

/** When random machines are made, in Unix seconds. */
const START = 1_700_000_000;
const BOB = 'b2'.repeat(32);

/** The definition of a random machine; undefined when it cannot start or ends at once. */
export function hostRandom(config: Config): Definition | undefined {
  const unsigned = {
    ...{ pubkey: ANN, created_at: START, kind: DEFINITION_KIND, tags: [] },
    content: JSON.stringify(config),
  };
  const definition = parseDefinition({ id: eventId(unsigned), ...unsigned, sig: '' });
  if (!isRefusal(definition)) return definition;
  if (definition.code === 'definition-invalid') return undefined;
  throw new Error(`${definition.code} at ${definition.details.path}: ${definition.says}`);
}

/** Draws what is sent to a node; `n` makes its id, and steps drawn one after another differ. */
export type Walker = (node: StateNode, n: number) => Transition;

/** Draws steps for a definition by a seed. */
export function walkerFor(definition: Definition, seed: number): Walker {
  const random = randomFrom(~seed);
  return (node, n) => {
    const type = drawType(random, definition, node);
    return {
      id: n.toString(16).padStart(64, '0'),
      machine: definition.id,
      prior: node.id,
      type,
      author: random.chance(75) ? ANN : BOB,
      createdAt: node.createdAt + random.pick([0, 0, 1, 3, 8, 21, 61]),
      payload: type === TICK ? null : drawPayload(random),
    };
  };
}

function drawType(random: Random, { machine }: Definition, { computed }: StateNode): string {
  const enabled = enabledTypes(machine, computed.state).map(({ type }) => type);
  const hasTimer = computed.state.timers.length > 0;
  if (hasTimer && (enabled.length === 0 || random.chance(8))) return TICK;
  return enabled.length > 0 && random.chance(95) ? random.pick(enabled) : random.pick(TYPES);
}

/** Mostly a number; a word makes the guard that compares it fail. */
function drawPayload(random: Random) {
  if (random.chance(20)) return null;
  return { n: random.chance(97) ? random.below(6) : 'many' };
}
