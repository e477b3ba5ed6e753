/**
 * What can be sent next: for one key, for nobody, and for payloads that are not known yet.
 */

import { describe, expect, it } from 'vitest';
import { nextTypes, type Sender } from '../../src/nsm/next.ts';
import { ALICE, BOB, definitionOf, START } from './machine-events.ts';
import { play, startOf } from './play.ts';

const is = (author: string) => ({ '==': [{ var: 'by' }, author] });
const isLong = { '>': [{ len: { var: 'data.text' } }, 2] };

/** Every state of affairs a type can be in, each under a name that says it. */
const DESK = {
  initial: 'open',
  context: { n: 0, log: [] },
  meta: {
    nsm: {
      v: 1,
      guards: {
        isAlice: is(ALICE),
        isLong,
        isAliceWithText: { and: [is(ALICE), isLong] },
        isEmpty: { '==': [{ var: 'data' }, null] },
        isLate: { '>=': [{ var: 'at' }, START + 100] },
        isLucky: { '==': [{ var: 'id' }, 'f'.repeat(64)] },
      },
      actions: {
        count: [{ inc: ['n', 1] }],
        add: [{ inc: ['n', { var: 'data.by' }] }],
        nothing: [{ set: ['n', { var: 'ctx.n' }] }],
      },
    },
  },
  states: {
    open: {
      on: {
        FREE: 'closed',
        MINE: { guard: 'isAlice', target: 'closed' },
        TELL: { guard: 'isLong', target: 'closed' },
        MY_TELL: { guard: 'isAliceWithText', target: 'closed' },
        HUSH: { guard: 'isEmpty', target: 'closed' },
        LATE: { guard: 'isLate', target: 'closed' },
        DRAW: { guard: 'isLucky', target: 'closed' },
        COUNT: { actions: 'count' },
        ADD: { actions: 'add' },
        IDLE: { actions: 'nothing' },
        NEVER: {},
      },
    },
    closed: { on: { STOP: 'gone' } },
    gone: { type: 'final' },
  },
};

const definition = definitionOf(DESK);

function enabled(sender: Sender | null): Record<string, string> {
  const types = nextTypes(definition, play(definition, []), sender);
  return Object.fromEntries(types.map((next) => [next.type, next.enabled]));
}

describe('for a key', () => {
  it('says yes to what a step without payload does', () => {
    const yes = { FREE: 'yes', MINE: 'yes', HUSH: 'yes', COUNT: 'yes' };
    expect(enabled({ by: ALICE, at: START })).toMatchObject(yes);
  });

  it('says no to what is refused with any payload', () => {
    const no = { MINE: 'no', MY_TELL: 'no', LATE: 'no', IDLE: 'no' };
    expect(enabled({ by: BOB, at: START })).toMatchObject(no);
  });

  it('leaves open what a guard or an action asks the payload for', () => {
    const open = { TELL: 'depends', MY_TELL: 'depends', ADD: 'depends' };
    expect(enabled({ by: ALICE, at: START })).toMatchObject(open);
  });

  it('leaves open what hangs on the id, which nobody knows before signing', () => {
    expect(enabled({ by: ALICE, at: START })).toMatchObject({ DRAW: 'depends' });
  });

  it('asks as of the time it is given', () => {
    expect(enabled({ by: ALICE, at: START + 100 })).toMatchObject({ LATE: 'yes' });
  });

  it('does not mention a forbidden type', () => {
    expect(enabled({ by: ALICE, at: START })).not.toHaveProperty('NEVER');
  });

  it('leaves the state it was asked about as it was', () => {
    const node = play(definition, []);
    nextTypes(definition, node, { by: ALICE, at: START });
    expect(node.computed).toEqual(definition.initial);
  });
});

describe('when timers are due', () => {
  const isLate = { '>=': [{ var: 'at' }, START + 60] };
  const waiting = definitionOf({
    initial: 'a',
    meta: { nsm: { v: 1, guards: { isLate } } },
    states: {
      a: { on: { GO: 'c' }, after: { 60000: 'b' } },
      b: { on: { ASK: 'c', LATE: { target: 'c', guard: 'isLate' } }, after: { 60000: 'c' } },
      c: { type: 'final' },
    },
  });
  const at = (time: number) => nextTypes(waiting, startOf(waiting), { by: BOB, at: time });

  it('says what can be sent once they have fired, as a transition would find it', () => {
    expect(at(START + 59).map(({ type }) => type)).toEqual(['GO']);
    expect(at(START + 60).map(({ type, enabled: how }) => [type, how])).toEqual([
      ['ASK', 'yes'],
      ['LATE', 'yes'],
    ]);
  });

  it('has nothing to offer when they have ended the machine', () => {
    expect(at(START + 120)).toEqual([]);
  });

  it('says no to everything while a tick has to come first', () => {
    const busy = definitionOf({
      initial: 'a',
      states: { a: { on: { GO: 'b' }, after: { 1000: { target: 'a', reenter: true } } }, b: {} },
    });
    const next = nextTypes(busy, startOf(busy), { by: BOB, at: START + 1_000 });
    expect(next).toEqual([{ type: 'GO', enabled: 'no', guards: [] }]);
  });

  it('does not look at the clock for nobody', () => {
    const types = nextTypes(waiting, startOf(waiting), null).map(({ type }) => type);
    expect(types).toEqual(['GO']);
  });
});

describe('for nobody', () => {
  it('says yes to unguarded types and leaves guarded ones open', () => {
    expect(enabled(null)).toMatchObject({ FREE: 'yes', IDLE: 'yes', MINE: 'depends' });
  });
});

it('names the guards that decide', () => {
  const [, mine] = nextTypes(definition, play(definition, []), null);
  expect(mine).toEqual({ type: 'MINE', enabled: 'depends', guards: ['isAlice'] });
});

it('has nothing to offer when the machine has ended', () => {
  const node = play(definition, ['FREE', 'STOP']);
  expect(nextTypes(definition, node, { by: ALICE, at: START })).toEqual([]);
});

it('tries no more than 64 types and leaves the others open', () => {
  const guard = 'isAlice';
  const on = Object.fromEntries(
    Array.from({ length: 70 }, (_, i) => [`T${i}`, { guard, target: 'closed' }]),
  );
  const states = { ...DESK.states, open: { on } };
  const wide = definitionOf({ ...DESK, states });
  const answers = nextTypes(wide, play(wide, []), { by: BOB, at: START });
  expect(answers.map((next) => next.enabled)).toEqual([
    ...Array(64).fill('no'),
    ...Array(6).fill('depends'),
  ]);
});
