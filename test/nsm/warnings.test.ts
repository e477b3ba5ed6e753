/**
 * Warnings: what an author should know although it is no reason to refuse (PROTOCOL §3).
 */

import { describe, expect, it } from 'vitest';
import { definitionOf } from './machine-events.ts';

const warned = (config: unknown): string[] =>
  definitionOf(config).warnings.map(({ code, path }) => `${code} ${path}`);

describe('the warnings about a definition', () => {
  it('are none for a machine whose states are all reached and left, or final', () => {
    expect(
      warned({
        initial: 'a',
        states: {
          a: { on: { GO: 'w', SPLIT: 'p' } },
          w: {
            initial: 'x',
            states: { x: { on: { BACK: '#(machine).a', END: 'y' } }, y: { type: 'final' } },
            onDone: 'z',
          },
          p: { type: 'parallel', states: { l: { on: { L: 'r' } }, r: { on: { R: '#end' } } } },
          z: { id: 'end', type: 'final' },
        },
      }),
    ).toEqual([]);
  });

  it('name states that nothing leads to, whatever guards say', () => {
    const guard = 'isCreator';
    const config = {
      initial: 'a',
      states: {
        a: { on: { GO: { target: 'b', guard } } },
        b: { on: { GO: 'a' } },
        c: { on: { GO: 'd' } },
        d: { on: { GO: 'c' } },
      },
    };
    expect(warned(config)).toEqual(['unreachable-state /states/c', 'unreachable-state /states/d']);
  });

  it('follow histories, defaults included', () => {
    const config = {
      initial: 'a',
      states: {
        a: { on: { GO: 'w.h' } },
        w: {
          initial: 'x',
          on: { OUT: 'a' },
          states: { x: {}, y: {}, h: { type: 'history', target: 'y' } },
        },
      },
    };
    expect(warned(config)).toEqual([]);
  });

  it('name states that are not final, yet are never left', () => {
    const config = {
      initial: 'a',
      states: { a: { on: { GO: 'b', STAY: {} } }, b: { on: { X: {} } } },
    };
    expect(warned(config)).toEqual(['dead-end /states/b']);
  });

  it('name rules that nothing refers to', () => {
    const nsm = {
      v: 1,
      guards: { used: true, 'not/used': true },
      actions: { used: [], idle: [] },
    };
    const config = {
      initial: 'a',
      meta: { nsm },
      states: {
        a: { on: { GO: { target: 'b', guard: 'used', actions: 'used' } } },
        b: { on: { GO: 'a' } },
      },
    };
    expect(warned(config)).toEqual([
      'unused-rule /meta/nsm/guards/not~1used',
      'unused-rule /meta/nsm/actions/idle',
    ]);
  });
});
