/**
 * Transitions in a machine with timers (PROTOCOL §4, §5): what is due fires before they are judged,
 * and counts only if they are accepted.
 */

import { describe, expect, it } from 'vitest';
import { TICK } from '../../src/nsm/kinds.ts';
import { START } from './machine-events.ts';
import { move, play, startOf } from './play.ts';
import { codeOf, log, logging } from './time-machines.ts';

describe('a transition at some time', () => {
  const shop = logging({
    initial: 'open',
    states: {
      open: { after: { 60000: 'closed' }, on: { BUY: { actions: log('bought') } } },
      closed: { on: { KNOCK: { actions: log('knocked') }, END: 'gone' }, after: { 60000: 'gone' } },
      gone: { type: 'final' },
    },
  });
  const at = (type: string, seconds: number) =>
    move(shop, startOf(shop), { type, at: START + seconds });

  it.each([
    ['BUY', 59, 'ok'],
    ['BUY', 60, 'no-transition'],
    ['KNOCK', 59, 'no-transition'],
    ['KNOCK', 60, 'ok'],
    ['KNOCK', 119, 'ok'],
    ['KNOCK', 120, 'machine-finished'],
    [TICK, 59, 'no-timer-due'],
    [TICK, 60, 'ok'],
    [TICK, 120, 'ok'],
    [TICK, 1_000_000, 'ok'],
  ])('%s after %d s is %s', (type, seconds, code) => {
    expect(codeOf(at(type, seconds))).toBe(code);
  });

  it('that ticks past the end comes to the end, and no tick follows it', () => {
    const ended = play(shop, [{ type: TICK, at: START + 500 }]);
    expect(ended.computed.state).toMatchObject({ status: 'done', value: 'gone', timers: [] });
    expect(codeOf(move(shop, ended, { type: TICK, at: START + 600 }))).toBe('machine-finished');
  });

  it('that is refused moves no clock', () => {
    const start = startOf(shop);
    expect(codeOf(move(shop, start, { type: 'BUY', at: START + 60 }))).toBe('no-transition');
    expect(codeOf(move(shop, start, { type: 'BUY', at: START + 10 }))).toBe('ok');
  });

  it('that changes nothing itself is a change if timers fired before it', () => {
    const idle = logging({
      initial: 'a',
      states: { a: { after: { 1000: 'b' } }, b: { on: { NOP: 'b' } } },
    });
    const after = play(idle, [{ type: 'NOP', at: START + 1 }]);
    expect(after.computed.state.value).toBe('b');
    expect(codeOf(move(idle, after, { type: 'NOP', at: START + 2 }))).toBe('no-change');
  });

  it('is told to tick first when more than 32 timers are due, and then may come', () => {
    const clock = logging({
      initial: 'a',
      context: { log: [], n: 0 },
      states: {
        a: { after: { 1000: { target: 'a', reenter: true } }, on: { GO: 'b' } },
        b: {},
      },
    });
    const late = { type: 'GO', at: START + 40 };
    expect(codeOf(move(clock, startOf(clock), late))).toBe('timers-due');
    const ticked = play(clock, [{ type: TICK, at: START + 40 }]);
    expect(codeOf(move(clock, ticked, late))).toBe('ok');
    expect(codeOf(move(clock, startOf(clock), { ...late, at: START + 32 }))).toBe('ok');
  });

  it('cannot be a tick with a payload, nor an event that XState raises', () => {
    expect(codeOf(move(shop, startOf(shop), { type: TICK, at: START + 60, data: {} }))).toBe(
      'payload-shape',
    );
    const raised = 'xstate.after.60000.(machine).open';
    expect(codeOf(move(shop, startOf(shop), { type: raised, at: START + 1 }))).toBe('event-type');
  });
});
