/**
 * Time as a function of the log alone (PROTOCOL §5): however a log is broken off and taken up
 * again, and by however many ticks the time is passed, it comes to the same states.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advance } from '../../src/nsm/advance.ts';
import { type ComputedState, readState } from '../../src/nsm/canonical.ts';
import type { Definition } from '../../src/nsm/definition.ts';
import { TICK } from '../../src/nsm/kinds.ts';
import { elapse } from '../../src/nsm/time.ts';
import { parseTransition } from '../../src/nsm/transition.ts';
import { isRefusal } from '../../src/refusal.ts';
import { BOB, definitionOf, START, transitionEvent } from '../nsm/machine-events.ts';
import { startOf } from '../nsm/play.ts';

/** A machine in which timers, guards on the time and counts all meet. */
const BUSY = {
  type: 'parallel',
  context: { n: 0, last: 0, ticks: 0 },
  meta: {
    nsm: {
      v: 1,
      guards: { isOdd: { '==': [{ '%': [{ var: 'at' }, 2] }, 1] } },
      actions: {
        add: [{ inc: ['n', 1] }, { set: ['last', { var: 'at' }] }],
        beat: [{ inc: ['ticks', 1] }, { set: ['last', { var: 'at' }] }],
      },
    },
  },
  states: {
    clock: { initial: 'on', states: { on: { after: { 7000: again('beat', true) } } } },
    work: {
      initial: 'a',
      states: {
        a: { after: { 20000: again('beat', false, 'b') }, on: { GO: again('add', false, 'b') } },
        b: {
          after: { 3000: [{ target: 'c', guard: 'isOdd' }, 'a'] },
          on: { GO: again('add', false, 'c'), STAY: { actions: 'add' } },
        },
        c: { on: { GO: again('add', false, 'a'), STAY: { actions: 'add' } } },
      },
    },
  },
};

function again(actions: string, reenter: boolean, target = 'on') {
  return { target, actions, ...(reenter ? { reenter } : {}) };
}

type Sent = { readonly type: string; readonly wait: number };

const sentArbitrary: fc.Arbitrary<Sent> = fc.record({
  type: fc.constantFrom('GO', 'GO', 'STAY', TICK),
  wait: fc.constantFrom(0, 0, 1, 2, 3, 7, 20, 61, 300),
});

/** Plays what was sent, each on the head; between any two a copy may be read back from text. */
function replay(
  definition: Definition,
  sent: readonly Sent[],
  between: (computed: ComputedState, i: number) => ComputedState = (computed) => computed,
): readonly string[] {
  let node = startOf(definition);
  return sent.map(({ type, wait }, i) => {
    const at = node.createdAt + wait;
    const transition = parseTransition(
      transitionEvent(definition.id, { type, at, on: node.id, by: BOB }),
    );
    if (isRefusal(transition)) throw new Error(transition.code);
    const prior = { ...node, computed: between(node.computed, i) };
    const computed = advance(definition, prior, transition);
    if (isRefusal(computed)) return computed.code;
    node = { id: transition.id, height: node.height + 1, createdAt: at, computed };
    return computed.hash;
  });
}

describe('the same log', () => {
  it('comes to the same states wherever it is broken off and taken up from stored text', () => {
    const definition = definitionOf(BUSY);
    fc.assert(
      fc.property(
        fc.array(sentArbitrary, { minLength: 1, maxLength: 25 }),
        fc.array(fc.boolean(), { minLength: 25, maxLength: 25 }),
        (sent, isCold) => {
          const whole = replay(definition, sent);
          const fresh = definitionOf(BUSY);
          const broken = replay(fresh, sent, (computed, i) =>
            isCold[i] ? readState(computed.canonical) : computed,
          );
          expect(broken).toEqual(whole);
        },
      ),
    );
  });

  it('comes to the same state by however many ticks the time is passed', () => {
    const definition = definitionOf(BUSY);
    const end = START + 200;
    const passed = (times: readonly number[]): ComputedState => {
      let computed = definition.initial;
      for (const time of times) {
        let isMoreDue = true;
        while (isMoreDue) ({ computed, isMoreDue } = elapse(definition, computed, time));
      }
      return computed;
    };
    const atOnce = passed([end]);
    expect(atOnce.state.context['ticks']).toBeGreaterThan(28);
    const seconds = fc.array(fc.integer({ min: START, max: end }), { maxLength: 40 });
    fc.assert(
      fc.property(seconds, (times) => {
        expect(passed([...times.sort((a, b) => a - b), end])).toEqual(atOnce);
      }),
    );
  });

  it('comes to the same states at any other time, but for the time', () => {
    const shifted = (shift: number, sent: readonly Sent[]) => {
      const definition = definitionOf(BUSY, { at: START + shift });
      const canonical: string[] = [];
      replay(definition, sent, (computed) => {
        const times = computed.canonical.replace(/\d{10}/g, (time) => `${Number(time) - shift}`);
        canonical.push(times);
        return computed;
      });
      return canonical;
    };
    fc.assert(
      fc.property(fc.array(sentArbitrary, { minLength: 1, maxLength: 10 }), (sent) => {
        expect(shifted(400_000_000, sent)).toEqual(shifted(0, sent));
      }),
    );
  });
});
