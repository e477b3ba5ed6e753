/**
 * Simulation and explanation: a machine without a relay, and what to do about a refusal.
 */

import { describe, expect, it } from 'vitest';
import { explain } from '../../src/nsm/explain.ts';
import { type SimulatedResult, type SimulatedStep, simulate } from '../../src/nsm/simulate.ts';
import { isRefusal } from '../../src/refusal.ts';
import {
  ALICE,
  BOB,
  definitionEvent,
  event,
  START,
  snapshotEvent,
  transitionEvent,
} from './machine-events.ts';
import { mapView } from './map-view.ts';

const CONFIG = {
  initial: 'a',
  context: { who: ALICE },
  states: {
    a: { on: { GO: { target: 'b', guard: 'isWho' } } },
    b: { on: { GO: 'c' }, after: { 60000: 'c' } },
    c: { type: 'final' },
  },
  meta: { nsm: { v: 1, guards: { isWho: { '==': [{ var: 'by' }, { var: 'ctx.who' }] } } } },
};

const definition = definitionEvent(CONFIG);

/** The results of steps on the machine above. Throws when it is refused. */
function played(steps: readonly SimulatedStep[]): readonly SimulatedResult[] {
  const results = simulate(definition, steps);
  if (isRefusal(results)) throw new Error(results.code);
  return results;
}

describe('a simulation', () => {
  it('plays steps as a relay would judge them, and goes on after a refusal', () => {
    const results = played([
      { by: BOB, type: 'GO', at: START },
      { by: ALICE, type: 'GO', at: START + 5 },
      { by: ALICE, type: 'GO', at: START + 4 },
      { by: BOB, type: 'nsm.tick', at: START + 65 },
      { by: BOB, type: 'GO', at: START + 66, data: { n: 1 } },
    ]);
    const codes = results.map(({ refusal }) => refusal?.code ?? 'ok');
    expect(codes).toEqual(['guard-denied', 'ok', 'time-regress', 'ok', 'machine-finished']);
    const values = results.map(({ node }) => node.computed.state.value);
    expect(values).toEqual(['a', 'b', 'b', 'c', 'c']);
  });

  it('makes the events that a relay would take, with the same hashes', () => {
    const past = mapView();
    past.submit(definition);
    for (const { event: sent, node } of played([{ by: ALICE, type: 'GO', at: START }])) {
      expect(past.submit(sent)).toMatchObject({ verdict: 'transition', node });
    }
    expect.assertions(1);
  });

  it('of a definition that is refused is the refusal', () => {
    expect(simulate(definitionEvent('{'), [])).toMatchObject({ code: 'definition-json' });
  });
});

describe('an explanation', () => {
  const past = mapView();
  past.submit(definition);
  const explained = (candidate: typeof definition) => explain(candidate, past.view);

  it('of an event that is accepted has the state it leads to', () => {
    const move = transitionEvent(definition.id, { type: 'GO', by: ALICE });
    expect(explained(move)).toMatchObject({
      ...{ verdict: 'accept', code: null, remedy: null, message: '' },
      state: { status: 'active', value: 'b', context: { who: ALICE } },
    });
    expect(explained(definitionEvent(CONFIG, { at: START + 1 })).state?.value).toBe('a');
    expect(explained(event(1, 'hello')).state).toBe(null);
  });

  it('of a refusal has its code, its text and what helps', () => {
    expect(explained(transitionEvent(definition.id, { type: 'GO', by: BOB }))).toEqual({
      ...{ verdict: 'refuse', code: 'guard-denied', prefix: 'invalid', remedy: 'fix', state: null },
      message: 'invalid: guard-denied: no guard lets this author do this now',
    });
  });

  it('of what may still come to pass says so', () => {
    const unknown = transitionEvent('ab'.repeat(32), { type: 'GO' });
    expect(explained(unknown)).toMatchObject({ verdict: 'pending', remedy: 'resend' });
    const ahead = snapshotEvent(definition.id, {}, { on: 'cd'.repeat(32) });
    expect(explained(ahead)).toMatchObject({ verdict: 'pending', code: 'snapshot-unknown-head' });
  });
});
