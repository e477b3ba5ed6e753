/**
 * The engine: which events are taken, and what a step may not do (PROTOCOL §4.8, §4.9, §5).
 */

import { describe, expect, it } from 'vitest';
import { step } from '../../src/nsm/engine.ts';
import { isRefusal } from '../../src/refusal.ts';
import { ALICE, BOB, definitionOf, START } from './machine-events.ts';
import { endOf, move, play, startOf } from './play.ts';

type Config = { readonly [name: string]: unknown };

const NSM = {
  v: 1,
  guards: {
    yes: true,
    no: false,
    bad: { '<': [{ var: 'ctx.text' }, 1] },
    isAlice: { '==': [{ var: 'by' }, ALICE] },
    isLate: { '>=': [{ var: 'at' }, START + 100] },
  },
  actions: {
    add: [{ inc: ['n', 1] }],
    same: [{ set: ['n', { var: 'ctx.n' }] }],
    fail: [{ inc: ['text', 1] }],
    keep: [{ push: ['kept', { var: 'ctx.text' }] }],
  },
};

/** A machine with these states whose context is a number and a text. */
const machine = (states: Config, more: Config = {}): Config => ({
  ...{ id: 'm', initial: 'a', context: { n: 0, text: 'x' }, meta: { nsm: NSM }, states },
  ...more,
});

/** What becomes of GO in a state with this handler, below a parent that handles UP. */
const onGo = (handler: unknown, more: Config = {}): string | object =>
  endOf(machine({ a: { on: { GO: handler, EXIT: 'b' } }, b: {} }, more), ['GO']);

describe('the acceptance of an event', () => {
  it.each<[string, unknown, string]>([
    ['a target', 'b', 'b'],
    ['a target behind a guard that passes', { target: 'b', guard: 'yes' }, 'b'],
    ['a target behind a guard that does not', { target: 'b', guard: 'no' }, 'guard-denied'],
    ['the second of two candidates', [{ target: 'a', guard: 'no' }, 'b'], 'b'],
    [
      'two candidates that both say no',
      [
        { target: 'b', guard: 'no' },
        { target: 'a', guard: 'no' },
      ],
      'guard-denied',
    ],
    ['a targetless action that changes the context', { actions: 'add' }, 'a'],
    ['a targetless action that writes what was there', { actions: 'same' }, 'no-change'],
    ['its own state', 'a', 'no-change'],
    ['its own state anew', { target: 'a', reenter: true }, 'no-change'],
    ['its own state with an action', { target: 'a', actions: 'add' }, 'a'],
    ['nothing', {}, 'no-transition'],
    ['nothing, described', { description: 'no', meta: {} }, 'no-transition'],
    ['nothing, anew', { reenter: true }, 'no-transition'],
    ['nothing behind a guard that passes', { guard: 'yes' }, 'no-transition'],
    ['no actions', { actions: [] }, 'no-transition'],
    [
      'a guard that fails before one that passes',
      [{ target: 'b', guard: 'bad' }, 'b'],
      'guard-error',
    ],
    ['an action that fails', { target: 'b', actions: ['add', 'fail'] }, 'guard-error'],
  ])('of %s', (_, handler, verdict) => {
    expect(onGo(handler)).toBe(verdict);
  });

  it('asks the parent when the child has no candidate or none that passes', () => {
    const on = { GO: '.b' };
    expect(onGo({ target: 'a', guard: 'no' }, { on })).toBe('b');
    expect(onGo([{ target: 'a', guard: 'no' }, {}], { on })).toBe('guard-denied');
    expect(onGo({}, { on })).toBe('no-transition');
    expect(onGo({ target: 'a', guard: 'bad' }, { on })).toBe('guard-error');
    expect(endOf(machine({ a: {}, b: {} }, { on }), ['GO'])).toBe('b');
  });

  it('is no-transition where the type is not handled, and nowhere handled', () => {
    const states = { a: { on: { GO: 'b' } }, b: { on: { BACK: 'a' } } };
    expect(endOf(machine(states), ['BACK'])).toBe('no-transition');
    expect(endOf(machine(states), ['NOPE'])).toBe('no-transition');
    expect(endOf(machine(states), ['toString'])).toBe('no-transition');
  });

  it('gives XState no type that the definition does not have, for it forgets none', () => {
    const definition = definitionOf(
      machine({ a: { on: { GO: 'b', NOT: {} } }, b: { on: { BACK: 'a' } } }),
    );
    expect([...definition.machine.types].sort()).toEqual(['BACK', 'GO']);
  });

  it('ends with the machine, whatever its states and its root still handle', () => {
    const config = machine(
      { a: { on: { GO: 'b' } }, b: { type: 'final', on: { MORE: 'a' } } },
      { on: { TOP: '.a' }, output: { n: 1 } },
    );
    const end = play(definitionOf(config), ['GO']);
    expect(end.computed.state).toMatchObject({ status: 'done', value: 'b', output: { n: 1 } });
    for (const type of ['MORE', 'TOP', 'GO', 'NOPE']) {
      expect(move(definitionOf(config), end, { type })).toMatchObject({ code: 'machine-finished' });
    }
  });
});

describe('an event that is not handled', () => {
  const late = { target: 'late', guard: 'isLate' };
  const config = (on: Config) =>
    machine({ a: { always: late, on: { ADD: { actions: 'add' }, ...on } }, late: {} });
  const at = START + 200;

  it('does not run an always that time has made possible', () => {
    expect(endOf(config({}), [{ type: 'NOPE', at }])).toBe('no-transition');
    expect(endOf(config({ GO: {} }), [{ type: 'GO', at }])).toBe('no-transition');
    expect(endOf(config({ GO: { actions: 'add', guard: 'no' } }), [{ type: 'GO', at }])).toBe(
      'guard-denied',
    );
  });

  it('is told from one that is handled, after which always is looked at', () => {
    expect(endOf(config({}), [{ type: 'ADD', at }])).toBe('late');
    expect(endOf(config({}), [{ type: 'ADD', at: START + 99 }])).toBe('a');
    expect(endOf(config({ GO: 'a' }), [{ type: 'GO', at }])).toBe('late');
  });
});

