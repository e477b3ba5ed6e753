/**
 * The record of a machine outlives what anybody would rather have unsaid (PROTOCOL §2, §7, §9), and
 * does not depend on what happened to arrive before it.
 */

import { describe, expect, it } from 'vitest';
import { standing, verdictOf } from '../support/answers.ts';
import {
  C,
  claim,
  coordinateOf,
  define,
  move,
  NOW,
  note,
  persisted,
  publishAccepted,
  publishAll,
  R,
  X,
  Z,
} from '../support/machines.ts';
import { setStage } from '../support/stage.ts';

const stage = setStage();
const submit = async (event: Parameters<typeof stage.client.publish>[0]): Promise<string> =>
  verdictOf(await stage.client.publish(event));
const find = (id: string) => stage.client.query({ ids: [id] });

describe('a deletion that came before what it names', () => {
  it('has no effect on a definition', async () => {
    const machine = define();
    await publishAll(stage.client, [note(5, '', { by: C, tags: [['e', machine.id]] })]);
    const held = standing(null, 0, 'created');
    expect(await stage.submit(machine)).toEqual({ verdict: 'ok', held });
    expect(await find(machine.id)).toEqual([machine]);
  });

  it('has no effect on a transition', async () => {
    const { machine, first } = await publishAccepted(stage.client);
    const second = move(machine, 'START_TRANSIT', { on: first });
    await publishAll(stage.client, [note(5, '', { by: X, tags: [['e', second.id]] })]);
    const held = standing(second, 2, 'in_transit');
    expect(await stage.submit(second, machine)).toEqual({ verdict: 'ok', held });
    expect(await find(second.id)).toEqual([second]);
  });
});

describe('a deletion of a definition', () => {
  it('is refused, and so is all else that it names (append-only)', async () => {
    const { machine } = await publishAccepted(stage.client);
    const letter = note(1, 'unrelated', { by: C });
    await publishAll(stage.client, [letter]);
    const both = [machine, letter].map(({ id }) => ['e', id]);
    expect(await submit(note(5, '', { by: C, tags: both }))).toBe('blocked: append-only:');
    expect(await find(machine.id)).toEqual([machine]);
    expect(await find(letter.id)).toEqual([letter]);
  });
});

describe('snapshots that came before their machine', () => {
  it('are judged when it arrives, and the wrong ones are dropped', async () => {
    const machine = define();
    const right = claim(machine, persisted('created'), { by: R, d: 'early' });
    const wrong = claim(machine, persisted('completed'), { by: Z, d: 'early' });
    await publishAll(stage.client, [right, wrong, machine]);
    const found = await stage.client.query({ kinds: [30078], '#d': ['early'] });
    expect(found).toEqual([right]);
  });

  it('are refused when they name a head, since nobody can know it (unknown-machine)', async () => {
    const machine = define();
    const early = claim(machine, persisted('accepted'), { on: 'ab'.repeat(32) });
    expect(await submit(early)).toBe(`error: unknown-machine: missing=${machine.id}`);
  });

  it('do not bind a coordinate that somebody else named', async () => {
    const tags = [['state', `30078:${R.pubkey}:settings`]];
    await publishAll(stage.client, [define(undefined, { tags })]);
    const settings = note(30078, '{"theme":"dark"}', { by: R, tags: [['d', 'settings']] });
    expect(await submit(settings)).toBe('ok');
  });

  it('bind a coordinate once its owner has said what is so (snapshot-ref)', async () => {
    const machine = define();
    await publishAll(stage.client, [machine, claim(machine, persisted('created'))]);
    const settings = note(30078, '', { by: C, at: NOW + 1, tags: [['d', coordinateOf(machine)]] });
    expect(await submit(settings)).toBe('invalid: snapshot-ref:');
  });
});

describe('a transition that lost a race', () => {
  it('is kept as evidence, and found by its id and nothing else', async () => {
    const { machine, first } = await publishAccepted(stage.client);
    const second = move(machine, 'START_TRANSIT', { on: first });
    await publishAll(stage.client, [second]);
    const rival = move(machine, 'START_TRANSIT', { on: first, at: NOW - 1 });
    expect(await submit(rival)).toMatch(/stale-head/);
    const chain = [second, first];
    expect(await stage.client.query({ kinds: [7501], '#e': [machine.id] })).toEqual(chain);
    expect(await stage.client.query({ authors: [X.pubkey], '#e': [machine.id] })).toEqual(chain);
    expect(await find(rival.id)).toEqual([rival]);
  });

  it('gets the same answer as the ninth sibling, which is not kept (stale-head)', async () => {
    const { machine, first } = await publishAccepted(stage.client);
    const second = move(machine, 'START_TRANSIT', { on: first });
    await publishAll(stage.client, [second]);
    for (let sibling = 0; sibling < 9; sibling++) {
      const rival = move(machine, 'START_TRANSIT', { on: first, at: NOW - 10 + sibling });
      expect(await submit(rival)).toBe(`invalid: stale-head: head=${second.id} height=2`);
    }
  });
});
