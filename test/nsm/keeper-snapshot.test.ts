/**
 * Keeper snapshots (PROTOCOL §8): what a client can filter by, in an ordinary event.
 */

import { describe, expect, it } from 'vitest';
import { enabledTypes } from '../../src/nsm/enabled.ts';
import { keeperSnapshot } from '../../src/nsm/keeper-snapshot.ts';
import { BUNDLED_RULES as RULES } from '../../src/nsm/rule-set.ts';
import type { Frozen } from '../../src/nsm/view.ts';
import { ALICE, BOB, CAROL, definitionOf, START } from './machine-events.ts';
import { play, type Said } from './play.ts';

const KEEPER = 'ee'.repeat(32);

/** The keeper snapshot of a config after moves. */
function kept(config: unknown, moves: readonly Said[] = [], frozen: Frozen | null = null) {
  const definition = definitionOf(config);
  const node = play(definition, moves);
  return keeperSnapshot({
    ...{ keeper: KEEPER, definition, node, frozen, finality: 'local' },
    participants: definition.participants,
    createdAt: START + 9,
    rules: RULES.hash,
  });
}

const values = (tags: readonly (readonly string[])[], name: string) =>
  tags.filter((tag) => tag[0] === name).map((tag) => tag[1]);

/** The `n` tags of a config after moves. */
const next = (config: unknown, moves: readonly Said[] = []) =>
  values(kept(config, moves).tags, 'n');

const DELIVERY = {
  initial: 'created',
  context: { creatorPubKey: ALICE, executorPubKey: null, receiverPubKey: BOB },
  states: {
    created: {
      on: {
        ACCEPT: { target: 'moving', guard: 'isNotCreator', actions: 'assignExecutor' },
        CANCEL: 'end',
      },
    },
    moving: {
      initial: 'out',
      states: { out: { on: { BACK: 'home' } }, home: {} },
      on: { END: 'end' },
    },
    end: { type: 'final' },
  },
};

describe('the keeper snapshot of a machine', () => {
  it('has every tag that the protocol names, and the persisted state', () => {
    const definition = definitionOf(DELIVERY);
    const snapshot = kept(DELIVERY, [{ type: 'ACCEPT', by: CAROL }]);
    const { id } = play(definition, [{ type: 'ACCEPT', by: CAROL }]);
    expect(snapshot).toEqual({
      ...{ pubkey: KEEPER, created_at: START + 9, kind: 30078 },
      tags: [
        ['d', `nsm:${definition.id}`],
        ['e', definition.id],
        ['transition', id],
        ['height', '1'],
        ['status', 'active'],
        ['s', 'moving'],
        ['s', 'moving.out'],
        ['p', ALICE],
        ['p', BOB],
        ['n', 'BACK'],
        ['n', 'END'],
        ['finality', 'local'],
        ['rules', RULES.hash],
      ],
      content: snapshot.content,
    });
    expect(JSON.parse(snapshot.content)).toMatchObject({
      ...{ value: { moving: 'out' }, context: { executorPubKey: CAROL } },
    });
  });

  it('names no transition at the initial state, which has height 0', () => {
    const { tags } = kept(DELIVERY);
    expect(values(tags, 'transition')).toEqual([]);
    expect(values(tags, 'height')).toEqual(['0']);
  });

  it('has one path for every active state, outer before inner', () => {
    const config = {
      initial: 'p',
      states: {
        p: {
          type: 'parallel',
          states: { z: { initial: 'x', states: { x: { on: { GO: 'y' } }, y: {} } }, a: {} },
        },
      },
    };
    expect(values(kept(config).tags, 's')).toEqual(['p', 'p.a', 'p.z', 'p.z.x']);
    expect(values(kept({ on: { GO: '#(machine)' } }).tags, 's')).toEqual([]);
  });

  it('offers nothing when the machine is done or frozen', () => {
    const done = kept(DELIVERY, ['CANCEL']).tags;
    expect([values(done, 'status'), values(done, 'n'), values(done, 's')]).toEqual([
      ...[['done'], [], ['end']],
    ]);
    const frozen = kept(DELIVERY, [], { at: null, cause: 'rules' }).tags;
    expect([values(frozen, 'status'), values(frozen, 'n')]).toEqual([['frozen'], []]);
  });

  it('names at most 64 participants', () => {
    const signers = Array.from({ length: 80 }, (_, i) => i.toString(16).padStart(64, '0'));
    expect(values(kept({ ...DELIVERY, context: { signers } }).tags, 'p')).toEqual([
      ...[ALICE, ...signers.slice(0, 63)],
    ]);
  });
});

