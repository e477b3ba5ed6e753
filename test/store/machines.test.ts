/**
 * Hosted machines over their rows: any state at any time, at a bounded price, whoever was restarted
 * or pushed out of memory; and what becomes of them under another rule set (PROTOCOL §3.6, §5).
 */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { STATE_EVERY } from '../../src/machine-nodes.ts';
import type { Machine } from '../../src/nsm/engine.ts';
import { BUNDLED_RULES as RULES } from '../../src/nsm/rule-set.ts';
import type { StateNode } from '../../src/nsm/view.ts';
import { definitionEvent, transitionEvent } from '../nsm/machine-events.ts';
import { type StoredMachines, storeMachines } from './stored-machines.ts';

/** Counts by payload, in one region of two, so that states are nested and never the same. */
const CONFIG = {
  type: 'parallel',
  context: { sum: 0 },
  meta: { nsm: { v: 1, actions: { add: [{ inc: ['sum', { var: 'data.by' }] }] } } },
  states: {
    z: {
      initial: 'x',
      states: {
        x: { on: { ADD: { target: 'y', actions: 'add' } } },
        y: { on: { ADD: { target: 'x', actions: 'add' } } },
      },
    },
    a: {},
  },
};

const LENGTH = 200;

let opened: StoredMachines;
let id: string;
/** The nodes of the chain as they were computed when they were accepted, by height. */
let nodes: readonly StateNode[];

beforeEach(() => {
  opened = storeMachines({ cachedMax: 2 });
  ({ id } = host('long'));
  const chain: StateNode[] = [headOf(id)];
  while (chain.length <= LENGTH) {
    const on = headOf(id).id;
    const sent = transitionEvent(id, { type: 'ADD', on, data: { by: chain.length } });
    expect(opened.batch([sent])).toMatchObject([{ accepted: true }]);
    chain.push(headOf(id));
  }
  nodes = chain;
});

afterEach(() => opened.remove());

function host(description: string) {
  const machine = definitionEvent({ ...CONFIG, description });
  expect(opened.write(machine)).toBe('ok');
  return machine;
}

function headOf(machine: string): StateNode {
  const hosted = opened.machines.machine(machine);
  if (hosted === undefined) throw new Error('the machine is gone');
  return hosted.head;
}

const nodeAt = (height: number): StateNode | undefined => {
  const hosted = opened.machines.machine(id);
  return hosted && opened.machines.view.node(hosted, nodes[height]?.id ?? null);
};

/** Counts the steps of a compiled machine from now on: each begins with a run of its own. */
function countSteps({ running }: Machine): () => number {
  let { run } = running;
  let steps = 0;
  Object.defineProperty(running, 'run', {
    get: () => run,
    set: (next: typeof run) => {
      run = next;
      steps++;
    },
  });
  return () => steps;
}

describe('a chain of 200 transitions', () => {
  it('has its state at every height after a restart, never further than 63 steps away', () => {
    opened.reopen();
    const hosted = opened.machines.machine(id);
    if (hosted === undefined) throw new Error('the machine is gone');
    const steps = countSteps(hosted.definition.machine);
    let before = 0;
    for (const [height, node] of nodes.entries()) {
      expect(nodeAt(height)).toEqual(node);
      const taken = steps() - before;
      before = steps();
      expect(taken).toBe(height === LENGTH ? 0 : height % STATE_EVERY);
    }
  });

  it('is continued after a restart without being replayed', () => {
    opened.reopen(() => {});
    const db = opened.store.db;
    // What cannot be read cannot be replayed.
    db.exec("UPDATE event SET content = '{' WHERE kind = 7501");
    expect(headOf(id)).toEqual(nodes.at(-1));
    const sent = transitionEvent(id, { type: 'ADD', on: headOf(id).id, data: { by: 1 } });
    expect(opened.write(sent)).toBe('ok');
    expect(headOf(id)).toMatchObject({ id: sent.id, height: LENGTH + 1 });
  });

  it('is a fault where the log does not give the state on record', () => {
    const { db } = opened.store;
    db.exec('UPDATE transition SET state_hash = zeroblob(32) WHERE height = 70');
    expect(nodeAt(69)).toEqual(nodes[69]);
    expect(() => nodeAt(71)).toThrow(/replay/);
    expect(nodeAt(128)).toEqual(nodes[128]);
  });

  it('belongs to its machine only', () => {
    const other = opened.machines.machine(host('other').id);
    const on = nodes[5]?.id ?? null;
    expect(other && opened.machines.view.node(other, on)).toBeUndefined();
    expect(other && opened.machines.view.node(other, 'ff'.repeat(32))).toBeUndefined();
  });
});

