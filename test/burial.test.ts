/**
 * Removing bodies from a store: what is left of them, what still follows from the rest, and what a
 * second judgement of the log says.
 */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bury } from '../src/burial.ts';
import type { NostrEvent } from '../src/nostr/event.ts';
import { revalidateMachine } from '../src/revalidation.ts';
import { definitionEvent, event, START, transitionEvent } from './nsm/machine-events.ts';
import { type StoredMachines, storeMachines } from './store/stored-machines.ts';

const COUNTER = {
  initial: 'on',
  context: { n: 0, words: [] },
  meta: {
    nsm: { v: 1, actions: { say: [{ inc: ['n', 1] }, { push: ['words', { var: 'data.w' }] }] } },
  },
  states: { on: { on: { SAY: { actions: 'say' } } } },
};
const BURIAL = { cause: 'operator', reason: 'unlawful', at: START } as const;
const SECRET = 'a-word-that-must-go';

let opened: StoredMachines;
let machine: NostrEvent;
let chain: NostrEvent[];
beforeEach(() => {
  opened = storeMachines();
  machine = definitionEvent(COUNTER, { tags: [['title', SECRET]] });
  chain = [];
  for (let i = 0; i < 100; i++) {
    const on = chain.at(-1)?.id ?? null;
    chain.push(transitionEvent(machine.id, { type: 'SAY', on, data: { w: `w${i}` } }));
  }
  opened.batch([machine, ...chain]);
});
afterEach(() => opened.remove());

const remove = (id: string) => opened.store.transaction(() => bury(opened, id, BURIAL));
const stateAt = (id: string | undefined) => {
  const hosted = opened.machines.machine(machine.id);
  return hosted && opened.machines.view.node(hosted, id ?? null)?.computed.canonical;
};
const idAt = (height: number) => chain[height - 1]?.id ?? '';
const rowOf = (id: string) => {
  const n = opened.store.events.find(id)?.n ?? 0;
  return opened.store.db.prepare('SELECT * FROM event WHERE n = ?').get(n) as Row;
};
type Row = { readonly content: string; readonly tags: string; readonly expires_at: number };
const revalidated = () => {
  const row = opened.store.machines.find(opened.store.events.find(machine.id)?.n ?? 0);
  if (!row) throw new Error('the machine is gone');
  return revalidateMachine(opened.store, row, opened.machines.view.rules);
};

describe('a transition', () => {
  it('leaves every state as it was, whichever is removed, also after a reopening', () => {
    const heights = [1, 2, 63, 64, 65, 90, 99, 100];
    const before = chain.map(({ id }) => stateAt(id));
    for (const height of heights) expect(remove(idAt(height))).toBe(machine.id);
    expect(chain.map(({ id }) => stateAt(id))).toEqual(before);
    opened.reopen();
    expect(chain.map(({ id }) => stateAt(id))).toEqual(before);
    for (const height of heights) {
      expect(rowOf(idAt(height))).toMatchObject({ content: '', tags: '[]', expires_at: 0 });
    }
  });

  it('is passed over by a second judgement, and what builds on it is judged', () => {
    for (const height of [1, 70, 100]) remove(idAt(height));
    expect(revalidated()).toMatchObject({ judged: 97, skipped: 3, differences: [] });
  });

  it('is removed once, however often that is asked for', () => {
    remove(idAt(5));
    const before = rowOf(idAt(5));
    remove(idAt(5));
    expect(rowOf(idAt(5))).toEqual(before);
    expect(opened.store.tombstones.list('operator', 10)).toHaveLength(1);
  });

  it('stays as it was when the transaction fails', () => {
    const failing = () =>
      opened.store.transaction(() => {
        bury(opened, idAt(5), BURIAL);
        throw new Error('the disk is full');
      });
    expect(failing).toThrow('the disk is full');
    opened.machines.forget();
    expect(rowOf(idAt(5)).content).toContain('w4');
    expect(opened.write(chain[4] as NostrEvent)).toMatch(/^duplicate/);
  });
});

describe('a definition', () => {
  it('goes with its title, and no state of its machine is lost', () => {
    const before = [10, 64, 100].map((height) => stateAt(idAt(height)));
    remove(machine.id);
    expect(JSON.stringify(rowOf(machine.id))).not.toContain(SECRET);
    const n = opened.store.events.find(machine.id)?.n ?? 0;
    expect(opened.store.machines.find(n)).toMatchObject({ title: null, height: 100 });
    expect([64, 100].map((height) => stateAt(idAt(height)))).toEqual(before.slice(1));
    expect(revalidated()).toMatchObject({ judged: 0, skipped: 100, differences: [] });
  });
});

describe('an ordinary event', () => {
  it('goes whole, and is refused from then on', () => {
    const note = event(1, SECRET);
    opened.write(note);
    expect(remove(note.id)).toBeUndefined();
    expect(opened.store.events.find(note.id)).toBeUndefined();
    expect(opened.write(note)).toMatch(/^blocked: tombstoned: /);
    opened.reopen();
    expect(opened.write(note)).toMatch(/^blocked: tombstoned: /);
  });
});
