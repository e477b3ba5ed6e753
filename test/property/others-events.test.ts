/**
 * Nobody can delete, hide or block another author's event: not by id, address or request to vanish,
 * not before it comes and not after, and not by any sequence of these.
 *
 * The victims publish; the others do everything that removes something, in any order and with any
 * time. Afterwards every event of a victim that a relay without the others would have is there.
 */

import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { sha256Hex } from '../../src/nsm/canonical.ts';
import { type StoredMachines, storeMachines } from '../store/stored-machines.ts';

const NOW = 1_700_000_000;
const VICTIMS = ['victim 1', 'victim 2'].map(sha256Hex);
const OTHERS = ['other 1', 'other 2', 'other 3'].map(sha256Hex);
const RELAY = 'wss://relay.example.com';

const opened: StoredMachines[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.remove();
});

/** An event whose id follows from what it says; its signature is not looked at here. */
function event(said: Omit<NostrEvent, 'id' | 'sig' | 'content'>): NostrEvent {
  return { ...said, content: '', id: sha256Hex(JSON.stringify(said)), sig: '00'.repeat(64) };
}

const timeArbitrary = fc.integer({ min: NOW - 3, max: NOW + 3 });
const dArbitrary = fc.constantFrom('', 'x', 'x:y');

/** What victims publish: every class of kinds, at colliding times and addresses. */
const victimEvent = fc
  .record({
    pubkey: fc.constantFrom(...VICTIMS),
    kind: fc.constantFrom(0, 1, 3, 5, 10_002, 30_000, 30_023, 30_078),
    created_at: timeArbitrary,
    d: dArbitrary,
    nonce: fc.nat({ max: 3 }),
  })
  .map(({ d, nonce, ...said }) =>
    event({
      ...said,
      tags: [
        ['d', d],
        ['n', String(nonce)],
      ],
    }),
  );

/** What an attacker aims at: something a victim publishes, or may publish yet. */
const targetTag = fc.oneof(
  victimEvent.map(({ id }) => ['e', id]),
  fc
    .tuple(
      fc.constantFrom(0, 3, 10_002, 30_000, 30_023, 62),
      fc.constantFrom(...VICTIMS),
      dArbitrary,
    )
    .map(([kind, pubkey, d]) => ['a', `${kind}:${pubkey}:${d}`]),
  fc.constantFrom(...VICTIMS).map((pubkey) => ['p', pubkey]),
  fc.constantFrom(['relay', RELAY], ['relay', 'ALL_RELAYS'], ['k', '1'], ['-']),
);

const attack = fc
  .record({
    pubkey: fc.constantFrom(...OTHERS),
    kind: fc.constantFrom(5, 5, 62, 62, 1059, 30_000, 0, 1),
    created_at: fc.oneof(timeArbitrary, fc.constantFrom(0, NOW + 900)),
    tags: fc.array(targetTag, { maxLength: 6 }),
  })
  .map(event);

const steps = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: victimEvent.map((sent) => ({ by: 'victim', sent })) },
    { weight: 3, arbitrary: attack.map((sent) => ({ by: 'other', sent })) },
  ),
  { minLength: 1, maxLength: 60 },
);

/** A store, and what becomes of events that are sent to it: its answers about the victims'. */
function relay() {
  const own = storeMachines({ rules: { vanishUrl: () => RELAY } });
  opened.push(own);
  return {
    send: (sent: NostrEvent): string => {
      const answer = own.write(sent);
      own.store.vanished.refresh();
      return answer;
    },
    visible: (): string[] => {
      const { store } = own;
      const filter = { authors: new Set(VICTIMS), tags: [] };
      const bounds = {
        ...{ upTo: store.lastEvent(), now: NOW },
        isLeaving: store.vanished.isLeaving,
      };
      const answer = store.query.run([filter], { rows: [1_000], beyond: null }, bounds);
      const ids: string[] = [];
      for (let row = answer.next(); row !== undefined; row = answer.next()) {
        if (row === null) answer.resume(NOW);
        else ids.push(row.id.toString('hex'));
      }
      return ids;
    },
    reopen: () => own.reopen(),
  };
}

describe('whatever others send', () => {
  it('an author is told and served what he would be without them', () => {
    let attacks = 0;
    fc.assert(
      fc.property(steps, fc.boolean(), (sequence, restarts) => {
        const [attacked, quiet] = [relay(), relay()];
        for (const { by, sent } of sequence) {
          const answer = attacked.send(sent);
          if (by === 'victim') expect(answer).toBe(quiet.send(sent));
          else if (answer === 'ok') attacks++;
        }
        if (restarts) attacked.reopen();
        expect(attacked.visible()).toEqual(quiet.visible());
        for (const one of opened.splice(0)) one.remove();
      }),
      { numRuns: 40 },
    );
    expect(attacks).toBeGreaterThan(60);
  }, 60_000);
});
