/**
 * A second implementation of how machines move, on XState's public functions alone.
 *
 * It shares with the engine what XState is given (the config and the compiled rules) and nothing of
 * how it is asked: no scope of its own, snapshots persisted and restored by XState instead of
 * canonical text, timers read from the returned actions, acceptance from `can`.
 *
 * Restoring is not left out, because it shows: a live snapshot has its regions in the order they
 * were entered in, and where transitions of several regions conflict, the first region wins. A
 * state has no such memory (PROTOCOL §5), so every step starts with regions in document order.
 */

import {
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type AnyStateNode,
  assign,
  createMachine,
  initialTransition,
  transition as publicTransition,
} from 'xstate';
import { canonicalJson, type StateValue } from '../../src/nsm/canonical.ts';
import type { Definition } from '../../src/nsm/definition.ts';
import { TICK } from '../../src/nsm/kinds.ts';
import type { Transition } from '../../src/nsm/transition.ts';
import { compileRules, type Environment, isRuleProblem } from '../../src/rules/compile.ts';
import { deepFreeze, type Json } from '../../src/rules/json.ts';
import { type Meter, newMeter, RuleError } from '../../src/rules/meter.ts';
import type { Config } from '../support/random-machine.ts';

/** Where a machine stands: XState's own snapshot, and when which timer is due. */
export type Standing = {
  readonly snapshot: AnyMachineSnapshot;
  readonly timers: ReadonlyMap<string, number>;
};

/** What comes of a step: where the machine stands then, or the code of a refusal. */
export type Outcome = Standing | string;

/** A machine on XState's public functions. */
export type Reference = {
  readonly initial: Standing;
  readonly advance: (before: Standing, transition: Transition) => Outcome;
};

/** One question to XState: what rules see, what they may spend, how they ended. */
type Asked = {
  readonly environment: Environment;
  readonly meter: Meter;
  /** Every call of XState's functions starts the machine anew before it looks at the event. */
  isStarting: boolean;
  denied: number;
  fault: RuleError | null;
};

/** Where the rules find what was asked last. */
type Asking = { asked: Asked | undefined };

type Action = {
  readonly type: string;
  readonly params?: { readonly event?: { readonly type: string }; readonly delay?: unknown } & {
    readonly sendId?: unknown;
  };
};

const NOBODY = { by: null, data: null, id: null, type: null };
const TIMERS_AT_ONCE = 32;

/** The machine of a config whose rules stand in `meta.nsm`. */
export function referenceOf(config: Config, definition: Definition): Reference {
  const asking: Asking = { asked: undefined };
  const machine = machineOf(config, asking);
  const places = new Map(idsIn(machine.root).map((id, place) => [id, place]));
  const home = { machine, places, asking };
  const { id, pubkey, createdAt } = definition;
  const def = { id, pubkey, created_at: createdAt };
  const step: Step = (before, event, environment) =>
    stepOf(home, before, { event, environment: { ...environment, def } });
  return {
    initial: start(home, { ...NOBODY, at: createdAt, def }),
    advance: (before, { type, author, createdAt: at, payload: data, id }) => {
      if (before.snapshot.status !== 'active') return 'machine-finished';
      const { now, fired, isMoreDue } = fireDue(before, at, step);
      if (type === TICK) return fired === 0 ? 'no-timer-due' : now;
      if (isMoreDue) return 'timers-due';
      if (now.snapshot.status !== 'active') return 'machine-finished';
      const after = step(now, type, { by: author, at, data, id, type });
      if (typeof after === 'string') return after;
      return stateText(after) === stateText(before) ? 'no-change' : after;
    },
  };
}

type Step = (before: Standing, event: string, environment: Omit<Environment, 'def'>) => Outcome;
type Home = {
  readonly machine: AnyStateMachine;
  /** Ids of all state nodes in document order, with their places in it. */
  readonly places: ReadonlyMap<string, number>;
  readonly asking: Asking;
};

/** XState starts a machine twice where it is asked to do so once, so there is fuel for two. */
function start({ machine, asking }: Home, environment: Environment): Standing {
  const { fuel, actions: most, operations } = newMeter();
  const twice = { fuel: 2 * fuel, actions: 2 * most, operations: 2 * operations };
  const meter = { ...twice, contextBytes: null };
  asking.asked = { environment, meter, isStarting: false, denied: 0, fault: null };
  const [first, actions] = initialTransition(machine);
  const begun = { actions: actions as readonly Action[], at: environment.at };
  return stand(first as AnyMachineSnapshot, new Map(), begun);
}

function stepOf(
  home: Home,
  { snapshot, timers }: Standing,
  { event: type, environment }: { readonly event: string; readonly environment: Environment },
): Outcome {
  const { machine, asking } = home;
  const ask = () => {
    const asked = { environment, meter: newMeter(), isStarting: true, denied: 0, fault: null };
    asking.asked = asked;
    const event = {
      get type() {
        asked.isStarting = false;
        return type;
      },
    };
    return { asked: asked as Asked, event: event as never };
  };
  const before = restored(home, snapshot);
  let { asked, event } = ask();
  try {
    if (!before.can(event)) return asked.denied > 0 ? 'guard-denied' : 'no-transition';
    ({ asked, event } = ask());
    const [after, actions] = publicTransition(machine, before as never, event);
    const taken = { actions: actions as readonly Action[], at: environment.at };
    return stand(after as AnyMachineSnapshot, timers, taken);
  } catch (error) {
    if (asked.fault !== null) return asked.fault.code;
    return String(error).includes('Infinite loop') ? 'engine-budget' : 'guard-error';
  }
}

