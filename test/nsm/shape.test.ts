/**
 * The closed whitelist (PROTOCOL §3.2): what is unknown or malformed refuses a definition, where it
 * stands, and known features that are left out are named as such.
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

/** A machine whose state `a` takes GO by this transition. */
const going = (transition: unknown): object => machine({}, { on: { GO: transition } });

/** A compound state with a history state in it, and a way into both. */
const withHistory = (history: object): object => ({
  initial: 'a',
  states: {
    a: { on: { GO: 'w.h', IN: 'w' } },
    w: { initial: 'x', states: { x: { on: { NEXT: 'y' } }, y: {}, h: history } },
  },
});

const RULES = { v: 1, guards: { yes: true }, actions: { act: [{ inc: ['n', 1] }] } };
const META = { meta: { nsm: RULES } };

const FINE: readonly Row[] = [
  ['the least machine', machine(), 'hosted'],
  [
    'every member a root may have',
    machine({
      ...{ version: '1', context: { n: 0 }, description: 'd', tags: ['t'], output: { n: 1 } },
      ...META,
      ...{
        entry: 'act',
        exit: ['act'],
        on: { TOP: { actions: 'act' } },
        onDone: { actions: 'act' },
      },
      always: { guard: 'yes', actions: 'act', target: undefined },
    }),
    'definition-invalid',
  ],
  [
    'every member a transition may have',
    machine(META, {
      on: {
        GO: {
          ...{ target: 'b', guard: { type: 'yes', params: { x: 1 } }, actions: ['act'] },
          ...{ reenter: true, description: 'd', meta: { x: 1 } },
        },
      },
    }),
    'hosted',
  ],
  [
    'several candidates',
    machine(META, { on: { GO: [{ target: 'b', guard: 'yes' }, 'b'] } }),
    'hosted',
  ],
  ['a forbidden transition', machine({ on: { GO: '.b', UP: '.b' } }, { on: { GO: {} } }), 'hosted'],
  ['an initial object', machine({ ...META, initial: { target: 'a', actions: 'act' } }), 'hosted'],
  ['a root that is atomic', { ...META, on: { ADD: { actions: 'act' } } }, 'hosted'],
  ['meta that holds whatever', machine({ meta: { layout: { invoke: 1, cond: 2 } } }), 'hosted'],
  [
    'params that hold whatever',
    machine(META, {
      on: { GO: { target: 'b', guard: { type: 'yes', params: { cond: [1, { invoke: 2 }] } } } },
    }),
    'hosted',
  ],
  ['output of a final state', machine({}, { on: { GO: 'b' } }), 'hosted'],
  ['tags as one string', machine({}, { tags: 't' }), 'hosted'],
  ['a shallow history', withHistory({ type: 'history' }), 'hosted'],
  [
    'a deep history with a default',
    withHistory({ type: 'history', history: 'deep', target: 'y' }),
    'hosted',
  ],
  ['a history told by its member alone', withHistory({ history: 'shallow' }), 'hosted'],
  ['history: true', withHistory({ history: true, target: 'y' }), 'hosted'],
];

const UNKNOWN: readonly Row[] = [
  [
    'cond, the guard of version 4',
    going({ target: 'b', cond: 'x' }),
    'definition-shape /states/a/on/GO/cond',
  ],
  [
    'guards for guard',
    going({ target: 'b', guards: 'x' }),
    'definition-shape /states/a/on/GO/guards',
  ],
  ['Guard for guard', going({ target: 'b', Guard: 'x' }), 'definition-shape /states/a/on/GO/Guard'],
  [
    'in, the state test of version 4',
    going({ target: 'b', in: 'x' }),
    'definition-shape /states/a/on/GO/in',
  ],
  [
    'internal',
    going({ target: '.b', internal: true }),
    'definition-shape /states/a/on/GO/internal',
  ],
  ['a member of the root', machine({ strict: true }), 'definition-shape /strict'],
  ['guards beside the machine', machine({ guards: {} }), 'definition-shape /guards'],
  ['actions beside the machine', machine({ actions: {} }), 'definition-shape /actions'],
  ['context of a state', machine({}, { context: {} }), 'definition-shape /states/a/context'],
  ['version of a state', machine({}, { version: '1' }), 'definition-shape /states/a/version'],
  ['onEntry of version 4', machine({}, { onEntry: 'x' }), 'definition-shape /states/a/onEntry'],
  ['activities', machine({}, { activities: 'x' }), 'definition-shape /states/a/activities'],
  ['parallel: true of version 3', machine({ parallel: true }), 'definition-shape /parallel'],
  [
    'a member of an initial object',
    machine({ initial: { target: 'a', guard: 'x' } }),
    'definition-shape /initial/guard',
  ],
  [
    'a member beside type and params',
    going({ target: 'b', guard: { type: 'x', not: 1 } }),
    'definition-shape /states/a/on/GO/guard/not',
  ],
  [
    'and() as written by setup',
    going({ target: 'b', guard: { and: ['x'] } }),
    'definition-shape /states/a/on/GO/guard/type',
  ],
  [
    'data of a final state',
    machine({ states: { a: { on: { GO: 'b' } }, b: { type: 'final', data: 1 } } }),
    'definition-shape /states/b/data',
  ],
  ['a name that is a pointer’s escape', machine({ 'a/b~': 1 }), 'definition-shape /a~1b~0'],
];

