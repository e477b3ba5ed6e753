/**
 * The timekeeper by itself, over a real store: what it signs, in which order, how much at a time.
 *
 * Its lane belongs to the test: ticks wait in it until they are written, or refused.
 */

import { setTimeout as pass } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Submission } from '../src/intake.ts';
import { eventId, tagValues } from '../src/nostr/event.ts';
import { refuse } from '../src/refusal.ts';
import { loadRelayKey, type RelayKey } from '../src/relay-key.ts';
import { startTimekeeper, TICKS_PER_TURN, type Timekeeper } from '../src/timekeeper.ts';
import { chooseBackend } from '../src/verify/backend.ts';
import { packRecords, verifyRecords } from '../src/verify/record.ts';
import { definitionEvent, START, transitionEvent } from './nsm/machine-events.ts';
import { type StoredMachines, storeMachines } from './store/stored-machines.ts';

/** Ends ten seconds after its start, if nobody stops it before. */
const ONCE = {
  initial: 'a',
  states: { a: { after: { 10000: 'b' }, on: { STOP: 'c' } }, b: { on: { X: 'c' } }, c: {} },
};

/** Has something due every second, for ever. */
const ENDLESS = {
  initial: 'a',
  states: { a: { after: { 1000: { target: 'a', reenter: true } } } },
};

const DUE = START + 10;

const { backend } = await chooseBackend();

let opened: StoredMachines;
let key: RelayKey;
let timekeeper: Timekeeper | undefined;
let time: number;
let waiting: Submission[];
let faults: unknown[];
let onSubmit: () => void;

beforeEach(() => {
  opened = storeMachines({ rules: { chainMax: 5 } });
  key = loadRelayKey(opened.dataDir, '', backend);
  [time, waiting, faults, onSubmit] = [DUE, [], [], () => {}];
});
afterEach(() => {
  timekeeper?.stop();
  opened.remove();
});

const start = (
  store: { readonly machines: StoredMachines['store']['machines'] } = opened.store,
) => {
  const submit = (submission: Submission) => {
    waiting.push(submission);
    onSubmit();
  };
  const onFault = (fault: unknown) => faults.push(fault);
  timekeeper = startTimekeeper({ store, key, lane: { submit }, now: () => time, onFault });
};

let hosted = 0;
const host = (config: object): string => {
  const machine = definitionEvent({ ...config, description: `machine ${++hosted}` });
  expect(opened.write(machine)).toBe('ok');
  return machine.id;
};
const hostMany = (config: object, count: number) =>
  Array.from({ length: count }, () => host(config));

/** The machines that are ticked in the next turn; their ticks wait. */
const turn = async (): Promise<readonly string[]> => {
  await new Promise<void>((resolve) => {
    onSubmit = resolve;
    if (waiting.length > 0) resolve();
  });
  return waiting.map(({ event }) => tagValues(event, 'e')[0] ?? '');
};

/** Writes the ticks that wait; what became of them. */
const write = (): readonly string[] =>
  waiting.splice(0).map(({ event, done }) => {
    const [outcome] = opened.batch([event]);
    if (outcome === undefined) throw new Error('a batch answers each event');
    done(outcome);
    return outcome.accepted ? 'ok' : outcome.refusal.code;
  });

describe('a tick', () => {
  it('is signed by the relay, of now, on the initial state, and is accepted', async () => {
    const machine = host(ONCE);
    start();
    await turn();
    const [{ event } = {}] = waiting;
    expect(event).toMatchObject({
      ...{ pubkey: key.pubkey, created_at: DUE, kind: 7501, content: '' },
      tags: [
        ['e', machine],
        ['t', 'nsm.tick'],
      ],
    });
    if (event === undefined) return;
    expect(event.id).toBe(eventId(event));
    expect([...verifyRecords(packRecords([event]), backend)]).toEqual([1]);
    expect(write()).toEqual(['ok']);
    expect(opened.machines.machine(machine)?.head.computed.state.value).toBe('b');
  });

  it('builds on the head and is not dated before it', async () => {
    const machine = host({ ...ONCE, after: { 5000: '.a' } });
    const stop = transitionEvent(machine, { type: 'STOP', at: START + 3 });
    const clock = host(ENDLESS);
    const first = transitionEvent(clock, { type: 'nsm.tick', at: START + 30 });
    expect([stop, first].map(opened.write)).toEqual(['ok', 'ok']);
    time = START + 40;
    start();
    expect(await turn()).toEqual([machine, clock]);
    expect(waiting.map(({ event }) => tagValues(event, 'transition'))).toEqual([
      [stop.id],
      [first.id],
    ]);
    expect(write()).toEqual(['ok', 'ok']);
  });

  it('comes for what was due long ago, and for nothing that is not', async () => {
    const [early, late] = [host(ONCE), host({ ...ONCE, states: { a: { after: { 11000: {} } } } })];
    start();
    expect(await turn()).toEqual([early]);
    write();
    time += 1;
    timekeeper?.wake();
    expect(await turn()).toEqual([late]);
  });

  it('is not sent to a machine that is frozen, finished or has no timer', async () => {
    const [frozen, stopped, due] = [host(ONCE), host(ONCE), host(ONCE)];
    expect(opened.write(transitionEvent(stopped, { type: 'STOP', at: START }))).toBe('ok');
    const n = opened.store.events.find(frozen)?.n ?? 0;
    opened.store.machines.freeze(n, JSON.stringify({ at: null, cause: 'operator' }));
    start();
    expect(await turn()).toEqual([due]);
  });
});

