/**
 * The context as rules see it: what it holds at first, what actions write into it, and what is
 * asked of it that is never there.
 */
import { isList, isObject, type Json, ownMember } from '../../rules/json.ts';
import { type OperationTerm, type Term, termsOf } from './terms.ts';
import type { Use, Uses } from './uses.ts';

/** Segments from the context inwards; null stands for any. */
export type Pattern = readonly (string | null)[];

/** A place that an action writes to, and what it writes there. */
export type Write = {
  readonly target: Pattern;
  readonly operation: OperationTerm;
  readonly use: Use;
};

/** Everything that the actions in use write. */
export function writesOf({ all }: Uses): readonly Write[] {
  return all.flatMap((use) =>
    use.rule.action.map((operation) => ({ target: patternOf(operation), operation, use })),
  );
}

/** Where an operation writes; an item that is pushed has any place in its list. */
function patternOf({ name, target }: OperationTerm): Pattern {
  const segments = target.map((segment) =>
    segment.kind === 'value' ? String(segment.value) : null,
  );
  return name === 'push' ? [...segments, null] : segments;
}

/** True when two places may be the same, or one lies within the other. */
export function mayMeet(a: Pattern, b: Pattern): boolean {
  return a.slice(0, b.length).every((segment, i) => {
    const other = b[i];
    return segment === null || other === null || segment === other;
  });
}

/** The place of the context that a term reads; undefined for any other term. */
export function placeRead(term: Term): Pattern | undefined {
  if (term.kind === 'variable') return term.name === 'ctx' ? term.steps : undefined;
  if (term.kind !== 'operator' || term.name !== 'get') return undefined;
  const [collection, key] = term.args;
  const place = collection && placeRead(collection);
  return place && [...place, key?.kind === 'value' ? String(key.value) : null];
}

/** True when something may be found at a place: from the start, or because an action writes it. */
export function isKnown(
  steps: readonly string[],
  context: Json,
  writes: readonly Write[],
): boolean {
  let value: Json | undefined = context;
  for (const step of steps) {
    if (isList(value)) return true;
    value = isObject(value) ? ownMember(value, step) : undefined;
    if (value === undefined) return writes.some((write) => mayMake(write, steps));
  }
  return true;
}

/** True when a write may put something at a place: there, within it, or around it. */
function mayMake({ target, operation: { value } }: Write, steps: readonly string[]): boolean {
  if (!mayMeet(target, steps)) return false;
  if (target.length >= steps.length || value?.kind !== 'value') return true;
  return isKnown(steps.slice(target.length), value.value, []);
}

/** The top-level members of the context that some rule in use reads; null when one reads it all. */
export function membersRead({ all }: Uses): ReadonlySet<string> | null {
  const members = new Set<string>();
  for (const { rule } of all) {
    for (const term of termsOf(rule)) {
      if (term.kind !== 'variable' || term.name !== 'ctx') continue;
      const [member] = term.steps;
      if (member === undefined) return null;
      members.add(member);
    }
  }
  return members;
}
