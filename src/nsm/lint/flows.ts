/**
 * What payloads put into the context, and whether that is what rules will need to find there.
 *
 * Lenient: only where a member is known to be of no use is anything said. A key, an id or a hash is
 * only ever equal to 64 hex; what is compared in order or computed with must be an integer, or the
 * step fails.
 */
import { type Check, checksBefore, isAbout } from './checks.ts';
import { mayMeet, type Pattern, placeRead, type Write } from './members.ts';
import { ARITHMETIC, ORDER, type Term, termsOf } from './terms.ts';
import type { Ruled, Use, Uses } from './uses.ts';
import type { LintWarning } from './warning.ts';

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

/** Places that must hold a key, a hash or an integer, although a payload may put others there. */
export function looseTypes(uses: Uses, writes: readonly Write[]): readonly LintWarning[] {
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
      if (ORDER.has(term.name) || ARITHMETIC.has(term.name))
        needs.push({ place, as: 'int', what: 'compared', use });
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
