/**
 * A copy of a machine that tells what happens inside a step: which transitions were asked and
 * taken, what rules looked at, what that cost.
 *
 * Every transition gets a guard of its own name, its JSON pointer, which does what the guard in its
 * place did, or passes where there was none. So the copy takes the very steps of the machine. It is
 * never compiled for anything but looking.
 */
import { isRefusal, type Refusal } from '../../refusal.ts';
import type { Action, Environment, Guard } from '../../rules/compile.ts';
import { isObject, type Json, type JsonObject, ownMember } from '../../rules/json.ts';
import { advance } from '../advance.ts';
import type { ComputedState } from '../canonical.ts';
import {
  type Definition,
  type Examined,
  initialInput,
  type Origin,
  type Parts,
} from '../definition.ts';
import { compileMachine, initialState } from '../engine.ts';
import type { Outline, OutlineTransition } from '../outline.ts';
import { pointer } from '../strict-json.ts';
import type { Transition } from '../transition.ts';
import type { StateNode } from '../view.ts';

/** How a transition fared when it was asked: its guard passed, failed or threw. */
export type Asked = { readonly path: string; readonly outcome: 'passed' | 'failed' | 'threw' };

/** What rules looked at: what they were told, by guards and by actions. */
export type Looked = {
  by: boolean;
  data: boolean;
  /** By guards only: a time that is merely noted decides nothing. */
  at: boolean;
};

/** A step that was tried. */
export type Trial = {
  readonly after: ComputedState | Refusal;
  readonly asked: readonly Asked[];
  readonly looked: Readonly<Looked>;
  /** Work in units of a small step, about 20 µs. */
  readonly cost: number;
};

/** A machine under observation. */
export type Probe = {
  /** Tries a transition on top of a node; nothing is kept. */
  readonly attempt: (node: StateNode, transition: Transition) => Trial;
};

/** Work for one unit of fuel. */
export const FUEL_COST = 1 / 400;

type Watch = { asked: Asked[]; looked: Looked; fuel: number };

const newWatch = (): Watch => ({
  asked: [],
  looked: { by: false, data: false, at: false },
  fuel: 0,
});

/** Puts a definition under observation. */
export function probe(examined: Examined): Probe {
  const { definition, outline } = examined;
  const { machine, watching } = instrument(examined);
  const observed: Definition = { ...definition, machine };
  const size = 1 + outline.nodes.length / 64;
  return {
    attempt: (node, transition) => {
      watching.current = newWatch();
      const after = advance(observed, node, transition);
      const { asked, looked, fuel } = watching.current;
      const cost = costOf(node, after) * size + asked.length / 16 + fuel * FUEL_COST;
      return { after, asked, looked, cost };
    },
  };
}

/** What is asked in the initial step, whether it succeeds or not. */
export function askedAtStart(parts: Parts, origin: Origin): readonly Asked[] {
  const { machine, watching } = instrument(parts);
  initialState(machine, initialInput(origin));
  return watching.current.asked;
}

/** The machine with a guard at every transition; what rules do goes to the current watch. */
function instrument({ outline, implementations }: Parts) {
  const watching = { current: newWatch() };

  const watched = (path: string, guard: Guard | undefined): Guard =>
    // biome-ignore lint/complexity/useMaxParams: the shape of a guard.
    function ask(context, environment, params, meter) {
      const watch = watching.current;
      const { fuel } = meter;
      let outcome: Asked['outcome'] = 'threw';
      try {
        const seen = seenThrough(environment, watch, true);
        const passes = guard === undefined || guard(context, seen, params, meter);
        outcome = passes ? 'passed' : 'failed';
        return passes;
      } finally {
        watch.asked.push({ path, outcome });
        watch.fuel += fuel - meter.fuel;
      }
    };

  const watchedAction =
    (action: Action): Action =>
    // biome-ignore lint/complexity/useMaxParams: the shape of an action.
    (context, environment, params, meter) => {
      const watch = watching.current;
      const { fuel } = meter;
      const after = action(context, seenThrough(environment, watch, false), params, meter);
      watch.fuel += fuel - meter.fuel;
      return after;
    };

  const guards = outline.transitions.map(({ path, config }) => {
    const name = guardName(config);
    const guard = name === undefined ? undefined : implementations.guards.get(name);
    return [path, watched(path, guard)] as const;
  });
  const actions = [...implementations.actions].map(
    ([name, action]) => [name, watchedAction(action)] as const,
  );
  const machine = compileMachine(withMarkers(outline), {
    guards: new Map(guards),
    actions: new Map(actions),
  });
  return { machine, watching };
}

/** What regions and long texts add to a step: estimates, but the same everywhere. */
function costOf({ computed }: StateNode, after: ComputedState | Refusal): number {
  const regions = leavesOf(computed.state.value);
  const text = isRefusal(after) ? 0 : 1 + after.canonical.length / 300;
  return ((1 + text) * (1 + (regions * regions) / 24)) / 2;
}

function leavesOf(value: ComputedState['state']['value']): number {
  if (typeof value === 'string') return 1;
  return Object.values(value).reduce((sum, child) => sum + leavesOf(child), 0);
}

/** The environment, noting what is looked at. */
function seenThrough(environment: Environment, { looked }: Watch, isGuard: boolean): Environment {
  return {
    get by() {
      looked.by = true;
      return environment.by;
    },
    get at() {
      if (isGuard) looked.at = true;
      return environment.at;
    },
    get data() {
      looked.data = true;
      return environment.data;
    },
    get id() {
      return environment.id;
    },
    type: environment.type,
    def: environment.def,
  };
}

function guardName(config: JsonObject): string | undefined {
  const guard = ownMember(config, 'guard');
  const name = isObject(guard) ? ownMember(guard, 'type') : guard;
  return typeof name === 'string' ? name : undefined;
}

/** The config with a guard at every transition, named by its pointer. */
function withMarkers({ root, transitions }: Outline): JsonObject {
  const byPath = new Map(transitions.map((transition) => [transition.path, transition]));
  return markNode(root.config, '', byPath);
}

type Marks = ReadonlyMap<string, OutlineTransition>;

function markNode(config: JsonObject, path: string, marks: Marks): JsonObject {
  const marked: Record<string, Json> = { ...config };
  for (const name of ['always', 'onDone']) {
    const handler = ownMember(config, name);
    if (handler !== undefined) marked[name] = markHandler(handler, `${path}/${name}`, marks);
  }
  for (const name of ['on', 'after']) {
    const table = ownMember(config, name);
    if (isObject(table)) {
      marked[name] = mapMembers(table, (key, value) =>
        markHandler(value, `${path}/${name}${pointer(key)}`, marks),
      );
    }
  }
  const states = ownMember(config, 'states');
  if (isObject(states)) {
    marked['states'] = mapMembers(states, (key, child) =>
      isObject(child) ? markNode(child, `${path}/states${pointer(key)}`, marks) : child,
    );
  }
  return marked;
}

function markHandler(handler: Json, path: string, marks: Marks): Json {
  if (!Array.isArray(handler)) return markTransition(path, marks);
  return handler.map((_, i) => markTransition(`${path}/${i}`, marks));
}

function markTransition(path: string, marks: Marks): Json {
  const config = marks.get(path)?.config ?? {};
  const guard = ownMember(config, 'guard');
  const params = isObject(guard) ? ownMember(guard, 'params') : undefined;
  return { ...config, guard: params === undefined ? path : { type: path, params } };
}

function mapMembers(object: JsonObject, change: (key: string, value: Json) => Json): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [key, change(key, value)]),
  );
}
