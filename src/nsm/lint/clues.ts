/**
 * What rules give away about the inputs they want: values for members of the payload, and times.
 *
 * A comparison is solved, not guessed: its other side is evaluated in the state at hand, so a clue
 * holds for contexts that no author wrote down. What is compared after additions and subtractions
 * is solved as the linear equation it is.
 */
import { isList, isObject, isSafeInt, type Json } from '../../rules/json.ts';
import { newMeter, RuleError } from '../../rules/meter.ts';
import { parseExpression } from '../../rules/parse.ts';
import { isProblem, rootSite } from '../../rules/problem.ts';
import type { Environment } from '../../rules/scope.ts';
import { payloadOf } from './payload.ts';
import { ARITHMETIC, type OperatorTerm, ORDER, reads, type Term } from './terms.ts';

/** Where and when a rule would run, the payload left open. */
export type Moment = {
  readonly context: Json;
  readonly by: string;
  readonly at: number;
  readonly def: Environment['def'];
  /** Fuel that clues took to evaluate; the search pays for it. */
  readonly spent: { fuel: number };
};

/** Members from the payload inwards; `*` stands for an item of a list. */
export type Member = readonly string[];

/** Values worth trying for a member of the payload. */
export type Clue = {
  readonly member: Member;
  /** A key, an id or a hash is wanted; which one is for the caller to say. */
  readonly wantsHex: boolean;
  /** Exact ones come from a comparison, others are merely of the right type. */
  readonly isExact: boolean;
  readonly give: (moment: Moment) => readonly Json[];
};

/** Everything a term gives away. */
export type Clues = {
  readonly payload: Clue[];
  /** Times, in Unix seconds, at which a comparison changes its answer. */
  readonly times: ((moment: Moment) => readonly number[])[];
  /** Texts that are hashed, by the terms that say what they are made of. */
  readonly hashed: Term[];
};

/** What `it` is: an item of the payload, or an item of something that can be evaluated. */
type Loop = { readonly member: Member } | { readonly items: Term } | null;

type Walk = { readonly clues: Clues; readonly params: Json; readonly loop: Loop };

const ITEMS_MAX = 8;
const LENGTH_MAX = 2_000;
const LOOPS = new Set(['all', 'some', 'count', 'filter', 'map']);
const OF_TYPE: Readonly<Record<string, readonly Json[]>> = {
  ...{ int: [1, 0], string: ['a'], bool: [true, false], null: [null] },
  ...{ object: [{}], array: [[], ['a']] },
};

/** Collects the clues of a term into `clues`. */
export function collectClues(term: Term, params: Json, clues: Clues): void {
  visit(term, { clues, params, loop: null });
}

/** No clues yet. */
export function newClues(): Clues {
  return { payload: [], times: [], hashed: [] };
}

/** A value that goes into the context as it is, with nothing known of it. */
export function carryClue(term: Term, clues: Clues): void {
  const member = memberOf(term, null);
  if (member !== undefined) suggest(clues, member, ['a', 1]);
}

function visit(term: Term, walk: Walk): void {
  if (term.kind !== 'operator') return;
  const { name, args } = term;
  const [first, second] = args;
  const { clues } = walk;
  if (name === '==' || name === '!=') compare(term, walk);
  if (ORDER.has(name) || name === '==') solve(term, walk);
  if (name === 'in' && first && second) find(first, second, walk);
  if (name === 'get' && first && second) look(first, second, walk);
  if (name === 'is' && first && second) {
    const type = second.kind === 'value' ? String(second.value) : '';
    offer(first, walk, { give: () => OF_TYPE[type] ?? [], wantsHex: type === 'hex64' });
  }
  if (name === 'sha256' && first && reads(first, 'data')) clues.hashed.push(first);
  for (const arg of args) {
    const member = memberOf(arg, walk.loop);
    if (member === undefined) continue;
    if (name === 'and' || name === 'or' || name === '!') suggest(clues, member, [true, false]);
    if (name === 'if' && arg === first) suggest(clues, member, [true, false]);
    if (ARITHMETIC.has(name)) suggest(clues, member, [1, 0]);
    if (name === 'cat' || name === 'sha256') suggest(clues, member, ['a']);
  }
  const isLoop = LOOPS.has(name) && first !== undefined;
  args.forEach((arg, i) => {
    visit(arg, isLoop && i === 1 ? { ...walk, loop: loopOver(first, walk) } : arg && walk);
  });
}

function loopOver(source: Term, { loop }: Walk): Loop {
  const member = memberOf(source, loop);
  return member === undefined ? { items: source } : { member };
}

/** The payload member that a term is, and nothing else. */
function memberOf(term: Term, loop: Loop): Member | undefined {
  if (term.kind !== 'variable') return undefined;
  if (term.name === 'data') return term.steps;
  const isItem = term.name === 'it' && loop !== null && 'member' in loop;
  return isItem ? [...loop.member, '*', ...term.steps] : undefined;
}

function suggest(clues: Clues, member: Member, values: readonly Json[]): void {
  clues.payload.push({ member, wantsHex: false, isExact: false, give: () => values });
}

type Offer = Pick<Clue, 'give'> & Partial<Clue>;

function offer(term: Term, { clues, loop }: Walk, given: Offer): void {
  const member = memberOf(term, loop);
  if (member !== undefined) {
    clues.payload.push({ wantsHex: false, isExact: false, ...given, member });
  }
}

function compare({ args }: OperatorTerm, walk: Walk): void {
  const [a, b] = args;
  if (a === undefined || b === undefined) return;
  for (const [term, other] of [
    [a, b],
    [b, a],
  ] as const) {
    const isHash = other.kind === 'operator' && other.name === 'sha256';
    const read = valuesOf(other, walk);
    offer(term, walk, { give: read, isExact: true, wantsHex: isHash });
  }
}

