/**
 * A machine as boxes and arrows, whatever its names are.
 */

import { describe, expect, it } from 'vitest';
import { chartGraph, plainText, shortName } from '../../../src/http/explorer/chart-graph.ts';
import { createChartLayouts } from '../../../src/http/explorer/chart-layout.ts';
import { stateName } from '../../../src/http/explorer/page.ts';

const MACHINE = {
  initial: 'a',
  states: {
    a: {
      on: { GO: { target: 'b', guard: 'may', actions: ['one', 'two'] }, STAY: { actions: 'n' } },
    },
    b: {
      type: 'parallel',
      states: { left: {}, right: {} },
      after: { 5400000: 'c', 7200000: 'a' },
      always: { target: 'c', guard: { type: 'over' } },
    },
    c: { type: 'final' },
  },
};

describe('a chart', () => {
  it('has every state in its place in the tree', () => {
    const { nodes } = chartGraph(MACHINE);
    expect(nodes.map(({ path, parent, type }) => [path, parent, type])).toEqual([
      ['', null, 'compound'],
      ['a', '', 'atomic'],
      ['b', '', 'parallel'],
      ['b.left', 'b', 'atomic'],
      ['b.right', 'b', 'atomic'],
      ['c', '', 'final'],
    ]);
    expect(nodes.filter(({ isInitial }) => isInitial).map(({ path }) => path)).toEqual(['a']);
    expect(nodes[1]?.inner).toEqual(['STAY do n']);
  });

  it('says of every arrow what triggers it, what it asks for and what it does', () => {
    const { edges } = chartGraph(MACHINE);
    expect(edges.map(({ from, to, lines }) => [from, to, lines])).toEqual([
      ['a', 'b', ['GO', 'if may', 'do one, two']],
      ['b', 'c', ['after 90 min']],
      ['b', 'a', ['after 2 h']],
      ['b', 'c', ['always', 'if over']],
    ]);
  });

  it('cuts names by characters, and drops what turns or breaks a line', () => {
    expect(shortName('🧱'.repeat(40), 5)).toBe('🧱🧱🧱🧱…');
    expect(plainText('a\u202Eb\u2066c\u0000\n\u2028d\u0301')).toBe('abcd');
  });

  it('is not laid out when there is too much of it', async () => {
    const many = Object.fromEntries(Array.from({ length: 81 }, (_, n) => [`s${n}`, {}]));
    const layouts = createChartLayouts();
    const large = chartGraph({ initial: 's0', states: many });
    expect(await layouts.of('large', large)).toBeNull();
    const small = await layouts.of('small', chartGraph(MACHINE));
    expect(small?.boxes.size).toBe(6);
    expect(small?.edges).toHaveLength(4);
    expect(await layouts.of('small', large)).toBe(small);
  });
});

describe('the name of a state', () => {
  it.each([
    ['a', 'a'],
    [{ a: 'b' }, 'a.b'],
    [{ a: { b: 'c' } }, 'a.b.c'],
    [{ a: { b: 'c', d: {} } }, 'a (b.c, d)'],
    [{ a: 'b', c: 'd' }, '(a.b, c.d)'],
  ])('of %j is %s', (value, name) => {
    expect(stateName(value)).toBe(name);
  });
});
