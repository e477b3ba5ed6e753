/**
 * What time makes of a state, over HTTP (PROTOCOL §5): timers due by now are applied in `projected`
 * and nowhere else, for nothing is committed until somebody sends a transition.
 */

import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { connect } from '../support/client.ts';
import { editDatabase } from '../support/provoke-faults.ts';
import { startTestRelay } from '../support/start-relay.ts';
import { ask, definition, NOW, publishAll, START, transition } from './job.ts';

let time = NOW;
const relay = await startTestRelay({}, { now: () => time });
const client = await connect(relay.url);
afterAll(() => relay.stop());

beforeEach(() => {
  time = NOW;
});

/** Rings after a minute, and gives up a minute later. */
const ALARM = {
  id: 'alarm',
  initial: 'set',
  context: { rung: 0 },
  meta: { nsm: { v: 1, actions: { ring: [{ set: ['rung', { var: 'at' }] }] } } },
  states: {
    set: { after: { 60000: { target: 'rings', actions: 'ring' } }, on: { OFF: 'off' } },
    rings: { after: { 60000: 'gone' }, on: { OFF: 'off' } },
    off: { on: { SET: 'set' } },
    gone: { type: 'final' },
  },
};

const ENDLESS = {
  initial: 'a',
  context: { n: 0 },
  meta: { nsm: { v: 1, actions: { add: [{ inc: ['n', 1] }] } } },
  states: { a: { after: { 1000: { target: 'a', reenter: true, actions: 'add' } } } },
};

let made = 0;
const publish = async (config: object, at = NOW): Promise<NostrEvent> => {
  const machine = definition({ config: { ...config, description: `${++made}` }, at });
  await publishAll(client, [machine]);
  return machine;
};

type State = { readonly projected: object; readonly [name: string]: unknown };

const stateOf = async ({ id }: NostrEvent, query = '?projected=true') =>
  (await ask<State>(relay, `/api/v1/machines/${id}/state${query}`)).json;

const SET = { status: 'active', value: 'set', context: { rung: 0 }, more_due: false };

describe('the projected state', () => {
  it('is the state itself as long as no timer is due', async () => {
    const alarm = await publish(ALARM);
    time = NOW + 59;
    expect((await stateOf(alarm)).projected).toEqual({ at: NOW + 59, ...SET });
  });

  it('has due timers applied, each at its own time, and the state beside it not', async () => {
    const alarm = await publish(ALARM);
    const before = await stateOf(alarm, '');
    time = NOW + 100;
    const { projected, ...committed } = await stateOf(alarm);
    expect(projected).toEqual({
      ...{ at: NOW + 100, status: 'active', value: 'rings', more_due: false },
      context: { rung: NOW + 60 },
    });
    expect(committed).toEqual(before);
    expect(committed).toMatchObject({
      ...{ status: 'active', value: 'set', height: 0, revision: 1 },
      timers: [{ event: 'xstate.after.60000.alarm.set', due: NOW + 60 }],
    });
  });

  it('may be that of a machine that has ended', async () => {
    const alarm = await publish(ALARM);
    time = NOW + 120;
    const { status, projected } = await stateOf(alarm);
    expect(status).toBe('active');
    expect(projected).toMatchObject({ status: 'done', value: 'gone' });
  });

  it('is committed by a tick', async () => {
    const alarm = await publish(ALARM);
    time = NOW + 70;
    const { projected } = await stateOf(alarm);
    const { value, context } = projected as Record<string, unknown>;
    await publishAll(client, [transition(alarm, 'nsm.tick', { at: time })]);
    const ticked = await stateOf(alarm);
    expect(ticked).toMatchObject({ value, context, height: 1, projected });
  });

  it('is that of a time that is asked for, past or to come', async () => {
    const alarm = await publish(ALARM);
    await publishAll(client, [transition(alarm, 'OFF', { at: NOW + 10 })]);
    const at = (seconds: number) => stateOf(alarm, `?projected=true&at_time=${NOW + seconds}`);
    expect(await at(5)).toMatchObject({ value: 'set', projected: { at: NOW + 5, ...SET } });
    expect(await at(1_000)).toMatchObject({ value: 'off', projected: { value: 'off' } });
    const other = await publish(ALARM);
    const later = await stateOf(other, `?projected=true&at_time=${NOW + 90}`);
    expect(later).toMatchObject({ value: 'set', projected: { at: NOW + 90, value: 'rings' } });
  });

  it('is never of a time before its node', async () => {
    const alarm = await publish(ALARM, NOW + 30);
    expect((await stateOf(alarm)).projected).toMatchObject({ at: NOW + 30, value: 'set' });
  });

  it('says when more timers are due than a tick fires', async () => {
    const endless = await publish(ENDLESS, START);
    expect((await stateOf(endless)).projected).toEqual({
      ...{ at: NOW, status: 'active', value: 'a', context: { n: 32 }, more_due: true },
    });
  });

  it('stands still where the machine is frozen', async () => {
    const own = await startTestRelay({}, { now: () => NOW + 100 });
    const alarm = definition({ config: ALARM, at: NOW });
    await publishAll(await connect(own.url), [alarm]);
    const frozen = JSON.stringify({ at: null, cause: 'operator' });
    await own.restart(() => editDatabase(own.dataDir, `UPDATE machine SET frozen = '${frozen}'`));
    const path = `/api/v1/machines/${alarm.id}/state?projected=true`;
    const { status, projected } = (await ask<State>(own, path)).json;
    await own.stop();
    expect(status).toBe('frozen');
    expect(projected).toEqual({ ...SET, at: NOW + 100, status: 'frozen' });
  });
});

describe('an answer with the projected state', () => {
  const head = async (query: string, headers: Record<string, string> = {}) => {
    const alarm = await publish(ALARM);
    const path = `/api/v1/machines/${alarm.id}/state${query}`;
    const plain = await ask(relay, path.replace(query, ''));
    const tag = plain.headers.get('etag') ?? '';
    const asked = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, value.replace('TAG', tag)]),
    );
    return ask(relay, path, { headers: asked });
  };

  it('has no ETag, for it changes with the clock', async () => {
    const { status, headers } = await head('?projected=true');
    expect(status).toBe(200);
    expect(headers.get('etag')).toBeNull();
    expect(headers.get('cache-control')).toBe('no-cache');
  });

  it.each(['TAG', '*'])('is always given whole, whatever a client has (%s)', async (tag) => {
    expect((await head('?projected=true', { 'If-None-Match': tag })).status).toBe(200);
    expect((await head('', { 'If-None-Match': tag })).status).toBe(304);
  });

  it('is given only on demand', async () => {
    expect((await head('')).json).not.toHaveProperty('projected');
    expect((await head('?projected=false')).json).not.toHaveProperty('projected');
    expect((await head('?projected=yes')).status).toBe(400);
  });
});
