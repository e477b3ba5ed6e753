/**
 * The table of remembered steps says what the engine says, and only where that can be remembered.
 */
import { describe, expect, it } from 'vitest';
import { step } from '../../src/nsm/engine.ts';
import type { Input } from '../../src/nsm/run.ts';
import { stepRemembered } from '../../src/nsm/step-table.ts';
import { isRefusal } from '../../src/refusal.ts';
import { ALICE, definitionOf, START } from './machine-events.ts';

const LAMP = {
  initial: 'off',
  states: {
    off: { on: { PRESS: 'on' } },
    on: { on: { PRESS: 'off', BREAK: 'broken' } },
    broken: { type: 'final' },
  },
};

function input(type: string, data: Input['data'] = null): Input & { readonly type: string } {
  const def = { id: 'aa'.repeat(32), pubkey: ALICE, created_at: START };
  return { by: ALICE, at: START, data, id: 'bb'.repeat(32), type, def };
}

/** Steps through types with and without the table; what both came to. */
function walk(config: unknown, types: readonly string[]) {
  const { machine, initial } = definitionOf(config);
  let [remembered, plain] = [initial, initial];
  return types.map((type) => {
    const one = stepRemembered(machine, remembered, input(type));
    const other = step(machine, plain, input(type));
    if (!isRefusal(one)) remembered = one;
    if (!isRefusal(other)) plain = other;
    return [
      isRefusal(one) ? one.code : one.canonical,
      isRefusal(other) ? other.code : other.canonical,
    ];
  });
}

describe('a remembered step', () => {
  it('is what the engine says, on every way through the machine', () => {
    const types = ['PRESS', 'PRESS', 'BREAK', 'PRESS', 'PRESS', 'PRESS', 'BREAK', 'PRESS'];
    for (const [one, other] of walk(LAMP, types)) expect(one).toBe(other);
  });

  it('costs the engine nothing the second time', () => {
    const { machine, initial } = definitionOf(LAMP);
    const first = stepRemembered(machine, initial, input('PRESS'));
    expect(stepRemembered(machine, initial, input('PRESS'))).toBe(first);
  });

  it('keeps apart what the context says', () => {
    const context = { names: ['a'.repeat(20)] };
    const [one, other] = walk({ ...LAMP, context }, ['PRESS'])[0] ?? [];
    expect(one).toBe(other);
    expect(one).toContain('aaaa');
  });

  it('is never that of a machine with guards or actions', () => {
    const rules = { guards: { isTwo: { '==': [{ var: 'data.n' }, 2] } } };
    const config = {
      initial: 'a',
      meta: { nsm: { v: 1, ...rules } },
      states: { a: { on: { GO: { target: 'b', guard: 'isTwo' } } }, b: { on: { GO: 'a' } } },
    };
    const { machine, initial } = definitionOf(config);
    expect(machine.isTable).toBe(false);
    expect(isRefusal(stepRemembered(machine, initial, input('GO', { n: 2 })))).toBe(false);
    expect(isRefusal(stepRemembered(machine, initial, input('GO', { n: 3 })))).toBe(true);
  });

  it('is never that of a machine with timers, whose state depends on the time', () => {
    const config = {
      initial: 'a',
      states: { a: { on: { GO: 'b' } }, b: { after: { 60000: 'a' }, on: { GO: 'a' } } },
    };
    const { machine, initial } = definitionOf(config);
    expect(machine.isTable).toBe(false);
    const early = stepRemembered(machine, initial, input('GO'));
    const late = stepRemembered(machine, initial, { ...input('GO'), at: START + 100 });
    expect(isRefusal(early) || isRefusal(late) || early.canonical === late.canonical).toBe(false);
  });

  it('is not kept where states are large', () => {
    const context = { text: 'a'.repeat(10_000) };
    const { machine, initial } = definitionOf({ ...LAMP, context });
    const first = stepRemembered(machine, initial, input('PRESS'));
    const second = stepRemembered(machine, initial, input('PRESS'));
    expect(second).not.toBe(first);
    expect(second).toEqual(first);
  });
});
