/**
 * The engine: XState as a pure function, and the only file that knows it.
 *
 * Never an actor, never a real timer, never a received snapshot. Each step starts from the
 * canonical state, restored in document order, so that a relay that restarted and one that did
 * not walk the same path. Guards and actions read sender, clock and payload from the run beside
 * the machine: after a raised event, the event would be that one (PROTOCOL §5).
 */
import {
  type AnyActorScope,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type AnyStateNode,
  assign,
  createMachine,
} from 'xstate';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import type { Action, Guard } from '../rules/compile.ts';
import { type Json, type JsonObject, utf8Bytes } from '../rules/json.ts';
import { RULE_LIMITS, RuleError } from '../rules/meter.ts';
import {
  type ComputedState,
  canonicalJson,
  computeState,
  type State,
  type StateValue,
  type Timer,
} from './canonical.ts';
import { isEventType, LIMITS } from './kinds.ts';
import { failure, type Input, inFiringOrder, newRun, type Run, spendFuel } from './run.ts';

/** The one version whose behaviour the rule set names. */
export const ENGINE = { name: 'xstate', version: '5.33.3' } as const;

/** Guards and actions by the names a definition uses; own names only. */
export type Implementations = {
  readonly guards: ReadonlyMap<string, Guard>;
  readonly actions: ReadonlyMap<string, Action>;
};

/** A compiled machine. It holds no state of any instance. */
export type Machine = {
  readonly config: JsonObject;
  readonly xstate: AnyStateMachine;
  /** The event types that some state handles, without those XState raises itself. */
  readonly types: ReadonlySet<string>;
  /** Neither rules nor timers: a step depends on the state and the type alone. */
  readonly isTable: boolean;
  /** The step in progress, for guards and actions to find. All steps so far: fuel, and size. */
  readonly running: { run: Run | undefined; spent: number };
};

/** A state node of a compiled machine, as far as others may look at it. */
export type ActiveNode = Pick<AnyStateNode, 'type' | 'path' | 'parent' | 'transitions'>;

/** Thrown where no transition is taken. Made once: most refusals of a relay end here. */
const NOT_HANDLED = new Error('not handled');

/** Restored snapshots of states that are still in memory; derived, so they may vanish. */
const restored = new WeakMap<State, AnyMachineSnapshot>();

/** Compiles a linted config. Throws when XState refuses what the linter let through. */
export function compileMachine(config: JsonObject, implementations: Implementations): Machine {
  const running: Machine['running'] = { run: undefined, spent: 0 };
  const guards: Record<string, unknown> = Object.create(null);
  const actions: Record<string, unknown> = Object.create(null);
  for (const [name, guard] of implementations.guards) guards[name] = guardFor(guard, running);
  for (const [name, action] of implementations.actions) actions[name] = actionFor(action, running);
  const bounded = { ...config, options: { maxIterations: LIMITS.microsteps } };
  const xstate = createMachine(bounded as never, { guards, actions } as never);
  const rules = implementations.guards.size + implementations.actions.size;
  const isTable = rules === 0 && !xstate.events.some((type) => type.startsWith('xstate.after'));
  return { config, xstate, types: new Set(xstate.events.filter(isEventType)), isTable, running };
}

/** The state before any transition, or why the machine cannot start. */
export function initialState(machine: Machine, input: Input): ComputedState | Refusal {
  const run = newRun(input, []);
  machine.running.run = run;
  const initial = machine.xstate.getInitialSnapshot(scope(run, 'start'));
  const snapshot = initial as AnyMachineSnapshot;
  if (snapshot.status === 'error') return failure(run, snapshot.error);
  return toComputed(snapshot, run);
}

/** The state after one transition, or why it is refused. The state before is untouched. */
export function step(
  machine: Machine,
  before: ComputedState,
  input: Input,
): ComputedState | Refusal {
  // XState remembers every type it is asked about for as long as the machine lives.
  if (!machine.types.has(input.type ?? '')) return refuse('no-transition');
  // Read on demand: a dry run wants to know what a rule asked for (see next.ts).
  const event = {
    type: input.type,
    inputterPubKey: input.by,
    createdAt: input.at,
    get eventId() {
      return input.id;
    },
    get payload() {
      return input.data;
    },
  };
  return take(machine, before, { event, run: newRun(input, before.state.timers) });
}

