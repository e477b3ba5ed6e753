/**
 * The initial step of a definition (PROTOCOL §3.8): within the budget, active, and with a way on;
 * and what is known of a definition that passed.
 */

import { describe, expect, it } from 'vitest';
import { contentHash } from '../../src/nsm/canonical.ts';
import { ALICE, BOB, CAROL, definitionOf, refusalOf, START, verdictOn } from './machine-events.ts';

type Config = { readonly [name: string]: unknown };

const chain = (length: number): Config => ({
  initial: 's0',
  states: Object.fromEntries([
    ...Array.from({ length }, (_, i) => [`s${i}`, { always: `s${i + 1}` }]),
    [`s${length}`, { on: { GO: 's0' } }],
  ]),
});

const pingPong = {
  initial: 'a',
  states: {
    a: { initial: 'x', states: { x: { type: 'final' } }, onDone: 'b' },
    b: { initial: 'x', states: { x: { type: 'final' } }, onDone: 'a' },
  },
};

const withRules = (nsm: object, members: Config): Config => ({
  meta: { nsm: { v: 1, ...nsm } },
  ...members,
});

/** A guard that costs more fuel than a step has. */
const BOMB = {
  guards: {
    bomb: {
      all: [
        { var: 'ctx.list' },
        { all: [{ var: 'ctx.list' }, { all: [{ var: 'ctx.list' }, true] }] },
      ],
    },
  },
};

describe('the start of a definition', () => {
  it.each<[string, Config, RegExp]>([
    [
      'a state that always leads to itself',
      { initial: 'a', states: { a: { always: 'b' }, b: { always: 'a' } } },
      /rest/,
    ],
    ['compound states that finish each other', pingPong, /rest/],
    ['65 microsteps', chain(65), /rest/],
    [
      'a guard that burns the fuel',
      withRules(BOMB, { context: { list: Array(30).fill(1) }, always: { guard: 'bomb' } }),
      /fuel/,
    ],
    [
      'a guard that fails',
      withRules({ guards: { bad: { '<': [{ var: 'by' }, 1] } } }, { always: { guard: 'bad' } }),
      /./,
    ],
    [
      'a context that grows too large',
      withRules(
        { actions: { fill: [{ set: ['b', { var: 'ctx.a' }] }] } },
        { context: { a: 'x'.repeat(40_000) }, entry: 'fill', on: { GO: { actions: 'fill' } } },
      ),
      /context/,
    ],
    ['a final initial state', { initial: 'a', states: { a: { type: 'final' } } }, /ended/],
    [
      'an initial state that leads to the end',
      { initial: 'a', states: { a: { always: 'b' }, b: { type: 'final' } } },
      /ended/,
    ],
    ['no handler', { initial: 'a', states: { a: {}, b: { on: { GO: 'a' } } } }, /no event/],
    [
      'nothing but a forbidden one',
      { initial: 'a', states: { a: { on: { GO: {} } } } },
      /no event/,
    ],
    [
      'a handler that its child forbids',
      { initial: 'a', on: { GO: '.b' }, states: { a: { on: { GO: {} } }, b: {} } },
      /no event/,
    ],
  ])('is refused with %s', (_, config, says) => {
    const refusal = refusalOf(config);
    expect(refusal?.code).toBe('definition-invalid');
    expect(refusal?.says).toMatch(says);
  });

  it('may take as many microsteps as the rule set allows', () => {
    expect(verdictOn(chain(63))).toBe('hosted');
  });

  it('sees the definition’s own time and nobody', () => {
    const sees = ['at', 'by', 'data', 'id', 'type', 'def'];
    const nsm = {
      actions: { look: sees.map((name) => ({ set: [`saw.${name}`, { var: name }] })) },
    };
    const config = withRules(nsm, {
      context: { saw: {} },
      entry: 'look',
      on: { GO: '#(machine)' },
    });
    const definition = definitionOf(config, { at: START + 7, by: BOB });
    expect(definition.initial.state.context['saw']).toEqual({
      ...{ at: START + 7, by: null, data: null, id: null, type: null },
      def: { id: definition.id, pubkey: BOB, created_at: START + 7 },
    });
  });

  it('settles in a state after always, with the context its actions wrote', () => {
    const nsm = { actions: { add: [{ inc: ['n', 2] }] } };
    const { initial } = definitionOf(
      withRules(nsm, {
        ...{ initial: 'a', context: { n: 1 } },
        states: {
          a: { entry: 'add', always: { target: 'b', actions: 'add' } },
          b: { on: { GO: 'a' } },
        },
      }),
    );
    expect(initial.state).toMatchObject({ value: 'b', context: { n: 5 }, status: 'active' });
  });
});

describe('a definition that passed', () => {
  const config = {
    initial: 'a',
    context: {
      ownerPubKey: BOB,
      others: { pubkeys: [CAROL, BOB] },
      note: ALICE,
      hash: 'ff'.repeat(32),
    },
    states: { a: { on: { GO: 'b' } }, b: {} },
  };

  it('has a content hash that neither order, space nor author changes', () => {
    const { contentHash: hash } = definitionOf(config);
    const turned = Object.fromEntries(Object.entries(config).reverse());
    const spaced = definitionOf(JSON.stringify(turned, null, 2), { by: BOB, at: START + 1 });
    expect(spaced.contentHash).toBe(hash);
    expect(hash).toBe(contentHash(config));
    expect(definitionOf({ ...config, id: 'other' }).contentHash).not.toBe(hash);
  });

  it('knows author and every pubkey of the initial context, once, in order', () => {
    const participants = [ALICE, 'ff'.repeat(32), BOB, CAROL];
    expect(new Set(definitionOf(config).participants)).toEqual(new Set(participants));
    expect(definitionOf(config, { by: CAROL }).participants[0]).toBe(CAROL);
    expect(definitionOf(config, { by: CAROL }).participants).toHaveLength(4);
  });
});
