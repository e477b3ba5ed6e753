/**
 * The shape of states and the names of events (PROTOCOL §3.2, §3.3): keys that XState would read
 * differently, types it ignores, members that belong to other kinds of states.
 */

import { describe, expect, it } from 'vitest';
import { verdictOn } from './machine-events.ts';

type Row = readonly [title: string, config: unknown, verdict: string];

/** A machine of two states with members of its own. */
function machine(members: object = {}, a: object = {}): object {
  return {
    id: 'm',
    initial: 'a',
    states: { a: { on: { GO: 'b' }, ...a }, b: { type: 'final' } },
    ...members,
  };
}

/** A compound state with a history state in it, and a way into both. */
const withHistory = (history: object): object => ({
  initial: 'a',
  states: {
    a: { on: { GO: 'w.h', IN: 'w' } },
    w: { initial: 'x', states: { x: { on: { NEXT: 'y' } }, y: {}, h: history } },
  },
});

const EVENTS: readonly Row[] = [
  ...['A', 'a', '0', 'PAY.IN', 'a:b-c_d', '..', 'x'.repeat(64), 'constructorX', 'toString'].map(
    (type): Row => [`the type ${type}`, machine({}, { on: { [type]: 'b' } }), 'hosted'],
  ),
  ...[
    '',
    'x'.repeat(65),
    'a b',
    'é',
    'a/b',
    'a\n',
    'xstate.init',
    'xstate.done.state.m',
    'done.x',
    'error.x',
    'nsm.tick',
    'nsm.',
  ].map(
    (type): Row => [
      `the type ${JSON.stringify(type)}`,
      machine({}, { on: { [type]: 'b' } }),
      `definition-shape /states/a/on/${type.replace('/', '~1')}`,
    ],
  ),
  ['on that is a list', machine({}, { on: [] }), 'definition-shape /states/a/on'],
  ['on that is a text', machine({}, { on: 'b' }), 'definition-shape /states/a/on'],
  ['on that is null', machine({}, { on: null }), 'definition-shape /states/a/on'],
];

const state = (key: string, child: unknown = {}): object => ({
  initial: 'a',
  states: { a: { on: { GO: 'b' } }, b: {}, [key]: child },
});

const STATES: readonly Row[] = [
  ['a state key of letters, digits and signs', state('a-1_é'), 'hosted'],
  ['a state named toString', state('toString'), 'hosted'],
  ['an empty state key', state(''), 'definition-shape /states/'],
  ['a state key of digits', state('10'), 'definition-shape /states/10'],
  ['a state key with a dot', state('x.y'), 'definition-shape /states/x.y'],
  ['a state key with a hash', state('#x'), 'definition-shape /states/#x'],
  ['a state key with a backslash', state('x\\y'), 'definition-shape /states/x\\y'],
  ['a state that is null', state('c', null), 'definition-shape /states/c'],
  ['a state that is a list', state('c', []), 'definition-shape /states/c'],
  ['a state that is a text', state('c', 'x'), 'definition-shape /states/c'],
  [
    'states that are a list',
    { on: { GO: { actions: [] } }, states: [] },
    'definition-shape /states',
  ],
  ['an unknown type', state('c', { type: 'Final' }), 'definition-shape /states/c/type'],
  ['a type that is a number', state('c', { type: 1 }), 'definition-shape /states/c/type'],
  ['a type that is null', state('c', { type: null }), 'definition-shape /states/c/type'],
  [
    'a compound state without states',
    state('c', { type: 'compound' }),
    'definition-shape /states/c/states',
  ],
  [
    'a parallel state without states',
    state('c', { type: 'parallel', states: {} }),
    'definition-shape /states/c/states',
  ],
  [
    'a final state with states',
    state('c', { type: 'final', states: { x: {} } }),
    'definition-shape /states/c/states',
  ],
  [
    'an atomic state with states',
    state('c', { type: 'atomic', states: { x: {} } }),
    'definition-shape /states/c/states',
  ],
  ['a final root', { type: 'final' }, 'definition-shape /type'],
  ['a history root', { type: 'history' }, 'definition-shape /type'],
  [
    'initial of an atomic state',
    state('c', { initial: 'a' }),
    'definition-shape /states/c/initial',
  ],
  [
    'initial of a parallel state',
    state('c', { type: 'parallel', initial: 'x', states: { x: {} } }),
    'definition-shape /states/c/initial',
  ],
  [
    'output of a state that is not final',
    state('c', { output: 1 }),
    'definition-shape /states/c/output',
  ],
  ['a target of a state', state('c', { target: 'a' }), 'definition-shape /states/c/target'],
  [
    'a history member of a final state',
    state('c', { type: 'final', history: 'deep' }),
    'definition-shape /states/c/history',
  ],
  ['an empty id', state('c', { id: '' }), 'definition-shape /states/c/id'],
  ['an id that is a number', state('c', { id: 7 }), 'definition-shape /states/c/id'],
  [
    'an id that is used twice',
    { initial: 'a', states: { a: { id: 'x' }, b: { id: 'x' } } },
    'definition-shape /states/b/id',
  ],
  [
    'an id that is another state’s default id',
    { id: 'm', initial: 'a', states: { a: { id: 'm.b' }, b: {} } },
    'definition-shape /states/b/id',
  ],
  ['tags that are numbers', state('c', { tags: [1] }), 'definition-shape /states/c/tags'],
  ['a version that is a number', machine({ version: 1 }), 'definition-shape /version'],
  ['meta that is null', state('c', { meta: null }), 'definition-shape /states/c/meta'],
  ['initial that is null', machine({ initial: null }), 'definition-shape /initial'],
  ['initial that is empty', machine({ initial: '' }), 'definition-shape /initial'],
  ['initial that is a list', machine({ initial: ['a'] }), 'definition-shape /initial'],
  [
    'history of another depth',
    withHistory({ type: 'history', history: 'full' }),
    'definition-shape /states/w/states/h/history',
  ],
  [
    'history with handlers',
    withHistory({ type: 'history', on: {} }),
    'definition-shape /states/w/states/h/on',
  ],
  [
    'history with an empty default',
    withHistory({ type: 'history', target: [] }),
    'definition-shape /states/w/states/h/target',
  ],
];

describe('the shape of states', () => {
  it.each(EVENTS)('judges %s', (_, config, verdict) => {
    expect(verdictOn(config)).toBe(verdict);
  });

  it.each(STATES)('judges %s', (_, config, verdict) => {
    expect(verdictOn(config)).toBe(verdict);
  });
});
