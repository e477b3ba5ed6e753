/**
 * What can be seen in a definition without running it: names that lead nowhere, payloads that
 * nobody looked at, transitions that are left no chance.
 */
import type { Json } from '../../rules/json.ts';
import type { Outline, OutlineTransition } from '../outline.ts';
import { checksBefore, isAbout } from './checks.ts';
import { evaluator } from './clues.ts';
import { looseTypes } from './flows.ts';
import { nameOf } from './graph.ts';
import { isKnown, type Write, writesOf } from './members.ts';
import { similarNames } from './names.ts';
import { type Rule, termsOf } from './terms.ts';
import type { Ruled, Uses } from './uses.ts';
import type { LintWarning } from './warning.ts';

/** The findings that need no run; `context` is the one of the definition. */
export function staticFindings(
  uses: Uses,
  outline: Outline,
  context: Json,
): readonly LintWarning[] {
  const writes = writesOf(uses);
  const events = uses.ruled.filter(({ trigger }) => trigger === 'event');
  return [
    ...uses.ruled.flatMap(shadowed),
    ...uses.ruled.flatMap((ruled) => neverRests(ruled, outline)),
    ...events.flatMap(unguarded),
    ...constantGuards(uses),
    ...unknownMembers(uses, context, writes),
    ...strayMembers(context, writes),
    ...events.flatMap(uncheckedPayload),
    ...similarNames(uses),
    ...looseTypes(uses, writes),
  ];
}

function shadowed({ before, transition: { path } }: Ruled): readonly LintWarning[] {
  if (before === null || before.guard !== null) return [];
  const message = 'the candidate before it has no guard, so this one is never asked';
  return [{ code: 'shadowed-transition', path, message }];
}

/** A state that an unguarded `always` leaves at once, although something was to happen in it. */
function neverRests(
  { trigger, guard, isForbidden, transition: { source, path } }: Ruled,
  { transitions }: Outline,
): readonly LintWarning[] {
  if (trigger !== 'always' || guard !== null || isForbidden) return [];
  const waits = transitions.some((other) => other.source === source && !isAlways(other));
  if (!waits) return [];
  const message = `${nameOf(source)} is left at once, so nothing that it waits for can happen`;
  return [{ code: 'never-rests', path, message }];
}

const isAlways = ({ source, handler }: OutlineTransition): boolean =>
  handler === `${source.path}/always`;

function unguarded({ guard, isForbidden, transition }: Ruled): readonly LintWarning[] {
  if (guard !== null || isForbidden) return [];
  const { event, path } = transition;
  return [{ code: 'unguarded-type', path, message: `no guard: anybody can send ${event}` }];
}

/** Guards that read nothing, so that they say the same whatever happens. */
function constantGuards({ ruled }: Uses): readonly LintWarning[] {
  const found = new Map<string, LintWarning>();
  for (const { guard } of ruled) {
    const always = guard === null ? undefined : constantOf(guard.rule);
    if (guard === null || always === undefined) continue;
    const path = guard.rule.path ?? guard.path;
    const code = always ? 'guard-never-fails' : 'guard-never-passes';
    const message = `${guard.rule.name} reads nothing: it is ${always} whatever happens`;
    found.set(path, { code, path, message });
  }
  return [...found.values()];
}

/** What a guard without variables says; undefined for one that reads something, or fails. */
function constantOf(rule: Rule): boolean | undefined {
  const reads = [...termsOf(rule)].some(({ kind }) => kind === 'variable');
  if (rule.guard === null || reads) return undefined;
  const def = { id: '', pubkey: '', created_at: 0 };
  const nowhere = { context: {}, by: '', at: 0, def, spent: { fuel: 0 } };
  const said = evaluator(rule.guard, null)(nowhere, null, null);
  return typeof said === 'boolean' ? said : undefined;
}

/** Members of the context that are asked for, but never there. */
function unknownMembers(uses: Uses, context: Json, writes: readonly Write[]): LintWarning[] {
  const found = new Map<string, LintWarning>();
  for (const { rule, path: usedAt } of uses.all) {
    for (const term of termsOf(rule)) {
      if (term.kind !== 'variable' || term.name !== 'ctx') continue;
      if (isKnown(term.steps, context, writes)) continue;
      const path = term.path ?? usedAt;
      const member = ['context', ...term.steps].join('.');
      const message = `${rule.name} reads ${member}, which is not there and which no action sets`;
      if (!found.has(path)) found.set(path, { code: 'unknown-member', path, message });
    }
  }
  return [...found.values()];
}

/** Members that an action adds to the context, which does not declare them. */
function strayMembers(context: Json, writes: readonly Write[]): readonly LintWarning[] {
  const found = new Map<string, LintWarning>();
  for (const { target, operation, use } of writes) {
    const [member] = target;
    if (member === undefined || member === null || isKnown([member], context, [])) continue;
    const path = operation.path ?? use.path;
    const message = `${use.rule.name} writes context.${member}, which the context does not declare`;
    found.set(path, { code: 'stray-member', path, message });
  }
  return [...found.values()];
}

/** Payload members that actions use although no guard has looked at them. */
function uncheckedPayload(ruled: Ruled): readonly LintWarning[] {
  const checks = checksBefore(ruled);
  const unchecked = new Set<string>();
  for (const { rule } of ruled.actions) {
    for (const term of termsOf(rule)) {
      if (term.kind !== 'variable' || term.name !== 'data') continue;
      if (checks.some((check) => isAbout(check, term.steps))) continue;
      unchecked.add(['data', ...term.steps].join('.'));
    }
  }
  const { path } = ruled.transition;
  return [...unchecked].map((member) => {
    const message = `actions use ${member}, which no guard has looked at`;
    return { code: 'unchecked-payload', path, message };
  });
}