function fireDue(before: Standing, time: number, step: Step) {
  let now = before;
  let fired = 0;
  for (; fired < TIMERS_AT_ONCE; fired++) {
    const [event, due] = nextTimer(now) ?? [];
    if (event === undefined || due === undefined || due > time) break;
    const timers = new Map(now.timers);
    timers.delete(event);
    const spent = { snapshot: now.snapshot, timers };
    const after = step(spent, event, { ...NOBODY, at: due });
    now = typeof after === 'string' ? spent : after;
  }
  const due = nextTimer(now)?.[1];
  return { now, fired, isMoreDue: due !== undefined && due <= time };
}

/** The canonical state (PROTOCOL §5), written down here once more. */
export function stateText({ snapshot, timers }: Standing): string {
  const { status, value, context, output, historyValue } = snapshot;
  const past = Object.entries(historyValue as Record<string, readonly { readonly id: string }[]>);
  return canonicalJson({
    ...{ status, value, context },
    ...(status === 'done' && output !== undefined ? { output } : {}),
    history: Object.fromEntries(past.map(([id, nodes]) => [id, nodes.map((n) => n.id).sort()])),
    timers: inOrder(timers).map(([event, due]) => ({ event, due })),
  });
}

function machineOf(config: Config, asking: Asking): AnyStateMachine {
  const rules = compileRules((config['meta'] as { readonly nsm: Json }).nsm);
  if (isRuleProblem(rules)) throw new Error(rules.message);
  const run = <Result>(rule: (asked: Asked) => Result): Result => {
    const { asked } = asking;
    if (asked === undefined) throw new Error('a rule ran while nothing was asked');
    try {
      return rule(asked.isStarting ? { ...asked, meter: newMeter() } : asked);
    } catch (error) {
      if (error instanceof RuleError && !asked.isStarting) asked.fault = error;
      throw error;
    }
  };
  type Given = { readonly context: Json };
  const guards = [...rules.guards].map(([name, guard]) => [
    name,
    ({ context }: Given, params: Json = null): boolean =>
      run((asked) => {
        const passes = guard(context, asked.environment, params, asked.meter);
        if (!passes) asked.denied += 1;
        return passes;
      }),
  ]);
  const actions = [...rules.actions].map(([name, action]) => [
    name,
    assign(
      ({ context }: Given, params: Json = null) =>
        run(({ environment, meter }) =>
          deepFreeze(action(context, environment, params, meter)),
        ) as never,
    ),
  ]);
  const bounded = { ...config, options: { maxIterations: 64 } };
  const means = { guards: Object.fromEntries(guards), actions: Object.fromEntries(actions) };
  return createMachine(bounded as never, means as never) as AnyStateMachine;
}

function stand(
  snapshot: AnyMachineSnapshot,
  before: ReadonlyMap<string, number>,
  { actions, at }: { readonly actions: readonly Action[]; readonly at: number },
): Standing {
  const timers = new Map(before);
  for (const { type, params } of actions) {
    if (type === 'xstate.cancel') timers.delete(String(params?.sendId));
    if (type === 'xstate.raise' && params?.event && typeof params.delay === 'number') {
      timers.set(params.event.type, at + Math.ceil(params.delay / 1_000));
    }
  }
  return { snapshot, timers: snapshot.status === 'active' ? timers : new Map() };
}

/** The snapshot as XState restores it, with regions and histories in document order. */
function restored({ machine, places }: Home, snapshot: AnyMachineSnapshot): AnyMachineSnapshot {
  const persisted = machine.getPersistedSnapshot(snapshot) as AnyMachineSnapshot;
  const place = ({ id }: { readonly id: string }): number => places.get(id) ?? 0;
  const past = Object.entries(persisted.historyValue as Record<string, { readonly id: string }[]>);
  const historyValue = Object.fromEntries(
    past.map(([id, nodes]) => [id, nodes.toSorted((a, b) => place(a) - place(b))]),
  );
  const value = ordered(machine.root, persisted.value);
  return machine.restoreSnapshot({ ...persisted, value, historyValue } as never, {} as never);
}

function idsIn(node: AnyStateNode): readonly string[] {
  return [node.id, ...Object.values(node.states).flatMap((child) => idsIn(child))];
}

function ordered(node: AnyStateNode, value: StateValue): StateValue {
  if (typeof value === 'string') return value;
  const children = Object.entries(node.states).filter(([key]) => Object.hasOwn(value, key));
  return Object.fromEntries(
    children.map(([key, child]) => [key, ordered(child, value[key] ?? {})]),
  );
}

function inOrder(timers: ReadonlyMap<string, number>): readonly (readonly [string, number])[] {
  return [...timers].sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1));
}

const nextTimer = ({ timers }: Standing): readonly [string, number] | undefined =>
  inOrder(timers)[0];
