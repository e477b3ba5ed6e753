/**
 * Snapshots offered to a relay: true ones are taken from anybody, wrong ones from nobody, and a
 * custodian cannot take back what it said (PROTOCOL §6, §9).
 *
 * Each test has a delivery machine that X accepted; no snapshot ever moves its head.
 */

import { beforeEach, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { standing, verdictOf } from '../support/answers.ts';
import {
  C,
  type Claim,
  claim,
  coordinateOf,
  move,
  NOW,
  note,
  persisted,
  publishAccepted,
  publishAll,
  X,
  Z,
} from '../support/machines.ts';
import { setStage } from '../support/stage.ts';

const stage = setStage();
const designated = setStage({ machines: { publishers: 'designated' } });
const strict = setStage({ kinds: { mode: 'strict', allow: [1059] } });

const UNKNOWN = 'cd'.repeat(32);
const ACCEPTED = persisted('accepted', { executorPubKey: X.pubkey });

let machine: NostrEvent;
let first: NostrEvent;

const leaves = (verdict: string) => ({ verdict, held: standing(first, 1, 'accepted') });
/** A snapshot of the accepted machine by its custodian, unless it says otherwise. */
const accepted = (said: Claim = {}): NostrEvent => claim(machine, ACCEPTED, { on: first, ...said });
const served = (by: { pubkey: string }, d: string): Promise<NostrEvent[]> =>
  stage.client.query({ kinds: [30078], authors: [by.pubkey], '#d': [d] });

beforeEach(async () => {
  ({ machine, first } = await publishAccepted(stage.client));
});

describe('a relay takes a snapshot', () => {
  it('of the head by the custodian', async () => {
    const snapshot = accepted();
    expect(await stage.submit(snapshot, machine)).toEqual(leaves('ok'));
    expect(await served(C, coordinateOf(machine))).toEqual([snapshot]);
  });

  it('with empty further members, whatever their order', async () => {
    const { status, value, context } = JSON.parse(JSON.stringify(ACCEPTED));
    const { notes, ...keys } = context;
    const content = {
      tags: [],
      children: {},
      error: null,
      historyValue: {},
      context: { notes, ...keys },
      value,
      status,
    };
    const snapshot = claim(machine, content, { on: first });
    expect(await stage.submit(snapshot, machine)).toEqual(leaves('ok'));
  });

  it('of the initial state, which needs no transition tag', async () => {
    const snapshot = claim(machine, persisted('created'));
    expect(await stage.submit(snapshot, machine)).toEqual(leaves('ok'));
  });

  it('of the head by a stranger', async () => {
    const snapshot = accepted({ by: Z, d: machine.id });
    expect(await stage.submit(snapshot, machine)).toEqual(leaves('ok'));
  });

  it('that is older than the one served, and serves the newer one (superseded)', async () => {
    const second = move(machine, 'START_TRANSIT', { on: first });
    const moved = persisted('in_transit', { executorPubKey: X.pubkey });
    const newer = claim(machine, moved, { on: second });
    await publishAll(stage.client, [second, newer]);
    const older = accepted({ at: NOW - 10 });
    const held = standing(second, 2, 'in_transit');
    expect(await stage.submit(older, machine)).toEqual({ verdict: 'ok superseded', held });
    expect(await served(C, coordinateOf(machine))).toEqual([newer]);
  });

  it('of no machine at all: data of some application', async () => {
    const data = note(30078, 'dark', { tags: [['d', 'settings']] });
    expect(verdictOf(await stage.client.publish(data))).toBe('ok');
  });

  it('that it cannot read: a gift wrap for the key of an encrypted machine (opaque)', async () => {
    const wrap = note(1059, 'AgAA', { tags: [['p', C.pubkey]] });
    expect(await stage.submit(wrap, machine)).toEqual(leaves('ok opaque'));
  });
});

describe('a relay refuses a snapshot', () => {
  it('with a forged context, and still serves the true one (snapshot-mismatch)', async () => {
    const snapshot = accepted({ at: NOW - 10 });
    await publishAll(stage.client, [snapshot]);
    const forged = claim(machine, persisted('accepted', { executorPubKey: Z.pubkey }), {
      on: first,
    });
    const verdict = 'invalid: snapshot-mismatch: path=/context';
    expect(await stage.submit(forged, machine)).toEqual(leaves(verdict));
    expect(await served(C, coordinateOf(machine))).toEqual([snapshot]);
  });

  it('with a member that XState does not write (snapshot-mismatch)', async () => {
    const embellished = claim(machine, { ...ACCEPTED, winner: Z.pubkey }, { on: first });
    const verdict = 'invalid: snapshot-mismatch: path=/winner';
    expect(await stage.submit(embellished, machine)).toEqual(leaves(verdict));
  });

  it('of a later state without saying of which (snapshot-mismatch)', async () => {
    const verdict = 'invalid: snapshot-mismatch: path=/value';
    expect(await stage.submit(accepted({ on: null }), machine)).toEqual(leaves(verdict));
  });

  it('of a head that nobody has seen (snapshot-unknown-head)', async () => {
    const verdict = `error: snapshot-unknown-head: missing=${UNKNOWN}`;
    expect(await stage.submit(accepted({ on: UNKNOWN }), machine)).toEqual(leaves(verdict));
  });

  it('that is older than the one served, from anybody else (have-newer)', async () => {
    const stranger = { by: Z, d: machine.id };
    await publishAll(stage.client, [accepted(stranger)]);
    const older = accepted({ ...stranger, at: NOW - 10 });
    expect(await stage.submit(older, machine)).toEqual(leaves('duplicate: have-newer:'));
  });

  it('without a machine at a coordinate that is bound to one (snapshot-ref)', async () => {
    const snapshot = accepted({ at: NOW - 10 });
    await publishAll(stage.client, [snapshot]);
    const d = coordinateOf(machine);
    const blank = note(30078, '', { by: C, tags: [['d', d]] });
    expect(await stage.submit(blank, machine)).toEqual(leaves('invalid: snapshot-ref:'));
    expect(await served(C, d)).toEqual([snapshot]);
  });

  it('that would expire (snapshot-ref)', async () => {
    const expiring = accepted({ tags: [['expiration', String(NOW + 3600)]] });
    expect(await stage.submit(expiring, machine)).toEqual(leaves('invalid: snapshot-ref:'));
  });

  it('that its custodian wants to delete again (append-only)', async () => {
    const snapshot = accepted();
    await publishAll(stage.client, [snapshot]);
    const address = `30078:${C.pubkey}:${coordinateOf(machine)}`;
    for (const tag of [
      ['e', snapshot.id],
      ['a', address],
    ]) {
      const deletion = note(5, '', { by: C, tags: [tag] });
      expect(await stage.submit(deletion, machine)).toEqual(leaves('blocked: append-only:'));
    }
    expect(await served(C, coordinateOf(machine))).toEqual([snapshot]);
  });
});

describe('a relay that takes snapshots from custodians only', () => {
  it('refuses that of a stranger, however true (not-custodian)', async () => {
    const { machine, first } = await publishAccepted(designated.client);
    const held = standing(first, 1, 'accepted');
    const stranger = claim(machine, ACCEPTED, { on: first, by: Z, d: 'mine' });
    const verdict = 'restricted: not-custodian:';
    expect(await designated.submit(stranger, machine)).toEqual({ verdict, held });
    const custodian = claim(machine, ACCEPTED, { on: first });
    expect(await designated.submit(custodian, machine)).toEqual({ verdict: 'ok', held });
  });
});

describe('a relay in strict mode', () => {
  it('refuses data of applications in the same kind (kind-not-accepted)', async () => {
    const data = note(30078, 'dark', { tags: [['d', 'settings']] });
    expect(verdictOf(await strict.client.publish(data))).toBe('restricted: kind-not-accepted:');
  });

  it('takes snapshots, and gift wraps where the operator allows them', async () => {
    const { machine, first } = await publishAccepted(strict.client);
    const held = standing(first, 1, 'accepted');
    const snapshot = claim(machine, ACCEPTED, { on: first });
    expect(await strict.submit(snapshot, machine)).toEqual({ verdict: 'ok', held });
    const wrap = note(1059, 'AgAA', { tags: [['p', C.pubkey]] });
    expect(await strict.submit(wrap, machine)).toEqual({ verdict: 'ok opaque', held });
  });
});
