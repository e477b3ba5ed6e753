/**
 * What an exploration says about where a machine goes: states it cannot leave, parties it hangs on,
 * timers that need not fire.
 */
import { isRefusal } from '../../refusal.ts';
import { isList, isObject, type Json } from '../../rules/json.ts';
import { advance } from '../advance.ts';
import type { Definition } from '../definition.ts';
import { TICK } from '../kinds.ts';
import { pointer } from '../strict-json.ts';
import type { Edge, Reached } from './explore.ts';
import type { Study } from './findings.ts';
import { canReach, leadingTo, nameOf } from './graph.ts';
import type { LintCode, LintWarning } from './warning.ts';

const PARTIES_TOLD = 4;

/** What an exploration says about the ends of a machine and the ways to them. */
export function endFindings(study: Study): readonly LintWarning[] {
  return [
    ...deadEnds(study),
    ...endless(study),
    ...failedTimers(study),
    ...starvingTimers(study),
    ...openTypes(study),
    ...idleStates(study),
    ...blockers(study),
  ];
}

/** States that were left in no way that was tried. */
function deadEnds(study: Study): readonly LintWarning[] {
  const isStuck = ({ node, out, isTried }: Reached): boolean =>
    isTried && node.computed.state.status === 'active' && out.length === 0;
  return byPlace(study, study.seen.reached.filter(isStuck), (name, stuck, all) => ({
    code: 'dead-end',
    message:
      stuck < all
        ? `nobody could go on from ${name} in ${stuck} of ${all} cases, and no timer runs`
        : `nobody could go on from ${name} in any way that was tried, and no timer runs`,
  }));
}

/** States from which no end can be reached, in a machine that has one. */
function endless(study: Study): readonly LintWarning[] {
  const { reached } = study.seen;
  const hasEnded = ({ node }: Reached): boolean => node.computed.state.status !== 'active';
  if (!reached.some(hasEnded)) return [];
  const hopeful = leadingTo(reached, hasEnded);
  const lost = reached.filter((state) => !hopeful.has(state) && state.out.length > 0);
  return byPlace(study, lost, (name, _, all) => ({
    code: 'no-end',
    message: `from ${name} the machine could not be brought to an end (${all} cases tried)`,
  }));
}

type Told = { readonly code: LintCode; readonly message: string };

/** One warning for each place of some states, with the way to the first of them. */
function byPlace(
  { placeOf, seen, sequenceTo }: Study,
  states: readonly Reached[],
  tell: (name: string, some: number, all: number) => Told,
): readonly LintWarning[] {
  const places = new Set(states.map(placeOf));
  return [...places].flatMap((place) => {
    const some = states.filter((state) => placeOf(state) === place);
    const all = seen.reached.filter((state) => placeOf(state) === place);
    const [first] = some;
    if (first === undefined) return [];
    const told = tell(nameOf(place), some.length, all.length);
    return [{ ...told, path: place.path, sequence: sequenceTo(first) }];
  });
}

/** Timers whose rules fail when they fire: then they are spent, and nothing has happened. */
function failedTimers({ uses, seen, sequenceTo }: Study): readonly LintWarning[] {
  return uses.ruled.flatMap(({ transition: { path }, guard }) => {
    const from = seen.failedTimers.get(path);
    if (from === undefined) return [];
    const tick = from.out.find(({ sent }) => sent.type === TICK);
    const what = guard?.rule.name ?? 'a rule';
    const message = `${what} fails when a timer fires, and the timer is spent for nothing`;
    return [{ code: 'timer-fails', path, message, sequence: sequenceTo(from, tick) }];
  });
}

/** Timers that a step starts anew, in a place that can be come back to for ever. */
function starvingTimers(study: Study): readonly LintWarning[] {
  const { examined, seen, sequenceTo } = study;
  const paths = new Map<string, string>(
    examined.outline.transitions.map(({ source, handler }) => {
      const delay = handler.slice(source.path.length + '/after/'.length);
      return [`xstate.after.${delay}.${source.id}`, handler] as const;
    }),
  );
  const found = new Map<string, LintWarning>();
  const asked = new Set<string>();
  for (const edge of seen.reached.flatMap(({ out }) => out)) {
    for (const { event } of edge.from.node.computed.state.timers) {
      const path = paths.get(event);
      const question = [event, ...edge.passed].join(' ');
      const isKnown = path === undefined || found.has(path) || asked.has(question);
      if (isKnown || edge.sent.type === TICK) continue;
      asked.add(question);
      if (!restarts(study, edge, event) || !canReach(edge.to, edge.from, isNoTick)) continue;
      const message = `${edge.sent.type} starts this timer anew, as often as its author likes`;
      found.set(path, {
        ...{ code: 'timer-starves', path, message },
        sequence: sequenceTo(edge.from, edge),
      });
    }
  }
  return [...found.values()];
}

const isNoTick = ({ sent }: Edge): boolean => sent.type !== TICK;

