/**
 * How transitions name their machine and the one before them, over a socket (PROTOCOL §2, §4, §7).
 *
 * Each test has a delivery machine that X accepted. A transition that is refused moves nothing; one
 * that lost a race is told the head on which to sign again.
 */

import { beforeEach, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { standing } from '../support/answers.ts';
import {
  C,
  claim,
  move,
  NOW,
  note,
  persisted,
  publishAccepted,
  publishAll,
  publishMachine,
  X,
  Z,
} from '../support/machines.ts';
import { setStage } from '../support/stage.ts';

const stage = setStage();
const UNKNOWN = 'ab'.repeat(32);

let machine: NostrEvent;
let first: NostrEvent;

/** Refused, and the machine stands where it stood. */
const refused = (verdict: string) => ({ verdict, held: standing(first, 1, 'accepted') });
/** A transition that names these machines in its `e` tags. */
const naming = (...ids: readonly string[]): NostrEvent => {
  const tags = [...ids.map((id) => ['e', id]), ['t', 'START_TRANSIT'], ['transition', first.id]];
  return note(7501, '', { by: X, tags });
};

beforeEach(async () => {
  ({ machine, first } = await publishAccepted(stage.client));
});

describe('a transition', () => {
  it('moves the head when it builds on it', async () => {
    const second = move(machine, 'START_TRANSIT', { on: first });
    const moved = standing(second, 2, 'in_transit');
    expect(await stage.submit(second, machine)).toEqual({ verdict: 'ok', held: moved });
  });

  it('is known when it comes again, on the head or below it (duplicate)', async () => {
    const again = { verdict: 'ok duplicate', held: standing(first, 1, 'accepted') };
    expect(await stage.submit(first, machine)).toEqual(again);
    const second = move(machine, 'START_TRANSIT', { on: first });
    await publishAll(stage.client, [second]);
    const below = { verdict: 'ok duplicate', held: standing(second, 2, 'in_transit') };
    expect(await stage.submit(first, machine)).toEqual(below);
  });
});

describe('a transition is refused when it names', () => {
  it('no machine (machine-ref)', async () => {
    expect(await stage.submit(naming(), machine)).toEqual(refused('invalid: machine-ref:'));
  });

  it('two machines (machine-ref)', async () => {
    const other = await publishMachine(stage.client);
    const both = naming(machine.id, other.id);
    expect(await stage.submit(both, machine)).toEqual(refused('invalid: machine-ref:'));
  });

  it('its machine in upper-case hex (machine-ref)', async () => {
    const shouted = naming(machine.id.toUpperCase());
    expect(await stage.submit(shouted, machine)).toEqual(refused('invalid: machine-ref:'));
  });

  it('a machine that nobody has seen (unknown-machine)', async () => {
    const verdict = `error: unknown-machine: missing=${UNKNOWN}`;
    expect(await stage.submit(naming(UNKNOWN), machine)).toEqual(refused(verdict));
  });

  it('a transition as its machine (machine-ref)', async () => {
    const verdict = 'invalid: machine-ref:';
    expect(await stage.submit(naming(first.id), machine)).toEqual(refused(verdict));
  });

  it('no prior although the machine has begun (link-missing)', async () => {
    const unlinked = move(machine, 'START_TRANSIT');
    const verdict = `invalid: link-missing: head=${first.id} height=1`;
    expect(await stage.submit(unlinked, machine)).toEqual(refused(verdict));
  });

  it('no prior in order to be a second first one (link-missing)', async () => {
    const rival = move(machine, 'ACCEPT', { by: Z, at: NOW - 100 });
    const verdict = `invalid: link-missing: head=${first.id} height=1`;
    expect(await stage.submit(rival, machine)).toEqual(refused(verdict));
  });

  it('two priors (link-shape)', async () => {
    const tags = [['transition', UNKNOWN]];
    const both = move(machine, 'START_TRANSIT', { on: first, tags });
    expect(await stage.submit(both, machine)).toEqual(refused('invalid: link-shape:'));
  });

  it('the machine as its prior (link-wrong-kind)', async () => {
    const onMachine = move(machine, 'START_TRANSIT', { on: machine });
    expect(await stage.submit(onMachine, machine)).toEqual(refused('invalid: link-wrong-kind:'));
  });

  it('a snapshot as its prior (link-wrong-kind)', async () => {
    const content = persisted('accepted', { executorPubKey: X.pubkey });
    const snapshot = claim(machine, content, { on: first });
    await publishAll(stage.client, [snapshot]);
    const onSnapshot = move(machine, 'START_TRANSIT', { on: snapshot });
    expect(await stage.submit(onSnapshot, machine)).toEqual(refused('invalid: link-wrong-kind:'));
  });

  it('the head of another machine as its prior (link-other-machine)', async () => {
    const other = await publishAccepted(stage.client);
    const across = move(machine, 'START_TRANSIT', { on: other.first });
    expect(await stage.submit(across, machine)).toEqual(refused('invalid: link-other-machine:'));
  });

  it('a prior that nobody has seen (orphan)', async () => {
    const early = move(machine, 'START_TRANSIT', { on: UNKNOWN });
    const verdict = `error: orphan: missing=${UNKNOWN}`;
    expect(await stage.submit(early, machine)).toEqual(refused(verdict));
  });

  it('a prior that was refused for good (link-rejected-prior)', async () => {
    const denied = move(machine, 'START_TRANSIT', { by: Z, on: first });
    expect((await stage.submit(denied, machine)).verdict).toBe('invalid: guard-denied:');
    const next = move(machine, 'DELIVER', { on: denied });
    expect(await stage.submit(next, machine)).toEqual(refused('invalid: link-rejected-prior:'));
  });
});

describe('a transition off the head', () => {
  it('is refused when another one came first (stale-head)', async () => {
    const second = move(machine, 'START_TRANSIT', { on: first });
    const rival = move(machine, 'START_TRANSIT', { on: first, at: NOW - 50 });
    await publishAll(stage.client, [second]);
    const stale = `invalid: stale-head: head=${second.id} height=2`;
    const stays = { verdict: stale, held: standing(second, 2, 'in_transit') };
    expect(await stage.submit(rival, machine)).toEqual(stays);
    // Kept as evidence, but not stored: the same bytes get the same answer.
    expect(await stage.submit(rival, machine)).toEqual(stays);
  });

  it('is refused when its prior lost a race (stale-head)', async () => {
    const second = move(machine, 'START_TRANSIT', { on: first });
    const rival = move(machine, 'START_TRANSIT', { on: first, at: NOW - 50 });
    await publishAll(stage.client, [second]);
    await stage.client.publish(rival);
    const third = move(machine, 'DELIVER', { by: C, on: rival });
    const stale = `invalid: stale-head: head=${second.id} height=2`;
    const stays = { verdict: stale, held: standing(second, 2, 'in_transit') };
    expect(await stage.submit(third, machine)).toEqual(stays);
  });

  it('is refused far below the head too, and the machine goes on (stale-head)', async () => {
    const path = [move(machine, 'START_TRANSIT', { on: first })];
    path.push(move(machine, 'DELIVER', { on: path[0] ?? null }));
    await publishAll(stage.client, path);
    const [, head] = path as [NostrEvent, NostrEvent];
    const late = move(machine, 'NOTE', { on: first, data: { note: 'late' } });
    const stale = `invalid: stale-head: head=${head.id} height=3`;
    expect(await stage.submit(late, machine)).toEqual({
      verdict: stale,
      held: standing(head, 3, 'delivered'),
    });
  });
});
