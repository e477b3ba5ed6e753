/**
 * What lint sees by running a machine: what never happens, where it ends, on whom it hangs; and
 * that the inputs it makes up reach what real ones would.
 */

import { describe, expect, it } from 'vitest';
import { type Config, found, is, machine, report, wayTo } from './lint-machines.ts';
import { ALICE, BOB, START } from './machine-events.ts';

describe('what is seen by running', () => {
  it('are states, types and guards that nobody gets through', () => {
    const config = machine(
      {
        a: { on: { GO: { target: 'b', guard: 'never' }, END: { target: 'c', guard: 'isAlice' } } },
        b: { on: { END: { target: 'c', guard: 'isAlice' } } },
        c: { type: 'final' },
      },
      {
        guards: { never: { and: [is('who'), { '!': is('who') }] }, isAlice: is('who') },
        context: { who: ALICE },
      },
    );
    expect(found(config)).toEqual([
      'unreachable-state /states/b',
      'never-sent /states/a/on/GO',
      'one-party-blocks /states/a',
    ]);
    expect(report(config).warnings[1]?.message).toBe(
      'nobody could send GO in a in any of the 2 states tried: never never let anybody pass',
    );
  });

  it('are guards that keep nobody out, and candidates that never get their turn', () => {
    const config = machine(
      {
        a: {
          on: {
            GO: [
              { target: 'b', guard: 'always' },
              { target: 'c', guard: 'isAlice' },
            ],
          },
        },
        b: { on: { BACK: { target: 'a', guard: 'isAlice' } } },
        c: { on: { BACK: { target: 'a', guard: 'isAlice' } } },
      },
      {
        guards: { always: { '>=': [{ var: 'at' }, 0] }, isAlice: is('who') },
        context: { who: ALICE },
      },
    );
    expect(found(config)).toEqual(
      expect.arrayContaining([
        'unreachable-state /states/c',
        'never-taken /states/a/on/GO/1',
        'guard-never-fails /states/a/on/GO/0/guard',
      ]),
    );
  });
});

describe('the ends of a machine', () => {
  it('are missed where only some sequences lead to a dead end', () => {
    const config = machine(
      {
        a: { on: { PICK: { target: 'b', guard: 'pick', actions: 'keep' } } },
        b: { on: { GO: { target: 'c', guard: 'even' } } },
        c: { type: 'final' },
      },
      {
        guards: {
          pick: { and: [is('who'), { in: [{ var: 'data.n' }, { lit: [1, 2] }] }] },
          even: { and: [is('who'), { '==': [{ '%': [{ var: 'ctx.n' }, 2] }, 0] }] },
        },
        actions: { keep: [{ set: ['n', { var: 'data.n' }] }] },
        context: { who: ALICE, n: 0 },
      },
    );
    expect(found(config)).toContain('dead-end /states/b');
    expect(wayTo(config, 'dead-end')).toEqual(['Alice PICK {"n":1}']);
  });

  it('are missed where none can be reached any more', () => {
    const config = machine(
      {
        a: { on: { END: { target: 'z', guard: 'g' }, GO: { target: 'b', guard: 'g' } } },
        b: { on: { GO: { target: 'c', guard: 'g' } } },
        c: { on: { GO: { target: 'b', guard: 'g' } } },
        z: { type: 'final' },
      },
      { guards: { g: is('who') }, context: { who: ALICE } },
    );
    expect(found(config)).toEqual(expect.arrayContaining(['no-end /states/b', 'no-end /states/c']));
    expect(wayTo(config, 'no-end')).toEqual(['Alice GO']);
  });
});

