/**
 * The operator `var`: a variable, then own members and decimal list indexes, as one dotted string.
 *
 * What is missing anywhere on the way is null. Nothing but a list's items and an object's own
 * members can be reached: no `length`, nothing inherited, nothing inside a string.
 */
import { decimalIndex, isForbiddenName, isList, isObject, type Json, ownMember } from './json.ts';
import { at, invalid, type RuleProblem, type Site } from './problem.ts';
import type { Evaluate } from './scope.ts';

const VARIABLES: ReadonlyMap<string, Evaluate> = new Map<string, Evaluate>([
  ['ctx', (scope) => scope.context],
  ['by', (scope) => scope.environment.by],
  ['at', (scope) => scope.environment.at],
  ['data', (scope) => scope.environment.data],
  ['id', (scope) => scope.environment.id],
  ['type', (scope) => scope.environment.type],
  ['def', (scope) => scope.environment.def],
  ['params', (scope) => scope.params],
  ['it', (scope) => scope.it],
]);

/** Compiles the argument of `var`. Outside a loop `it` is as unknown as any other name. */
export function parseVariable(source: Json, site: Site): Evaluate | RuleProblem {
  if (isList(source)) {
    const [path] = source;
    if (path === undefined || source.length > 1) return invalid(site, 'var takes one path');
    return parseVariable(path, at(site, 0));
  }
  if (typeof source !== 'string') return invalid(site, 'the path of var is a dotted string');

  const [name = '', ...rest] = source.split('.');
  const root = VARIABLES.get(name);
  if (root === undefined) return invalid(site, `there is no variable ${name}`);
  if (name === 'it' && !site.inLoop) return invalid(site, 'it has no meaning outside a loop');
  const forbidden = rest.find(isForbiddenName);
  if (forbidden !== undefined) return invalid(site, `a path may not contain ${forbidden}`);
  if (rest.length === 0) return root;

  const steps = rest.map((segment) => ({ segment, index: decimalIndex(segment) }));
  return (scope) => {
    let value: Json | undefined = root(scope);
    for (const { segment, index } of steps) {
      if (isObject(value)) value = ownMember(value, segment);
      else if (isList(value)) value = value[index];
      else return null;
    }
    return value ?? null;
  };
}
