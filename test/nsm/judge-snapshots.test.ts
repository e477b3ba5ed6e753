/**
 * The judgement of kind 30078 (PROTOCOL §2, §6): whose business it is, and whether it is true.
 */

import { describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import type { Verdict } from '../../src/nsm/judge.ts';
import { snapshotContent } from '../../src/nsm/snapshot.ts';
import {
  ALICE,
  BOB,
  CAROL,
  definitionEvent,
  event,
  snapshotEvent,
  transitionEvent,
} from './machine-events.ts';
import { mapView } from './map-view.ts';

const CONFIG = { initial: 'a', states: { a: { on: { GO: 'b' } }, b: { on: { BACK: 'a' } } } };
const STATE = ['state', `30078:${CAROL}:contract`];
const ID = 'dd'.repeat(32);

function told(verdict: Verdict): string {
  return verdict.verdict === 'refused' ? verdict.refusal.code : verdict.verdict;
}

/** A machine whose custodian is Carol, after GO and BACK. */
function hosted() {
  const past = mapView();
  const machine = definitionEvent(CONFIG, { tags: [STATE] });
  const go = transitionEvent(machine.id, { type: 'GO' });
  const back = transitionEvent(machine.id, { type: 'BACK', on: go.id });
  for (const each of [machine, go, back]) past.submit(each);
  const stateAt = (head: string | null): string => {
    const hosting = past.view.machine(machine.id);
    const node = hosting && past.view.node(hosting, head);
    return snapshotContent(node?.computed.state ?? { ...EMPTY });
  };
  const verdictOn = (sent: NostrEvent): string => told(past.submit(sent));
  return { past, id: machine.id, go: go.id, back: back.id, stateAt, verdictOn };
}

const EMPTY = { status: 'error', value: '', context: {}, history: {}, timers: [] } as const;

describe('a 30078 event that is not ours', () => {
  it('names no machine, carries no link and stands at nobody’s coordinate', () => {
    const { id, verdictOn } = hosted();
    const note = event(1, 'note');
    verdictOn(note);
    for (const tags of [
      [],
      [['d', 'app']],
      [
        ['d', 'app'],
        ['e', note.id],
      ],
      [
        ['d', 'app'],
        ['e', ID],
      ],
      [
        ['d', 'app'],
        ['e', id],
        ['e', id],
      ],
      [
        ['d', 'app'],
        ['e', 'x'],
      ],
      [
        ['d', 'app'],
        ['expiration', '1'],
      ],
    ]) {
      expect(verdictOn(event(30078, 'anything', { tags }))).toBe('ordinary');
    }
  });

  it('is at a coordinate that a definition names, while its owner has not used it for that', () => {
    const { verdictOn } = hosted();
    const tags = [['d', 'contract']];
    expect(verdictOn(event(30078, 'my own data', { by: CAROL, tags }))).toBe('ordinary');
  });
});

describe('a snapshot', () => {
  it('is taken from anybody who states a node correctly, old or new', () => {
    const { past, id, go, back, stateAt } = hosted();
    for (const on of [null, go, back]) {
      const verdict = past.submit(snapshotEvent(id, stateAt(on), { by: BOB, on }));
      expect(verdict).toMatchObject({ verdict: 'snapshot', endorses: false, node: { id: on } });
    }
  });

  it('endorses when it is the custodian’s, at whatever coordinate', () => {
    const { past, id, go, stateAt } = hosted();
    for (const d of ['contract', 'elsewhere', '']) {
      const sent = snapshotEvent(id, stateAt(go), { by: CAROL, on: go, d });
      expect(past.submit(sent)).toMatchObject({ verdict: 'snapshot', endorses: true });
    }
    const named = snapshotEvent(id, stateAt(go), { by: ALICE, on: go, d: 'contract' });
    expect(past.submit(named)).toMatchObject({ endorses: false });
  });

  it('snapshot-mismatch: of another node’s state, and is kept as evidence', () => {
    const { past, id, go, back, stateAt } = hosted();
    const wrong: readonly [string | null, string | null][] = [
      [null, go],
      [go, null],
      [back, go],
    ];
    for (const [on, state] of wrong) {
      const verdict = past.submit(snapshotEvent(id, stateAt(state), { on }));
      expect(told(verdict)).toBe('snapshot-mismatch');
      expect(verdict).toMatchObject({ evidence: { machine: id, prior: on } });
    }
  });

  it('snapshot-ref: with two links, a bad one, an expiration', () => {
    const { id, go, stateAt, verdictOn } = hosted();
    const link = ['transition', go];
    for (const tags of [
      [link, link],
      [['transition', 'x']],
      [['transition']],
      [['expiration', '1']],
    ]) {
      expect(verdictOn(snapshotEvent(id, stateAt(null), { tags }))).toBe('snapshot-ref');
    }
    expect(verdictOn(event(30078, stateAt(go), { tags: [['d', 'x'], link] }))).toBe('snapshot-ref');
  });

  it('snapshot-ref: at a bound coordinate without a machine, which would blank the record', () => {
    const { id, go, stateAt, verdictOn } = hosted();
    const by = CAROL;
    expect(verdictOn(snapshotEvent(id, stateAt(go), { by, on: go, d: 'contract' }))).toBe(
      'snapshot',
    );
    const at = [['d', 'contract']];
    expect(verdictOn(event(30078, '', { by, tags: at }))).toBe('snapshot-ref');
    expect(verdictOn(event(30078, '', { by, tags: [...at, ['e', 'x']] }))).toBe('snapshot-ref');
    expect(verdictOn(event(30078, '', { by, tags: [...at, ['e', ID]] }))).toBe('unknown-machine');
    expect(verdictOn(event(30078, '', { by: BOB, tags: at }))).toBe('ordinary');
  });
});

describe('a snapshot of what is not there', () => {
  it('unknown-machine and machine-ref: with a link into a machine that is not there', () => {
    const { go, stateAt, verdictOn } = hosted();
    const note = event(1, 'note');
    verdictOn(note);
    expect(verdictOn(snapshotEvent(ID, stateAt(go), { on: go }))).toBe('unknown-machine');
    expect(verdictOn(snapshotEvent(note.id, stateAt(go), { on: go }))).toBe('machine-ref');
    expect(verdictOn(snapshotEvent(go, stateAt(go), { on: go }))).toBe('machine-ref');
  });

  it('snapshot-unknown-head: of a node that is not known, or known as evidence only', () => {
    const { past, id, stateAt } = hosted();
    const verdict = past.submit(snapshotEvent(id, stateAt(null), { on: ID }));
    expect(verdict).toMatchObject({
      refusal: { code: 'snapshot-unknown-head', details: { missing: ID } },
    });
    const stale = transitionEvent(id, { type: 'GO', by: BOB });
    expect(told(past.submit(stale))).toBe('link-missing');
    const of = past.submit(snapshotEvent(id, stateAt(null), { on: stale.id }));
    expect(told(of)).toBe('snapshot-unknown-head');
  });

  it('snapshot-head-invalid: of a transition that was refused for good', () => {
    const { id, back, stateAt, verdictOn } = hosted();
    const never = transitionEvent(id, { type: 'NOPE', on: back });
    expect(verdictOn(never)).toBe('no-transition');
    expect(verdictOn(snapshotEvent(id, stateAt(back), { on: never.id }))).toBe(
      'snapshot-head-invalid',
    );
  });

  it('link-wrong-kind and link-other-machine: of a node that is none of this machine', () => {
    const { id, go, stateAt, verdictOn } = hosted();
    const other = definitionEvent(CONFIG, { by: BOB });
    const theirs = transitionEvent(other.id, { type: 'GO' });
    expect([verdictOn(other), verdictOn(theirs)]).toEqual(['definition', 'transition']);
    expect(verdictOn(snapshotEvent(id, stateAt(go), { on: theirs.id }))).toBe('link-other-machine');
    expect(verdictOn(snapshotEvent(id, stateAt(go), { on: id }))).toBe('link-wrong-kind');
  });

  it('snapshot-json and the codes of strict JSON: with a content that is none', () => {
    const { id, verdictOn } = hosted();
    const judged = (content: string) => verdictOn(snapshotEvent(id, content));
    expect(['', '[]', '{"a":1,"a":1}', '{"constructor":1}', '{"n":1e999}'].map(judged)).toEqual([
      ...['snapshot-json', 'snapshot-json', 'snapshot-json', 'forbidden-key', 'number-range'],
    ]);
  });
});