/** A machine that GO leads into a chain of so many states, each left at once. */
function chain(length: number, guard = 'yes'): Config {
  const links = Array.from({ length }, (_, i) => [
    `s${i}`,
    { always: { target: i + 1 < length ? `s${i + 1}` : 'end', guard } },
  ]);
  return machine({
    a: { on: { GO: 's0' } },
    ...Object.fromEntries(links),
    end: { on: { GO: 'a' } },
  });
}

describe('a step', () => {
  const pingPong = {
    a: { on: { GO: 'p' } },
    p: { initial: 'x', states: { x: { type: 'final' } }, onDone: 'q' },
    q: { initial: 'x', states: { x: { type: 'final' } }, onDone: 'p' },
  };
  const loop = { a: { on: { GO: 'p' } }, p: { always: 'q' }, q: { always: 'p' } };
  const growing = {
    a: { on: { GO: 'p' } },
    p: { always: { target: 'p', reenter: true, actions: 'add' } },
  };

  it.each<[string, unknown, string]>([
    ['that takes 64 microsteps is taken', chain(63), 'end'],
    ['that takes 65 is not', chain(64), 'engine-budget'],
    ['into states that always lead to each other', machine(loop), 'engine-budget'],
    ['into compound states that finish each other', machine(pingPong), 'engine-budget'],
    ['into a state that always acts', machine(growing), 'engine-budget'],
  ])('%s', (_, config, verdict) => {
    expect(endOf(config, ['GO'])).toBe(verdict);
  });

  it('has one budget for all that it runs', () => {
    const cheap = {
      all: [{ lit: Array.from({ length: 90 }, (_, i) => i) }, { '<': [{ var: 'it' }, 100] }],
    };
    const config = (length: number) => ({
      ...chain(length, 'cheap'),
      meta: { nsm: { v: 1, guards: { cheap } } },
    });
    // About 360 for each guard: 20 of them are affordable, 40 together are not.
    expect(endOf(config(20), ['GO'])).toBe('end');
    expect(endOf(config(40), ['GO'])).toBe('engine-budget');
  });

  it('may not let the context outgrow 64 KiB', () => {
    const definition = definitionOf(
      machine(
        { a: { on: { GO: { actions: 'keep' } } } },
        { context: { text: 'x'.repeat(20_000) } },
      ),
    );
    const full = play(definition, ['GO', 'GO']);
    expect(move(definition, full, { type: 'GO' })).toMatchObject({ code: 'state-limits' });
    expect(full.computed.state.context['kept']).toHaveLength(2);
  });
});

describe('a step and its surroundings', () => {
  it('leaves the state before it and its siblings as they were', () => {
    const definition = definitionOf(machine({ a: { on: { GO: { actions: 'add' } } } }));
    const start = startOf(definition);
    const text = start.computed.canonical;
    const one = play(definition, ['GO']);
    play(definition, ['GO', 'GO', 'GO']);
    expect(JSON.parse(one.computed.canonical).context.n).toBe(1);
    expect(JSON.stringify(start.computed.state)).toBe(JSON.stringify(JSON.parse(text)));
    expect(definitionOf(machine({ a: { on: { GO: { actions: 'add' } } } })).initial.canonical).toBe(
      text,
    );
    expect(Object.isFrozen(one.computed.state.context)).toBe(true);
  });

  it('is the same whoever else stepped the machine in between, refused or failed', () => {
    const states = {
      a: { on: { ADD: { actions: 'add', guard: 'isAlice' }, BAD: { actions: 'fail' }, LOOP: 'p' } },
      p: { always: { target: 'q' } },
      q: { always: { target: 'p' } },
    };
    const definition = definitionOf(machine(states));
    const alone = play(definition, ['ADD', 'ADD']);
    const between: string[] = [];
    const mixed = ['ADD', 'ADD'].reduce((node, type) => {
      for (const [other, by] of [
        ['BAD', ALICE],
        ['LOOP', ALICE],
        ['ADD', BOB],
        ['NOPE', ALICE],
      ] as const) {
        const refused = move(definition, node, { type: other, by });
        between.push(isRefusal(refused) ? refused.code : 'accepted');
      }
      const next = move(definition, node, { type });
      if (isRefusal(next)) throw new Error(next.code);
      return next;
    }, startOf(definition));
    expect(mixed.computed).toEqual(alone.computed);
    expect(between.slice(0, 4)).toEqual([
      'guard-error',
      'engine-budget',
      'guard-denied',
      'no-transition',
    ]);
  });

  it('cannot be started by XState’s own events', () => {
    const states = {
      a: { initial: 'x', states: { x: {} }, onDone: 'b', on: { GO: 'b' } },
      b: { type: 'final' },
    };
    const { machine: compiled, initial, id, pubkey } = definitionOf(machine(states));
    const input = {
      by: ALICE,
      at: START,
      data: null,
      id: null,
      def: { id, pubkey, created_at: START },
    };
    for (const type of [
      'xstate.init',
      'xstate.stop',
      'xstate.done.state.m.a',
      'xstate.error.actor.x',
      '*',
      '',
    ]) {
      expect(step(compiled, initial, { ...input, type })).toMatchObject({ code: 'no-transition' });
    }
  });
});
