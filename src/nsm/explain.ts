/**
 * Explains what an event comes to: accepted or refused, and in the latter case what its author can
 * do. The relay's dry run, clients and the command line say it in these words.
 */
import type { NostrEvent } from '../nostr/event.ts';
import {
  isPending,
  isRefusal,
  type Prefix,
  REFUSALS,
  type Refusal,
  type RefusalCode,
  type Remedy,
  refusalText,
} from '../refusal.ts';
import type { State } from './canonical.ts';
import { judge, type Verdict } from './judge.ts';
import type { MachineView, StateNode } from './view.ts';

/** What an event comes to; members that say nothing are null. */
export type Explanation = {
  /** `pending`: refused now, yet the same bytes may pass once what they build on has come. */
  readonly verdict: 'accept' | 'refuse' | 'pending';
  readonly code: RefusalCode | null;
  readonly prefix: Prefix | null;
  readonly remedy: Remedy | null;
  /** The text of the relay's OK; empty for `accept`. */
  readonly message: string;
  /** The state that an accepted event leads to or claims. */
  readonly state: ExplainedState | null;
};

/** A state in the members that tell it apart from others, and its hash (PROTOCOL §5). */
export type ExplainedState = Pick<State, 'status' | 'value' | 'context'> & {
  readonly state_hash: string;
};

/** What a verified event would come to with the past of a view. */
export function explain(event: NostrEvent, view: MachineView): Explanation {
  const verdict = judge(event, view);
  return explanationOf(verdict.verdict === 'refused' ? verdict.refusal : nodeOf(verdict));
}

/** What a refusal means, or the state that was come to; null for an event of no machine. */
export function explanationOf(outcome: Refusal | StateNode | null): Explanation {
  if (!isRefusal(outcome)) {
    const none = { code: null, prefix: null, remedy: null, message: '' };
    return { verdict: 'accept', ...none, state: outcome && stateOf(outcome) };
  }
  const { code, prefix } = outcome;
  const { remedy } = REFUSALS[code];
  const verdict = isPending(outcome) ? 'pending' : 'refuse';
  return { verdict, code, prefix, remedy, message: refusalText(outcome), state: null };
}

/** The node whose state an accepted event leads to or claims; null for events of no machine. */
export function nodeOf(verdict: Exclude<Verdict, { verdict: 'refused' }>): StateNode | null {
  if (verdict.verdict === 'ordinary') return null;
  if (verdict.verdict !== 'definition') return verdict.node;
  const { createdAt, initial } = verdict.definition;
  return { id: null, height: 0, createdAt, computed: initial };
}

function stateOf({ computed: { state, hash } }: StateNode): ExplainedState {
  const { status, value, context } = state;
  return { status, value, context, state_hash: hash };
}
