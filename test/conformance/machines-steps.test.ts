/**
 * What a transition does to its machine and what it may not, over a socket (PROTOCOL §4, §5, §9).
 *
 * Each test has a delivery machine that X accepted a hundred seconds ago. Whatever is refused
 * leaves head and state as they were. That an action writes what is not JSON (`undefined`, NaN) is
 * not tried here, because the rules language has no such values; see `state-not-json` in
 * refusals.test.ts.
 */

import { beforeEach, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { standing } from '../support/answers.ts';
import {
  C,
  type Move,
  move,
  NOW,
  note,
  publishAccepted,
  publishAll,
  publishMachine,
  R,
  X,
  Z,
} from '../support/machines.ts';
import { setStage } from '../support/stage.ts';

const stage = setStage();

let machine: NostrEvent;
let first: NostrEvent;

const refused = (verdict: string) => ({ verdict, held: standing(first, 1, 'accepted') });
/** START_TRANSIT by X on the head, unless it says otherwise. */
const next = (said: Move = {}, type = 'START_TRANSIT'): NostrEvent =>
  move(machine, type, { on: first, ...said });

beforeEach(async () => {
  ({ machine, first } = await publishAccepted(stage.client));
});

describe('a transition is refused when its type', () => {
  it.each([
    ['is missing (event-type)', [['t']]],
    [
      'is there twice (event-type)',
      [
        ['t', 'START_TRANSIT'],
        ['t', 'NOTE'],
      ],
    ],
    ['would stop the engine: xstate.stop (event-type)', [['t', 'xstate.stop']]],
    [
      'is a forged event of the engine (event-type)',
      [['t', 'xstate.done.state.delivery.accepted']],
    ],
    ['is * (event-type)', [['t', '*']]],
  ])('%s', async (_, types) => {
    const tags = [['e', machine.id], ...types, ['transition', first.id]];
    const event = note(7501, '', { by: X, tags });
    expect(await stage.submit(event, machine)).toEqual(refused('invalid: event-type:'));
  });
});

describe('a transition is refused when the state', () => {
  it('does not take its type (no-transition)', async () => {
    const verdict = 'invalid: no-transition:';
    expect(await stage.submit(next({ by: R }, 'CONFIRM'), machine)).toEqual(refused(verdict));
  });

  it('leads to itself and nothing changes (no-change)', async () => {
    const verdict = 'invalid: no-change:';
    expect(await stage.submit(next({}, 'PING'), machine)).toEqual(refused(verdict));
  });

  it('is written with what it has already (no-change)', async () => {
    const verdict = 'invalid: no-change:';
    expect(await stage.submit(next({}, 'PING2'), machine)).toEqual(refused(verdict));
  });

  it('lets somebody else do this (guard-denied)', async () => {
    const verdict = 'invalid: guard-denied:';
    expect(await stage.submit(next({ by: Z }), machine)).toEqual(refused(verdict));
  });

  it('is the last one (machine-finished)', async () => {
    const other = await publishMachine(stage.client);
    const cancel = move(other, 'CANCEL', { by: C, at: NOW - 100 });
    const canceled = { head: cancel.id, height: 1, status: 'done', value: 'canceled' };
    expect(await stage.submit(cancel, other)).toEqual({ verdict: 'ok', held: canceled });
    const accept = move(other, 'ACCEPT', { on: cancel });
    const verdict = 'invalid: machine-finished:';
    expect(await stage.submit(accept, other)).toEqual({ verdict, held: canceled });
  });
});

describe('a transition is refused when its payload', () => {
  it.each([
    [
      'says who signs it (payload-shape)',
      { inputterPubKey: X.pubkey },
      'invalid: payload-shape: path=/inputterPubKey',
    ],
    ['says what it is (payload-shape)', { type: 'CONFIRM' }, 'invalid: payload-shape: path=/type'],
    [
      'has a member named __proto__ (forbidden-key)',
      '{"__proto__":{"note":"x"}}',
      'invalid: forbidden-key: path=/__proto__',
    ],
    ['is a list (payload-shape)', '[1]', 'invalid: payload-shape:'],
    ['is plain text (payload-json)', 'on my way', 'invalid: payload-json:'],
    ['holds 1e400 (number-range)', '{"note":1e400}', 'invalid: number-range: path=/note'],
    [
      'holds an integer above 2^53 (number-range)',
      '{"note":9007199254740993}',
      'invalid: number-range: path=/note',
    ],
    [
      'is larger than 8 KiB (payload-limits)',
      { note: 'x'.repeat(9_000) },
      'invalid: payload-limits: limit=8192',
    ],
  ])('%s', async (_, data, verdict) => {
    const event = next({ by: Z, data }, 'NOTE');
    expect(await stage.submit(event, machine)).toEqual(refused(verdict));
  });

  it('but one of exactly 8 KiB is taken', async () => {
    const data = { note: 'x'.repeat(8_192 - '{"note":""}'.length) };
    const event = next({ data }, 'NOTE');
    expect(await stage.submit(event, machine)).toEqual({
      verdict: 'ok',
      held: standing(event, 2, 'accepted'),
    });
  });
});

describe('the time of a transition', () => {
  it('may not lie an hour ahead of the clock (from-future)', async () => {
    const verdict = 'invalid: from-future: limit=60';
    expect(await stage.submit(next({ at: NOW + 3600 }), machine)).toEqual(refused(verdict));
    expect(await stage.submit(next({ at: NOW + 61 }), machine)).toEqual(refused(verdict));
  });

  it('may lie a minute ahead of the clock', async () => {
    const event = next({ at: NOW + 60 });
    const moved = standing(event, 2, 'in_transit');
    expect(await stage.submit(event, machine)).toEqual({ verdict: 'ok', held: moved });
  });

  it('may not be a second before that of its prior (time-regress)', async () => {
    const early = next({ at: first.created_at - 1 });
    expect(await stage.submit(early, machine)).toEqual(refused('invalid: time-regress:'));
  });

  it('may be that of its prior', async () => {
    const event = next({ at: first.created_at });
    const moved = standing(event, 2, 'in_transit');
    expect(await stage.submit(event, machine)).toEqual({ verdict: 'ok', held: moved });
  });

  it('may not be that of a first one before its machine (time-regress)', async () => {
    const other = await publishMachine(stage.client);
    const early = move(other, 'ACCEPT', { at: other.created_at - 1 });
    const held = standing(null, 0, 'created');
    const verdict = 'invalid: time-regress:';
    expect(await stage.submit(early, other)).toEqual({ verdict, held });
  });
});

describe('a transition that says something about itself', () => {
  it('is refused when it would expire (expiring)', async () => {
    const event = next({ tags: [['expiration', String(NOW + 3600)]] });
    expect(await stage.submit(event, machine)).toEqual(refused('invalid: expiring:'));
  });

  it('is refused when a byte of its signature is another (bad-signature)', async () => {
    const event = next();
    const [last] = event.sig.slice(-1);
    const forged = { ...event, sig: `${event.sig.slice(0, -1)}${last === '0' ? '1' : '0'}` };
    expect(await stage.submit(forged, machine)).toEqual(refused('invalid: bad-signature:'));
    expect((await stage.submit(event, machine)).verdict).toBe('ok');
  });

  it('cannot be deleted, not even by its author (append-only)', async () => {
    const deletion = note(5, '', { by: X, tags: [['e', first.id]] });
    expect(await stage.submit(deletion, machine)).toEqual(refused('blocked: append-only:'));
    expect(await stage.client.query({ ids: [first.id] })).toEqual([first]);
    const second = next();
    await publishAll(stage.client, [second]);
  });
});