/** True when a step, taken one second later than it was, leaves a timer due later than before. */
function restarts(
  { examined: { definition } }: Study,
  { from, sent }: Edge,
  event: string,
): boolean {
  const { id, by: author, type, data: payload } = sent;
  const { node } = from;
  const createdAt = sent.at + 1;
  const transition = {
    machine: definition.id,
    prior: node.id,
    id,
    type,
    author,
    createdAt,
    payload,
  };
  const after = advance(definition, node, transition);
  if (isRefusal(after)) return false;
  const dueIn = (timers: typeof after.state.timers) =>
    timers.find((timer) => timer.event === event)?.due ?? 0;
  return dueIn(after.state.timers) > dueIn(node.computed.state.timers);
}

/** Types that somebody could send whom the machine does not know: at once, or after a time. */
function openTypes({ uses, seen, sequenceTo }: Study): readonly LintWarning[] {
  const opened = new Map<string, Edge>();
  const later = new Map<string, Edge>();
  for (const edge of seen.reached.flatMap(({ out }) => out)) {
    if (!edge.isByStranger) continue;
    for (const path of edge.passed) {
      if (!opened.has(path)) opened.set(path, edge);
      if (later.has(path) || !isDelayed(edge)) continue;
      const isRefusedNow = !edge.from.out.some(
        (other) => other.isByStranger && !isDelayed(other) && other.passed.includes(path),
      );
      if (isRefusedNow) later.set(path, edge);
    }
  }
  return uses.ruled.flatMap(({ transition: { path, event }, trigger, guard }) => {
    const edge = later.get(path) ?? opened.get(path);
    if (trigger !== 'event' || guard === null || edge === undefined) return [];
    const code = later.has(path) ? 'open-after-a-time' : 'open-to-strangers';
    const when = later.has(path) ? ' after a time' : '';
    const message = `${guard.rule.name} lets strangers send ${event}${when}`;
    return [{ code, path, message, sequence: sequenceTo(edge.from, edge) }];
  });
}

/** True for a step that could not be taken when its state began, or was not tried then. */
const isDelayed = ({ from, sent }: Edge): boolean => sent.at > from.node.createdAt;

/** States in which nobody can do anything before some time has come, whatever came before. */
function idleStates(study: Study): readonly LintWarning[] {
  const isIdle = ({ out }: Reached): boolean => {
    const steps = out.filter(isNoTick);
    return steps.length > 0 && steps.every(isDelayed);
  };
  const keyOf = (state: Reached): string => `${study.placeOf(state).path} ${state.node.createdAt}`;
  const tried = study.seen.reached.filter(({ isTried }) => isTried);
  const busy = new Set(tried.filter((state) => !isIdle(state)).map(keyOf));
  const idle = tried.filter((state) => !busy.has(keyOf(state)));
  return byPlace(study, idle, (name) => ({
    code: 'idle-for-a-time',
    message: `in ${name} nobody can do anything before a certain time`,
  }));
}

/** States in which everything waits for one party, and no timer helps. */
function blockers(study: Study): readonly LintWarning[] {
  const { seen, placeOf, sequenceTo, examined } = study;
  const found = new Map<string, { parties: Set<string>; first: Reached }>();
  for (const state of seen.reached) {
    const party = soleMover(state);
    if (party === undefined) continue;
    const { path } = placeOf(state);
    const entry = found.get(path) ?? { parties: new Set(), first: state };
    found.set(path, entry);
    entry.parties.add(partyName(party, state, examined.definition));
  }
  return [...found].map(([path, { parties, first }]) => {
    const name = nameOf(placeOf(first));
    const some = [...parties].slice(0, PARTIES_TOLD).join(' or ');
    const message = `in ${name} everything waits for ${some}, without a timer`;
    return { code: 'one-party-blocks', path, message, sequence: sequenceTo(first) };
  });
}

/** The only party that could move on from a state; undefined where others or a timer can. */
function soleMover({ node, out, isTried }: Reached): string | undefined {
  if (!isTried || node.computed.state.timers.length > 0) return undefined;
  const steps = out.filter(({ from, to }) => from !== to);
  const [first] = steps;
  if (first === undefined || steps.some(({ isByStranger }) => isByStranger)) return undefined;
  return steps.every(({ sent }) => sent.by === first.sent.by) ? first.sent.by : undefined;
}

/** A key as people know it: by its place in the context, at the start or by then. */
function partyName(key: string, { node }: Reached, { initial, pubkey }: Definition): string {
  const { context } = node.computed.state;
  const path = pathTo(initial.state.context, key) ?? pathTo(context, key);
  if (path !== undefined) return `/context${path}`;
  return key === pubkey ? 'its author' : key;
}

function pathTo(value: Json, key: string): string | undefined {
  if (value === key) return '';
  if (!isList(value) && !isObject(value)) return undefined;
  for (const [name, item] of Object.entries<Json>(value)) {
    const inner = name === key ? '' : pathTo(item, key);
    if (inner !== undefined) return pointer(name) + inner;
  }
  return undefined;
}
