/**
 * Time in a machine (PROTOCOL §5): timers are part of the state, fire when a transition moves the
 * clock, each at its own time, and come out alike for everybody who replays the log.
 */

import { describe, expect, it } from 'vitest';
import type { Definition } from '../../src/nsm/definition.ts';
import { TICK } from '../../src/nsm/kinds.ts';
import { elapse, nextDue } from '../../src/nsm/time.ts';
import { BOB, definitionOf, START } from './machine-events.ts';
import { move, play } from './play.ts';
import { codeOf, log, logging } from './time-machines.ts';

/** The machine whose states PROTOCOL §5 prints. */
const EXAMPLE = {
  id: 'ex',
  initial: 'work',
  context: { n: 0 },
  states: {
    work: {
      initial: 'a',
      after: { 60000: 'rest' },
      on: { PAUSE: 'rest' },
      states: { a: { on: { NEXT: 'b' } }, b: {}, h: { type: 'history' } },
    },
    rest: { on: { RESUME: 'work.h' } },
  },
};

/** One region for each delay, with a timer that logs the name of its region. */
const regions = (delays: { readonly [name: string]: number }) =>
  logging({
    type: 'parallel',
    states: Object.fromEntries(
      Object.entries(delays).map(([name, ms]) => [name, timerIn(name, ms)]),
    ),
  });

const timerIn = (name: string, ms: number) => ({
  initial: 'w',
  states: { w: { after: { [ms]: { target: 'd', actions: log(name) } } }, d: {} },
});

/** What a definition's log holds some seconds after its start. */
const logAfter = (definition: Definition, seconds: number) =>
  elapse(definition, definition.initial, START + seconds).computed.state.context['log'];

describe('the worked example of the protocol', () => {
  it.each([
    ['at the start', [], '897ca72f19d06e4c1bd457e8307976789bda92d6bdab0941fb0c58d7f1e8b1d5'],
    ['after NEXT', ['NEXT'], 'ac19f165f1fc79a70a0ad7a47ed00985f032e3f18b0a7a4916db1bc9d8f8dfea'],
    [
      'after PAUSE',
      ['NEXT', 'PAUSE'],
      '834348a23b726cf30d74a04679a8f927238f11b91aed8d00ab75ed79b21c0e40',
    ],
    [
      'after RESUME',
      ['NEXT', 'PAUSE', 'RESUME'],
      '0653b44a9d852128d7e48023da3ef7bab992380df4a9ca3fb27cfc2c94898578',
    ],
  ])('has the hash the protocol prints %s', (_, types, hash) => {
    const moves = types.map((type, i) => ({ type, at: START + 10 * (i + 1) }));
    expect(play(definitionOf(EXAMPLE), moves).computed.hash).toBe(hash);
  });

  it('is due when the protocol says so', () => {
    const definition = definitionOf(EXAMPLE);
    expect(nextDue(definition.initial)).toBe(START + 60);
    const paused = play(definition, [{ type: 'PAUSE', at: START + 20 }]);
    expect(nextDue(paused.computed)).toBeUndefined();
  });
});

describe('a timer', () => {
  const door = logging({
    initial: 'open',
    states: {
      open: { after: { 60000: 'closed' }, on: { CLOSE: 'closed', STAY: { actions: log('stay') } } },
      closed: { on: { OPEN: 'open' } },
    },
  });

  it('fires at the second it is due, and not a second before', () => {
    const before = elapse(door, door.initial, START + 59);
    expect(before).toMatchObject({ fired: 0, isMoreDue: false });
    expect(before.computed).toBe(door.initial);
    const after = elapse(door, door.initial, START + 60);
    expect(after).toMatchObject({ fired: 1, isMoreDue: false });
    expect(after.computed.state).toMatchObject({ value: 'closed', timers: [] });
  });

  it.each([
    [1, 1],
    [999, 1],
    [1_000, 1],
    [1_001, 2],
    [60_000, 60],
    [9_999_999_999_999, 10_000_000_000],
  ])('of %d ms is due after %d s', (ms, seconds) => {
    const { initial } = regions({ a: ms });
    expect(nextDue(initial)).toBe(START + seconds);
  });

  it('ends with its state, and begins anew when that is entered again', () => {
    const closed = play(door, [{ type: 'CLOSE', at: START + 10 }]);
    expect(closed.computed.state.timers).toEqual([]);
    const opened = move(door, closed, { type: 'OPEN', at: START + 70 });
    expect(opened).toHaveProperty('computed.state.timers.0.due', START + 130);
  });

  it('goes on through a transition that does not leave its state', () => {
    const stayed = play(door, [{ type: 'STAY', at: START + 30 }]);
    expect(nextDue(stayed.computed)).toBe(START + 60);
  });

  it('ends with the machine', () => {
    const done = definitionOf({
      initial: 'a',
      after: { 9000: '.a' },
      states: { a: { after: { 5000: 'b' } }, b: { type: 'final' } },
    });
    const { state } = elapse(done, done.initial, START + 20).computed;
    expect(state).toMatchObject({ status: 'done', timers: [] });
  });

  it('sees its own due time and nobody, whoever moved the clock and when', () => {
    const asked = logging({
      initial: 'a',
      states: { a: { after: { 5000: { target: 'b', actions: [log('at'), 'tell'] } } }, b: {} },
    });
    const ticked = play(asked, [{ type: TICK, by: BOB, at: START + 500 }]);
    const nobody = [null, null, null, null];
    expect(ticked.computed.state.context['log']).toEqual([['at', START + 5], nobody]);
  });
});

