/**
 * Walks by seed: what people might send to a machine, mostly what its state takes.
 */

import { eventId } from '../../src/nostr/event.ts';
import type { StateValue } from '../../src/nsm/canonical.ts';
import { type Definition, parseDefinition } from '../../src/nsm/definition.ts';
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
  const { value, timers } = computed.state;
  const handled = typesIn(machine.config, value);
  if (timers.length > 0 && (handled.length === 0 || random.chance(8))) return TICK;
  return handled.length > 0 && random.chance(95) ? random.pick(handled) : random.pick(TYPES);
}

/** The types that the active states of a config name; told from the config alone. */
function typesIn(node: Config, value: StateValue): readonly string[] {
  const { on = {}, states = {} } = node as {
    readonly on?: Config;
    readonly states?: { readonly [key: string]: Config };
  };
  const active = typeof value === 'string' ? { [value]: {} } : value;
  const below = Object.keys(states).flatMap((key) => {
    const inner = active[key];
    return inner === undefined ? [] : typesIn(states[key] ?? {}, inner);
  });
  return [...Object.keys(on), ...below];
}

/** Mostly a number; a word makes the guard that compares it fail. */
function drawPayload(random: Random) {
  if (random.chance(20)) return null;
  return { n: random.chance(97) ? random.below(6) : 'many' };
}
