/**
 * Syncs between two relays: what is carried, in which order, and what is never carried twice.
 */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { authenticate } from '../support/authenticate.ts';
import { type Chain, chainOf, siblingOf } from '../support/chains.ts';
import {
  C,
  claim,
  define,
  NOW,
  note,
  persisted,
  publishAll,
  publishMachine,
  Z,
} from '../support/machines.ts';
import { randomFrom } from '../support/random.ts';
import { holdingsOf, type Side, startSide, stopSide, syncSides } from './two-relays.ts';

let ours: Side;
let theirs: Side;
const open: Side[] = [];

beforeEach(async () => {
  [ours, theirs] = await Promise.all([startSide(), startSide()]);
  open.push(ours, theirs);
});
afterEach(async () => {
  await Promise.all(open.splice(0).map(stopSide));
});

const NONE = { accepted: 0, duplicate: 0, refused: 0, codes: [] };
const give = ({ client }: Side, events: readonly NostrEvent[]) => publishAll(client, events);
const giveChain = (side: Side, { definition, transitions }: Chain, length: number) =>
  give(side, [definition, ...transitions.slice(0, length)]);

describe('a sync', () => {
  it('makes both hold what either held, and stand where the longer chain stands', async () => {
    const random = randomFrom(7);
    for (let i = 0; i < 6; i++) {
      const chain = chainOf(12);
      if (i !== 1) await giveChain(ours, chain, random.below(13));
      if (i !== 2) await giveChain(theirs, chain, random.below(13));
    }
    const notes = Array.from({ length: 300 }, (_, i) => note(1, `${i}`, { at: NOW - i }));
    for (const event of notes) await give(random.chance(50) ? ours : theirs, [event]);
    await syncSides(ours, theirs);
    const { ids, heads } = holdingsOf(ours);
    expect(holdingsOf(theirs)).toEqual({ ids, heads });
    expect(ids).toEqual(expect.arrayContaining(notes.map(({ id }) => id)));
    expect(await syncSides(ours, theirs)).toEqual({ down: NONE, up: NONE });
    expect(await syncSides(theirs, ours)).toEqual({ down: NONE, up: NONE });
  });

  it.each([
    ['down', { isUp: false }],
    ['up', { isDown: false }],
  ])('goes only %s when that is asked', async (way, asked) => {
    await give(ours, [note(1, 'ours')]);
    await give(theirs, [note(1, 'theirs')]);
    const result = await syncSides(ours, theirs, asked);
    const one = { ...NONE, accepted: 1 };
    expect(result).toEqual(way === 'down' ? { down: one, up: NONE } : { down: NONE, up: one });
  });

  it('carries only what its filter matches', async () => {
    const chain = chainOf(5);
    await giveChain(theirs, chain, 5);
    await give(theirs, [note(1, 'a'), note(7, 'b')]);
    await syncSides(ours, theirs, { filter: { kinds: [7] } });
    expect(holdingsOf(ours).ids).toHaveLength(1);
    await syncSides(ours, theirs, { filter: { kinds: [7_500, 7_501] } });
    expect(holdingsOf(ours).heads).toEqual(holdingsOf(theirs).heads);
  });

  it('brings snapshots after the chain they are about', async () => {
    const machine = await publishMachine(theirs.client);
    await give(theirs, [claim(machine, persisted('created'), { by: C })]);
    expect((await syncSides(ours, theirs)).down).toEqual({ ...NONE, accepted: 2 });
    expect(holdingsOf(ours)).toEqual(holdingsOf(theirs));
  });

  it('reconciles time by time where a set would be too large', async () => {
    const small = await startSide({ negentropy: { recordsMax: 20 } });
    open.push(small);
    const notes = Array.from({ length: 150 }, (_, i) => note(1, `${i}`, { at: NOW - 1_000 * i }));
    await give(small, notes.slice(0, 100));
    await give(ours, notes.slice(80));
    expect(await syncSides(ours, small)).toEqual({
      ...{ down: { ...NONE, accepted: 80 }, up: { ...NONE, accepted: 50 } },
    });
    expect(holdingsOf(small)).toEqual(holdingsOf(ours));
  });

  it('reads everything where the other relay does not reconcile', async () => {
    const plain = await startSide({ negentropy: { enabled: false }, limits: { limitMax: 500 } });
    open.push(plain);
    await giveChain(plain, chainOf(9), 9);
    await giveChain(ours, chainOf(9), 4);
    const notes = Array.from({ length: 1_200 }, (_, i) => note(1, `${i}`, { at: NOW - (i % 7) }));
    await Promise.all(notes.slice(0, 900).map((event) => plain.client.publish(event)));
    await Promise.all(notes.slice(800).map((event) => ours.client.publish(event)));
    // Found out by asking, and said beforehand.
    await syncSides(ours, plain);
    expect(holdingsOf(plain)).toEqual(holdingsOf(ours));
    const again = await syncSides(ours, plain, { isPaged: true });
    expect(again).toEqual({ down: NONE, up: NONE });
  });
});

describe('what is refused', () => {
  it('is offered once, not in every sync', async () => {
    const chains = Array.from({ length: 4 }, () => chainOf(6));
    for (const chain of chains) {
      await giveChain(ours, chain, 6);
      await give(theirs, [chain.definition, siblingOf(chain)]);
    }
    const first = await syncSides(ours, theirs);
    expect(first.down).toMatchObject({ accepted: 0, refused: 4 });
    expect(first.up).toMatchObject({ accepted: 0, refused: 24 });
    const before = [holdingsOf(ours), holdingsOf(theirs)];
    expect(await syncSides(ours, theirs)).toEqual({ down: NONE, up: NONE });
    expect([holdingsOf(ours), holdingsOf(theirs)]).toEqual(before);
  });

  it('is remembered apart for each relay', async () => {
    const chain = chainOf(1);
    await giveChain(ours, chain, 1);
    await give(theirs, [chain.definition, siblingOf(chain)]);
    await syncSides(ours, theirs);
    const third = await startSide();
    open.push(third);
    expect((await syncSides(ours, third)).up).toEqual({ ...NONE, accepted: 2 });
  });
});

describe('what stays home', () => {
  it('is a protected event, which only its author may publish', async () => {
    await authenticate(theirs.client, theirs.relay.url, Z);
    await authenticate(ours.client, ours.relay.url, Z);
    await give(theirs, [note(1, 'theirs', { tags: [['-']] })]);
    await give(ours, [note(1, 'ours', { tags: [['-']] })]);
    for (let i = 0; i < 2; i++) {
      expect(await syncSides(ours, theirs)).toEqual({ down: NONE, up: NONE });
    }
  });

  it('is an encrypted event, read in pages or reconciled', async () => {
    await give(theirs, [note(1_059, 'x', { tags: [['p', Z.pubkey]] })]);
    await give(ours, [note(7_502, 'x', { tags: [['p', Z.pubkey]] })]);
    for (const isPaged of [false, true]) {
      expect(await syncSides(ours, theirs, { isPaged })).toEqual({ down: NONE, up: NONE });
    }
  });

  it('is a keeper snapshot, even where pages are full of them', async () => {
    const machines = [define(), define()];
    await give(theirs, machines);
    await syncSides(ours, theirs, { isPaged: true });
    const snapshots = await ours.client.query({ kinds: [30_078] });
    expect(new Set(snapshots.map(({ pubkey }) => pubkey))).toEqual(new Set([ours.relay.self]));
    expect(await syncSides(ours, theirs, { isPaged: true })).toEqual({ down: NONE, up: NONE });
  });
});