const FEATURES: readonly Row[] = [
  ['invoke', machine({}, { invoke: { src: 'x' } }), 'unsupported-feature /states/a/invoke'],
  ['invoke on the root', machine({ invoke: [] }), 'unsupported-feature /invoke'],
  ['route', machine({}, { route: {} }), 'unsupported-feature /states/a/route'],
  [
    'options, maxIterations among them',
    machine({ options: { maxIterations: 1e9 } }),
    'unsupported-feature /options',
  ],
  ['delays', machine({ delays: { soon: 1 } }), 'unsupported-feature /delays'],
  ['the wildcard', machine({}, { on: { '*': 'b' } }), 'unsupported-feature /states/a/on/*'],
  [
    'a partial wildcard',
    machine({}, { on: { 'PAY.*': 'b' } }),
    'unsupported-feature /states/a/on/PAY.*',
  ],
];

const GUARDS = ['', null, false, true, 0, 1, [], ['x'], {}, { type: '' }, { type: 0 }];

const TRANSITIONS: readonly Row[] = [
  ...GUARDS.map((guard): Row => {
    const inside = typeof guard === 'object' && guard !== null && !Array.isArray(guard);
    const path = `/states/a/on/GO/guard${inside ? '/type' : ''}`;
    return [
      `the guard ${JSON.stringify(guard)}`,
      going({ target: 'b', guard }),
      `definition-shape ${path}`,
    ];
  }),
  ...['', 0, null, {}, [null], ['x', 5], [['x']]].map((actions): Row => {
    const inside = Array.isArray(actions) ? `/${actions.length - 1}` : '';
    const isNamed = actions !== null && typeof actions === 'object';
    const path = `/states/a/on/GO/actions${inside || (isNamed ? '/type' : '')}`;
    return [
      `the actions ${JSON.stringify(actions)}`,
      going({ target: 'b', actions }),
      `definition-shape ${path}`,
    ];
  }),
  ['an empty list of actions', going({ target: 'b', actions: [] }), 'hosted'],
  ...[[], '', 0, null, {}, [''], ['b', 1], [null]].map(
    (target): Row => [
      `the target ${JSON.stringify(target)}`,
      going({ target }),
      'definition-shape /states/a/on/GO/target',
    ],
  ),
  ...[null, 0, 5, true].map(
    (each): Row => [
      `the transition ${JSON.stringify(each)}`,
      going(each),
      'definition-shape /states/a/on/GO',
    ],
  ),
  ['an empty list of transitions', going([]), 'definition-shape /states/a/on/GO'],
  ['an empty target as a transition', going(''), 'definition-shape /states/a/on/GO/target'],
  ['a list within a list', going([['b']]), 'definition-shape /states/a/on/GO/0'],
  ['null among transitions', going(['b', null]), 'definition-shape /states/a/on/GO/1'],
  [
    'reenter that is no boolean',
    going({ target: 'b', reenter: 1 }),
    'definition-shape /states/a/on/GO/reenter',
  ],
  [
    'a description that is no text',
    going({ target: 'b', description: 1 }),
    'definition-shape /states/a/on/GO/description',
  ],
  [
    'meta that is no object',
    going({ target: 'b', meta: [] }),
    'definition-shape /states/a/on/GO/meta',
  ],
  ['always that is null', machine({}, { always: null }), 'definition-shape /states/a/always'],
  [
    'always that is an empty list',
    machine({}, { always: [] }),
    'definition-shape /states/a/always',
  ],
  ['onDone that is a number', machine({}, { onDone: 3 }), 'definition-shape /states/a/onDone'],
];

describe('the shape of a definition', () => {
  it.each(FINE)('judges %s', (_, config, verdict) => {
    expect(verdictOn(config)).toBe(verdict);
  });

  it.each(UNKNOWN)('refuses %s as unknown', (_, config, verdict) => {
    expect(verdictOn(config)).toBe(verdict);
  });

  it.each(FEATURES)('refuses %s as a feature it leaves out', (_, config, verdict) => {
    expect(verdictOn(config)).toBe(verdict);
  });

  it.each(TRANSITIONS)('judges %s', (_, config, verdict) => {
    expect(verdictOn(config)).toBe(verdict);
  });
});