/** `in`: an item or a member name is wanted, or a list that holds a value. */
function find(item: Term, collection: Term, walk: Walk): void {
  const read = valuesOf(collection, walk);
  offer(item, walk, { give: (moment) => read(moment).flatMap(namesIn), isExact: true });
  const values = valuesOf(item, walk);
  offer(collection, walk, { give: (moment) => values(moment).map((value) => [value]) });
}

/** `get`: a name or an index is wanted. */
function look(collection: Term, key: Term, walk: Walk): void {
  const read = valuesOf(collection, walk);
  const give = (moment: Moment): readonly Json[] =>
    read(moment).flatMap((value) => (isList(value) ? [...value.keys()] : namesIn(value)));
  offer(key, walk, { give, isExact: true });
}

function namesIn(value: Json): readonly Json[] {
  if (isList(value)) return value.slice(0, ITEMS_MAX);
  return isObject(value) ? Object.keys(value).slice(0, ITEMS_MAX) : [];
}

/** A comparison of integers, in which one member of the payload or the clock is the unknown. */
function solve(term: OperatorTerm, walk: Walk): void {
  const [left, right] = term.args;
  if (left === undefined || right === undefined) return;
  const gap = gapOf(left, right, walk);
  for (const [side, sign] of [
    [left, 1],
    [right, -1],
  ] as const) {
    for (const { member, isLength } of unknownsIn(side, walk.loop)) {
      const give = (moment: Moment): readonly Json[] => {
        const solved = gap(moment).flatMap((d) => [d * sign, d * sign + 1, d * sign - 1]);
        return isLength ? solved.flatMap(textsOf) : solved.filter(isSafeInt);
      };
      walk.clues.payload.push({ member, give, isExact: true, wantsHex: false });
    }
    if (!reads(side, 'at')) continue;
    // Where the answer changes: at equality for some operators, one second later for others.
    const isLate = sign === 1 ? ['<=', '>'] : ['<', '>='];
    const delay = isLate.includes(term.name) ? 1 : 0;
    walk.clues.times.push((moment) => gap(moment).map((d) => moment.at + d * sign + delay));
  }
}

function textsOf(length: number): readonly Json[] {
  return length >= 0 && length <= LENGTH_MAX ? ['a'.repeat(length)] : [];
}

/** By how much the right side exceeds the left one while every unknown is zero. */
function gapOf(left: Term, right: Term, walk: Walk): (moment: Moment) => readonly number[] {
  const unknowns = [left, right].flatMap((side) => unknownsIn(side, walk.loop));
  const nothing = unknowns.map(({ member, isLength }) => ({ member, value: isLength ? '' : 0 }));
  const data = payloadOf(nothing);
  const itemsAt = itemsOf(walk);
  const ofLeft = evaluator(left, walk.params);
  const ofRight = evaluator(right, walk.params);
  return (moment) =>
    itemsAt(moment, data).flatMap((it) => {
      const a = ofLeft(moment, data, it);
      const b = ofRight(moment, data, it);
      return isSafeInt(a) && isSafeInt(b) ? [b - a] : [];
    });
}

type Unknown = { readonly member: Member; readonly isLength: boolean };

/** The payload members that a term adds up. */
function unknownsIn(term: Term, loop: Loop): readonly Unknown[] {
  const member = memberOf(term, loop);
  if (member !== undefined) return [{ member, isLength: false }];
  if (term.kind !== 'operator') return [];
  const [first] = term.args;
  const measured = term.name === 'len' && first ? memberOf(first, loop) : undefined;
  if (measured !== undefined) return [{ member: measured, isLength: true }];
  return ARITHMETIC.has(term.name) ? term.args.flatMap((arg) => unknownsIn(arg, loop)) : [];
}

/** The values a term has at a moment: one, or one for each item of the loop around it. */
function valuesOf(term: Term, walk: Walk): (moment: Moment) => readonly Json[] {
  const isOfPayload = walk.loop !== null && 'member' in walk.loop;
  // What hangs on the payload has no value before there is one.
  if (reads(term, 'data') || (isOfPayload && reads(term, 'it'))) return () => [];
  const itemsAt = itemsOf(walk);
  const evaluate = evaluator(term, walk.params);
  return (moment) =>
    itemsAt(moment, null).flatMap((it) => {
      const value = evaluate(moment, null, it);
      return value === undefined ? [] : [value];
    });
}

/** What `it` can be at a moment; null alone where it means nothing. */
function itemsOf({ loop, params }: Walk): (moment: Moment, data: Json) => readonly Json[] {
  const items = loop !== null && 'items' in loop ? evaluator(loop.items, params) : undefined;
  if (items === undefined) return () => [null];
  return (moment, data) => {
    const list = items(moment, data, null);
    return isList(list) ? list.slice(0, ITEMS_MAX) : [];
  };
}

/** The value of a term at a moment; undefined where it has none. */
export function evaluator(
  { source }: Term,
  params: Json,
): (moment: Moment, data: Json, it: Json) => Json | undefined {
  const compiled = parseExpression(source, { ...rootSite(), inLoop: true });
  if (isProblem(compiled)) return () => undefined;
  return ({ context, by, at, def, spent }, data, it) => {
    const environment = { by, at, data, id: null, type: null, def };
    const meter = newMeter();
    const { fuel } = meter;
    try {
      return compiled({ context, it, environment, params, meter, drafts: new Map() });
    } catch (error) {
      if (error instanceof RuleError) return undefined;
      throw error;
    } finally {
      spent.fuel += fuel - meter.fuel;
    }
  };
}
