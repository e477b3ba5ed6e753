/**
 * The engine against XState itself, and against having been switched off in between.
 *
 * The relay steps machines through a scope of its own instead of XState's public functions, and
 * keeps nothing but canonical text between steps. Neither may show. The reference below gives the
 * names of random machines their meaning in plain XState, without the rules language.
 */

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AnyActorScope,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  assign,
  createMachine,
  initialTransition,
  transition,
} from 'xstate';
import { readState, type StateValue } from '../../src/nsm/canonical.ts';
import { type Definition, parseDefinition } from '../../src/nsm/definition.ts';
import { snapshotContent } from '../../src/nsm/snapshot.ts';
import type { StateNode } from '../../src/nsm/view.ts';
import { isRefusal } from '../../src/refusal.ts';
import { definitionEvent } from '../nsm/machine-events.ts';
import { move, restarted, startOf } from '../nsm/play.ts';
import { type Config, machineArbitrary, TYPES } from './machines.ts';

type Context = { readonly n: number; readonly log: readonly number[] };
type Given = { readonly context: Context };

const REFERENCE = {
  guards: {
    few: ({ context }: Given) => context.n < 3,
    even: ({ context }: Given) => context.n % 2 === 0,
    never: () => false,
  },
  actions: {
    inc: assign({ n: ({ context }: Given) => context.n + 1 }),
    reset: assign({ n: 0 }),
    log: assign({ log: ({ context }: Given) => [...context.log, context.n] }),
  },
};

const typesArbitrary = fc.array(fc.constantFrom(...TYPES), { minLength: 1, maxLength: 12 });
const RUNS = { numRuns: 200 };

/** The definition of a random config, undefined when it cannot start or has nothing to wait for. */
function host(config: Config): Definition | undefined {
  const definition = parseDefinition(definitionEvent(config));
  if (!isRefusal(definition)) return definition;
  const isTooWide = definition.code === 'definition-limits';
  if (!isTooWide) expect(definition.says).toMatch(/^(it cannot start|it has ended|no event can)/);
  return undefined;
}

function reference(config: Config): AnyStateMachine {
  const bounded = { ...config, options: { maxIterations: 64 } };
  return createMachine(bounded as never, REFERENCE as never) as AnyStateMachine;
}

/** What XState's own functions make of a type, from a snapshot restored by XState's own means. */
function stepByXstate(machine: AnyStateMachine, node: StateNode, type: string) {
  const { value, ...persisted } = JSON.parse(snapshotContent(node.computed.state));
  const ordered = inDocumentOrder(machine.config as Config, value);
  const snapshot: AnyMachineSnapshot = machine.restoreSnapshot(
    { ...persisted, value: ordered },
    {} as AnyActorScope,
  );
  if (snapshot.status !== 'active') return 'machine-finished';
  if (!snapshot.can({ type } as never)) return 'not handled';
  try {
    const [after] = transition(machine, snapshot as never, { type } as never);
    const { value: next, context, status } = after as AnyMachineSnapshot;
    return { value: next, context, status };
  } catch (error) {
    return String(error).includes('Infinite loop') ? 'engine-budget' : String(error);
  }
}

function inDocumentOrder({ states = {} }: Config, value: StateValue): StateValue {
  if (typeof value === 'string') return value;
  return Object.fromEntries(
    Object.entries(states as { readonly [key: string]: Config })
      .filter(([key]) => Object.hasOwn(value, key))
      .map(([key, child]) => [key, inDocumentOrder(child, value[key] ?? {})]),
  );
}

/** The codes by which our engine may say what XState says of a type. */
const MEANS: Readonly<Record<string, readonly string[]>> = {
  'machine-finished': ['machine-finished'],
  'not handled': ['no-transition', 'guard-denied'],
  'engine-budget': ['engine-budget'],
};

/** True for a value that is one of the config: a child in each compound, all in each parallel. */
function isLegal({ type, states, initial }: Config, value: StateValue): boolean {
  if (type !== 'parallel' && initial === undefined) return Object.keys(value).length === 0;
  const children = states as { readonly [key: string]: Config };
  const inner = typeof value === 'string' ? { [value]: {} } : value;
  const active = Object.keys(inner);
  const regions = Object.keys(children).filter((key) => children[key]?.['type'] !== 'history');
  const isComplete = type === 'parallel' ? active.length === regions.length : active.length === 1;
  return isComplete && active.every((key) => isLegal(children[key] ?? {}, inner[key] ?? {}));
}

describe('a step of a random machine', () => {
  it('starts where XState’s initialTransition does', () => {
    fc.assert(
      fc.property(machineArbitrary, (config) => {
        const definition = host(config);
        if (definition === undefined) return;
        const [first] = initialTransition(reference(config));
        const { value, context, status } = first as AnyMachineSnapshot;
        expect(definition.initial.state).toMatchObject({ value, context, status });
        expect(isLegal(config, definition.initial.state.value)).toBe(true);
      }),
      RUNS,
    );
  });

  it('ends where XState’s transition does, or is refused where that does nothing', () => {
    let taken = 0;
    fc.assert(
      fc.property(machineArbitrary, typesArbitrary, (config, types) => {
        const definition = host(config);
        if (definition === undefined) return;
        const machine = reference(config);
        let node = startOf(definition);
        for (const type of types) {
          const expected = stepByXstate(machine, node, type);
          const next = move(definition, node, { type });
          if (!isRefusal(next)) {
            const { value, context, status } = next.computed.state;
            expect({ value, context, status }).toEqual(expected);
            expect(isLegal(config, value)).toBe(true);
            node = next;
            taken++;
          } else if (next.code === 'engine-budget') {
          } else if (next.code === 'no-change') {
            const { value, context, status } = node.computed.state;
            expect(expected).toEqual({ value, context, status });
          } else {
            expect(MEANS[String(expected)] ?? [expected]).toContain(next.code);
          }
        }
      }),
      RUNS,
    );
    expect(taken).toBeGreaterThan(RUNS.numRuns);
  });

  it('is the same after a restart, and from the very node that was computed', () => {
    fc.assert(
      fc.property(machineArbitrary, typesArbitrary, (config, types) => {
        const definition = host(config);
        if (definition === undefined) return;
        let warm = startOf(definition);
        let cold = warm;
        for (const type of types) {
          const a = move(definition, warm, { type });
          const b = move(parseAgain(definition, config), restarted(cold), { type });
          expect(b).toEqual(a);
          if (isRefusal(a) || isRefusal(b)) continue;
          expect(readState(a.computed.canonical)).toEqual(a.computed);
          [warm, cold] = [a, b];
        }
      }),
      { numRuns: 100 },
    );
  });
});

/** The same definition, compiled anew. */
function parseAgain(definition: Definition, config: Config): Definition {
  const again = host(config);
  expect(again?.contentHash).toBe(definition.contentHash);
  return again ?? definition;
}
