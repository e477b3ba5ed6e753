/**
 * Side branches in the store: their states, and what another rule set makes of them.
 */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { STATE_EVERY } from '../../src/machine-nodes.ts';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { definitionEvent, transitionEvent } from '../nsm/machine-events.ts';
import { type StoredMachines, storeMachines } from './stored-machines.ts';

const CONFIG = {
  initial: 'a',
  context: { n: 0 },
  meta: { nsm: { v: 1, actions: { add: [{ inc: ['n', { var: 'data.x' }] }] } } },
  states: { a: { on: { ADD: { actions: 'add' } } } },
};
const LENGTH = 2 * STATE_EVERY + 10;

let opened: StoredMachines;
let machine: NostrEvent;
/** Two branches from the initial state on. */
let branches: readonly (readonly NostrEvent[])[];

/** A chain of transitions that add the same number each time. */
function grow(x: number): NostrEvent[] {
  const chain: NostrEvent[] = [];
  for (let i = 0; i < LENGTH; i++) {
    const on = chain.at(-1)?.id ?? null;
    const sent = transitionEvent(machine.id, { type: 'ADD', on, data: { x } });
    expect(opened.write(sent)).toMatch(/^(ok|side-branch)/);
    chain.push(sent);
  }
  return chain;
}

const stateOf = (id: string): unknown => {
  const hosted = opened.machines.machine(machine.id);
  return hosted && opened.machines.view.node(hosted, id)?.computed.state.context;
};

beforeEach(() => {
  opened = storeMachines();
  machine = definitionEvent(CONFIG, { tags: [['forks', 'dag']] });
  expect(opened.write(machine)).toBe('ok');
  branches = [grow(1), grow(2)];
});
afterEach(() => opened.remove());

describe('two long branches', () => {
  it('have their state at every node, after a restart too', () => {
    for (const reopen of [false, true]) {
      if (reopen) opened.reopen();
      for (const [i, branch] of branches.entries()) {
        for (const [height, { id }] of branch.entries()) {
          if (height % 17 > 0) continue;
          expect(stateOf(id)).toEqual({ n: (height + 1) * (i + 1) });
        }
      }
    }
  });

  it('go on under another rule set that comes to the same', () => {
    opened.store.db.exec("UPDATE machine SET rules = 'another'");
    opened.reopen();
    expect(opened.machines.machine(machine.id)?.frozen).toBe(null);
    const [head] = branches.map((branch) => branch.at(-1)?.id ?? '');
    const next = transitionEvent(machine.id, { type: 'ADD', on: head ?? null, data: { x: 5 } });
    expect(opened.write(next)).toMatch(/^(ok|side-branch)/);
  });

  it('freeze their machine when one comes to something else, canonical or not', () => {
    opened.store.db.exec(
      "UPDATE machine SET rules = 'another';" +
        ' UPDATE transition SET state_hash = zeroblob(32) WHERE canonical = 0 AND height = 70',
    );
    opened.reopen();
    expect(opened.machines.machine(machine.id)?.frozen?.cause).toBe('rules');
  });
});

describe('a machine with a full side', () => {
  it('takes no more transitions beside its head, and goes on upon it (fork-limit)', () => {
    let refused = '';
    for (let i = 0; refused === '' && i < 300; i++) {
      const [low, high] = branches.map((branch) => branch.at(-1)?.id ?? '');
      const head = opened.machines.machine(machine.id)?.head.id;
      const on = head === low ? high : low;
      const sent = transitionEvent(machine.id, {
        type: 'ADD',
        on: on ?? null,
        data: { x: 10 + i },
      });
      const said = opened.write(sent);
      if (!said.startsWith('side-branch')) refused = said;
    }
    expect(refused).toMatch(/^rate-limited: fork-limit: /);
    const on = opened.machines.machine(machine.id)?.head.id ?? null;
    const next = transitionEvent(machine.id, { type: 'ADD', on, data: { x: 7 } });
    expect(opened.write(next)).toBe('ok');
  });
});
