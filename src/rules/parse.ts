/**
 * Reads expressions: everything that can be seen without running them is checked here, once, and
 * what is well formed becomes a closure.
 *
 * The source is hostile. Depth is checked before descending, members are found by own name, and
 * nothing of the source is kept: literals are copied and frozen.
 */
import {
  deepFreeze,
  isForbiddenName,
  isList,
  isObject,
  isSafeInt,
  type Json,
  type JsonObject,
} from './json.ts';
import { RULE_LIMITS, spend } from './meter.ts';
import { OPERATORS, type Operator } from './operators.ts';
import { at, beyond, invalid, isProblem, type RuleProblem, type Site } from './problem.ts';
import type { Evaluate } from './scope.ts';
import { TYPE_TESTS } from './values.ts';
import { parseVariable } from './variables.ts';

type Form = (argument: Json, site: Site) => Evaluate | RuleProblem;

/** Operators whose arguments are not all expressions. */
const FORMS: ReadonlyMap<string, Form> = new Map<string, Form>([
  ['var', parseVariable],
  ['lit', parseLiteral],
  ['is', parseTypeTest],
]);

/** Compiles an expression that stands at a site, or says what is wrong with it. */
export function parseExpression(source: Json, parent: Site): Evaluate | RuleProblem {
  const site = { ...parent, depth: parent.depth + 1 };
  if (site.depth > RULE_LIMITS.depth) return beyond(site, 'depth');
  site.count.nodes += 1;
  if (site.count.nodes > RULE_LIMITS.nodes) return beyond(site, 'nodes');

  const evaluate = parseNode(source, site);
  if (isProblem(evaluate)) return evaluate;
  // The one place where a node is paid for, so that no operator can forget it.
  return (scope) => {
    spend(scope.meter, 1);
    return evaluate(scope);
  };
}

/** An operator's arguments as the source gives them: one may stand without its list. */
export function argumentsOf(source: Json): readonly Json[] {
  return isList(source) ? source : [source];
}

/** The site of an argument: within the list, or where the list was left out. */
export function argumentSite(source: Json, site: Site, index: number): Site {
  return isList(source) ? at(site, index) : site;
}

/** The one member of an object that has no other. */
export function soleMember(source: JsonObject): readonly [name: string, value: Json] | undefined {
  const entries = Object.entries<Json>(source);
  return entries.length === 1 ? entries[0] : undefined;
}

function parseNode(source: Json, site: Site): Evaluate | RuleProblem {
  if (isList(source)) return invalid(site, 'an array stands only inside lit');
  if (!isObject(source)) return parseLiteral(source, site);

  const member = soleMember(source);
  if (member === undefined) return invalid(site, 'an expression has one member, its operator');
  const [name, argument] = member;
  const inner = at(site, name);
  const form = FORMS.get(name);
  if (form !== undefined) return form(argument, inner);
  const operator = OPERATORS.get(name);
  if (operator === undefined) return invalid(inner, `there is no operator ${name}`);
  return parseOperator(operator, argument, inner);
}

function parseOperator(operator: Operator, argument: Json, site: Site): Evaluate | RuleProblem {
  const sources = argumentsOf(argument);
  const { least, most, isLoop, build } = operator;
  if (sources.length < least || sources.length > most) {
    return invalid(site, `${countArguments(least, most)} needed, ${sources.length} given`);
  }
  const args: Evaluate[] = [];
  for (const [index, source] of sources.entries()) {
    const inner = argumentSite(argument, site, index);
    const inLoop = site.inLoop || (isLoop && index === 1);
    const parsed = parseExpression(source, { ...inner, inLoop });
    if (isProblem(parsed)) return parsed;
    args.push(parsed);
  }
  return build(args);
}

function countArguments(least: number, most: number): string {
  const count = least === most ? `${least}` : `at least ${least}`;
  return `${count} argument${count === '1' ? '' : 's'}`;
}

function parseTypeTest(argument: Json, site: Site): Evaluate | RuleProblem {
  const [source, type, ...others] = argumentsOf(argument);
  if (source === undefined || type === undefined || others.length > 0) {
    return invalid(site, 'is takes a value and the name of a type');
  }
  const test = typeof type === 'string' ? TYPE_TESTS.get(type) : undefined;
  if (test === undefined) {
    return invalid(at(site, 1), `the types are ${[...TYPE_TESTS.keys()].join(' ')}`);
  }
  const evaluate = parseExpression(source, at(site, 0));
  return isProblem(evaluate) ? evaluate : (scope) => test(evaluate(scope));
}

function parseLiteral(source: Json, site: Site): Evaluate | RuleProblem {
  const problem = findLiteralProblem(source, site, 0);
  if (problem !== undefined) return problem;
  const value = deepFreeze(copyLiteral(source));
  return () => value;
}

function findLiteralProblem(value: Json, site: Site, depth: number): RuleProblem | undefined {
  if (typeof value === 'number' && !isSafeInt(value)) {
    return invalid(site, 'a number in rules is a safe integer');
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth === RULE_LIMITS.contextDepth) return beyond(site, 'contextDepth');
  for (const [name, item] of Object.entries<Json>(value)) {
    const inner = at(site, name);
    if (isForbiddenName(name)) return invalid(inner, `a member may not be named ${name}`);
    const problem = findLiteralProblem(item, inner, depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function copyLiteral(value: Json): Json {
  if (value === 0) return 0;
  if (isList(value)) return value.map(copyLiteral);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, x]) => [name, copyLiteral(x)]));
}
