/**
 * Keeper snapshots of many machines are written turn by turn, and a read waits for those it needs.
 */

import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCustody } from '../src/custody.ts';
import { createKeeper, type Keeper } from '../src/keeper.ts';
import { KEPT_PER_TURN, writeKept } from '../src/kept.ts';
import { createTurns, type Turns } from '../src/turns.ts';
import { definitionEvent, START } from './nsm/machine-events.ts';
import { type StoredMachines, storeMachines } from './store/stored-machines.ts';
import { testKey } from './support/sign.ts';

const MACHINES = KEPT_PER_TURN * 2 + 1;
const KEY = { pubkey: testKey('keeper').pubkey, sign: (id: string) => id + id };
const fail = (fault: unknown) => {
  throw fault;
};

let opened: StoredMachines;
let keeper: Keeper;
let turns: Turns;
let late = 0;

const publish = (title: string): void => {
  const config = {
    initial: title,
    states: { [title]: { on: { GO: 'b' } }, b: { on: { GO: title } } },
  };
  const machine = definitionEvent(config);
  expect(opened.write(machine)).toBe('ok');
  keeper.mark(machine.id, false);
};

beforeEach(() => {
  opened = storeMachines();
  const { store, machines } = opened;
  const custody = openCustody(store, opened.dataDir);
  keeper = createKeeper({ store, machines, key: KEY, custody, now: () => START, onFault: fail });
  turns = createTurns(fail);
  for (let i = 0; i < MACHINES; i++) publish(`m${i}`);
});
afterEach(() => {
  turns.stop();
  opened.remove();
});

describe('writing what is behind', () => {
  it('takes a turn for so many, and calls back after the last', async () => {
    const behind = keeper.marked();
    expect(behind).toHaveLength(MACHINES);
    const left: number[] = [];
    let isDone = false;
    writeKept({ keeper, turns }, behind, () => {
      isDone = true;
    });
    while (!isDone) {
      left.push(keeper.marked().length);
      await setImmediate();
    }
    expect([...new Set(left)]).toEqual([MACHINES - KEPT_PER_TURN, 1]);
    expect(keeper.marked()).toEqual([]);
  });

  it('does not wait for machines that moved meanwhile', async () => {
    let isDone = false;
    writeKept({ keeper, turns }, keeper.marked(), () => {
      isDone = true;
    });
    while (!isDone) {
      publish(`late${late++}`);
      await setImmediate();
    }
    expect(keeper.marked().length).toBeGreaterThan(0);
  });

  it('calls back at once when nothing is behind', () => {
    let isDone = false;
    writeKept({ keeper, turns }, [], () => {
      isDone = true;
    });
    expect(isDone).toBe(true);
  });
});
