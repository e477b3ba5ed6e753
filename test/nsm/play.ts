/**
 * Plays moves on a definition without any store: what the engine and the rules make of them.
 */

import { advance } from '../../src/nsm/advance.ts';
import { computeState, type State } from '../../src/nsm/canonical.ts';
import type { Definition } from '../../src/nsm/definition.ts';
import { parseTransition } from '../../src/nsm/transition.ts';
import type { StateNode } from '../../src/nsm/view.ts';
import { isRefusal, type Refusal } from '../../src/refusal.ts';
import { definitionOf, type Move, transitionEvent } from './machine-events.ts';

/** The initial node of a definition. */
export function startOf(definition: Definition): StateNode {
  const { createdAt, initial } = definition;
  return { id: null, height: 0, createdAt, computed: initial };
}

/** The node after a move, or why the move is refused. */
export function move(
  definition: Definition,
  prior: StateNode,
  said: Omit<Move, 'on'>,
): StateNode | Refusal {
  const event = transitionEvent(definition.id, { ...said, on: prior.id });
  const transition = parseTransition(event);
  if (isRefusal(transition)) return transition;
  const computed = advance(definition, prior, transition);
  if (isRefusal(computed)) return computed;
  return { id: event.id, height: prior.height + 1, createdAt: event.created_at, computed };
}

/** A move by its type alone, or with more. */
export type Said = string | Omit<Move, 'on'>;

/** The states after moves that must all be accepted; the last state of all. */
export function play(definition: Definition, moves: readonly Said[]): StateNode {
  return moves.reduce((node: StateNode, said) => {
    const next = move(definition, node, typeof said === 'string' ? { type: said } : said);
    if (isRefusal(next)) throw new Error(`${JSON.stringify(said)}: ${next.code}: ${next.says}`);
    return next;
  }, startOf(definition));
}

/** The value a config comes to after moves, or the code with which the last one is refused. */
export function endOf(config: unknown, moves: readonly Said[]): State['value'] | string {
  const definition = definitionOf(config);
  const last = moves.at(-1) ?? '';
  const before = play(definition, moves.slice(0, -1));
  const after = move(definition, before, typeof last === 'string' ? { type: last } : last);
  return isRefusal(after) ? after.code : after.computed.state.value;
}

/** The same node as a relay that restarted has it: read back from its canonical text. */
export function restarted(node: StateNode): StateNode {
  return { ...node, computed: computeState(node.computed.state) };
}