describe('timers that are due together', () => {
  it('fire in order of time, then of name by code units, not of the definition', () => {
    const delays = { late: 3_000, b: 2_000, a: 2_000, Z: 2_000, early: 1_000 };
    const order = [
      ['early', START + 1],
      ['Z', START + 2],
      ['a', START + 2],
      ['b', START + 2],
      ['late', START + 3],
    ];
    expect(logAfter(regions(delays), 100)).toEqual(order);
  });

  it('leave out the ones that are due later', () => {
    const log = logAfter(regions({ a: 3_000, b: 1_000, c: 2_000 }), 2);
    expect(log).toEqual([
      ['b', START + 1],
      ['c', START + 2],
    ]);
  });

  it('count those that they start, from the time they themselves were due', () => {
    const chain = logging({
      type: 'parallel',
      states: {
        chain: {
          initial: 'a',
          states: {
            a: { after: { 10000: { target: 'b', actions: log('a') } } },
            b: { after: { 10000: { target: 'c', actions: log('b') } } },
            c: {},
          },
        },
        other: timerIn('other', 15_000),
      },
    });
    expect(logAfter(chain, 30)).toEqual([
      ['a', START + 10],
      ['other', START + 15],
      ['b', START + 20],
    ]);
  });

  it('stop each other: one that is left before it fires does not', () => {
    const race = logging({
      initial: 'a',
      states: {
        a: {
          after: {
            1000: { target: 'b', actions: log('first') },
            2000: { target: 'b', actions: log('second') },
          },
        },
        b: {},
      },
    });
    expect(logAfter(race, 5)).toEqual([['first', START + 1]]);
  });

  it('fire 32 at a time and say that more are due', () => {
    const clock = logging({
      initial: 'a',
      states: { a: { after: { 1000: { target: 'a', reenter: true, actions: log('') } } } },
    });
    const some = elapse(clock, clock.initial, START + 32);
    expect(some).toMatchObject({ fired: 32, isMoreDue: false });
    const first = elapse(clock, clock.initial, START + 70);
    expect(first).toMatchObject({ fired: 32, isMoreDue: true });
    const second = elapse(clock, first.computed, START + 70);
    expect(second).toMatchObject({ fired: 32, isMoreDue: true });
    const third = elapse(clock, second.computed, START + 70);
    expect(third).toMatchObject({ fired: 6, isMoreDue: false });
    expect(nextDue(third.computed)).toBe(START + 71);
  });
});

describe('a timer step that cannot be', () => {
  const spent = (transition: object, more: object = {}) =>
    logging({ initial: 'a', states: { a: { after: { 1000: transition }, ...more }, b: {} } });

  it.each([
    ['whose guard says no', { target: 'b', guard: 'never' }],
    ['whose guard fails', { target: 'b', guard: 'broken' }],
    ['whose action fails', { target: 'b', actions: ['log', 'fail'] }],
    ['that is forbidden', {}],
  ])('and %s is spent and changes nothing else', (_, transition) => {
    const definition = spent(transition, { on: { GO: 'b' } });
    const { initial } = definition;
    const { computed, fired } = elapse(definition, initial, START + 1);
    expect(fired).toBe(1);
    expect(computed.state).toEqual({ ...initial.state, timers: [] });
    const ticked = play(definition, [{ type: TICK, at: START + 1 }]);
    expect(ticked.computed).toEqual(computed);
    expect(codeOf(move(definition, ticked, { type: 'GO', at: START + 1 }))).toBe('ok');
  });

  it('for it does not come to rest is spent', () => {
    const definition = logging({
      initial: 'a',
      states: { a: { after: { 1000: 'b' } }, b: { always: 'c' }, c: { always: 'b' } },
    });
    const { computed } = elapse(definition, definition.initial, START + 1);
    expect(computed.state).toEqual({ ...definition.initial.state, timers: [] });
  });

  it('does not keep a later one from firing', () => {
    const definition = logging({
      initial: 'a',
      states: {
        a: { after: { 1000: { target: 'b', guard: 'broken' }, 2000: 'b' } },
        b: {},
      },
    });
    const { computed, fired } = elapse(definition, definition.initial, START + 2);
    expect([fired, computed.state.value]).toEqual([2, 'b']);
  });

  it('has fuel of its own, as each timer has', () => {
    const ids = Array.from({ length: 20 }, (_, i) => `r${i}`).slice(0, 16);
    const bomb = { all: [{ var: 'ctx.list' }, { all: [{ var: 'ctx.list' }, true] }] };
    const definition = definitionOf({
      type: 'parallel',
      context: { list: Array(60).fill(1) },
      meta: { nsm: { v: 1, guards: { bomb } } },
      states: Object.fromEntries(
        ids.map((id) => [
          id,
          {
            initial: 'w',
            states: { w: { after: { 1000: { target: 'd', guard: 'bomb' } } }, d: {} },
          },
        ]),
      ),
    });
    const { computed, fired } = elapse(definition, definition.initial, START + 1);
    expect(fired).toBe(16);
    expect(computed.state.value).toEqual(Object.fromEntries(ids.map((id) => [id, 'd'])));
  });
});
