/**
 * Variables and paths into them: what a rule can see of a step, and that it sees nothing else.
 */
import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/rules/json.ts';
import { ALICE, BOB, environment, evaluate } from './run-rules.ts';

const ID = 'cd'.repeat(32);

const GIVEN = {
  context: {
    n: 1,
    a: { b: { c: 'deep' } },
    list: [{ x: 'first' }, 'second'],
    '0': 'named zero',
    'a.b': 'never reached by a dotted path',
    length: 'an own member',
    text: 'abc',
    half: 0.5,
  },
  environment: { by: BOB, at: 42, data: { '7': 'seven', list: [[9]] }, id: ID, type: 'VOTE' },
  params: { limit: 3 },
};

describe('a variable', () => {
  it.each<[string, Json]>([
    ['ctx.n', 1],
    ['ctx.a.b.c', 'deep'],
    ['ctx.a.b', { c: 'deep' }],
    ['ctx.list.0.x', 'first'],
    ['ctx.list.1', 'second'],
    ['ctx.0', 'named zero'],
    ['ctx.length', 'an own member'],
    ['ctx.half', 0.5],
    ['by', BOB],
    ['at', 42],
    ['data.7', 'seven'],
    ['data.list.0.0', 9],
    ['id', ID],
    ['type', 'VOTE'],
    ['def', environment().def],
    ['def.id', environment().def.id],
    ['def.pubkey', ALICE],
    ['def.created_at', 1_690_000_000],
    ['params.limit', 3],
    ['ctx', GIVEN.context],
  ])('%s is found', (path, value) => {
    expect(evaluate({ var: path }, GIVEN)).toEqual({ value, fuel: 1 });
    expect(evaluate({ var: [path] }, GIVEN)).toEqual({ value, fuel: 1 });
  });

  it.each([
    'ctx.nothing',
    'ctx.nothing.at.all',
    'ctx.n.x',
    'ctx.n.toFixed',
    'ctx.list.2',
    'ctx.list.00',
    'ctx.list.-1',
    'ctx.list.1e0',
    'ctx.list.length',
    'ctx.list.map',
    'ctx.text.0',
    'ctx.text.length',
    'ctx.a.toString',
    'ctx.a.hasOwnProperty',
    'ctx.a.b.c.length',
    'ctx.',
    'ctx..n',
    'by.length',
    'at.x',
    'def.constructorName',
    'params.limit.x',
    'data.list.0.0.0',
  ])('%s is null', (path) => {
    expect(evaluate({ var: path }, GIVEN)).toEqual({ value: null, fuel: 1 });
  });

  it('is null where the step has none', () => {
    for (const path of ['by', 'data', 'id', 'type', 'params', 'data.x', 'params.x']) {
      expect(evaluate({ var: path })).toMatchObject({ value: null });
    }
  });
});

describe('inherited names', () => {
  const names = ['constructor', 'toString', '__proto__', 'hasOwnProperty', 'valueOf', 'length'];

  it.each(names)('%s is no member of an object or list', (name) => {
    for (const collection of [{ lit: {} }, { lit: [] }, { var: 'def' }]) {
      const found = evaluate({ get: [collection, name] });
      const isList = JSON.stringify(collection) === '{"lit":[]}';
      expect(found).toMatchObject(isList ? { error: 'guard-error' } : { value: null });
      expect(evaluate({ in: [name, collection] })).toMatchObject({ value: false });
    }
  });

  it('are found when a payload really has them', () => {
    const data = JSON.parse('{"toString":1,"valueOf":{"hasOwnProperty":2}}') as Json;
    const given = { environment: { data } };
    expect(evaluate({ var: 'data.toString' }, given)).toMatchObject({ value: 1 });
    expect(evaluate({ var: 'data.valueOf.hasOwnProperty' }, given)).toMatchObject({ value: 2 });
    expect(evaluate({ in: ['valueOf', { var: 'data' }] }, given)).toMatchObject({ value: true });
  });
});
