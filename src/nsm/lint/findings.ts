/**
 * What an exploration says about the transitions of a definition: what nobody could send, which
 * guards always said the same, where no way led.
 *
 * Sentences claim what was seen and no more: how much was tried is said with them.
 */
import type { Examined } from '../definition.ts';
import type { OutlineNode } from '../outline.ts';
import { reachable } from '../warnings.ts';
import type { Exploration, Fate, Reached } from './explore.ts';
import { nameOf, placesOf, sequencesOf } from './graph.ts';
import type { Ruled, Uses } from './uses.ts';
import type { LintWarning } from './warning.ts';

/** An exploration with what findings are made of. */
export type Study = {
  readonly examined: Examined;
  readonly uses: Uses;
  readonly seen: Exploration;
  /** The states that were entered, if only to be left in the same step. */
  readonly entered: ReadonlySet<OutlineNode>;
  /** The innermost state that holds all active ones. */
  readonly placeOf: (reached: Reached) => OutlineNode;
  readonly sequenceTo: ReturnType<typeof sequencesOf>;
  readonly fateOf: (ruled: Ruled) => Fate;
  /** How much was tried, as the end of a sentence. */
  readonly within: string;
};

const NOTHING: Fate = { passed: 0, failed: 0, threw: 0, taken: 0 };

/** Makes an exploration ready to be looked at. */
export function studyOf(examined: Examined, uses: Uses, seen: Exploration): Study {
  const { definition, outline } = examined;
  const count = seen.reached.length;
  return {
    ...{ examined, uses, seen },
    entered: reachable(outline, ({ path }) => (seen.fates.get(path)?.taken ?? 0) > 0),
    placeOf: placesOf(outline),
    sequenceTo: sequencesOf(definition, seen),
    fateOf: ({ transition }) => seen.fates.get(transition.path) ?? NOTHING,
    within: seen.isComplete ? `in any of the ${count} states tried` : `within ${count} states`,
  };
}

/** What never happened to states and transitions. */
export function transitionFindings(study: Study): readonly LintWarning[] {
  const silent = handlersOf(study).flatMap((handler) => silentHandler(study, handler));
  // What is said of a handler is not said again of its transitions and guards.
  const told = new Set(silent.map(({ path }) => path));
  const open = study.uses.ruled.filter(({ transition }) => !told.has(transition.handler));
  return [
    ...unreachedStates(study),
    ...silent,
    ...open.flatMap((ruled) => untaken(study, ruled)),
    ...open.flatMap((ruled) => idleGuard(study, ruled)),
  ];
}

/** States that guards keep everybody out of; of nested ones the outermost. */
function unreachedStates({ examined, entered, within }: Study): readonly LintWarning[] {
  return [...reachable(examined.outline)].flatMap((node) => {
    const isOutermost = node.parent === null || entered.has(node.parent);
    if (node.type === 'history' || entered.has(node) || !isOutermost) return [];
    const message = `${nameOf(node)} was not reached ${within}`;
    return [{ code: 'unreachable-state', path: node.path, message }];
  });
}

/** The candidates for one event or timer of one state; never empty. */
type Handler = readonly Ruled[];

/** The handlers of states that were entered; without those that forbid a type. */
function handlersOf({ uses, entered }: Study): readonly Handler[] {
  const handlers = new Map<string, Ruled[]>();
  for (const ruled of uses.ruled) {
    const { handler, source } = ruled.transition;
    if (ruled.isForbidden || !entered.has(source)) continue;
    const candidates = handlers.get(handler) ?? [];
    handlers.set(handler, candidates);
    candidates.push(ruled);
  }
  return [...handlers.values()];
}

function silentHandler(study: Study, handler: Handler): readonly LintWarning[] {
  const trigger = handler[0]?.trigger;
  if (trigger === 'event') return unsentType(study, handler);
  return trigger === 'after' ? idleTimer(study, handler) : [];
}

/** A type that a state handles, but that nobody could send in it. */
function unsentType(study: Study, handler: Handler): readonly LintWarning[] {
  const { fateOf, seen, sequenceTo, within } = study;
  const [first] = handler;
  if (first === undefined || handler.some((ruled) => fateOf(ruled).taken > 0)) return [];
  const { source, event, handler: path } = first.transition;
  const { state } = first;
  const at = seen.reached.find(({ active }) => state === '' || active.includes(state));
  if (at === undefined) return [];
  const guards = handler.flatMap(({ guard }) => guard?.rule.name ?? []);
  const isDenied = guards.length > 0 && handler.every((ruled) => fateOf(ruled).passed === 0);
  const why = isDenied ? `${guards.join(', ')} never let anybody pass` : 'it never had an effect';
  const message = `nobody could send ${event} in ${nameOf(source)} ${within}: ${why}`;
  return [{ code: 'never-sent', path, message, sequence: sequenceTo(at) }];
}

/** A timer that never fired although its state was entered. */
function idleTimer({ fateOf, within }: Study, handler: Handler): readonly LintWarning[] {
  const [first] = handler;
  if (first === undefined || handler.some((ruled) => fateOf(ruled) !== NOTHING)) return [];
  const { source, handler: path } = first.transition;
  const message = `this timer of ${nameOf(source)} did not fire ${within}`;
  return [{ code: 'timer-never-fires', path, message }];
}

/** A transition that was never taken, although its state was entered. */
function untaken(study: Study, ruled: Ruled): readonly LintWarning[] {
  const { transition, before, isForbidden } = ruled;
  const fate = study.fateOf(ruled);
  const isShadowed = before !== null && before.guard === null;
  const isDenied = fate !== NOTHING && fate.passed === 0;
  const isTaken = fate.taken > 0 || !study.entered.has(transition.source);
  if (isTaken || isForbidden || isShadowed || isDenied) return [];
  const message = `this transition was not taken ${study.within}`;
  return [{ code: 'never-taken', path: transition.path, message }];
}

/** A guard that always said the same, where it was asked at all. */
function idleGuard(study: Study, ruled: Ruled): readonly LintWarning[] {
  const { guard, transition } = ruled;
  const fate = study.fateOf(ruled);
  if (guard === null || fate === NOTHING) return [];
  const { passed, failed, threw } = fate;
  const { path, rule } = guard;
  const where = `in ${nameOf(transition.source)}`;
  if (passed === 0) {
    const how = failed === 0 ? 'always failed with an error' : 'never passed';
    const message = `${rule.name} ${how} ${where} ${study.within}`;
    return [{ code: 'guard-never-passes', path, message }];
  }
  if (failed + threw > 0) return [];
  const message = `${rule.name} always passed ${where}: it kept nobody out ${study.within}`;
  return [{ code: 'guard-never-fails', path, message }];
}