describe('a chain of dear steps', () => {
  it('has its state stored wherever the steps since it last was took 20,000 fuel', () => {
    // A guard that takes 6,000: two, and two for each item.
    const isDear = { all: [{ var: 'ctx.list' }, true] };
    const on = { ADD: { guard: 'isDear', actions: 'add' } };
    const dear = definitionEvent({
      context: { sum: 0, list: Array(2_999).fill(0) },
      meta: { nsm: { v: 1, guards: { isDear }, actions: CONFIG.meta.nsm.actions } },
      ...{ initial: 'a', states: { a: { on } } },
    });
    expect(opened.write(dear)).toBe('ok');
    for (let by = 1; by <= 20; by++) {
      const sent = transitionEvent(dear.id, { type: 'ADD', on: headOf(dear.id).id, data: { by } });
      expect(opened.write(sent)).toBe('ok');
    }
    const stored = opened.store.db
      .prepare('SELECT height FROM transition WHERE machine = ? AND state IS NOT NULL')
      .pluck()
      .all(opened.store.events.find(dear.id)?.n);
    expect(stored).toEqual([4, 8, 12, 16, 20]);
  });
});

describe('a machine that was pushed out of memory', () => {
  it('is read back equal, and gives way to the ones used last', () => {
    const first = opened.machines.machine(id);
    const others = ['one', 'two', 'three'].map((description) => host(description).id);
    const again = opened.machines.machine(id);
    expect(again).not.toBe(first);
    expect(again?.head).toEqual(nodes.at(-1));
    expect(again?.definition.contentHash).toBe(first?.definition.contentHash);
    expect(opened.machines.machine(id)).toBe(again);
    const [one = '', , three = ''] = others;
    const kept = opened.machines.machine(three);
    expect(opened.machines.machine(id)).toBe(again);
    expect(opened.machines.machine(three)).toBe(kept);
    opened.machines.machine(one);
    expect(opened.machines.machine(three)).toBe(kept);
    expect(opened.machines.machine(id)).not.toBe(again);
  });

  it('takes transitions as if it had never left', () => {
    for (const by of [1, 2, 3]) {
      for (const description of ['one', 'two']) host(`${description} ${by}`);
      const sent = transitionEvent(id, { type: 'ADD', on: headOf(id).id, data: { by } });
      opened.machines.forget();
      expect(opened.write(sent)).toBe('ok');
    }
    expect(headOf(id).computed.state.context).toEqual({ sum: (LENGTH * (LENGTH + 1)) / 2 + 6 });
  });
});

describe('a machine judged under another rule set', () => {
  const row = () => opened.store.machines.find(opened.store.events.find(id)?.n ?? 0);
  const underOtherRules = (more = '') => {
    const { db } = opened.store;
    opened.reopen();
    opened.store.db.exec(`UPDATE machine SET rules = '${'0'.repeat(64)}'; ${more}`);
    return db;
  };

  it('goes on when its log gives the same hashes, and is not judged again', () => {
    underOtherRules();
    const hosted = opened.machines.machine(id);
    expect(hosted).toMatchObject({ frozen: null, head: { id: nodes.at(-1)?.id } });
    expect(row()).toMatchObject({ rules: RULES.hash, frozen: null });
    const sent = transitionEvent(id, { type: 'ADD', on: headOf(id).id, data: { by: 1 } });
    expect(opened.write(sent)).toBe('ok');
  });

  it('is frozen where it stands when one hash differs, for good', () => {
    underOtherRules('UPDATE transition SET state_hash = zeroblob(32) WHERE height = 3;');
    const frozen = { at: nodes.at(-1)?.id, cause: 'rules' };
    expect(opened.machines.machine(id)?.frozen).toEqual(frozen);
    const sent = transitionEvent(id, { type: 'ADD', on: headOf(id).id, data: { by: 1 } });
    expect(opened.write(sent)).toContain(`machine-frozen: head=${headOf(id).id} height=${LENGTH}`);
    opened.reopen();
    expect(opened.machines.machine(id)?.frozen).toEqual(frozen);
    expect(row()).toMatchObject({ rules: '0'.repeat(64), revision: LENGTH + 2 });
  });

  it('is frozen when its initial state is another', () => {
    const { db } = opened.store;
    const other = db.prepare('SELECT content FROM event WHERE kind = 7500').pluck().get();
    const content = String(other).replace('"sum":0', '"sum":1');
    underOtherRules();
    opened.store.db.prepare('UPDATE event SET content = ? WHERE kind = 7500').run(content);
    expect(opened.machines.machine(id)?.frozen).toMatchObject({ cause: 'rules' });
  });
});