/**
 * The state after a due timer fired at its own time, with nobody as author (PROTOCOL §5). The
 * timer is spent in any case: a step that nothing handles, that fails or that costs too much leaves
 * the rest of the state as it was, so bad data cannot brick a machine.
 */
export function fireTimer(
  machine: Machine,
  before: ComputedState,
  { timer, def }: { readonly timer: Timer; readonly def: Input['def'] },
): ComputedState {
  const timers = before.state.timers.filter((other) => other !== timer);
  const input = { by: null, at: timer.due, data: null, id: null, type: null, def };
  const event = { type: timer.event };
  const after = take(machine, before, { event, run: newRun(input, timers) });
  return isRefusal(after) ? computeState({ ...before.state, timers }) : after;
}

/** One macrostep of XState from a state. */
function take(
  machine: Machine,
  before: ComputedState,
  { event, run }: { readonly event: object; readonly run: Run },
): ComputedState | Refusal {
  machine.running.run = run;
  try {
    const snapshot = restore(machine, before.state);
    const after = machine.xstate.transition(snapshot, event as never, scope(run, 'step'));
    const computed = toComputed(after as AnyMachineSnapshot, run);
    if (!isRefusal(computed)) machine.running.spent += Math.floor(computed.canonical.length / 64);
    return computed;
  } catch (error) {
    if (error !== NOT_HANDLED) return failure(run, error);
    return refuse(run.denied > 0 ? 'guard-denied' : 'no-transition');
  } finally {
    machine.running.spent += RULE_LIMITS.fuel - run.meter.fuel;
  }
}

/** The active state nodes of a state, root first, in document order. */
export function activeNodes(machine: Machine, state: State): readonly ActiveNode[] {
  return [...(restore(machine, state)._nodes as AnyStateNode[])].sort((a, b) => a.order - b.order);
}

function current({ run }: Machine['running']): Run {
  if (run === undefined) throw new Error('a guard or action ran outside a step');
  return run;
}

function guardFor(guard: Guard, running: Machine['running']) {
  return ({ context }: { context: Json }, params: Json | undefined): boolean => {
    const run = current(running);
    try {
      const passes = guard(context, run.input, params ?? null, run.meter);
      if (!passes) run.denied++;
      return passes;
    } catch (error) {
      // XState wraps what a guard throws, so the reason is kept aside.
      if (error instanceof RuleError) run.fault = error;
      throw error;
    }
  };
}

function actionFor(action: Action, running: Machine['running']) {
  return assign(({ context }: { context: Json }, params: Json | undefined) => {
    const run = current(running);
    try {
      return action(context, run.input, params ?? null, run.meter) as never;
    } catch (error) {
      if (error instanceof RuleError) run.fault = error;
      throw error;
    }
  });
}

type Taken = readonly {
  readonly target?: readonly unknown[];
  readonly actions: readonly unknown[];
}[];

/** What XState tells an inspector after each microstep. */
type Microstep = { readonly _transitions: Taken; readonly snapshot: AnyMachineSnapshot };

/** What XState tells an actor about its timers: `raise` with a delay starts one. */
type TimerAction = {
  readonly type: string;
  readonly params?: {
    readonly event?: { readonly type: string };
    readonly delay?: unknown;
    readonly sendId?: unknown;
  };
};

