/**
 * Actions: lists of operations that make a new context from an old one.
 *
 * Operations run in order and see what earlier ones wrote. The old context stays as it is, so an
 * action that fails has done nothing. After every operation the context is within its limits: fuel
 * alone would not bound what many cheap steps pile up.
 */
import { countOf, disown } from './drafts.ts';
import {
  canonicalBytes,
  depthOf,
  isList,
  isObject,
  type Json,
  type JsonList,
  type JsonObject,
} from './json.ts';
import {
  guardError,
  RULE_LIMITS,
  RuleError,
  spendBulk,
  spendOperation,
  spendSize,
} from './meter.ts';
import { inRange } from './operators.ts';
import { argumentSite, argumentsOf, parseExpression, soleMember } from './parse.ts';
import { locate, nest, type Path, type Place, parsePath, rebuild, without } from './paths.ts';
import { at, invalid, isProblem, type RuleProblem, type Site } from './problem.ts';
import type { Evaluate, Scope } from './scope.ts';
import { asInteger, asList } from './values.ts';

/** A compiled operation: puts the new context in the scope's place of the old. */
export type Operation = (scope: Scope) => void;

type Kind = {
  /** 2 with the value to write, 1 without. */
  readonly takes: 1 | 2;
  /** The new context. */
  readonly write: (place: Place, value: Json, scope: Scope) => Json;
};

const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['set', { takes: 2, write: put }],
  ['inc', { takes: 2, write: increment }],
  ['push', { takes: 2, write: push }],
  ['del', { takes: 1, write: (place, _value, scope) => remove(place, scope) }],
]);

/** Compiles a list of operations, or says what is wrong with it. */
export function parseOperations(source: Json, site: Site): readonly Operation[] | RuleProblem {
  if (!isList(source)) return invalid(site, 'an action is a list of operations');
  const operations: Operation[] = [];
  for (const [index, item] of source.entries()) {
    const operation = parseOperation(item, at(site, index));
    if (isProblem(operation)) return operation;
    operations.push(operation);
  }
  return operations;
}

function parseOperation(source: Json, site: Site): Operation | RuleProblem {
  const member = isObject(source) ? soleMember(source) : undefined;
  if (member === undefined) return invalid(site, 'an operation is an object with one member');
  const [name, argument] = member;
  const inner = at(site, name);
  const kind = KINDS.get(name);
  if (kind === undefined) return invalid(inner, `there is no operation ${name}`);
  const args = argumentsOf(argument);
  const [path, value] = args;
  if (path === undefined || args.length !== kind.takes) {
    return invalid(inner, `${name} takes a path${kind.takes === 2 ? ' and an expression' : ''}`);
  }
  const pathOf = parsePath(path, argumentSite(argument, inner, 0));
  if (isProblem(pathOf)) return pathOf;
  if (value === undefined) return compile(kind, pathOf, () => null);
  const evaluate = parseExpression(value, at(inner, 1));
  return isProblem(evaluate) ? evaluate : compile(kind, pathOf, evaluate);
}

function compile(kind: Kind, pathOf: (scope: Scope) => Path, evaluate: Evaluate): Operation {
  return (scope) => {
    spendOperation(scope.meter);
    const path = pathOf(scope);
    const value = evaluate(scope);
    scope.context = kind.write(locate(scope.context, path), value === 0 ? 0 : value, scope);
  };
}

/** `set`, and the end of every operation that puts one value in one place. */
function put({ trail, last, rest, found }: Place, value: Json, scope: Scope): Json {
  const next = nest(rest, value);
  spendSize(scope.meter, next);
  checkDepth(trail.length + depthOf(next));
  disown(scope.drafts, next);

  const added = canonicalBytes(next);
  if (found !== undefined) grow(scope, added - canonicalBytes(found));
  else grow(scope, separator(scope, last.container) + canonicalBytes(last.segment) + 1 + added);
  return rebuild(trail, next, scope);
}

/** `inc`: missing or null counts as 0, a missing member of the context included. */
function increment(place: Place, value: Json, scope: Scope): Json {
  const before = place.rest.length === 0 ? (place.found ?? 0) : 0;
  return put(place, inRange(asInteger(before) + asInteger(value)), scope);
}

/** `push`: missing or null starts a list. */
function push(place: Place, value: Json, scope: Scope): Json {
  const { trail, rest, found } = place;
  if (rest.length > 0 || found === undefined || found === null) return put(place, [value], scope);
  const list = asList(found);
  spendSize(scope.meter, value);
  checkDepth(trail.length + 1 + depthOf(value));
  disown(scope.drafts, value);
  grow(scope, separator(scope, list) + canonicalBytes(value));
  spendBulk(scope.meter, list.length);
  return rebuild(trail, [...list, value], scope);
}

/** `del`: nothing where nothing is; a top-level member stays as null, for XState cannot drop it. */
function remove(place: Place, scope: Scope): Json {
  const { trail, last, rest, found } = place;
  const [{ container: context, segment: first }] = trail;
  if (!Object.hasOwn(context, first)) throw guardError(`the context has no member ${first}`);
  if (rest.length > 0 || found === undefined) return scope.context;
  if (trail.length === 1) return put(place, null, scope);

  const name = isList(last.container) ? 0 : canonicalBytes(last.segment) + 1;
  const shrunk = without(last, scope);
  grow(scope, -(separator(scope, shrunk) + name + canonicalBytes(found)));
  return rebuild(trail.slice(0, -1), shrunk, scope);
}

/** Bytes of the comma that one more member or item needs. */
function separator({ drafts }: Scope, container: JsonList | JsonObject): number {
  return countOf(drafts, container) > 0 ? 1 : 0;
}

/** Keeps the size of the context, measured once a step; `state-limits` beyond the limit. */
function grow(scope: Scope, bytes: number): void {
  const { meter } = scope;
  meter.contextBytes = (meter.contextBytes ?? canonicalBytes(scope.context)) + bytes;
  if (meter.contextBytes <= RULE_LIMITS.contextBytes) return;
  const message = `the context would exceed ${RULE_LIMITS.contextBytes} bytes`;
  throw new RuleError('state-limits', message);
}

function checkDepth(depth: number): void {
  if (depth <= RULE_LIMITS.contextDepth) return;
  const message = `the context would be more than ${RULE_LIMITS.contextDepth} deep`;
  throw new RuleError('state-limits', message);
}
