/**
 * When two states are the same for the model checker: when no rule can tell them apart.
 *
 * Members that no rule reads are left out. A time that an action noted counts by what comparisons
 * make of it now, not by its seconds: else every loop of a machine would lead to new states for
 * ever.
 */
import { isList, isObject, type Json, type JsonObject, ownMember } from '../../rules/json.ts';
import type { StateNode } from '../view.ts';
import { mayMeet, membersRead, type Pattern, placeRead, writesOf } from './members.ts';
import { ARITHMETIC, type Term } from './terms.ts';
import type { Uses } from './uses.ts';

/** A text that is equal for states no rule can tell apart; `signs` says how times compare now. */
export function stateKeys(uses: Uses): (node: StateNode, signs: readonly number[]) => string {
  const read = membersRead(uses);
  const times = timePlaces(uses);
  return ({ computed: { state } }, signs) => {
    const { value, status, history, timers } = state;
    const context = Object.fromEntries(
      Object.entries(state.context).filter(([name]) => read === null || read.has(name)),
    );
    const seen = times.reduce<Json>((seen, place) => blank(seen, place), context);
    return JSON.stringify([value, status, history, timers.map(({ event }) => event), seen, signs]);
  };
}

/** Where actions note the time. A copy of such a place is one too. */
function timePlaces(uses: Uses): readonly Pattern[] {
  const writes = writesOf(uses);
  let places: readonly Pattern[] = [];
  for (let round = 0; round < 2; round++) {
    places = writes.flatMap(({ target, operation: { value } }) =>
      value === null ? [] : timesIn(value, places).map((inner) => [...target, ...inner]),
    );
  }
  return places;
}

/** The places within a value that are times. */
function timesIn(term: Term, known: readonly Pattern[]): readonly Pattern[] {
  if (term.kind === 'variable' && term.name === 'at') return [[]];
  const place = placeRead(term);
  if (place !== undefined) {
    const isKnown = known.some((other) => other.length === place.length && mayMeet(other, place));
    return isKnown ? [[]] : [];
  }
  if (term.kind !== 'operator') return [];
  if (term.name === 'list') {
    return term.args.flatMap((arg, i) => timesIn(arg, known).map((inner) => [String(i), ...inner]));
  }
  const isTime = term.args.some((arg) => timesIn(arg, known).length > 0);
  return isTime && (ARITHMETIC.has(term.name) || term.name === 'if') ? [[]] : [];
}

/** A value without the numbers at a place. */
function blank(value: Json, [segment, ...rest]: Pattern): Json {
  if (segment === undefined) return typeof value === 'number' ? 0 : value;
  if (isList(value)) {
    return value.map((item, i) =>
      segment === null || segment === String(i) ? blank(item, rest) : item,
    );
  }
  if (!isObject(value)) return value;
  return segment === null ? blankAll(value, rest) : blankOne(value, segment, rest);
}

function blankAll(object: JsonObject, rest: Pattern): Json {
  const members = Object.entries(object).map(([name, item]) => [name, blank(item, rest)] as const);
  return Object.fromEntries(members);
}

function blankOne(object: JsonObject, name: string, rest: Pattern): Json {
  const member = ownMember(object, name);
  return member === undefined ? object : { ...object, [name]: blank(member, rest) };
}