describe('matters of trust', () => {
  it('are types open to strangers, now or after a time', () => {
    const config = machine(
      {
        a: {
          on: {
            JOIN: { target: 'b', guard: 'isNotAlice' },
            CLOSE: { target: 'c', guard: 'due' },
            END: { target: 'c', guard: 'isAlice' },
          },
        },
        b: { on: { END: { target: 'c', guard: 'isAlice' } } },
        c: { type: 'final' },
      },
      {
        guards: {
          isAlice: is('who'),
          isNotAlice: { '!': is('who') },
          due: { '>=': [{ '-': [{ var: 'at' }, { var: 'ctx.deadline' }] }, 10] },
        },
        context: { who: ALICE, deadline: START + 100 },
      },
    );
    expect(found(config)).toEqual([
      'open-to-strangers /states/a/on/JOIN',
      'open-after-a-time /states/a/on/CLOSE',
      'one-party-blocks /states/b',
    ]);
    expect(wayTo(config, 'open-to-strangers')).toEqual(['a stranger JOIN']);
    expect(wayTo(config, 'open-after-a-time')).toEqual(['a stranger CLOSE +110']);
  });

  it('are states in which everything waits for one party, unless a timer runs', () => {
    const states = (b: Config) => ({
      a: { on: { GO: { target: 'b', guard: 'isAlice' }, SKIP: { target: 'b', guard: 'isBob' } } },
      b: { on: { END: { target: 'c', guard: 'isBob' } }, ...b },
      c: { type: 'final' },
    });
    const rules = {
      guards: { isAlice: is('keys.0'), isBob: is('keys.1') },
      context: { keys: [ALICE, BOB] },
    };
    expect(found(machine(states({}), rules))).toEqual(['one-party-blocks /states/b']);
    expect(wayTo(machine(states({}), rules), 'one-party-blocks')).toEqual(['Alice GO']);
    const [warning] = report(machine(states({}), rules)).warnings;
    expect(warning?.message).toBe('in b everything waits for /context/keys/1, without a timer');
    expect(found(machine(states({ after: { 1000: 'c' } }), rules))).toEqual([]);
  });

  it('are states in which nobody can do anything for a time', () => {
    const config = machine(
      { a: { on: { GO: { target: 'b', guard: 'late' } } }, b: { type: 'final' } },
      {
        guards: { late: { and: [is('who'), { '>': [{ var: 'at' }, { var: 'ctx.from' }] }] } },
        context: { who: ALICE, from: START + 60 },
      },
    );
    expect(found(config)).toContain('idle-for-a-time /states/a');
  });
});

describe('timers', () => {
  it('are told of that fail, that can be put off for ever, and that never fire', () => {
    const config = machine(
      {
        a: {
          after: { 60000: { target: 'b', guard: 'much' } },
          on: {
            SET: { guard: 'isAlice', actions: 'keep' },
            AGAIN: { target: 'a', reenter: true, guard: 'isBob' },
          },
        },
        b: {
          after: { 1000: 'a', 2000: 'c' },
          on: { END: { target: 'c', guard: 'isAlice' } },
        },
        c: { type: 'final' },
      },
      {
        guards: {
          isAlice: { and: [is('keys.0'), { is: [{ var: 'data.v' }, 'string'] }] },
          isBob: is('keys.1'),
          much: { '>': [{ var: 'ctx.v' }, 3] },
        },
        actions: { keep: [{ set: ['v', { var: 'data.v' }] }] },
        context: { keys: [ALICE, BOB], v: 4 },
      },
    );
    expect(found(config)).toEqual(
      expect.arrayContaining([
        'timer-fails /states/a/after/60000',
        'timer-starves /states/a/after/60000',
        'timer-never-fires /states/b/after/2000',
      ]),
    );
    expect(wayTo(config, 'timer-fails')).toEqual([
      'Alice SET {"v":"a"}',
      'a stranger nsm.tick +60',
    ]);
    expect(wayTo(config, 'timer-starves')).toEqual(['Bob AGAIN +1']);
  });
});

