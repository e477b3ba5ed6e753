/**
 * Where an operation writes: paths, the containers they lead through, and the copy with one change.
 *
 * A value is never changed. The containers on the way are copied, once for a run (drafts.ts);
 * everything beside them is shared with the old value. A path leads through own members and
 * existing items only.
 */
import { countOf, withMember, withoutMember } from './drafts.ts';
import {
  decimalIndex,
  isForbiddenName,
  isList,
  isObject,
  isSafeInt,
  type Json,
  type JsonList,
  type JsonObject,
  ownMember,
} from './json.ts';
import { guardError, RULE_LIMITS, spendBulk } from './meter.ts';
import { parseExpression } from './parse.ts';
import { at, beyond, invalid, isProblem, type RuleProblem, type Site } from './problem.ts';
import type { Evaluate, Scope } from './scope.ts';
import { nameType } from './values.ts';

/** Names from the context inwards; an integer segment stands as its decimal digits. */
export type Path = readonly [string, ...string[]];

/** A container on the way and the segment that is followed from it. */
type Step = { readonly container: JsonList | JsonObject; readonly segment: string };

/** How far a path leads in a value. */
export type Place = {
  /** From the context inwards; never empty. */
  readonly trail: readonly [Step, ...Step[]];
  readonly last: Step;
  /** Segments after something missing or null: the objects that a write would make. */
  readonly rest: readonly string[];
  /** What the last step of the trail leads to; undefined when there is nothing. */
  readonly found: Json | undefined;
};

/** Compiles a path: a dotted string, or a list of segments: strings, integers, expressions. */
export function parsePath(source: Json, site: Site): ((scope: Scope) => Path) | RuleProblem {
  const sources = typeof source === 'string' ? source.split('.') : source;
  if (!isList(sources)) return invalid(site, 'a path is a dotted string or a list of segments');
  // A longer path leads nowhere in any context, and would be walked at every step.
  if (sources.length > RULE_LIMITS.contextDepth) return beyond(site, 'contextDepth');
  const segments: Evaluate[] = [];
  for (const [index, item] of sources.entries()) {
    const segment = parseSegment(item, typeof source === 'string' ? site : at(site, index));
    if (isProblem(segment)) return segment;
    segments.push(segment);
  }
  const [first, ...others] = segments;
  if (first === undefined) return invalid(site, 'a path has at least one segment');
  return (scope) => [nameOf(first(scope)), ...others.map((segment) => nameOf(segment(scope)))];
}

function parseSegment(source: Json, site: Site): Evaluate | RuleProblem {
  if (isObject(source)) return parseExpression(source, site);
  if (typeof source !== 'string' && !isSafeInt(source)) {
    return invalid(site, 'a segment is a string, an integer or an expression');
  }
  const name = String(source);
  if (isForbiddenName(name)) return invalid(site, `a path may not contain ${name}`);
  return () => name;
}

function nameOf(segment: Json): string {
  if (typeof segment !== 'string' && !isSafeInt(segment)) {
    throw guardError(`${nameType(segment)} where a path segment is needed`);
  }
  const name = String(segment);
  if (isForbiddenName(name)) throw guardError(`a path may not contain ${name}`);
  return name;
}

/** Follows a path. Throws `guard-error` at a scalar on the way and at an item that is not there. */
export function locate(context: Json, path: Path): Place {
  const [first, ...others] = path;
  if (!isObject(context)) throw guardError(`${nameType(context)} where a context is needed`);
  let last: Step = { container: context, segment: first };
  const trail: [Step, ...Step[]] = [last];
  let found = ownMember(context, first);
  for (const segment of others) {
    if (found === undefined || found === null) break;
    last = { container: asContainer(found), segment };
    trail.push(last);
    found = childOf(last);
  }
  return { trail, last, rest: path.slice(trail.length), found };
}

/** The value at the root of a trail once `child` stands at its end; pays as if all was copied. */
export function rebuild(trail: readonly Step[], child: Json, { meter, drafts }: Scope): Json {
  return trail.reduceRight<Json>((value, { container, segment: name }) => {
    spendBulk(meter, countOf(drafts, container));
    if (isList(container)) return container.with(decimalIndex(name), value);
    return withMember(drafts, container, { name, value });
  }, child);
}

/** A value within the objects that the rest of a path makes. */
export function nest(rest: readonly string[], value: Json): Json {
  return rest.reduceRight<Json>((inner, segment) => ({ [segment]: inner }), value);
}

/** A container without the member or item of that name; pays as if it was copied. */
export function without(
  { container, segment }: Step,
  { meter, drafts }: Scope,
): JsonList | JsonObject {
  spendBulk(meter, countOf(drafts, container));
  if (isList(container)) return container.toSpliced(decimalIndex(segment), 1);
  return withoutMember(drafts, container, segment);
}

function asContainer(value: Json): JsonList | JsonObject {
  if (isList(value) || isObject(value)) return value;
  throw guardError(`a path leads through ${nameType(value)}`);
}

function childOf({ container, segment }: Step): Json | undefined {
  if (!isList(container)) return ownMember(container, segment);
  const index = decimalIndex(segment);
  if (index >= 0 && index < container.length) return container[index];
  throw guardError(`a list has no item ${segment.slice(0, 40)}`);
}
