/**
 * Undoing a finished contract by grinding an id (research behind PROTOCOL §7): a stranger signs a
 * second first transition until its id is lower than the honest one's.
 */

import { describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { standing } from '../support/answers.ts';
import {
  claim,
  DELIVERY,
  define,
  move,
  NOW,
  persisted,
  publishAll,
  R,
  X,
  Z,
} from '../support/machines.ts';
import { setStage } from '../support/stage.ts';

const stage = setStage();

/** A delivery in dag mode that X has carried out and R has confirmed. */
async function publishCompleted(): Promise<{ machine: NostrEvent; path: readonly NostrEvent[] }> {
  const { tags } = define();
  const machine = define(DELIVERY, { tags: [...tags, ['forks', 'dag']] });
  const path = [move(machine, 'ACCEPT', { at: NOW - 100 })];
  for (const type of ['START_TRANSIT', 'DELIVER', 'CONFIRM'] as const) {
    const by = type === 'CONFIRM' ? R : X;
    path.push(move(machine, type, { by, on: path.at(-1) ?? null }));
  }
  await publishAll(stage.client, [machine, ...path]);
  return { machine, path };
}

/** A second ACCEPT by a stranger, signed again and again until its id is lower. */
function grind(machine: NostrEvent, honest: NostrEvent | undefined): NostrEvent {
  for (let nonce = 0; ; nonce++) {
    const tags = [['nonce', `${nonce}`]];
    const rival = move(machine, 'ACCEPT', { by: Z, at: NOW - 99, tags });
    if (honest && rival.id < honest.id) return rival;
  }
}

describe('a stranger who grinds an id', () => {
  it('undoes a completed delivery where the lowest id is all there is', async () => {
    const { machine, path } = await publishCompleted();
    const ground = grind(machine, path[0]);
    const held = standing(ground, 1, 'accepted');
    expect(await stage.submit(ground, machine)).toEqual({ verdict: 'ok side-branch', held });
  });

  it('undoes nothing of what the custodian has endorsed', async () => {
    const { machine, path } = await publishCompleted();
    const head = path.at(-1) ?? null;
    const content = persisted('completed', { executorPubKey: X.pubkey }, 'done');
    await publishAll(stage.client, [claim(machine, content, { on: head })]);
    const ground = grind(machine, path[0]);
    const held = { ...standing(head, 4, 'completed'), status: 'done' };
    expect(await stage.submit(ground, machine)).toEqual({ verdict: 'ok side-branch', held });
  });
});
