/**
 * Transactions: an event is stored with all that follows from it, or not at all.
 */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { createWriter } from '../../src/writer.ts';
import {
  ALICE,
  BOB,
  definitionEvent,
  event,
  START,
  transitionEvent,
} from '../nsm/machine-events.ts';
import { type StoredMachines, storeMachines } from './stored-machines.ts';

const CONFIG = {
  initial: 'a',
  states: { a: { on: { GO: 'b' } }, b: { on: { BACK: 'a' } } },
};

let opened: StoredMachines;
let machine: NostrEvent;

beforeEach(() => {
  opened = storeMachines();
  machine = definitionEvent(CONFIG);
  expect(opened.write(machine)).toBe('ok');
});

afterEach(() => opened.remove());

const count = (table: string): unknown =>
  opened.store.db.prepare(`SELECT count(*) FROM ${table}`).pluck().get();

const rows = () => ['event', 'tag', 'transition', 'participant'].map(count);

describe('a batch', () => {
  const go = () => transitionEvent(machine.id, { type: 'GO', by: BOB });

  it('is stored as a whole, each event on top of the one before', () => {
    const first = go();
    const second = transitionEvent(machine.id, { type: 'BACK', on: first.id });
    const outcomes = opened.batch([first, second, first]);
    expect(outcomes).toMatchObject([
      { accepted: true, message: '' },
      { accepted: true, message: '' },
      { accepted: true, message: 'duplicate: this event is stored already' },
    ]);
    opened.reopen();
    expect(opened.machines.machine(machine.id)?.head).toMatchObject({ id: second.id, height: 2 });
  });

  it('loses only the event that fails, with all it had written', () => {
    const { store, machines } = opened;
    const decide = createWriter(store, machines, {
      ...{ publishers: 'any', chainMax: 10, appData: true, self: ALICE },
      ...{ allowedForks: ['head-only'], custodian: 'refuse' },
    });
    const before = rows();
    const [note, other] = [event(1, 'one'), event(1, 'two', { by: 'd4'.repeat(32) })];
    const faults: unknown[] = [];
    store.transaction(() => {
      for (const sent of [note, go(), other]) {
        try {
          store.isolated(() => {
            decide(sent, START);
            if (sent.kind === 7501) throw new Error('a bug');
          });
        } catch (fault) {
          machines.forget();
          faults.push(fault);
        }
      }
    });
    expect(faults).toMatchObject([{ message: 'a bug' }]);
    const [events, ...others] = before;
    expect(rows()).toEqual([Number(events) + 2, ...others]);
    opened.reopen();
    expect(opened.machines.machine(machine.id)?.head.id).toBeNull();
    expect(opened.store.events.find(other.id)).toBeDefined();
    expect(opened.write(go())).toBe('ok');
  });

  it('leaves nothing when its commit fails, in memory either', () => {
    const before = rows();
    opened.fail(go());
    expect(rows()).toEqual(before);
    expect(opened.machines.machine(machine.id)?.head.id).toBeNull();
    expect(opened.write(go())).toBe('ok');
  });

  it('forgets numbers of authors that a rollback took away', () => {
    const stranger = 'e5'.repeat(32);
    opened.fail(event(1, 'first', { by: stranger }));
    expect(opened.write(event(1, 'other', { by: 'f6'.repeat(32) }))).toBe('ok');
    const sent = event(1, 'second', { by: stranger });
    expect(opened.write(sent)).toBe('ok');
    const { n } = opened.store.events.find(sent.id) ?? { n: 0 };
    expect(opened.store.events.read(n)).toEqual(sent);
  });
});

describe('a head', () => {
  const move = (from: number | null, to: number) => {
    const { n } = opened.store.events.find(machine.id) ?? { n: 0 };
    return opened.store.machines.moveHead({
      ...{ machine: n, from, to, height: 1, time: START, now: START },
      ...{ status: 'active', value: '"b"', state: '{}', next_due: null },
    });
  };

  it('moves only from where it is', () => {
    expect(move(99, 100)).toBe(false);
    expect(move(null, 100)).toBe(true);
    expect(move(null, 101)).toBe(false);
    expect(move(100, 101)).toBe(true);
  });

  it('that is not where a verdict saw it is a fault, and nothing is stored', () => {
    const stale = opened.machines.machine(machine.id);
    expect(stale?.head.id).toBeNull();
    move(null, 100);
    const before = rows();
    expect(() => opened.write(transitionEvent(machine.id, { type: 'GO' }))).toThrow(
      /not where it was/,
    );
    expect(rows()).toEqual(before);
  });
});

describe('the text of an event', () => {
  it('is served as it was signed', () => {
    const content = 'line\n"quoted" \\ é 🤙 \u0000\u001f\u007f\u2028 </script>';
    const sent = event(1, content, { tags: [[], ['t', content], ['x', '', '"']] });
    expect(opened.write(sent)).toBe('ok');
    opened.reopen();
    const { n } = opened.store.events.find(sent.id) ?? { n: 0 };
    expect(opened.store.events.read(n)).toEqual(sent);
  });
});
