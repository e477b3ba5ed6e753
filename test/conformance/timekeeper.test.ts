/**
 * A relay that keeps time (`machines.timekeeper`), as its clients see it: ticks under its own key,
 * whenever a timer is due, whoever stopped it meanwhile; and none where its operator wants none.
 */

import { afterEach, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { heldBy, standing, verdictOf } from '../support/answers.ts';
import { type Client, connect } from '../support/client.ts';
import { define, move, NOW, note, publishAll, X } from '../support/machines.ts';
import { editDatabase, SPOIL_VERDICTS } from '../support/provoke-faults.ts';
import { startTestRelay, type TestRelay } from '../support/start-relay.ts';

/** Waits a minute for an answer, then for ever. */
const QUESTION = {
  initial: 'asked',
  states: {
    asked: { after: { 60000: 'dropped' }, on: { ANSWER: 'known' } },
    dropped: {},
    known: {},
  },
};

let relay: TestRelay;
let client: Client;
let time: number;

const open = async (timekeeper: boolean): Promise<void> => {
  time = NOW;
  relay = await startTestRelay({ machines: { timekeeper } }, { now: () => time });
  client = await connect(relay.url);
};
afterEach(() => relay.stop());

const ask = async (at = NOW): Promise<NostrEvent> => {
  const machine = define({ ...QUESTION }, { at });
  await publishAll(client, [machine]);
  return machine;
};

const ticks = () => client.subscribe('ticks', { kinds: [7501], authors: [relay.self] });

/** Something that happens, after which a relay looks at what is due. */
const stir = (): Promise<void> => publishAll(client, [note(1, `it is ${time}`)]);

describe('a relay that keeps time', () => {
  it('publishes the tick when a timer is due, and the state is as everybody sees it', async () => {
    await open(true);
    const [early, late] = [await ask(NOW - 10), await ask()];
    const { next } = ticks();
    time = NOW + 50;
    await stir();
    const tick = await next();
    expect(tick).toMatchObject({ pubkey: relay.self, created_at: NOW + 50, content: '' });
    expect(tick.tags).toEqual([
      ['e', early.id],
      ['t', 'nsm.tick'],
    ]);
    expect(await heldBy(client, relay.self, early.id)).toEqual(standing(tick, 1, 'dropped'));
    expect(await heldBy(client, relay.self, late.id)).toEqual(standing(null, 0, 'asked'));
  });

  it('does so at once for a machine that comes with a timer long due', async () => {
    await open(true);
    const { next } = ticks();
    const machine = await ask(NOW - 500);
    expect((await next()).tags).toContainEqual(['e', machine.id]);
  });

  it('builds the tick on the head, so that whoever answers next builds on the tick', async () => {
    await open(true);
    const states = { ...QUESTION.states, known: { after: { 1000: 'dropped' } } };
    const machine = define({ ...QUESTION, states }, { at: NOW - 30 });
    const answer = move(machine, 'ANSWER', { at: NOW - 20 });
    const { next } = ticks();
    await publishAll(client, [machine, answer]);
    const tick = await next();
    expect(tick.tags).toContainEqual(['transition', answer.id]);
    const late = await client.publish(move(machine, 'ANSWER', { on: answer }));
    expect(verdictOf(late)).toBe(`invalid: stale-head: head=${tick.id} height=2`);
  });

  it('makes up for what became due while it was stopped', async () => {
    await open(true);
    const machines = [await ask(), await ask(NOW + 1), await ask(NOW + 2)];
    await relay.restart(() => {
      time = NOW + 1_000;
    });
    client = await connect(relay.url);
    const { next } = ticks();
    const named = [await next(), await next(), await next()].flatMap(({ tags }) => tags[0] ?? []);
    expect(named.sort()).toEqual(machines.flatMap(({ id }) => ['e', id]).sort());
    const again = await client.query({ kinds: [7501], authors: [relay.self] });
    expect(again.map(({ created_at: at }) => at)).toEqual([time, time, time]);
  });

  it('leaves a frozen machine alone', async () => {
    await open(true);
    const again = { GO: { target: '.asked', reenter: true } };
    const machine = define({ ...QUESTION, on: again }, { at: NOW });
    await publishAll(client, [machine, move(machine, 'GO', { at: NOW + 1 })]);
    await relay.restart(() => {
      editDatabase(relay.dataDir, SPOIL_VERDICTS);
      time = NOW + 100;
    });
    client = await connect(relay.url);
    const { next } = ticks();
    const other = await ask(NOW + 1);
    const tick = await next();
    expect(tick.tags).toContainEqual(['e', other.id]);
    const frozen = await heldBy(client, relay.self, machine.id);
    expect(frozen).toMatchObject({ status: 'frozen', height: 1, value: 'asked' });
    expect(await client.query({ kinds: [7501], authors: [relay.self] })).toEqual([tick]);
  });
});

describe('the timekeeper of a relay', () => {
  it('takes no tick under its own key from anybody else (keeper-key)', async () => {
    await open(true);
    const machine = await ask(NOW - 59);
    const forged = { ...move(machine, 'nsm.tick', { by: X, at: NOW + 1 }), pubkey: relay.self };
    expect(verdictOf(await client.publish(forged))).toBe('restricted: keeper-key:');
  });

  it('stops with timers due, and with more to come', async () => {
    await open(true);
    for (let i = 0; i < 5; i++) await ask(NOW - 100 + i);
    await ask(NOW + 10);
    await relay.stop();
    expect(await client.ended).toEqual({ code: 1006 });
  });
});

describe('a relay that does not', () => {
  it('publishes no tick, before and after a restart', async () => {
    await open(false);
    const machine = await ask(NOW - 500);
    await stir();
    await relay.restart();
    client = await connect(relay.url);
    await stir();
    expect(await client.query({ kinds: [7501] })).toEqual([]);
    expect(await heldBy(client, relay.self, machine.id)).toEqual(standing(null, 0, 'asked'));
  });
});