describe('the inputs that are tried', () => {
  /** Reaches `b` only by a payload that passes; the end is open to Alice from everywhere. */
  const gate = (guard: unknown, members: Config = {}) =>
    machine(
      {
        a: { on: { TRY: { target: 'b', guard: 'g' }, END: { target: 'c', guard: 'isAlice' } } },
        b: { on: { END: { target: 'c', guard: 'isAlice' } } },
        c: { type: 'final' },
      },
      {
        guards: { g: { and: [is('who'), guard] }, isAlice: is('who') },
        context: { who: ALICE, ...members },
      },
    );

  it.each([
    ['an item of a list', { in: [{ var: 'data.x' }, { var: 'ctx.l' }] }, { l: ['p', 'q'] }],
    ['a member name', { in: [{ var: 'data.x' }, { var: 'ctx.o' }] }, { o: { p: 1 } }],
    ['a value of the context', { '==': [{ var: 'data.x.y' }, { var: 'ctx.n' }] }, { n: 77 }],
    [
      'a number beyond a bound',
      { '>': [{ var: 'data.x' }, { '+': [{ var: 'ctx.n' }, 5] }] },
      { n: 9 },
    ],
    ['a number in a sum', { '==': [{ '+': [{ var: 'data.x' }, 5] }, { var: 'ctx.n' }] }, { n: 9 }],
    ['a long text', { '>=': [{ len: { var: 'data.x' } }, 16] }, {}],
    ['a list of keys', { all: [{ var: 'data.x' }, { is: [{ var: 'it' }, 'hex64'] }] }, {}],
    [
      'a place in a list of the context',
      { '==': [{ get: [{ var: 'ctx.l' }, { var: 'data.x' }] }, { var: 'by' }] },
      { l: [BOB, ALICE] },
    ],
    [
      'a part of an item',
      { some: [{ var: 'ctx.l' }, { '==': [{ var: 'it.0' }, { var: 'data.x' }] }] },
      { l: [[41], [42]] },
    ],
    ['a yes or no', { '!': { var: 'data.x' } }, {}],
  ])('include %s', (_, guard, members) => {
    expect(found(gate(guard, members))).toEqual(
      expect.not.arrayContaining(['unreachable-state /states/b', 'never-sent /states/a/on/TRY']),
    );
  });

  it('include what opens a commitment that was made before', () => {
    const sealed = { cat: [{ var: 'def.id' }, ':', { var: 'by' }, ':', { var: 'data.move' }] };
    const config = machine(
      {
        a: { on: { COMMIT: { target: 'b', guard: 'commit', actions: 'keep' } } },
        b: { on: { REVEAL: { target: 'c', guard: 'reveal' } } },
        c: { type: 'final' },
      },
      {
        guards: {
          commit: { and: [is('who'), { is: [{ var: 'data.hash' }, 'hex64'] }] },
          reveal: {
            and: [
              is('who'),
              { in: [{ var: 'data.move' }, { lit: ['rock', 'paper'] }] },
              { '==': [{ sha256: sealed }, { var: 'ctx.hash' }] },
            ],
          },
        },
        actions: { keep: [{ set: ['hash', { var: 'data.hash' }] }] },
        context: { who: ALICE, hash: null },
      },
    );
    expect(report(config).warnings.map(({ code }) => code)).not.toContain('never-sent');
  });

  it('include ids of earlier steps, which a sequence names by their place', () => {
    const config = machine(
      {
        a: { on: { ASK: { target: 'b', guard: 'isAlice', actions: 'keep' } } },
        b: { on: { ANSWER: { target: 'c', guard: 'answers' } } },
        c: { on: { DONE: { target: 'd', guard: 'isAlice' } } },
        d: { type: 'final' },
      },
      {
        guards: {
          isAlice: is('who'),
          answers: { '==': [{ var: 'data.to' }, { var: 'ctx.asked' }] },
        },
        actions: { keep: [{ set: ['asked', { var: 'id' }] }] },
        context: { who: ALICE, asked: null },
      },
    );
    expect(wayTo(config, 'open-to-strangers')).toEqual([
      'Alice ASK',
      'a stranger ANSWER {"to":"{{@1}}"}',
    ]);
  });
});
