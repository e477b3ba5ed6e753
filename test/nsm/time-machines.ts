/**
 * Machines that tell in their context what happened in them and when, for tests of time.
 */

import type { Definition } from '../../src/nsm/definition.ts';
import type { StateNode } from '../../src/nsm/view.ts';
import { isRefusal, type Refusal } from '../../src/refusal.ts';
import { definitionOf } from './machine-events.ts';

/** `log` notes its parameter and the time; `tell` notes who is there. */
const RULES = {
  v: 1,
  actions: {
    log: [{ push: ['log', { list: [{ var: 'params' }, { var: 'at' }] }] }],
    fail: [{ inc: ['log', 1] }],
    tell: [
      { push: ['log', { list: [{ var: 'by' }, { var: 'data' }, { var: 'id' }, { var: 'type' }] }] },
    ],
  },
  guards: { never: false, broken: { '<': [{ var: 'ctx.log' }, 1] } },
} as const;

/** The action that notes a word and the time. */
export function log(word: string): object {
  return { type: 'log', params: word };
}

/** A machine with these rules and an empty log. */
export function logging(config: object): Definition {
  return definitionOf({ context: { log: [] }, meta: { nsm: RULES }, ...config });
}

/** What became of a move: `ok` or the code of its refusal. */
export function codeOf(result: StateNode | Refusal): string {
  return isRefusal(result) ? result.code : 'ok';
}
