/**
 * Whole rule sets: the rules of the seven sample machines, rule by rule, as a step would run them.
 */
import { readFileSync } from 'node:fs';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { describe, expect, it } from 'vitest';
import {
  compileRules,
  type Environment,
  isRuleProblem,
  type Library,
} from '../../src/rules/compile.ts';
import { deepFreeze, type Json } from '../../src/rules/json.ts';
import { BUNDLED_LIBRARIES } from '../../src/rules/libraries.ts';
import { newMeter, RULE_LIMITS } from '../../src/rules/meter.ts';
import { environment } from './run-rules.ts';

type Sample = {
  readonly context: { readonly [name: string]: Json };
  /** Null for the machine whose names come from a bundled library. */
  readonly rules: Json;
  readonly uses: { readonly guards: readonly string[]; readonly actions: readonly string[] };
};

const SAMPLES: Readonly<Record<string, Sample>> = JSON.parse(
  readFileSync(new URL('./samples.json', import.meta.url), 'utf8'),
);

const H = 'ab'.repeat(32);
const commitment = (by: string, move: string, salt: string) =>
  bytesToHex(sha256(utf8ToBytes(`${environment().def.id}:${by}:${move}:${salt}`)));
const SALT = 'sixteen letters!';

function library(source: Json): Library {
  const compiled = compileRules(source);
  if (isRuleProblem(compiled)) throw new Error(`${compiled.path}: ${compiled.message}`);
  return compiled;
}

function sample(name: string): Sample & { readonly library: Library } {
  const found = SAMPLES[name];
  if (found === undefined) throw new Error(`there is no sample ${name}`);
  return { ...found, library: library(found.rules ?? { v: 1 }) };
}

describe('the sample machines', () => {
  it('are seven', () => {
    expect(Object.keys(SAMPLES)).toHaveLength(7);
  });

  it.each(Object.keys(SAMPLES))('%s has a rule for every name it uses, and no other', (name) => {
    const { rules, uses, library: own } = sample(name);
    const bundled = BUNDLED_LIBRARIES.map((known) => known.library);
    const sources = rules === null ? bundled : [own];
    for (const section of ['guards', 'actions'] as const) {
      const declared = sources.flatMap((source) => [...source[section].keys()]);
      expect(declared.sort()).toEqual([...uses[section]].sort());
    }
  });
});

type Members = { readonly [name: string]: Json };
type GuardCase = readonly [string, string, Members, Partial<Environment>, boolean];

const GUARDS: readonly GuardCase[] = [
  ['counter', 'ok', {}, { by: 'A', data: { by: 2 } }, true],
  ['counter', 'ok', {}, { by: 'B', data: { by: 2 } }, false],
  ['counter', 'ok', {}, { by: 'A', data: { by: 3 } }, false],
  ['counter', 'ok', {}, { by: 'A', data: { by: 1.5 } }, false],
  ['counter', 'ok', {}, { by: 'A' }, false],
  ['counter', 'reached', { n: 4 }, {}, true],
  ['rps', 'canCommit', {}, { by: 'A', data: { hash: H } }, true],
  ['rps', 'canCommit', { commits: { A: H } }, { by: 'A', data: { hash: H } }, false],
  ['rps', 'canCommit', {}, { by: 'C', data: { hash: H } }, false],
  ['rps', 'bothRevealedTie', { moves: { A: 'rock', B: 'rock' } }, {}, true],
  [
    'rps',
    'canReveal',
    { commits: { A: commitment('A', 'rock', SALT), B: H } },
    { by: 'A', data: { move: 'rock', salt: SALT } },
    true,
  ],
  [
    'rps',
    'canReveal',
    { commits: { A: H, B: commitment('A', 'rock', SALT) } },
    { by: 'B', data: { move: 'rock', salt: SALT } },
    false,
  ],
  ['vote', 'canVote', {}, { by: 'D', at: 1_999, data: { choice: 'no' } }, true],
  ['vote', 'canVote', {}, { by: 'D', at: 2_000, data: { choice: 'no' } }, false],
  ['vote', 'canVote', {}, { by: 'D', at: 1_999, data: { choice: 'maybe' } }, false],
  ['vote', 'canVote', { votes: { D: 'yes' } }, { by: 'D', at: 0, data: { choice: 'no' } }, false],
  ['vote', 'passed', { votes: { A: 'yes', B: 'yes', C: 'no' } }, {}, true],
  ['vote', 'passed', { votes: { A: 'yes', B: 'yes' } }, {}, false],
  ['bet', 'loserDisputes', { taker: 'T', winner: 'A' }, { by: 'T' }, true],
  ['bet', 'loserDisputes', { taker: 'T', winner: 'A' }, { by: 'A' }, false],
  ['bet', 'arbiter', {}, { by: 'J', data: { outcome: 'void' } }, true],
  ['multisig', 'canPropose', {}, { by: 'B', data: {} }, true],
  ['multisig', 'canPropose', {}, { by: 'B' }, false],
  ['multisig', 'enough', { approvals: ['A', 'B'] }, {}, true],
  ['custody', 'offerOk', {}, { by: 'M', data: { to: 'T', seal: H } }, true],
  ['custody', 'offerOk', {}, { by: 'M', data: { to: 'W', seal: H } }, false],
  ['custody', 'tooWarm', {}, { by: 'M', data: { temp: 9 } }, true],
];

