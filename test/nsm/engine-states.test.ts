/**
 * The engine on nested, parallel and history states: what it restores is what it left, and rules
 * see the transition they belong to, however many events XState raises on the way (PROTOCOL §5).
 */

import { describe, expect, it } from 'vitest';
import { isRefusal } from '../../src/refusal.ts';
import { ALICE, BOB, definitionOf, START } from './machine-events.ts';
import { endOf, move, play, restarted, startOf } from './play.ts';

const log = (name: string) => [{ push: ['log', name] }];

describe('guards and actions after a raised event', () => {
  const seen = ['by', 'at', 'data', 'id', 'type'];
  const nsm = {
    v: 1,
    guards: {
      isAlice: { '==': [{ var: 'by' }, ALICE] },
      wasPaid: { and: [{ '==': [{ var: 'type' }, 'PAY'] }, { '==': [{ var: 'data.sum' }, 5] }] },
    },
    actions: { note: seen.map((name) => ({ set: [`seen.${name}`, { var: name }] })) },
  };
  const config = {
    ...{ id: 'm', initial: 'open', meta: { nsm }, context: { seen: {} } },
    states: {
      open: {
        initial: 'due',
        states: { due: { on: { PAY: 'paid' } }, paid: { type: 'final' } },
        onDone: [{ target: 'mine', guard: 'isAlice', actions: 'note' }, 'other'],
      },
      mine: { always: { target: 'exact', guard: 'wasPaid' } },
      exact: {},
      other: {},
    },
  };

  it('see the author, payload and type of the transition, not the event of the engine', () => {
    expect(endOf(config, [{ type: 'PAY', by: ALICE, data: { sum: 5 } }])).toBe('exact');
    expect(endOf(config, [{ type: 'PAY', by: ALICE, data: { sum: 6 } }])).toBe('mine');
    expect(endOf(config, [{ type: 'PAY', by: BOB, data: { sum: 5 } }])).toBe('other');
    const end = play(definitionOf(config), [{ type: 'PAY', at: START + 3, data: { sum: 5 } }]);
    expect(end.computed.state.context['seen']).toEqual({
      ...{ by: ALICE, at: START + 3, data: { sum: 5 }, id: end.id, type: 'PAY' },
    });
  });

  it('prefer the definition’s own rule to a library’s of that name', () => {
    const guards = { isCreator: { '==': [{ var: 'by' }, BOB] } };
    const own = {
      ...{ initial: 'a', context: { creatorPubKey: ALICE }, meta: { nsm: { v: 1, guards } } },
      states: { a: { on: { GO: { target: 'b', guard: 'isCreator' } } }, b: {} },
    };
    expect(endOf(own, [{ type: 'GO', by: BOB }])).toBe('b');
    expect(endOf(own, [{ type: 'GO', by: ALICE }])).toBe('guard-denied');
    expect(endOf({ ...own, meta: {} }, [{ type: 'GO', by: ALICE }])).toBe('b');
  });
});

describe('parallel states', () => {
  const region = (name: string) => ({
    initial: 'one',
    exit: `${name}Out`,
    states: {
      one: { on: { STEP: { target: 'two', actions: `${name}Step` } } },
      two: { on: { STEP: { target: 'one', actions: `${name}Step` } }, entry: `${name}In` },
    },
  });
  const names = ['zIn', 'zStep', 'zOut', 'aIn', 'aStep', 'aOut'];
  const config = {
    ...{ id: 'm', initial: 'both', context: { log: [] } },
    meta: { nsm: { v: 1, actions: Object.fromEntries(names.map((name) => [name, log(name)])) } },
    states: {
      // Not in the order in which canonical text sorts them.
      both: { type: 'parallel', on: { LEAVE: 'out' }, states: { z: region('z'), a: region('a') } },
      out: {},
    },
  };

  it('act in document order, whether the state was just computed or read back', () => {
    const definition = definitionOf(config);
    const fresh = play(definition, ['STEP']);
    expect(fresh.computed.state.context['log']).toEqual(['zStep', 'aStep', 'zIn', 'aIn']);
    const again = ['STEP', 'LEAVE'].reduce((node, type) => {
      const next = move(definition, restarted(node), { type });
      if (isRefusal(next)) throw new Error(next.code);
      return next;
    }, fresh);
    expect(again.computed.hash).toBe(play(definition, ['STEP', 'STEP', 'LEAVE']).computed.hash);
    expect(again.computed.state.context['log']).toEqual([
      ...['zStep', 'aStep', 'zIn', 'aIn', 'zStep', 'aStep', 'aOut', 'zOut'],
    ]);
  });

  it('are done when every region is', () => {
    const end = { initial: 'x', states: { x: { on: { A: 'y' } }, y: { type: 'final' } } };
    const other = { initial: 'x', states: { x: { on: { B: 'y' } }, y: { type: 'final' } } };
    const both = {
      initial: 'p',
      states: { p: { type: 'parallel', states: { l: end, r: other }, onDone: 'd' }, d: {} },
    };
    expect(endOf(both, ['A'])).toEqual({ p: { l: 'y', r: 'x' } });
    expect(endOf(both, ['A', 'B'])).toBe('d');
    expect(endOf(both, ['B', 'A'])).toBe('d');
  });
});

