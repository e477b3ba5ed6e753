/**
 * The tables of `docs/writing-machines.md` that follow from the code: operators and limits.
 *
 * The page is written by hand around them. How many arguments an operator takes is read from the
 * table of operators, the result and fuel of each example come from running it, and an operator
 * without a row here, or a row without an operator, is an error.
 */

import { readFileSync } from 'node:fs';
import { LIMITS } from '../src/nsm/kinds.ts';
import type { Json } from '../src/rules/json.ts';
import { newMeter, RULE_LIMITS } from '../src/rules/meter.ts';
import { OPERATORS } from '../src/rules/operators.ts';
import { parseExpression } from '../src/rules/parse.ts';
import { isProblem, rootSite } from '../src/rules/problem.ts';
import { TYPE_TESTS } from '../src/rules/values.ts';

const PAGE = new URL('../docs/writing-machines.md', import.meta.url);

type Row = {
  /** What it takes; the number of arguments comes from the code. */
  readonly takes: string;
  readonly yields: string;
  /** Beyond arguments of another type, which always fail. */
  readonly fails?: string;
  /** Besides 1 for every expression that is evaluated. */
  readonly fuel?: string;
  readonly example: Json;
};

const LOOP = 'list, expression';
const SUM_FAILS = 'the result is beyond ±(2^53 − 1)';

/** Operators that are read in another place, since not all they take is an expression. */
const FORMS: Readonly<Record<string, Row>> = {
  var: { takes: 'path', yields: 'what is there, else null', example: { var: 'ctx.list.1' } },
  lit: { takes: 'any JSON', yields: 'the same', example: { lit: [1, { a: 2 }] } },
  is: {
    takes: `value, one of \`${[...TYPE_TESTS.keys()].join(' ')}\``,
    yields: 'boolean',
    example: { is: [{ var: 'by' }, 'hex64'] },
  },
};