type ActionCase = readonly [string, string, Members, Partial<Environment>, Members];

const ACTIONS: readonly ActionCase[] = [
  ['counter', 'add', { turn: 1 }, { data: { by: 2 } }, { n: 2, turn: 0 }],
  ['rps', 'commit', {}, { by: 'A', data: { hash: H } }, { commits: { A: H } }],
  ['rps', 'decide', { moves: { A: 'paper', B: 'rock' } }, {}, { winner: 'A' }],
  ['rps', 'decide', { moves: { A: 'rock', B: 'paper' } }, {}, { winner: 'B' }],
  ['rps', 'forfeit', { moves: { B: 'rock' } }, {}, { winner: 'B' }],
  ['rps', 'again', { moves: { B: 'rock' } }, {}, { moves: {}, commits: {} }],
  ['vote', 'vote', {}, { by: 'A', data: { choice: 'no' } }, { votes: { A: 'no' } }],
  ['bet', 'record', {}, { data: { outcome: 'maker' } }, { outcome: 'maker', winner: 'A' }],
  ['bet', 'record', {}, { data: { outcome: 'void' } }, { outcome: 'void' }],
  ['bet', 'note', {}, { by: 'A', at: 5, id: H }, { claims: [['A', 5, H]] }],
  [
    'multisig',
    'propose',
    {},
    { by: 'A', id: H, data: { pay: 5 } },
    { proposal: { id: H, by: 'A', body: { pay: 5 } }, approvals: ['A'] },
  ],
  ['multisig', 'exec', {}, {}, { executed: 1 }],
  [
    'custody',
    'take',
    { pending: 'T', seal: H },
    { at: 5 },
    { holder: 'T', pending: null, leg: 1, log: [['M', 'T', 5, H]] },
  ],
];

describe('a guard of a sample', () => {
  it.each(GUARDS)('%s.%s on %j by %j is %j', (...[name, guard, members, step, verdict]) => {
    const { context, library: rules } = sample(name);
    const state = deepFreeze({ ...context, ...members });
    const meter = newMeter();
    expect(rules.guards.get(guard)?.(state, environment(step), null, meter)).toBe(verdict);
    expect(RULE_LIMITS.fuel - meter.fuel).toBeLessThan(200);
  });

  it('that compares a fraction is a guard-error, never no', () => {
    const { context, library: rules } = sample('custody');
    const warm = () =>
      rules.guards.get('tooWarm')?.(
        context,
        environment({ by: 'M', data: { temp: 5.5 } }),
        null,
        newMeter(),
      );
    expect(warm).toThrow(expect.objectContaining({ code: 'guard-error' }));
  });
});

describe('an action of a sample', () => {
  it.each(ACTIONS)('%s.%s on %j by %j writes %j', (...[name, action, members, step, written]) => {
    const { context, library: rules } = sample(name);
    const state = deepFreeze({ ...context, ...members });
    const after = rules.actions.get(action)?.(state, environment(step), null, newMeter());
    expect(after).toEqual({ ...state, ...written });
  });
});

describe('a guard', () => {
  it('must yield a boolean', () => {
    for (const value of [null, 0, 1, '', 'true', { lit: {} }, { lit: [] }]) {
      const guard = library({ v: 1, guards: { g: value } }).guards.get('g');
      const run = () => guard?.({}, environment(), null, newMeter());
      expect(run).toThrow(expect.objectContaining({ code: 'guard-error' }));
    }
  });

  it('sees the params of the place it is named in', () => {
    const source = { '==': [{ var: 'by' }, { get: [{ var: 'ctx' }, { var: 'params.role' }] }] };
    const guard = library({ v: 1, guards: { has: source } }).guards.get('has');
    const passes = (role: string) =>
      guard?.({ buyer: 'A', seller: 'B' }, environment({ by: 'B' }), { role }, newMeter());
    expect([passes('buyer'), passes('seller')]).toEqual([false, true]);
  });

  it('is found by the names the source declares and by no other', () => {
    const { guards } = library({ v: 1, guards: { toString: true } });
    expect(guards.has('toString')).toBe(true);
    expect(['constructor', 'valueOf', '__proto__', 'get'].some((n) => guards.has(n))).toBe(false);
  });
});
