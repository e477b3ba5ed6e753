/**
 * What a guard makes sure of about the payload, as far as its form tells.
 *
 * A payload is whatever its author likes. A rule that reads a member says something about it: that
 * it is of a type, that it is on a list, that it equals something. Read leniently: what might be a
 * check counts as one.
 */
import { ARITHMETIC, ORDER, type Term } from './terms.ts';
import type { Ruled } from './uses.ts';

/** What is known of a payload member once a guard has passed. */
export type Check = {
  /** Members from the payload inwards; empty for the payload itself. */
  readonly steps: readonly string[];
  /** A type of `is`, or how else it was tested. */
  readonly as: string;
  readonly path: string | null;
};

/** The checks of the payload that precede a transition: by its guard, and by those asked before. */
export function checksBefore(ruled: Ruled): readonly Check[] {
  const checks: Check[] = [];
  for (let at: Ruled | null = ruled; at; at = at.before) {
    // A guard that failed proves nothing but that its comparisons were possible.
    const found = at.guard?.rule.guard ? checksIn(at.guard.rule.guard, null) : [];
    checks.push(...(at === ruled ? found : found.filter(({ as }) => as === 'int')));
  }
  return checks;
}

/** True when a check is about a member, about what it is part of, or about a part of it. */
export function isAbout({ steps }: Check, member: readonly string[]): boolean {
  const isOuter = steps.every((step, i) => step === member[i]);
  const isInner = member.length > 0 && member.every((step, i) => step === steps[i]);
  return isOuter || isInner;
}

function checksIn(term: Term, parent: Term | null): readonly Check[] {
  const { path } = parent ?? term;
  if (term.kind === 'variable') {
    if (term.name !== 'data') return [];
    return [{ steps: term.steps, as: roleIn(parent, term), path }];
  }
  return term.kind === 'value' ? [] : term.args.flatMap((arg) => checksIn(arg, term));
}

/** How an operator tests the argument it is given. */
function roleIn(parent: Term | null, arg: Term): string {
  if (parent?.kind !== 'operator') return 'bool';
  const { name, args } = parent;
  if (ORDER.has(name) || ARITHMETIC.has(name)) return 'int';
  if (name === '==') return 'equal';
  if (name === 'in' && args[0] === arg) return 'listed';
  const [, type] = args;
  if (name === 'is' && type?.kind === 'value') return String(type.value);
  return name === 'len' ? 'sized' : 'tested';
}