const ROWS: Readonly<Record<string, Row>> = {
  if: {
    takes: 'boolean, value, value',
    yields: 'the second if true, else the third; the other is not evaluated',
    example: { if: [{ '>': [{ var: 'ctx.n' }, 5] }, 'many', 'few'] },
  },
  and: {
    takes: 'booleans',
    yields: 'boolean; stops at the first false',
    example: { and: [true, false] },
  },
  or: {
    takes: 'booleans',
    yields: 'boolean; stops at the first true',
    example: { or: [true, false] },
  },
  '!': { takes: 'boolean', yields: 'boolean', example: { '!': true } },
  '==': {
    takes: 'values of whatever types',
    yields: 'boolean; deep equality',
    fuel: 'size of both',
    example: { '==': [{ var: 'ctx.n' }, '7'] },
  },
  '!=': {
    takes: 'values of whatever types',
    yields: 'boolean',
    fuel: 'size of both',
    example: { '!=': [{ lit: [1] }, { lit: [1] }] },
  },
  '<': { takes: 'integers', yields: 'boolean', example: { '<': [1, 2] } },
  '<=': { takes: 'integers', yields: 'boolean', example: { '<=': [2, 2] } },
  '>': { takes: 'integers', yields: 'boolean', example: { '>': [1, 2] } },
  '>=': { takes: 'integers', yields: 'boolean', example: { '>=': [{ var: 'at' }, 1_700_000_000] } },
  in: {
    takes: 'value, list; or string, object',
    yields: 'boolean: an item is equal, a member has that name',
    fuel: 'in a list, size of the value and of each item up to the one found',
    example: { in: ['ann', { var: 'ctx.votes' }] },
  },
  get: {
    takes: 'list, integer; or object, string',
    yields: 'the item or own member, else null',
    example: { get: [{ var: 'ctx.list' }, 2] },
  },
  '+': { takes: 'integers', yields: 'integer', fails: SUM_FAILS, example: { '+': [1, 2, 3] } },
  '*': { takes: 'integers', yields: 'integer', fails: SUM_FAILS, example: { '*': [6, 7] } },
  '-': { takes: 'integers', yields: 'integer', fails: SUM_FAILS, example: { '-': [1, 2] } },
  div: {
    takes: 'integers',
    yields: 'integer, truncated toward zero',
    fails: 'division by zero',
    example: { div: [-7, 2] },
  },
  '%': {
    takes: 'integers',
    yields: 'integer with the sign of the first',
    fails: 'division by zero',
    example: { '%': [-7, 3] },
  },
  min: { takes: 'integers', yields: 'integer', example: { min: [3, 1, 2] } },
  max: { takes: 'integers', yields: 'integer', example: { max: [3, 1, 2] } },
  len: {
    takes: 'list, object or string',
    yields: 'number of items, members or code points',
    fuel: '1 for every full 16 members or code points',
    example: { len: 'é🤙' },
  },
  keys: {
    takes: 'object',
    yields: 'list of names, sorted by UTF-16 code units',
    fuel: 'size of the list',
    example: { keys: { var: 'ctx.votes' } },
  },
  values: {
    takes: 'object',
    yields: 'list of values, in the order of `keys`',
    fuel: 'size of the list',
    example: { values: { var: 'ctx.votes' } },
  },
  cat: {
    takes: 'strings and integers',
    yields: 'string; integers in decimal',
    fuel: '1 and 1 for every 16 bytes',
    example: { cat: ['n', { var: 'ctx.n' }] },
  },
  list: {
    takes: 'values',
    yields: 'list',
    fuel: 'size of the list',
    example: { list: [1, 'a'] },
  },
  append: {
    takes: 'list, value',
    yields: 'list with the value as its last item',
    fuel: 'size of both',
    example: { append: [{ var: 'ctx.list' }, 4] },
  },
  sha256: {
    takes: 'string',
    yields: '64 hex digits: the hash of its UTF-8 bytes',
    fuel: '20 and 1 for every 16 bytes',
    example: { sha256: 'abc' },
  },
  all: {
    takes: LOOP,
    yields: 'boolean; stops at the first false; true of nothing',
    fuel: '1 for each item looked at',
    example: { all: [{ var: 'ctx.list' }, { '>': [{ var: 'it' }, 1] }] },
  },
  some: {
    takes: LOOP,
    yields: 'boolean; stops at the first true; false of nothing',
    fuel: '1 for each item looked at',
    example: { some: [{ var: 'ctx.list' }, { '>': [{ var: 'it' }, 1] }] },
  },
  count: {
    takes: LOOP,
    yields: 'number of items of which it is true',
    fuel: '1 for each item',
    example: { count: [{ var: 'ctx.list' }, { '>': [{ var: 'it' }, 1] }] },
  },
  filter: {
    takes: LOOP,
    yields: 'list of items of which it is true',
    fuel: '1, 1 for each item, size of each item kept',
    example: { filter: [{ var: 'ctx.list' }, { '>': [{ var: 'it' }, 1] }] },
  },
  map: {
    takes: LOOP,
    yields: 'list of what it yields',
    fuel: '1, 1 for each item, size of each result',
    example: { map: [{ var: 'ctx.list' }, { '*': [{ var: 'it' }, 2] }] },
  },
};

/** `docs/writing-machines.md` as it stands, with its generated tables made anew. */
export function writingMachinesPage(): string {
  const tables: Readonly<Record<string, string>> = { operators: operators(), limits: limits() };
  return readFileSync(PAGE, 'utf8').replace(
    /(<!-- (\w+): written by `npm run docs` -->\n)[\s\S]*?(?=<!-- end -->)/g,
    (_, start: string, name: string) => `${start}\n${tables[name]}\n`,
  );
}

