/**
 * Rules as the linter reads them: terms with their places, instead of closures.
 *
 * Only rules that were compiled get here, so every source has the form its operator demands. A
 * term knows where it stands in the definition's content, save those of libraries, which stand
 * nowhere in it.
 */
import { isList, isObject, type Json, type JsonObject, ownMember } from '../../rules/json.ts';
import type { NamedLibrary } from '../../rules/libraries.ts';
import { argumentsOf, soleMember } from '../../rules/parse.ts';
import { RULES_PATH, rulesSource } from '../own-rules.ts';
import { pointer } from '../strict-json.ts';

/** An expression: a constant, a variable with the members asked of it, or an operator. */
export type Term = {
  /** As it stands in the rules, for the compiler. */
  readonly source: Json;
  /** JSON pointer in the definition's content; null in a library. */
  readonly path: string | null;
} & (
  | { readonly kind: 'value'; readonly value: Json }
  | { readonly kind: 'variable'; readonly name: string; readonly steps: readonly string[] }
  | { readonly kind: 'operator'; readonly name: string; readonly args: readonly Term[] }
);

/** An operator among terms. */
export type OperatorTerm = Extract<Term, { kind: 'operator' }>;

/** An operation of an action: where it writes, as segments from the context inwards, and what. */
export type OperationTerm = {
  readonly name: string;
  readonly target: readonly Term[];
  /** Null for `del`. */
  readonly value: Term | null;
  readonly path: string | null;
};

/** A guard or an action by name, as a definition finds it. */
export type Rule = {
  readonly name: string;
  /** JSON pointer of the rule; null in a library. */
  readonly path: string | null;
  /** The expression of a guard; null for an action. */
  readonly guard: Term | null;
  /** The operations of an action; empty for a guard. */
  readonly action: readonly OperationTerm[];
};

/** Finds the rules of a definition: own first, then those of the libraries in order. */
export type RuleBook = (section: 'guards' | 'actions', name: string) => Rule | undefined;

/** Operators that compare integers. */
export const ORDER: ReadonlySet<string> = new Set(['<', '<=', '>', '>=']);

/** Operators that compute with integers. */
export const ARITHMETIC: ReadonlySet<string> = new Set(['+', '-', '*', 'div', '%', 'min', 'max']);

type Source = { readonly source: Json; readonly path: string | null };

/** The rules a definition can use. */
export function readRules(config: JsonObject, libraries: readonly NamedLibrary[]): RuleBook {
  const own = { source: rulesSource(config) ?? null, path: RULES_PATH };
  const sources: Source[] = [own, ...libraries.map(({ source }) => ({ source, path: null }))];
  const found = new Map<string, Rule | undefined>();
  return (section, name) => {
    const key = `${section} ${name}`;
    if (!found.has(key)) found.set(key, findRule(sources, section, name));
    return found.get(key);
  };
}

function findRule(
  sources: readonly Source[],
  section: 'guards' | 'actions',
  name: string,
): Rule | undefined {
  for (const { source, path } of sources) {
    const table = isObject(source) ? ownMember(source, section) : undefined;
    const rule = isObject(table) ? ownMember(table, name) : undefined;
    if (rule === undefined) continue;
    const at = within(within(path, section), name);
    const guard = section === 'guards' ? readTerm(rule, at) : null;
    return { name, path: at, guard, action: guard === null ? readOperations(rule, at) : [] };
  }
  return undefined;
}

/** An expression as a term. */
function readTerm(source: Json, path: string | null): Term {
  const member = isObject(source) ? soleMember(source) : undefined;
  if (member === undefined) return { kind: 'value', value: source, source, path };
  const [name, argument] = member;
  const at = within(path, name);
  if (name === 'lit') return { kind: 'value', value: argument, source, path };
  const args = argumentsOf(argument);
  if (name === 'var') {
    const [root = '', ...steps] = String(args[0]).split('.');
    return { kind: 'variable', name: root, steps, source, path };
  }
  const read = args.map((arg, i) => readTerm(arg, isList(argument) ? within(at, i) : at));
  return { kind: 'operator', name, args: read, source, path };
}

/** A term and all terms in it, outer before inner. */
function* termsIn(term: Term): Generator<Term> {
  yield term;
  if (term.kind !== 'operator') return;
  for (const arg of term.args) yield* termsIn(arg);
}

/** Every term of a rule. */
export function* termsOf({ guard, action }: Rule): Generator<Term> {
  if (guard !== null) yield* termsIn(guard);
  for (const { target, value } of action) {
    for (const segment of target) yield* termsIn(segment);
    if (value !== null) yield* termsIn(value);
  }
}

/** True when a term reads a variable of that name anywhere. */
export function reads(term: Term, name: string): boolean {
  for (const inner of termsIn(term)) {
    if (inner.kind === 'variable' && inner.name === name) return true;
  }
  return false;
}

function readOperations(source: Json, path: string | null): readonly OperationTerm[] {
  return (isList(source) ? source : []).flatMap((item, i) => {
    const member = isObject(item) ? soleMember(item) : undefined;
    if (member === undefined) return [];
    const [name, argument] = member;
    const at = within(within(path, i), name);
    const [target = '', value] = argumentsOf(argument);
    return {
      name,
      target: readTarget(target, isList(argument) ? within(at, 0) : at),
      value: value === undefined ? null : readTerm(value, within(at, 1)),
      path: at,
    };
  });
}

function readTarget(source: Json, path: string | null): readonly Term[] {
  const name = (value: Json, at: string | null): Term => ({
    ...{ kind: 'value', value: String(value), source: String(value), path: at },
  });
  if (!isList(source))
    return String(source)
      .split('.')
      .map((segment) => name(segment, path));
  return source.map((segment, i) => {
    const at = within(path, i);
    return isObject(segment) ? readTerm(segment, at) : name(segment, at);
  });
}

function within(path: string | null, segment: string | number): string | null {
  return path === null ? null : path + pointer(segment);
}