/** A machine whose state `a` handles X like this, below a root that handles X too. */
const under = (x: unknown, rootX: unknown = '.b') => ({
  ...{ initial: 'a', on: { X: rootX, ROOT: '.b' } },
  meta: { nsm: { v: 1, guards: { g: true }, actions: { act: [{ inc: ['n', 1] }] } } },
  context: { n: 0 },
  states: { a: { on: { X: x, OWN: 'b' } }, b: {} },
});

describe('the types that a state can take', () => {
  it.each<[string, unknown, readonly string[]]>([
    ['a child’s handler', 'b', ['X', 'OWN', 'ROOT']],
    ['a child’s handler that only acts', { actions: 'act' }, ['X', 'OWN', 'ROOT']],
    ['a child’s {}, which hides the parent’s', {}, ['OWN', 'ROOT']],
    ['{} with a description', { description: 'no' }, ['OWN', 'ROOT']],
    ['{} after a guarded handler', [{ target: 'b', guard: 'g' }, {}], ['X', 'OWN', 'ROOT']],
    ['a guarded {}, which hides nothing', { guard: 'g' }, ['OWN', 'X', 'ROOT']],
  ])('count %s', (_, handler, types) => {
    expect(next(under(handler))).toEqual(types);
  });

  it('are those of the present configuration only', () => {
    expect(next(DELIVERY)).toEqual(['ACCEPT', 'CANCEL']);
    expect(next(DELIVERY, [{ type: 'ACCEPT', by: CAROL }, 'BACK'])).toEqual(['END']);
  });

  it('never name what XState raises itself', () => {
    const child = {
      initial: 'x',
      states: { x: { on: { GO: 'y' } }, y: { type: 'final' } },
      onDone: 'b',
    };
    expect(next({ initial: 'a', states: { a: child, b: {} } })).toEqual(['GO']);
  });

  it('are known with their guards, and free when a candidate has none', () => {
    const config = under([
      { target: 'b', guard: 'g' },
      { target: 'a', guard: { type: 'isCreator' } },
      'b',
    ]);
    const definition = definitionOf(config);
    expect(enabledTypes(definition.machine, definition.initial.state)).toEqual([
      { type: 'X', guarded: false, guards: ['g', 'isCreator'] },
      { type: 'OWN', guarded: false, guards: [] },
      { type: 'ROOT', guarded: false, guards: [] },
    ]);
  });

  it('are hidden above a parallel state by any region that answers for all', () => {
    const regions = (l: unknown) => ({
      ...{ initial: 'p', on: { X: '.b' } },
      states: {
        p: { type: 'parallel', states: { l: { on: { X: l } }, r: { on: { R: {} } } } },
        b: {},
        c: { on: { OTHER: 'b' } },
      },
    });
    expect(next({ ...regions({}), on: { X: '.b', GO: '.c' } })).toEqual(['GO']);
    expect(next({ ...regions('#(machine).c'), on: {} })).toEqual(['X']);
  });

  it('are still there in a region beside one that forbids them', () => {
    const config = {
      type: 'parallel',
      states: {
        l: { on: { X: {} } },
        r: { initial: 'x', on: { X: '.y' }, states: { x: {}, y: {} } },
      },
    };
    expect(next(config)).toEqual(['X']);
    expect(play(definitionOf(config), ['X']).computed.state.value).toEqual({ l: {}, r: 'y' });
  });
});