function operators(): string {
  const missing = [...OPERATORS.keys()].filter((name) => !Object.hasOwn(ROWS, name));
  const unknown = Object.keys(ROWS).filter((name) => !OPERATORS.has(name));
  if (missing.length + unknown.length > 0) {
    throw new Error(`operators without a row or the other way round: ${[...missing, ...unknown]}`);
  }
  const forms = Object.entries(FORMS).map(([name, row]) => operatorRow(name, row));
  const others = [...OPERATORS.keys()].map((name) => operatorRow(name, ROWS[name] as Row));
  return [
    '| operator | takes | yields | also fails when | further fuel | for example | fuel |',
    '|---|---|---|---|---|---|---|',
    ...forms,
    ...others,
    '',
  ].join('\n');
}

function operatorRow(name: string, { takes, yields, fails = '', fuel = '', example }: Row): string {
  const { result, spent } = run(example);
  const shown = `\`${JSON.stringify(example)}\` is \`${JSON.stringify(result)}\``;
  const cells = [`\`${name}\``, `${count(name)}${takes}`, yields, fails, fuel, shown, spent];
  return `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
}

/** How many arguments an operator takes, where its types do not say so. */
function count(name: string): string {
  const { least, most } = OPERATORS.get(name) ?? { least: 1, most: 1 };
  if (most === Number.POSITIVE_INFINITY) return `${least} or more `;
  const isListed = LISTED.has(name);
  return most === 1 || isListed ? '' : `${most} `;
}

/** Operators whose arguments differ, so that their types are listed one by one. */
const LISTED: ReadonlySet<string> = new Set(
  Object.entries(ROWS).flatMap(([name, { takes }]) => (takes.includes(',') ? name : [])),
);

const ENVIRONMENT = {
  ...{ by: 'b2'.repeat(32), at: 1_700_000_600, data: null, id: '1d'.repeat(32), type: 'GO' },
  def: { id: 'de'.repeat(32), pubkey: 'a1'.repeat(32), created_at: 1_700_000_000 },
};

const CONTEXT: Json = { n: 7, list: [1, 2, 3], votes: { bob: 'no', ann: 'yes' } };

function run(expression: Json): { readonly result: Json; readonly spent: number } {
  const evaluate = parseExpression(expression, rootSite());
  if (isProblem(evaluate)) throw new Error(`${JSON.stringify(expression)}: ${evaluate.message}`);
  const meter = newMeter();
  const scope = { context: CONTEXT, it: null, environment: ENVIRONMENT, params: null };
  const result = evaluate({ ...scope, meter, drafts: new Map() });
  return { result, spent: RULE_LIMITS.fuel - meter.fuel };
}

function limits(): string {
  const rows: readonly (readonly [string, number])[] = [
    ['content of a definition, in bytes', LIMITS.definitionBytes],
    ['states', LIMITS.states],
    ['characters of a state’s key or id', LIMITS.nameCharacters],
    ['levels of states below the root', LIMITS.nesting],
    ['parallel regions', LIMITS.regions],
    ['transitions', LIMITS.transitions],
    ['event types', LIMITS.eventTypes],
    ['timers', LIMITS.timers],
    ['expressions in all rules', RULE_LIMITS.nodes],
    ['expressions within one another', RULE_LIMITS.depth],
    ['payload, in bytes', LIMITS.payloadBytes],
    ['brackets within one another in a payload', LIMITS.payloadDepth],
    ['context, in bytes', LIMITS.contextBytes],
    ['the other members of a state together, in bytes', LIMITS.restBytes],
    ['transitions the machine takes by itself in one step', LIMITS.microsteps],
    ['timers that fire before one transition', LIMITS.timersFired],
    ['fuel of a step', RULE_LIMITS.fuel],
    ['actions of a step', RULE_LIMITS.actions],
    ['operations of a step', RULE_LIMITS.operations],
  ];
  const lines = rows.map(([what, most]) => `| ${what} | ${most.toLocaleString('en-US')} |`);
  return ['| at most | |', '|---|---|', ...lines, ''].join('\n');
}
