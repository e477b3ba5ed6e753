/**
 * What can be seen in a definition without running it: names that lead nowhere, payloads that nobody
 * looked at, transitions that no candidate leaves a chance.
 */
import type { Json } from '../../rules/json.ts';
import { type Check, checksBefore, isAbout } from './checks.ts';
import {
  isKnown,
  mayMeet,
  membersRead,
  type Pattern,
  placeRead,
  type Write,
  writesOf,
} from './members.ts';
import { type Term, termsOf } from './terms.ts';
import type { Ruled, Use, Uses } from './uses.ts';
import type { LintWarning } from './warning.ts';

/** The findings that need no run; `context` is the one of the definition. */
export function staticFindings(uses: Uses, context: Json): readonly LintWarning[] {
  const writes = writesOf(uses);
  const events = uses.ruled.filter(({ trigger }) => trigger === 'event');
  return [
    ...uses.ruled.flatMap(shadowed),
    ...events.flatMap(unguarded),
    ...unknownMembers(uses, context, writes),
    ...strayMembers(uses, context, writes),
    ...events.flatMap(uncheckedPayload),
    ...looseTypes(uses, writes),
  ];
}

function shadowed({ before, transition: { path } }: Ruled): readonly LintWarning[] {
  if (before === null || before.guard !== null) return [];
  const message = 'the candidate before it has no guard, so this one is never asked';
  return [{ code: 'shadowed-transition', path, message }];
}

function unguarded({ guard, isForbidden, transition }: Ruled): readonly LintWarning[] {
  if (guard !== null || isForbidden) return [];
  const { event, path } = transition;
  return [{ code: 'unguarded-type', path, message: `no guard: anybody can send ${event}` }];
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

/** Members that an action adds to the context, although nothing reads them. */
function strayMembers(uses: Uses, context: Json, writes: readonly Write[]): LintWarning[] {
  const read = membersRead(uses);
  if (read === null) return [];
  const found = new Map<string, LintWarning>();
  for (const { target, operation, use } of writes) {
    const [member] = target;
    if (member === undefined || member === null || read.has(member)) continue;
    if (isKnown([member], context, [])) continue;
    const path = operation.path ?? use.path;
    const message = `context.${member} is not declared, and no rule reads it`;
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

/** A payload member that gets into the context, and what is known of it. */
type Flow = {
  readonly member: readonly string[];
  readonly target: Pattern;
  readonly checks: readonly Check[];
  readonly ruled: Ruled;
};

/** Every payload member that an event puts into the context as it is. */
function flowsOf(uses: Uses, writes: readonly Write[]): readonly Flow[] {
  const events = new Map<Use, Ruled>();
  for (const ruled of uses.ruled) {
    if (ruled.trigger !== 'event') continue;
    for (const use of ruled.actions) events.set(use, ruled);
  }
  return writes.flatMap(({ target, operation: { value }, use }) => {
    const ruled = events.get(use);
    if (ruled === undefined || value === null) return [];
    return carriedBy(value).map((member) => {
      const checks = checksBefore(ruled).filter((check) => isAbout(check, member));
      return { member, target, checks, ruled };
    });
  });
}

/** The payload members that a value may simply be. */
function carriedBy(term: Term): readonly (readonly string[])[] {
  if (term.kind === 'variable') return term.name === 'data' ? [term.steps] : [];
  const isChoice = term.kind === 'operator' && ['if', 'list', 'append'].includes(term.name);
  return isChoice ? term.args.flatMap(carriedBy) : [];
}

/** What a rule needs a place of the context to hold. */
type Need = {
  readonly place: Pattern;
  readonly as: 'hex64' | 'int';
  readonly what: string;
  readonly use: Use;
};

const INTEGER = new Set(['<', '<=', '>', '>=', '+', '-', '*', 'div', '%', 'min', 'max']);

/** Places that must hold a key, a hash or an integer, although a payload may put others there. */
function looseTypes(uses: Uses, writes: readonly Write[]): readonly LintWarning[] {
  const flows = flowsOf(uses, writes);
  const found = new Map<string, LintWarning>();
  for (const { use, isTimer } of guardsOf(uses)) {
    for (const { place, as, what } of needsOf(use)) {
      for (const flow of flows) {
        if (!mayMeet(flow.target, place) || isEnough(flow.checks, as)) continue;
        const warning = isTimer ? atTimer(use, flow) : atCheck(flow, what);
        if (!found.has(warning.path)) found.set(warning.path, warning);
      }
    }
  }
  return [...found.values()];
}

/** Where guards are asked: when an event comes, and when a timer fires by itself. */
function guardsOf({ ruled }: Uses): readonly { use: Use; isTimer: boolean }[] {
  return ruled.flatMap(({ guard, trigger }) =>
    guard === null ? [] : [{ use: guard, isTimer: trigger === 'after' }],
  );
}

function needsOf(use: Use): readonly Need[] {
  const needs: Need[] = [];
  for (const term of termsOf(use.rule)) {
    if (term.kind !== 'operator') continue;
    for (const arg of term.args) {
      const place = placeRead(arg);
      if (place === undefined) continue;
      if (INTEGER.has(term.name)) needs.push({ place, as: 'int', what: 'compared', use });
      const isCompared = term.name === '==' || term.name === '!=';
      const what = isCompared ? term.args.map(hexName).find((name) => name !== undefined) : null;
      if (what) needs.push({ place, as: 'hex64', what: `compared with ${what}`, use });
    }
  }
  return needs;
}

/** What a term yields, where that is always a key, an id or a hash. */
function hexName(term: Term): string | undefined {
  if (term.kind === 'variable') {
    if (term.name === 'by') return 'an author';
    return term.name === 'id' ? 'an id' : undefined;
  }
  return term.kind === 'operator' && term.name === 'sha256' ? 'a hash' : undefined;
}

function isEnough(checks: readonly Check[], as: 'hex64' | 'int'): boolean {
  return checks.some((check) => [as, 'equal', 'listed', 'tested'].includes(check.as));
}

function atTimer({ rule, path }: Use, { member, ruled }: Flow): LintWarning {
  const from = `${['data', ...member].join('.')} of ${ruled.transition.event}`;
  const message = `${rule.name} runs when a timer fires and fails if ${from} was of another type`;
  return { code: 'unchecked-timer-guard', path, message };
}

function atCheck({ member, checks, ruled }: Flow, what: string): LintWarning {
  const name = ['data', ...member].join('.');
  const [check] = checks;
  const path = check?.path ?? ruled.transition.path;
  const message = `${name} is kept and later ${what}, but its type was not checked`;
  return { code: 'loose-type', path, message };
}
