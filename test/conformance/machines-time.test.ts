/**
 * Machines with timers, over a websocket (PROTOCOL §5): the clock of a step is its `created_at`,
 * anybody may move it, and what is due has happened before anything else does.
 */

import { describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { keeperSnapshotOf, standing, verdictOf } from '../support/answers.ts';
import { C, define, move, NOW, note, publishAll, R, X, Z } from '../support/machines.ts';
import { setStage } from '../support/stage.ts';

const stage = setStage();

/** When the machines here are made. */
const START = NOW - 10_000;

/** An offer that stands for a minute; accepted, it is to be paid within two. */
const OFFER = {
  id: 'offer',
  initial: 'offered',
  states: {
    offered: { after: { 60000: 'lapsed' }, on: { ACCEPT: 'accepted', RENEW: 'again' } },
    again: { on: { OFFER: 'offered' } },
    accepted: { after: { 120000: 'overdue' }, on: { PAY: 'paid' } },
    overdue: { after: { 120000: 'failed' }, on: { PAY: 'paid' } },
    paid: { type: 'final' },
    lapsed: { on: { RENEW: 'again' } },
    failed: { type: 'final' },
  },
};

/** Has something due every second, for ever. */
const BEAT = {
  initial: 'on',
  states: {
    on: { after: { 1000: { target: 'on', reenter: true } }, on: { STOP: 'off' } },
    off: {},
  },
};

const TICK = 'nsm.tick';

const publish = async (config: object = OFFER): Promise<NostrEvent> => {
  const machine = define(config, { at: START });
  await publishAll(stage.client, [machine]);
  return machine;
};

type Sent = Parameters<typeof move>[2] & { readonly after: number };

/** A transition so many seconds after the start. */
const send = (machine: NostrEvent, type: string, { after, ...said }: Sent) => {
  const event = move(machine, type, { at: START + after, ...said });
  return stage.submit(event, machine).then((submitted) => ({ event, ...submitted }));
};

const START_OF = standing(null, 0, 'offered');
const finished = (event: NostrEvent, height: number, value: string) => ({
  ...standing(event, height, value),
  status: 'done',
});

describe('a tick', () => {
  it.each([
    ['the author of the machine', C],
    ['somebody who takes part', X],
    ['a stranger', Z],
  ])('is taken from %s when a timer is due', async (_, by) => {
    const machine = await publish();
    const { event, verdict, held } = await send(machine, TICK, { by, after: 60 });
    expect(verdict).toBe('ok');
    expect(held).toEqual(standing(event, 1, 'lapsed'));
  });

  it('is refused before one is, and changes nothing (no-timer-due)', async () => {
    const machine = await publish();
    const { verdict, held } = await send(machine, TICK, { after: 59 });
    expect(verdict).toBe('invalid: no-timer-due:');
    expect(held).toEqual(START_OF);
  });

  it('is refused where no timer runs (no-timer-due)', async () => {
    const machine = await publish();
    const { event } = await send(machine, 'RENEW', { after: 10 });
    const { verdict, held } = await send(machine, TICK, { on: event, after: 9_000 });
    expect(verdict).toBe('invalid: no-timer-due:');
    expect(held).toEqual(standing(event, 1, 'again'));
  });

  it('is refused with a payload (payload-shape)', async () => {
    const machine = await publish();
    const { verdict, held } = await send(machine, TICK, { after: 60, data: {} });
    expect(verdict).toBe('invalid: payload-shape:');
    expect(held).toEqual(START_OF);
  });

  it('builds on the head like every transition (stale-head, link-missing)', async () => {
    const machine = await publish();
    const { event } = await send(machine, 'ACCEPT', { after: 10 });
    const missing = await send(machine, TICK, { after: 130 });
    expect(missing.verdict).toBe(`invalid: link-missing: head=${event.id} height=1`);
    const tick = await send(machine, TICK, { on: event, after: 130 });
    const stale = await send(machine, TICK, { on: event, by: Z, after: 131 });
    expect(stale.verdict).toBe(`invalid: stale-head: head=${tick.event.id} height=2`);
    expect(stale.held).toEqual(standing(tick.event, 2, 'overdue'));
  });

  it('is refused in a machine that has ended, where no timer runs any more', async () => {
    const machine = await publish();
    const accept = await send(machine, 'ACCEPT', { after: 10 });
    const pay = await send(machine, 'PAY', { on: accept.event, after: 20 });
    expect(pay.held).toEqual(finished(pay.event, 2, 'paid'));
    const { verdict } = await send(machine, TICK, { on: pay.event, after: 1_000 });
    expect(verdict).toBe('invalid: machine-finished:');
  });

  it('may not be dated in the future to make timers due (from-future)', async () => {
    const machine = define(OFFER, { at: NOW });
    await publishAll(stage.client, [machine]);
    const early = await stage.submit(move(machine, TICK, { at: NOW + 61 }), machine);
    expect(early.verdict).toBe('invalid: from-future: limit=60');
    const late = await stage.submit(move(machine, TICK, { at: NOW + 60 }), machine);
    expect(late.verdict).toBe('ok');
  });

  it('fires all that is due, each at its own time', async () => {
    const machine = await publish();
    const accept = await send(machine, 'ACCEPT', { after: 10 });
    const { event, held } = await send(machine, TICK, { on: accept.event, after: 5_000 });
    expect(held).toEqual(finished(event, 2, 'failed'));
  });
});

describe('a transition after a timer was due', () => {
  it('finds the state that the timer leads to', async () => {
    const machine = await publish();
    const late = await send(machine, 'ACCEPT', { after: 60 });
    expect(late.verdict).toBe('invalid: no-transition:');
    expect(late.held).toEqual(START_OF);
    const { event, verdict, held } = await send(machine, 'RENEW', { after: 60 });
    expect(verdict).toBe('ok');
    expect(held).toEqual(standing(event, 1, 'again'));
  });

  it('is refused where the timer has ended the machine (machine-finished)', async () => {
    const machine = await publish();
    const { event } = await send(machine, 'ACCEPT', { after: 10 });
    const { verdict, held } = await send(machine, 'PAY', { on: event, after: 250 });
    expect(verdict).toBe('invalid: machine-finished:');
    expect(held).toEqual(standing(event, 1, 'accepted'));
  });

  it('commits nothing when it is refused: one of an earlier time may still come', async () => {
    const machine = await publish();
    expect((await send(machine, 'ACCEPT', { after: 70 })).verdict).toBe('invalid: no-transition:');
    expect((await send(machine, 'ACCEPT', { after: 50 })).verdict).toBe('ok');
  });

  it('may not go back behind the time of the head (time-regress)', async () => {
    const machine = await publish();
    const { event } = await send(machine, TICK, { after: 500 });
    const back = await send(machine, 'RENEW', { on: event, after: 499 });
    expect(back.verdict).toBe('invalid: time-regress:');
    expect((await send(machine, 'RENEW', { on: event, after: 500 })).verdict).toBe('ok');
  });

  it('has to wait for a tick when more than 32 are due (timers-due)', async () => {
    const machine = await publish(BEAT);
    const many = await send(machine, 'STOP', { after: 33 });
    expect(many.verdict).toBe('invalid: timers-due: limit=32');
    expect(many.held).toEqual(standing(null, 0, 'on'));
    const tick = await send(machine, TICK, { by: R, after: 33 });
    expect(tick.verdict).toBe('ok');
    const { event, held } = await send(machine, 'STOP', { on: tick.event, after: 33 });
    expect(held).toEqual(standing(event, 2, 'off'));
  });

  it('starts the timers of the state it leads to from its own time', async () => {
    const machine = await publish();
    const renew = await send(machine, 'RENEW', { after: 59 });
    const offer = await send(machine, 'OFFER', { on: renew.event, after: 600 });
    const early = await send(machine, TICK, { on: offer.event, after: 659 });
    expect(early.verdict).toBe('invalid: no-timer-due:');
    const { held, event } = await send(machine, TICK, { on: offer.event, after: 660 });
    expect(held).toEqual(standing(event, 3, 'lapsed'));
  });
});

describe('nobody', () => {
  it.each(['xstate.after.60000.offer.offered', 'xstate.init', 'nsm.tock', 'nsm.tick.'])(
    'can send %s (event-type)',
    async (type) => {
      const machine = await publish();
      const { verdict } = await send(machine, type, { after: 60 });
      expect(verdict).toBe('invalid: event-type:');
    },
  );

  it('can host a machine that handles ticks itself (definition-shape)', async () => {
    const config = { initial: 'a', states: { a: { on: { 'nsm.tick': 'b' } }, b: {} } };
    const { verdict } = await stage.submit(define(config));
    expect(verdict).toMatch(/^invalid: definition-shape: path=/);
  });
});

describe('the keeper snapshot of a machine with timers', () => {
  it('says nothing of time by itself: it shows the state at the head', async () => {
    const machine = await publish();
    const { client, relay } = stage;
    const before = await keeperSnapshotOf(client, relay.self, machine.id);
    expect(JSON.parse(before?.content ?? '')).toMatchObject({ value: 'offered' });
    expect(before?.tags).toContainEqual(['n', 'ACCEPT']);
    expect(before?.tags).not.toContainEqual(['n', TICK]);
  });

  it('counts who ticked as one who takes part', async () => {
    const machine = await publish();
    await send(machine, TICK, { by: R, after: 60 });
    const { client, relay } = stage;
    const found = await client.query({ kinds: [30078], authors: [relay.self], '#p': [R.pubkey] });
    expect(found.flatMap(({ tags }) => tags)).toContainEqual(['e', machine.id]);
  });
});

describe('a snapshot of a machine with timers', () => {
  it('is right without them, for they follow from the log (snapshot-mismatch)', async () => {
    const machine = await publish();
    const { event } = await send(machine, TICK, { after: 60 });
    const tags = [
      ['d', 'mine'],
      ['e', machine.id],
      ['transition', event.id],
    ];
    const right = {
      status: 'active',
      value: 'lapsed',
      context: {},
      historyValue: {},
      children: {},
    };
    const own = (content: object) => stage.client.publish(note(30078, content, { tags }));
    expect(verdictOf(await own({ ...right, timers: [] }))).toMatch(/^invalid: snapshot-/);
    expect(verdictOf(await own(right))).toBe('ok');
  });
});
