/**
 * Lanes beside a log: the path straight down, everything else beside it.
 */

import { describe, expect, it } from 'vitest';
import { lanesOf } from '../../../src/http/explorer/lanes.ts';

const commit = (id: string, prior: string, canonical = true) => ({ id, prior, canonical });

describe('the lanes of a log', () => {
  it('are one for a path without forks', () => {
    const rows = lanesOf([commit('b', 'a'), commit('a', 'root'), commit('root', 'root')], 'root');
    expect(rows.map(({ lane }) => lane)).toEqual([0, 0, 0]);
    expect(rows.map(({ goesOn }) => goesOn)).toEqual([true, true, false]);
    expect(rows.every(({ through }) => through.length === 0)).toBe(true);
  });

  it('keep the path in the first one, and lead what is beside it back to where it left', () => {
    const rows = lanesOf(
      [commit('x', 'a', false), commit('b', 'a'), commit('a', 'root'), commit('root', 'root')],
      'root',
    );
    expect(rows.map(({ lane }) => lane)).toEqual([1, 0, 0, 0]);
    expect(rows[1]?.through).toEqual([1]);
    expect(rows[2]?.into).toEqual([0, 1]);
  });

  it('are used again when a branch has ended', () => {
    const rows = lanesOf(
      [
        commit('y', 'b', false),
        commit('c', 'b'),
        commit('b', 'a'),
        commit('x', 'a', false),
        commit('a', 'root'),
      ],
      'root',
    );
    expect(rows.map(({ lane }) => lane)).toEqual([1, 0, 0, 1, 0]);
  });

  it('are one more for each branch that runs beside another', () => {
    const branches = ['x', 'y', 'z'].map((id) => commit(id, 'a', false));
    const rows = lanesOf([...branches, commit('b', 'a'), commit('a', 'root')], 'root');
    expect(rows.map(({ lane }) => lane)).toEqual([1, 2, 3, 0, 0]);
    expect(rows[4]?.into).toEqual([0, 1, 2, 3]);
  });
});
