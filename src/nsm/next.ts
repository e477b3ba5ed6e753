/**
 * Who may send what next: every type with a handler, tried for one key.
 *
 * A try is a transition without payload whose result is dropped, so it agrees with `judge` by
 * running the same code, due timers included. What its author still chooses, payload and thereby
 * id, is missing from it; where a rule asked for one of them, a refusal is not the last word.
 */
import { isRefusal } from '../refusal.ts';
import { type Advance, advanceFrom } from './advance.ts';
import type { Definition } from './definition.ts';
import { type EnabledType, enabledTypes } from './enabled.ts';
import { elapse } from './time.ts';
import type { StateNode } from './view.ts';

/** `yes`: accepted with an empty payload. `no`: refused with any. `depends`: on what is sent. */
export type Enabled = 'yes' | 'no' | 'depends';

/** A type that has a handler now, whether it can be sent, and the guards that decide. */
export type NextType = {
  readonly type: string;
  readonly enabled: Enabled;
  readonly guards: readonly string[];
};

/** A key and the `created_at` it would sign, in Unix seconds. */
export type Sender = { readonly by: string; readonly at: number };

/** How many types are tried: bounds the work a machine with hundreds of types can cause. */
const TRIES_MAX = 64;
const NO_ID = '0'.repeat(64);

/**
 * The types that have a handler in a node's state, in document order. With a sender the timers due
 * by then have fired. Without one guards are not run: a guarded type `depends`. So does every type
 * after the first 64 that were tried.
 */
export function nextTypes(
  definition: Definition,
  { computed: before }: StateNode,
  sender: Sender | null,
): readonly NextType[] {
  const elapsed = elapse(definition, before, sender?.at ?? Number.NEGATIVE_INFINITY);
  const { state } = elapsed.computed;
  return enabledTypes(definition.machine, state).map((enabled, i) => ({
    type: enabled.type,
    enabled:
      sender === null || i >= TRIES_MAX
        ? untried(enabled)
        : tryType(definition, { before, elapsed }, { ...sender, type: enabled.type }),
    guards: enabled.guards,
  }));
}

function untried({ guarded }: EnabledType): Enabled {
  return guarded ? 'depends' : 'yes';
}

function tryType(
  definition: Definition,
  from: Advance,
  { by, at, type }: Sender & { readonly type: string },
): Enabled {
  let isAsked = false;
  const after = advanceFrom(definition, from, {
    machine: definition.id,
    prior: null,
    type,
    author: by,
    createdAt: at,
    get payload() {
      isAsked = true;
      return null;
    },
    get id() {
      isAsked = true;
      return NO_ID;
    },
  });
  if (!isRefusal(after)) return 'yes';
  return isAsked ? 'depends' : 'no';
}