/** The members of an actor that a pure step touches, without effect; timers go to the run. */
function scope(run: Run, phase: 'start' | 'step'): AnyActorScope {
  const nothing = () => {};
  // The first microstep of a step belongs to its event, that of a start to nobody's.
  let first = phase === 'step';
  const inspect = ({ _transitions: taken, snapshot }: Microstep) => {
    // XState looks at every active state for every target of every transition.
    const targets = taken.reduce((sum, { target }) => sum + Math.max(1, target?.length ?? 0), 0);
    spendFuel(run, targets * snapshot._nodes.length);
    // An unhandled event must not run `always` transitions on the quiet.
    const handled = taken.some(({ target, actions }) => target !== undefined || actions.length > 0);
    if (first && !handled) throw NOT_HANDLED;
    first = false;
  };
  const execute = ({ type, params }: TimerAction) => {
    if (type === 'xstate.cancel') run.timers.delete(String(params?.sendId));
    if (type !== 'xstate.raise' || typeof params?.delay !== 'number' || !params.event) return;
    run.timers.set(params.event.type, run.input.at + Math.ceil(params.delay / 1_000));
  };
  return {
    self: {},
    id: '',
    sessionId: '',
    logger: nothing,
    defer: nothing,
    emit: nothing,
    stopChild: nothing,
    actionExecutor: execute,
    system: { _sendInspectionEvent: inspect },
  } as unknown as AnyActorScope;
}

function toComputed(snapshot: AnyMachineSnapshot, { timers }: Run): ComputedState | Refusal {
  const left = snapshot.historyValue as Record<string, AnyStateNode[]>;
  // Counted before anything is built of it: histories multiply by the nodes they remember.
  const remembered = Object.values(left)
    .flat()
    .reduce((sum, { id }) => sum + id.length, 0);
  if (remembered > LIMITS.restBytes) return refuse('state-limits', { limit: LIMITS.restBytes });
  const history: Record<string, string[]> = Object.create(null);
  for (const [id, nodes] of Object.entries(left)) {
    history[id] = nodes.map((node) => node.id).sort();
  }
  const ended = snapshot.status === 'done' && snapshot.output !== undefined;
  const state: State = {
    status: snapshot.status as State['status'],
    value: snapshot.value as StateValue,
    context: snapshot.context,
    ...(ended ? { output: snapshot.output as Json } : {}),
    history,
    timers: snapshot.status === 'active' ? inFiringOrder(timers) : [],
  };
  try {
    const computed = computeState(state);
    return withinLimits(computed) ?? computed;
  } catch {
    return refuse('state-not-json');
  }
}

function withinLimits({ canonical, state }: ComputedState): Refusal | undefined {
  const { contextBytes, restBytes } = LIMITS;
  // The whole text bounds its parts, so the common case costs one length.
  if (canonical.length * 3 <= contextBytes) return undefined;
  const context = utf8Bytes(canonicalJson(state.context));
  if (context > contextBytes) return refuse('state-limits', { limit: contextBytes });
  const rest = utf8Bytes(canonical) - context;
  return rest > restBytes ? refuse('state-limits', { limit: restBytes }) : undefined;
}

function restore(machine: Machine, state: State): AnyMachineSnapshot {
  const known = restored.get(state);
  if (known?.machine === machine.xstate) return known;
  // Not in its types, but the only index by id that does not throw.
  const { idMap } = machine.xstate as unknown as { idMap: ReadonlyMap<string, AnyStateNode> };
  const history: Record<string, AnyStateNode[]> = Object.create(null);
  for (const [id, nodes] of Object.entries(state.history)) {
    history[id] = nodes.flatMap((node) => idMap.get(node) ?? []).sort((a, b) => a.order - b.order);
  }
  const snapshot = machine.xstate.resolveState({
    value: inDocumentOrder(machine.xstate.root, state.value),
    context: state.context,
    status: state.status,
    historyValue: history,
  } as never) as AnyMachineSnapshot;
  restored.set(state, snapshot);
  return snapshot;
}

/** Canonical text sorts regions by name; XState takes the order of a value's members as theirs. */
function inDocumentOrder(node: AnyStateNode, value: StateValue): StateValue {
  if (typeof value === 'string') return value;
  const ordered: Record<string, StateValue> = {};
  for (const [key, child] of Object.entries(node.states)) {
    if (Object.hasOwn(value, key))
      ordered[key] = inDocumentOrder(child as AnyStateNode, value[key] ?? {});
  }
  return ordered;
}
