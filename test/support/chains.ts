/**
 * Machines with long chains, for tests that carry them about: made at once, published bit by bit.
 */

import type { NostrEvent } from '../../src/nostr/event.ts';
import { define, move, NOW } from './machines.ts';

/** A machine and the transitions that follow each other on it. */
export type Chain = {
  readonly definition: NostrEvent;
  readonly transitions: readonly NostrEvent[];
};

const SWITCH = {
  initial: 'off',
  context: { n: 0, log: [] },
  meta: { nsm: { v: 1, actions: { count: [{ inc: ['n', 1] }] } } },
  states: {
    off: { on: { ON: { target: 'on', actions: 'count' }, ALSO_ON: 'on' } },
    on: { on: { OFF: 'off' } },
  },
};

let names = 0;

/** A chain of so many transitions from a time on, some of one second. */
export function chainOf(length: number, start = NOW - 100): Chain {
  const definition = define({ ...SWITCH, description: `${++names}` }, { tags: [], at: start });
  const transitions: NostrEvent[] = [];
  for (let i = 0; i < length; i++) {
    const type = i % 2 === 0 ? 'ON' : 'OFF';
    const at = start + Math.floor(i / 3);
    transitions.push(move(definition, type, { on: transitions.at(-1) ?? null, at }));
  }
  return { definition, transitions };
}

/** Another transition on top of the initial state: a sibling of a chain's first one. */
export function siblingOf({ definition }: Chain): NostrEvent {
  return move(definition, 'ALSO_ON', { at: definition.created_at });
}
