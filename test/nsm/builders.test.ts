/**
 * Builders: what they build is what `judge` accepts, and nothing in it is left to chance.
 */

import { describe, expect, it } from 'vitest';
import { eventId, type NostrEvent, type UnsignedEvent } from '../../src/nostr/event.ts';
import {
  buildDefinition,
  buildSnapshot,
  buildTransition,
  rebaseTransition,
} from '../../src/nsm/builders.ts';
import { ALICE, BOB, CAROL, START } from './machine-events.ts';
import { mapView } from './map-view.ts';
import { startOf } from './play.ts';

const CONFIG = {
  initial: 'a',
  context: { n: 0 },
  states: { a: { on: { ADD: { guard: 'isNumber', actions: 'add' }, GO: 'b' } }, b: {} },
  meta: {
    nsm: {
      v: 1,
      guards: { isNumber: { is: [{ var: 'data.n' }, 'int'] } },
      actions: { add: [{ inc: ['n', { var: 'data.n' }] }] },
    },
  },
} as const;

const by = (pubkey: string, createdAt = START) => ({ pubkey, createdAt });

/** An event as it is published; nobody checks signatures here. */
const published = (event: UnsignedEvent): NostrEvent => ({
  id: eventId(event),
  ...event,
  sig: '0'.repeat(128),
});

/** A hosted machine, by whatever drafts say of it. */
function hosted(draft: Partial<Parameters<typeof buildDefinition>[1]> = {}) {
  const past = mapView();
  const event = published(buildDefinition(by(ALICE), { config: CONFIG, ...draft }));
  const verdict = past.submit(event);
  if (verdict.verdict !== 'definition') throw new Error(JSON.stringify(verdict));
  return { past, event, definition: verdict.definition };
}

describe('a definition that is built', () => {
  it('is hosted with everything its draft says', () => {
    const { event, definition } = hosted({
      title: 'Sum',
      description: 'Adds up.',
      libraries: ['@atob/protocol-library@1'],
      custodian: { pubkey: BOB, d: 'sum:1' },
      forks: 'head-only',
    });
    expect(definition).toMatchObject({
      custodian: { pubkey: BOB, d: 'sum:1' },
      forks: 'head-only',
    });
    expect(event.tags).toEqual([
      ['title', 'Sum'],
      ['description', 'Adds up.'],
      ['engine', 'xstate@5'],
      ['engine', '@atob/protocol-library@1'],
      ['state', `30078:${BOB}:sum:1`],
      ['forks', 'head-only'],
    ]);
  });

  it('takes the text of a config as it is', () => {
    const text = JSON.stringify(CONFIG, null, 2);
    expect(hosted({ config: text }).event.content).toBe(text);
  });
});

describe('a transition that is built', () => {
  it('is accepted on top of the initial state, and of the next head', () => {
    const { past, definition } = hosted();
    const machine = definition.id;
    const first = published(
      buildTransition(by(BOB), {
        ...{ machine, head: startOf(definition), type: 'ADD' },
        payload: { n: 2 },
      }),
    );
    const after = past.submit(first);
    if (after.verdict !== 'transition') throw new Error(JSON.stringify(after));
    expect(after.node.computed.state.context).toEqual({ n: 2 });
    const second = buildTransition(by(CAROL), { machine, head: after.node, type: 'GO' });
    expect(second.content).toBe('');
    expect(past.submit(published(second)).verdict).toBe('transition');
  });

  it('is not dated before the head', () => {
    const head = { id: 'ab'.repeat(32), createdAt: START + 60 };
    const draft = { machine: 'cd'.repeat(32), head, type: 'GO' };
    expect(buildTransition(by(BOB, START), draft).created_at).toBe(START + 60);
    expect(buildTransition(by(BOB, START + 90), draft).created_at).toBe(START + 90);
  });

  it('that came too late is accepted once it is rebased', () => {
    const { past, definition } = hosted();
    const draft = { machine: definition.id, head: startOf(definition), type: 'ADD' };
    const ours = buildTransition(by(BOB), { ...draft, payload: { n: 1 } });
    const theirs = past.submit(
      published(buildTransition(by(CAROL, START + 9), { ...draft, payload: { n: 2 } })),
    );
    expect(past.submit(published(ours))).toMatchObject({ refusal: { code: 'link-missing' } });
    if (theirs.verdict !== 'transition') throw new Error(JSON.stringify(theirs));
    const again = rebaseTransition(ours, { head: theirs.node, createdAt: START + 5 });
    expect(again.created_at).toBe(START + 9);
    const accepted = past.submit(published(again));
    expect(accepted).toMatchObject({ node: { computed: { state: { context: { n: 3 } } } } });
  });
});

describe('a snapshot that is built', () => {
  it('is accepted from anybody, at the start and later', () => {
    const { past, definition } = hosted({ custodian: { pubkey: ALICE, d: 'sum' } });
    const machine = definition.id;
    const node = startOf(definition);
    const endorsed = past.submit(published(buildSnapshot(by(ALICE), { machine, node, d: 'sum' })));
    expect(endorsed).toMatchObject({ verdict: 'snapshot', endorses: true });
    const moved = past.submit(
      published(buildTransition(by(BOB), { machine, head: node, type: 'GO' })),
    );
    if (moved.verdict !== 'transition') throw new Error(JSON.stringify(moved));
    const later = buildSnapshot(by(CAROL), { machine, node: moved.node, d: 'mine' });
    expect(past.submit(published(later))).toMatchObject({ verdict: 'snapshot', endorses: false });
  });
});
