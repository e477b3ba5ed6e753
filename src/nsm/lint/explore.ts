/**
 * A bounded model checker: follows a machine through the states that representative inputs lead to.
 *
 * The steps are those of the engine, so what was seen is so. What was not seen is only not seen:
 * inputs are a choice, and the budget may end first. Work is bounded by states and by cost, both
 * counted, never timed: the same definition always gives the same exploration.
 */
import { isRefusal } from '../../refusal.ts';
import { deepFreeze, type Json } from '../../rules/json.ts';
import type { Definition, Examined } from '../definition.ts';
import { activePaths, enabledTypes } from '../enabled.ts';
import { TICK } from '../kinds.ts';
import { nextDue } from '../time.ts';
import type { StateNode } from '../view.ts';
import type { Moment } from './clues.ts';
import { type Inputs, inputsFor, SENDERS_MAX } from './inputs.ts';
import { type Asked, askedAtStart, FUEL_COST, type Probe, probe, type Trial } from './probe.ts';
import { stateKeys } from './sameness.ts';
import type { Ruled, Uses } from './uses.ts';

/** How far an exploration may go: states, and work in steps of a small machine. */
export type Budget = { readonly states: number; readonly steps: number };

/** A transition as it is sent; `id` is made up. */
export type Sent = {
  readonly id: string;
  readonly by: string;
  readonly type: string;
  readonly data: Json;
  readonly at: number;
};

/** A step from one state to another that the machine took. */
export type Edge = {
  readonly from: Reached;
  readonly to: Reached;
  readonly sent: Sent;
  /** True when the machine does not know its author. */
  readonly isByStranger: boolean;
  /** Pointers of the transitions whose guards passed in it. */
  readonly passed: readonly string[];
};

/** A state that was reached. */
export type Reached = {
  readonly node: StateNode;
  /** Paths of its active states, outer before inner. */
  readonly active: readonly string[];
  /** Who may be tried: a stranger first. */
  readonly senders: readonly string[];
  readonly out: Edge[];
  /** The step that first led here; null for the initial state. */
  via: Edge | null;
  /** True once everything worth trying was tried. */
  isTried: boolean;
};

/** How a transition fared over all trials. */
export type Fate = { passed: number; failed: number; threw: number; taken: number };

/** What an exploration saw. */
export type Exploration = {
  /** The initial state first. */
  readonly reached: readonly Reached[];
  readonly fates: ReadonlyMap<string, Fate>;
  /** Timer transitions that threw, and the state in which the timer was due. */
  readonly failedTimers: ReadonlyMap<string, Reached>;
  readonly steps: number;
  /** False when the budget ended before everything was tried, or some senders were left out. */
  readonly isComplete: boolean;
  /** A text that is equal for states the exploration takes for one. */
  readonly keyOf: (node: StateNode) => string;
};

type Search = {
  readonly examined: Examined;
  readonly uses: Uses;
  readonly inputs: Inputs;
  readonly observed: Probe;
  readonly keyOf: (node: StateNode) => string;
  readonly momentOf: MomentOf;
  readonly spent: Moment['spent'];
  /** The transitions for an event type. */
  readonly byType: ReadonlyMap<string, readonly Ruled[]>;
  readonly budget: Budget;
  readonly reached: Map<string, Reached>;
  /** States to be tried, by the configuration they are in. */
  readonly waiting: Map<string, Lane>;
  readonly fates: Map<string, Fate>;
  readonly failedTimers: Map<string, Reached>;
  steps: number;
  cost: number;
};

/** States in one configuration: those before `next` have had their turn. */
type Lane = { readonly states: Reached[]; next: number; tried: number };

/** Explores a definition from its initial state. */
export function explore(examined: Examined, uses: Uses, budget: Budget): Exploration {
  const { definition } = examined;
  const inputs = inputsFor(uses, definition.pubkey);
  const keyWith = stateKeys(uses);
  const spent = { fuel: 0 };
  const momentOf = momentsOf(definition, spent);
  const keyOf = (node: StateNode): string =>
    keyWith(node, inputs.signs(momentOf(node, definition.pubkey)));
  const search: Search = {
    ...{ examined, uses, budget, inputs, keyOf, momentOf, spent, steps: 0, cost: 0 },
    byType: groupByType(uses),
    observed: probe(examined),
    reached: new Map(),
    waiting: new Map(),
    fates: new Map(),
    failedTimers: new Map(),
  };
  const { id, pubkey, initial: computed, createdAt } = definition;
  countFates(search, askedAtStart(examined, { id, pubkey, created_at: createdAt }), true);
  meet(search, { id: null, height: 0, createdAt, computed });
  for (let next = takeNext(search); next && !isSpent(search); next = takeNext(search)) {
    tryAll(search, next);
    next.isTried = !isSpent(search);
  }
  const reached = [...search.reached.values()];
  const { fates, failedTimers, steps } = search;
  const isComplete = reached.every(
    ({ isTried, senders }) => isTried && senders.length < SENDERS_MAX,
  );
  return { reached, fates, failedTimers, steps, isComplete, keyOf };
}

function groupByType({ ruled }: Uses): ReadonlyMap<string, readonly Ruled[]> {
  const byType = new Map<string, Ruled[]>();
  for (const one of ruled) {
    const { event } = one.transition;
    if (event === null) continue;
    const same = byType.get(event) ?? [];
    byType.set(event, same);
    same.push(one);
  }
  return byType;
}

function isSpent({ cost, spent, budget, reached }: Search): boolean {
  return cost + spent.fuel * FUEL_COST > budget.steps || reached.size > budget.states;
}

