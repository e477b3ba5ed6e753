/**
 * The judgement of whatever comes: any bytes get a verdict, none an exception, and what the linter
 * lets through XState takes too.
 */

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../src/nsm/judge.ts';
import { snapshotContent } from '../../src/nsm/snapshot.ts';
import { REFUSALS } from '../../src/refusal.ts';
import {
  ALICE,
  BOB,
  definitionEvent,
  event,
  snapshotEvent,
  transitionEvent,
} from '../nsm/machine-events.ts';
import { mapView } from '../nsm/map-view.ts';
import { machineArbitrary, TYPES } from './machines.ts';
import { hostileValue, mutate, mutationArbitrary } from './mutations.ts';

/** Says of the engine that show that the linter let through what it should not have. */
const LEAKS = ['XState does not accept this machine', 'the engine failed on this input'];

/** A verdict is one of the known, and a refusal one of the table that shows no leak. */
function check(verdict: Verdict): Verdict {
  if (verdict.verdict !== 'refused') return verdict;
  const { code, says } = verdict.refusal;
  expect(Object.keys(REFUSALS)).toContain(code);
  for (const leak of LEAKS) expect(says).not.toContain(leak);
  return verdict;
}

const SAMPLE = {
  id: 'm',
  initial: 'q',
  context: { creatorPubKey: ALICE, n: 0, list: [1, { a: 'b' }] },
  meta: {
    nsm: {
      v: 1,
      guards: { few: { '<': [{ var: 'ctx.n' }, 3] } },
      actions: { inc: [{ inc: ['n', 1] }] },
    },
  },
  states: {
    q: {
      on: {
        X: { target: 'p', guard: { type: 'few', params: { x: 1 } } },
        Y: ['q', { actions: 'inc' }],
      },
    },
    p: {
      type: 'parallel',
      onDone: 'end',
      states: {
        l: { initial: 'a', states: { a: { on: { X: 'b' } }, b: { type: 'final', output: 1 } } },
        r: {
          initial: 'a',
          states: { a: { always: { target: 'b', guard: 'few' } }, b: {}, h: { type: 'history' } },
        },
      },
    },
    end: { type: 'final' },
  },
  output: { done: true },
};

const mutations = fc.array(mutationArbitrary, { minLength: 1, maxLength: 3 });

/** Judges a definition and, if it is hosted, every type in every state within a few steps. */
function judgeAndPlay(config: unknown): void {
  const past = mapView();
  const machine = typeof config === 'string' ? definitionEvent(config) : definitionEvent(config);
  if (check(past.submit(machine)).verdict !== 'definition') return;
  let on: string | null = null;
  for (const [i, type] of [...TYPES, ...TYPES].entries()) {
    const sent = transitionEvent(machine.id, {
      type,
      on,
      by: i % 2 === 0 ? ALICE : BOB,
      data: { i },
    });
    if (check(past.submit(sent)).verdict === 'transition') on = sent.id;
  }
  const hosted = past.view.machine(machine.id);
  const content = snapshotContent(hosted?.head.computed.state ?? Object.create(null));
  expect(past.submit(snapshotEvent(machine.id, content, { on })).verdict).toBe('snapshot');
}

describe('the judgement of definitions', () => {
  it('survives any JSON', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          hostileValue.map((value) => JSON.stringify(value) ?? ''),
        ),
        judgeAndPlay,
      ),
      { numRuns: 300 },
    );
  });

  it('survives a good definition with something wrong in it', () => {
    fc.assert(
      fc.property(mutations, (changes) => {
        judgeAndPlay(changes.reduce<unknown>(mutate, SAMPLE));
      }),
      { numRuns: 1_000 },
    );
  });

  it('survives a random machine with something wrong in it', () => {
    fc.assert(
      fc.property(machineArbitrary, mutations, (config, changes) => {
        judgeAndPlay(changes.reduce<unknown>(mutate, config));
      }),
      { numRuns: 200 },
    );
  });

  it('survives any tags', () => {
    const word = fc.oneof(
      fc.constantFrom('engine', 'state', 'forks', 'xstate@5', 'dag'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(fc.array(word, { maxLength: 4 }), { maxLength: 4 }), (tags) => {
        check(mapView().submit(definitionEvent(SAMPLE, { tags })));
      }),
    );
  });
});

describe('the judgement of transitions and snapshots', () => {
  const past = mapView();
  const machine = definitionEvent(SAMPLE);
  past.submit(machine);
  const content = fc.oneof(
    fc.json(),
    fc.string({ unit: 'binary' }),
    hostileValue.map((value) => JSON.stringify(value) ?? ''),
  );
  const value = fc.oneof(fc.constantFrom(machine.id, 'X', 'Y', 'ff'.repeat(32), ''), fc.string());
  const name = fc.constantFrom('e', 't', 'transition', 'd', 'expiration', 'p');
  const tags = fc.array(fc.oneof(fc.tuple(name, value), fc.tuple(name)), { maxLength: 5 });
  const right = fc.constantFrom<string[][]>(
    [
      ['e', machine.id],
      ['t', 'X'],
    ],
    [['e', machine.id]],
    [],
  );

  it.each([7501, 30078])('of kind %i survives any tags and content', (kind) => {
    fc.assert(
      fc.property(content, right, tags, (text, first, more) => {
        // What a transition changes is not kept: every run meets the same past.
        const alone = mapView();
        alone.submit(machine);
        check(alone.submit(event(kind, text.toWellFormed(), { tags: [...first, ...more] })));
      }),
      { numRuns: 500 },
    );
  });

  it('takes a snapshot with something wrong in it only if the state is still what it says', () => {
    const initial = past.view.machine(machine.id)?.head.computed.state;
    const claim = JSON.parse(snapshotContent(initial ?? Object.create(null)));
    fc.assert(
      fc.property(mutationArbitrary, (change) => {
        const changed = mutate(claim, change);
        const verdict = check(past.submit(snapshotEvent(machine.id, changed)));
        if (verdict.verdict !== 'snapshot') return;
        const { children: _, tags: __, error: ___, ...members } = Object(changed);
        const { children: ____, ...expected } = claim;
        expect({ historyValue: {}, ...members }).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });
});
