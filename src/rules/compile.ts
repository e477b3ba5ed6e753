/**
 * The rules language v1 (PROTOCOL §13): rules are data in a definition, compiled once to closures.
 *
 * Pure and total: a rule reads nothing but its arguments, ends within the step's meter, changes
 * nothing it was given, and yields the same on every machine. Guards and actions are kept in maps,
 * so a name is found only if the source declares it.
 */
import { parseOperations } from './actions.ts';
import { isObject, type Json, ownMember } from './json.ts';
import { guardError, type Meter, spendAction } from './meter.ts';
import { parseExpression } from './parse.ts';
import { at, invalid, isProblem, type RuleProblem, rootSite, type Site } from './problem.ts';
import type { Environment, Scope } from './scope.ts';
import { nameType } from './values.ts';

export type { RuleProblem } from './problem.ts';
export type { Environment } from './scope.ts';

// biome-ignore lint/complexity/useMaxParams: run at every step; four arguments need no object.
type Rule<Result> = (context: Json, environment: Environment, params: Json, meter: Meter) => Result;

/** May this step be taken? Throws `RuleError`; an error is never "no". */
export type Guard = Rule<boolean>;

/** The context after an action; the one given is left as it is. Throws `RuleError`. */
export type Action = Rule<Json>;

/** Compiled rules by name. */
export type Library = {
  readonly guards: ReadonlyMap<string, Guard>;
  readonly actions: ReadonlyMap<string, Action>;
};

const MEMBERS: readonly string[] = ['v', 'guards', 'actions'];

/** Compiles `{"v":1,"guards":{name:expr},"actions":{name:[op…]}}`, or says what is wrong first. */
export function compileRules(source: Json): Library | RuleProblem {
  const site = rootSite();
  if (!isObject(source)) return invalid(site, 'rules are an object');
  const unknown = Object.keys(source).find((name) => !MEMBERS.includes(name));
  if (unknown !== undefined) return invalid(at(site, unknown), 'rules have v, guards and actions');
  if (ownMember(source, 'v') !== 1) return invalid(at(site, 'v'), 'the version of rules is 1');

  const guards = compileTable(ownMember(source, 'guards'), at(site, 'guards'), compileGuard);
  if (isProblem(guards)) return guards;
  const actions = compileTable(ownMember(source, 'actions'), at(site, 'actions'), compileAction);
  return isProblem(actions) ? actions : { guards, actions };
}

/** True for a problem among the results of `compileRules`. */
export function isRuleProblem(result: Library | RuleProblem): result is RuleProblem {
  return isProblem(result);
}

function compileTable<Compiled>(
  source: Json | undefined,
  site: Site,
  compile: (source: Json, site: Site) => Compiled | RuleProblem,
): ReadonlyMap<string, Compiled> | RuleProblem {
  const table = new Map<string, Compiled>();
  if (source === undefined) return table;
  if (!isObject(source)) return invalid(site, 'a table of rules is an object');
  for (const [name, item] of Object.entries<Json>(source)) {
    const rule = compile(item, at(site, name));
    if (isProblem(rule)) return rule;
    table.set(name, rule);
  }
  return table;
}

function compileGuard(source: Json, site: Site): Guard | RuleProblem {
  const evaluate = parseExpression(source, site);
  if (isProblem(evaluate)) return evaluate;
  return scoped((scope) => {
    const verdict = evaluate(scope);
    if (typeof verdict === 'boolean') return verdict;
    throw guardError(`a guard yields ${nameType(verdict)} where a boolean is needed`);
  });
}

function compileAction(source: Json, site: Site): Action | RuleProblem {
  const operations = parseOperations(source, site);
  if (isProblem(operations)) return operations;
  return scoped((scope) => {
    spendAction(scope.meter);
    for (const operate of operations) operate(scope);
    return scope.context;
  });
}

function scoped<Result>(run: (scope: Scope) => Result): Rule<Result> {
  // biome-ignore lint/complexity/useMaxParams: see Rule.
  return (context, environment, params, meter) =>
    run({ context, it: null, environment, params, meter, drafts: new Map() });
}