describe('history states', () => {
  const work = (history: string, target?: string) => ({
    ...{ id: 'm', initial: 'work' },
    states: {
      work: {
        initial: 'a',
        on: { PAUSE: 'rest' },
        states: {
          a: { on: { NEXT: 'b' } },
          b: { initial: 'c', states: { c: { on: { NEXT: 'd' } }, d: {} } },
          h: { type: 'history', history, ...(target ? { target } : {}) },
        },
      },
      rest: { on: { RESUME: 'work.h' } },
    },
  });

  it('lead back to where the state was left: its child, or all the way down', () => {
    const moves = ['NEXT', 'NEXT', 'PAUSE', 'RESUME'];
    expect(endOf(work('shallow'), moves)).toEqual({ work: { b: 'c' } });
    expect(endOf(work('deep'), moves)).toEqual({ work: { b: 'd' } });
    const { state } = play(definitionOf(work('deep')), ['NEXT', 'NEXT', 'PAUSE']).computed;
    expect(state.history).toEqual({ 'm.work.h': ['m.work.b.d'] });
  });

  it('lead to their default, or to the initial state, where nothing was left', () => {
    const cold = (target?: string) => ({ ...work('deep', target), initial: 'rest' });
    expect(endOf(cold('b.d'), ['RESUME'])).toEqual({ work: { b: 'd' } });
    expect(endOf(cold(), ['RESUME'])).toEqual({ work: 'a' });
  });

  it('are part of the state, so that leaving from elsewhere is another state', () => {
    const definition = definitionOf(work('deep'));
    const early = play(definition, ['PAUSE']).computed;
    const late = play(definition, ['NEXT', 'PAUSE']).computed;
    expect(early.state.value).toEqual(late.state.value);
    expect(early.hash).not.toBe(late.hash);
  });

  it('of parallel states list what was left sorted, whichever way a relay came there', () => {
    const region = { initial: 'x', states: { x: { on: { GO: 'y' } }, y: {} } };
    const config = {
      ...{ id: 'm', initial: 'p' },
      states: {
        p: {
          type: 'parallel',
          on: { OUT: 'o' },
          states: { z: region, a: region, h: { type: 'history', history: 'deep' } },
        },
        o: { on: { BACK: 'p.h' } },
      },
    };
    const definition = definitionOf(config);
    const out = play(definition, ['GO', 'OUT']);
    expect(out.computed.state.history).toEqual({ 'm.p.h': ['m.p.a.y', 'm.p.z.y'] });
    const direct = move(definition, out, { type: 'BACK' });
    const cold = move(definition, restarted(out), { type: 'BACK' });
    expect(direct).toEqual(cold);
    expect(startOf(definition).computed.state.history).toEqual({});
  });
});

describe('the status of a machine', () => {
  it('has output only when it is done and the root declares one', () => {
    const config = (output?: unknown) => ({
      ...{
        initial: 'a',
        states: { a: { on: { GO: 'b' } }, b: { type: 'final', output: { of: 'b' } } },
      },
      ...(output === undefined ? {} : { output }),
    });
    const end = (output?: unknown) => play(definitionOf(config(output)), ['GO']).computed.state;
    expect(end()).not.toHaveProperty('output');
    expect(end('won')).toMatchObject({ status: 'done', output: 'won' });
    expect(end(null)).toMatchObject({ status: 'done', output: null });
    expect(definitionOf(config('won')).initial.state).not.toHaveProperty('output');
  });

  it('is active while a state that is not the root has ended', () => {
    const config = {
      initial: 'w',
      states: {
        w: {
          initial: 'x',
          on: { OUT: 'o' },
          states: { x: { on: { GO: 'y' } }, y: { type: 'final' } },
        },
        o: {},
      },
    };
    expect(endOf(config, ['GO', 'OUT'])).toBe('o');
  });
});