/** The state a node is in, new or known. */
function meet(search: Search, node: StateNode): Reached {
  const { inputs, reached, waiting } = search;
  const key = search.keyOf(node);
  const known = reached.get(key);
  if (known !== undefined) return known;
  const { state } = node.computed;
  const active = activePaths(state);
  const isTried = state.status !== 'active';
  const senders = inputs.senders(state.context);
  const found: Reached = { node, active, senders, out: [], via: null, isTried };
  reached.set(key, found);
  if (isTried) return found;
  const lane = waiting.get(active.join(' ')) ?? { states: [], next: 0, tried: 0 };
  waiting.set(active.join(' '), lane);
  lane.states.push(found);
  return found;
}

/**
 * The next state to try: of the configuration that was tried least, by turns the one met first and
 * the one met last. So a deep corner gets its turn although the states before it are many.
 */
function takeNext({ waiting }: Search): Reached | undefined {
  let least: Lane | undefined;
  for (const lane of waiting.values()) {
    if (lane.states.length === lane.next) continue;
    if (least === undefined || lane.tried < least.tried) least = lane;
  }
  if (least === undefined) return undefined;
  least.tried += 1;
  return least.tried % 2 === 1 ? least.states[least.next++] : least.states.pop();
}

type MomentOf = (node: StateNode, by: string) => Moment;

function momentsOf(definition: Definition, spent: Moment['spent']): MomentOf {
  const { id, pubkey, createdAt: created_at } = definition;
  const def = { id, pubkey, created_at };
  return ({ computed, createdAt: at }, by) => {
    const { context } = computed.state;
    return { context, by, at, def, spent };
  };
}

/** Tries everything worth trying in a state. */
function tryAll(search: Search, from: Reached): void {
  const { computed, createdAt } = from.node;
  for (const { type } of enabledTypes(search.examined.definition.machine, computed.state)) {
    tryType(search, from, type);
  }
  const due = nextDue(computed);
  const [by = ''] = from.senders;
  if (due === undefined) return;
  tryOne(search, from, { by, type: TICK, data: null, at: Math.max(due, createdAt) });
}

/**
 * Tries a type with senders, times and payloads; what no rule looked at is not varied. Whom no rule
 * asks for may be anybody, and the first sender is a stranger.
 */
function tryType(search: Search, from: Reached, type: string): void {
  const { inputs, byType, momentOf } = search;
  const { node, active, senders } = from;
  const ruled = (byType.get(type) ?? []).filter(
    ({ state }) => state === '' || active.includes(state),
  );
  const due = nextDue(node.computed) ?? Number.POSITIVE_INFINITY;
  for (const by of senders) {
    const moment = momentOf(node, by);
    const looked = { by: false, at: false };
    // What comes after a timer is tried in the state that the timer leads to.
    const times = inputs.times(ruled, moment).filter((time) => time < due);
    for (const at of [moment.at, ...times]) {
      if (at > moment.at && !looked.at) break;
      const seen = tryPayloads(search, from, { moment: { ...moment, at }, type, ruled });
      looked.by ||= seen.by;
      looked.at ||= seen.at;
    }
    if (!looked.by || isSpent(search)) break;
  }
}

type Attempt = {
  readonly moment: Moment;
  readonly type: string;
  readonly ruled: readonly Ruled[];
};

function tryPayloads(search: Search, from: Reached, { moment, type, ruled }: Attempt) {
  const { by, at } = moment;
  const { looked } = tryOne(search, from, { by, type, data: null, at });
  const seen = { ...looked };
  if (!looked.data) return seen;
  for (const data of search.inputs.payloads(ruled, moment)) {
    if (isSpent(search)) break;
    const trial = tryOne(search, from, { by, type, data: deepFreeze(data), at });
    seen.by ||= trial.looked.by;
    seen.at ||= trial.looked.at;
  }
  return seen;
}

function tryOne(search: Search, from: Reached, sent: Omit<Sent, 'id'>): Trial {
  const { observed, inputs, examined } = search;
  const { by: author, type, data: payload, at: createdAt } = sent;
  const id = inputs.id(from.node.computed.canonical);
  const machine = examined.definition.id;
  const transition = { id, machine, prior: from.node.id, type, author, createdAt, payload };
  const trial = observed.attempt(from.node, transition);
  search.steps += 1;
  search.cost += trial.cost;
  countFates(search, trial.asked, !isRefusal(trial.after));
  if (type === TICK) noteFailedTimers(search, from, trial);
  if (isRefusal(trial.after)) {
    // What only starts a timer anew changes nothing before some time has passed.
    const due = nextDue(from.node.computed) ?? 0;
    const isTooSoon = trial.after.code === 'no-change' && createdAt + 1 < due;
    return isTooSoon ? tryOne(search, from, { ...sent, at: createdAt + 1 }) : trial;
  }
  const known = search.reached.size;
  const height = from.node.height + 1;
  const to = meet(search, { id, height, createdAt, computed: trial.after });
  const passed = trial.asked.flatMap(({ path, outcome }) => (outcome === 'passed' ? [path] : []));
  const isByStranger = author === from.senders[0];
  const edge = { from, to, sent: { ...sent, id }, isByStranger, passed };
  from.out.push(edge);
  if (search.reached.size > known) to.via = edge;
  return trial;
}

function countFates({ fates }: Search, asked: readonly Asked[], isAccepted: boolean): void {
  for (const { path, outcome } of asked) {
    const fate = fates.get(path) ?? { passed: 0, failed: 0, threw: 0, taken: 0 };
    fates.set(path, fate);
    fate[outcome] += 1;
    if (isAccepted && outcome === 'passed') fate.taken += 1;
  }
}

function noteFailedTimers({ failedTimers }: Search, from: Reached, { asked }: Trial): void {
  for (const { path, outcome } of asked) {
    if (outcome === 'threw' && !failedTimers.has(path)) failedTimers.set(path, from);
  }
}
