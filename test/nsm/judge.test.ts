/**
 * The judgement of definitions and transitions (PROTOCOL §4): every refusal, in its order of
 * precedence, against a past that is kept in maps.
 */

import { describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import type { Verdict } from '../../src/nsm/judge.ts';
import {
  ALICE,
  BOB,
  definitionEvent,
  event,
  type Move,
  START,
  transitionEvent,
} from './machine-events.ts';
import { mapView } from './map-view.ts';

const CONFIG = {
  initial: 'a',
  context: { creatorPubKey: ALICE, n: 0 },
  meta: {
    nsm: {
      v: 1,
      guards: {
        bad: { '<': [{ var: 'data' }, 1] },
        heavy: { all: [{ lit: [...Array(99).keys()] }, true] },
      },
      actions: { keep: [{ set: ['n', { var: 'ctx.n' }] }], add: [{ inc: ['n', 1] }] },
    },
  },
  states: {
    a: {
      on: {
        GO: 'b',
        MINE: { target: 'b', guard: 'isCreator' },
        BAD: { target: 'b', guard: 'bad' },
        KEEP: { actions: 'keep' },
        ADD: { actions: 'add' },
        LOOP: 'loop',
        END: 'end',
      },
    },
    b: { on: { BACK: 'a' } },
    loop: { always: 'loop2' },
    loop2: { always: 'loop' },
    end: { type: 'final' },
  },
};

const ID = 'dd'.repeat(32);

/** What a verdict comes to: a code with its details, or what was accepted. */
function told(verdict: Verdict): string {
  if (verdict.verdict !== 'refused') return verdict.verdict;
  const { code, details } = verdict.refusal;
  const shown = Object.entries(details).map(([name, value]) => `${name}=${value}`);
  return [code, ...shown].join(' ');
}

/** A past with one machine, and ways to speak about it. */
function hosted(config: unknown = CONFIG) {
  const past = mapView();
  const machine = definitionEvent(config);
  expect(told(past.submit(machine))).toBe('definition');
  const send = (type: string, move: Partial<Move> = {}): NostrEvent => {
    const sent = transitionEvent(machine.id, { type, at: START + 10, ...move });
    expect(told(past.submit(sent))).toBe('transition');
    return sent;
  };
  const verdictOn = (type: string, move: Partial<Move> = {}): string =>
    told(past.submit(transitionEvent(machine.id, { type, at: START + 10, ...move })));
  return { past, id: machine.id, machine, send, verdictOn };
}

describe('the judgement of an event', () => {
  it('leaves other kinds alone, whatever they say', () => {
    const { past, id } = hosted();
    for (const kind of [0, 1, 5, 7502, 17_501, 30_079]) {
      const tags = [
        ['e', id],
        ['t', 'GO'],
        ['transition', 'x'],
        ['expiration', '1'],
      ];
      expect(past.submit(event(kind, '{', { tags }))).toEqual({ verdict: 'ordinary' });
    }
  });

  it('gives a definition ready to be hosted, or the reason why not', () => {
    const past = mapView();
    expect(told(past.submit(definitionEvent({})))).toBe('definition-invalid');
    expect(told(past.submit(definitionEvent(CONFIG)))).toBe('definition');
    expect(told(past.submit(definitionEvent(CONFIG, { by: BOB })))).toBe('definition');
  });

  it('gives the node that follows, with height, time and state', () => {
    const { past, id, send } = hosted();
    const first = send('GO');
    const second = transitionEvent(id, { type: 'BACK', on: first.id, at: START + 11 });
    expect(past.submit(second)).toMatchObject({
      verdict: 'transition',
      transition: { id: second.id, prior: first.id, type: 'BACK' },
      node: {
        id: second.id,
        height: 2,
        createdAt: START + 11,
        computed: { state: { value: 'a' } },
      },
    });
    expect(past.view.machine(id)?.head.id).toBe(second.id);
  });
});

describe('what a transition is refused for', () => {
  it('unknown-machine: its definition is not known', () => {
    const past = mapView();
    expect(told(past.submit(transitionEvent(ID, { type: 'GO' })))).toBe(
      `unknown-machine missing=${ID}`,
    );
  });

  it('machine-ref: its e tag names what is no definition', () => {
    const { past, send } = hosted();
    const note = event(1, 'note');
    past.submit(note);
    for (const { id } of [note, send('GO')]) {
      expect(told(past.submit(transitionEvent(id, { type: 'GO' })))).toBe('machine-ref');
    }
  });

  it('machine-frozen: with the head, which stays where it was', () => {
    const { past, id, send, verdictOn } = hosted();
    past.freeze(id, { at: null, cause: 'operator' });
    expect(verdictOn('GO')).toBe('machine-frozen height=0');
    past.freeze(id, null);
    const head = send('GO').id;
    past.freeze(id, { at: head, cause: 'operator' });
    expect(verdictOn('BACK', { on: head })).toBe(`machine-frozen head=${head} height=1`);
  });

  it('machine-finished, no-transition, guard-denied, guard-error, engine-budget, no-change', () => {
    const { send, verdictOn } = hosted();
    expect(verdictOn('BACK')).toBe('no-transition');
    expect(verdictOn('NOPE')).toBe('no-transition');
    expect(verdictOn('MINE', { by: BOB })).toBe('guard-denied');
    expect(verdictOn('BAD', { data: { n: 1 } })).toBe('guard-error');
    expect(verdictOn('LOOP')).toBe('engine-budget limit=64');
    expect(verdictOn('KEEP')).toBe('no-change');
    const end = send('END');
    expect(verdictOn('NOPE', { on: end.id })).toBe('machine-finished');
  });
});

describe('what the link of a transition is refused for', () => {
  it('link-wrong-kind: its link names no transition', () => {
    const { past, id, verdictOn } = hosted();
    const note = event(1, 'note');
    past.submit(note);
    expect(verdictOn('GO', { on: note.id })).toBe('link-wrong-kind');
    expect(verdictOn('GO', { on: id })).toBe('link-wrong-kind');
    const { says } = (past.submit(transitionEvent(id, { type: 'GO', on: id })) as Refused).refusal;
    expect(says).toContain('leave the transition tag out');
  });

  it('link-other-machine: its link names a transition of another machine', () => {
    const { past, verdictOn } = hosted();
    const other = definitionEvent(CONFIG, { by: BOB });
    past.submit(other);
    const theirs = transitionEvent(other.id, { type: 'GO', at: START + 1 });
    past.submit(theirs);
    expect(verdictOn('GO', { on: theirs.id })).toBe('link-other-machine');
  });

  it('link-rejected-prior: its link names one that was refused for good', () => {
    const { id, past, verdictOn } = hosted();
    const refused = transitionEvent(id, { type: 'NOPE', at: START + 1 });
    expect(told(past.submit(refused))).toBe('no-transition');
    expect(verdictOn('GO', { on: refused.id })).toBe('link-rejected-prior');
  });

  it('orphan: its link names one that nobody knows here', () => {
    const { send, verdictOn } = hosted();
    expect(verdictOn('GO', { on: ID })).toBe(`orphan missing=${ID}`);
    send('GO');
    expect(verdictOn('BACK', { on: ID })).toBe(`orphan missing=${ID}`);
  });

  it('time-regress: it is older than what it builds on; as old is fine', () => {
    const { send, verdictOn } = hosted();
    expect(verdictOn('GO', { at: START - 1 })).toBe('time-regress');
    const first = send('GO', { at: START });
    expect(verdictOn('BACK', { on: first.id, at: START - 1 })).toBe('time-regress');
    const second = send('BACK', { on: first.id, at: START });
    send('GO', { on: second.id, at: START + 5 });
    expect(verdictOn('GO', { on: second.id, at: START - 1 })).toBe('time-regress');
    expect(verdictOn('GO', { at: START - 1 })).toBe('time-regress');
  });

  it('link-missing and stale-head: it does not build on the head, which is named', () => {
    const { send, verdictOn } = hosted();
    const first = send('GO');
    const head = send('BACK', { on: first.id }).id;
    expect(verdictOn('GO')).toBe(`link-missing head=${head} height=2`);
    expect(verdictOn('BACK', { on: first.id })).toBe(`stale-head head=${head} height=2`);
  });
});

type Refused = Extract<Verdict, { verdict: 'refused' }>;

describe('what is kept of a refused transition', () => {
  it('is evidence about the chain when it does not build on the head', () => {
    const { past, id, send } = hosted();
    const first = send('GO');
    const sibling = transitionEvent(id, { type: 'ADD', by: BOB, at: START + 10 });
    expect(past.submit(sibling)).toMatchObject({ evidence: { machine: id, prior: null } });
    send('BACK', { on: first.id });
    const stale = transitionEvent(id, { type: 'BACK', by: BOB, on: first.id, at: START + 10 });
    expect(past.submit(stale)).toMatchObject({ evidence: { machine: id, prior: first.id } });
    const onEvidence = transitionEvent(id, { type: 'GO', on: sibling.id, at: START + 10 });
    expect(told(past.submit(onEvidence))).toMatch('stale-head');
  });

  it('is not when it is wrong by itself', () => {
    const { past, id } = hosted();
    for (const type of ['NOPE', 'KEEP', 'BAD']) {
      const verdict = past.submit(transitionEvent(id, { type, data: {}, at: START }));
      expect(verdict).not.toHaveProperty('evidence');
    }
  });
});

describe('the precedence of refusals', () => {
  /** All that can be wrong, each under the code that names it, mended from the top one by one. */
  it('reports the first of many, from what an event says to what the machine says', () => {
    const { past, id, send } = hosted();
    const first = send('GO', { at: START + 20 });
    const head = send('BACK', { on: first.id, at: START + 20 });
    const other = definitionEvent(CONFIG, { by: BOB });
    past.submit(other);
    const theirs = transitionEvent(other.id, { type: 'GO', at: START });
    past.submit(theirs);
    past.freeze(id, { at: head.id, cause: 'rules' });

    const E = ['e', id];
    const T = ['t', 'NOPE'];
    const judged = (content: string, at: number, ...tags: string[][]) =>
      told(past.submit(event(7501, content, { at, tags }))).split(' ')[0];

    const old = START - 5;
    const bad = [
      ['t', '*'],
      ['transition', 'x'],
    ];
    expect(judged('{', old, ['expiration', '1'], ['e', 'x'], ...bad)).toBe('expiring');
    expect(judged('{', old, ['e', 'x'], ...bad)).toBe('machine-ref');
    expect(judged('{', old, E, ...bad)).toBe('event-type');
    expect(judged('{', old, E, T, ['transition', 'x'])).toBe('link-shape');
    expect(judged('{', old, E, T, ['transition', theirs.id])).toBe('payload-json');
    expect(judged('', old, ['e', ID], T, ['transition', theirs.id])).toBe('unknown-machine');
    expect(judged('', old, E, T, ['transition', theirs.id])).toBe('machine-frozen');
    past.freeze(id, null);
    expect(judged('', old, E, T, ['transition', theirs.id])).toBe('link-other-machine');
    expect(judged('', old, E, T, ['transition', first.id])).toBe('time-regress');
    expect(judged('', START + 20, E, T, ['transition', first.id])).toBe('stale-head');
    expect(judged('', START + 20, E, T)).toBe('link-missing');
    expect(judged('', START + 20, E, T, ['transition', head.id])).toBe('no-transition');
  });
});