describe('when many timers are due at once', () => {
  it('a turn has 64 ticks, and the next comes when these are answered', async () => {
    const machines = hostMany(ONCE, 150);
    start();
    const first = await turn();
    expect(first).toEqual(machines.slice(0, TICKS_PER_TURN));
    timekeeper?.wake();
    await pass(120);
    const last = waiting.pop();
    write();
    timekeeper?.wake();
    await pass(120);
    expect(waiting).toEqual([]);
    if (last !== undefined) waiting.push(last);
    write();
    expect(await turn()).toEqual(machines.slice(64, 128));
    expect(new Set(write())).toEqual(new Set(['ok']));
    expect(await turn()).toEqual(machines.slice(128));
  });

  it('a machine whose timers never end keeps nobody waiting', async () => {
    const endless = hostMany(ENDLESS, TICKS_PER_TURN);
    const once = host(ONCE);
    time = START + 1_000;
    start();
    expect(await turn()).toEqual(endless);
    write();
    expect(await turn()).toEqual([once]);
    write();
    time += 1;
    timekeeper?.wake();
    expect(await turn()).toEqual(endless);
  });

  it('one machine is ticked once a second, 32 timers at a time, up to its quota', async () => {
    const machine = host(ENDLESS);
    time = START + 1_000;
    start();
    const ended: string[] = [];
    while (!ended.includes('quota')) {
      expect(await turn()).toEqual([machine]);
      ended.push(...write());
      time += 1;
      timekeeper?.wake();
    }
    expect(ended).toEqual(['ok', 'ok', 'ok', 'ok', 'ok', 'quota']);
    expect(opened.machines.machine(machine)?.head).toMatchObject({
      height: 5,
      computed: { state: { timers: [{ due: START + 5 * 32 + 1 }] } },
    });
  });
});

describe('a tick that is refused', () => {
  it('keeps no other waiting, and is tried again after a minute', async () => {
    const [refused, other] = [host(ONCE), host(ONCE)];
    start();
    expect(await turn()).toEqual([refused, other]);
    waiting.shift()?.done({ accepted: false, refusal: refuse('storage') });
    write();
    const third = host(ONCE);
    timekeeper?.wake();
    expect(await turn()).toEqual([third]);
    write();
    time += 60;
    timekeeper?.wake();
    expect(await turn()).toEqual([refused]);
    expect(write()).toEqual(['ok']);
  });

  it('is no tick at all where the store cannot be read: that is a fault, and passes', async () => {
    const machine = host(ONCE);
    let isBroken = true;
    const { machines } = opened.store;
    const due: typeof machines.due = (...asked) => {
      if (isBroken) throw new Error('the disk does not answer');
      return machines.due(...asked);
    };
    start({ machines: { ...machines, due } });
    await expect.poll(() => faults).toMatchObject([{ message: 'the disk does not answer' }]);
    isBroken = false;
    timekeeper?.wake();
    expect(await turn()).toEqual([machine]);
  });
});

describe('a timekeeper that is stopped', () => {
  it('sends nothing more, whatever is answered or moves', async () => {
    const machines = hostMany(ONCE, TICKS_PER_TURN + 1);
    start();
    expect(await turn()).toEqual(machines.slice(0, TICKS_PER_TURN));
    timekeeper?.stop();
    write();
    timekeeper?.wake();
    await pass(120);
    expect(waiting).toEqual([]);
  });
});
