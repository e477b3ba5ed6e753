/**
 * Two connections at the same moment (PROTOCOL §4, §7): one storing transaction decides, so there
 * is exactly one winner, and whoever lost learns at once on what to sign again.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { heldBy, standing, verdictOf } from '../support/answers.ts';
import type { Client } from '../support/client.ts';
import {
  define,
  move,
  NOW,
  note,
  publishAccepted,
  publishMachine,
  X,
  Z,
} from '../support/machines.ts';
import { setStage } from '../support/stage.ts';

const ROUNDS = 200;
const DUPLICATES = 50;

const stage = setStage();
let left: Client;
let right: Client;

/** What two clients are told who each publish an event at the same time. */
const race = async (ours: NostrEvent, theirs: NostrEvent): Promise<readonly string[]> => {
  const answers = await Promise.all([left.publish(ours), right.publish(theirs)]);
  return answers.map(verdictOf);
};

beforeAll(async () => {
  [left, right] = await Promise.all([stage.another(), stage.another()]);
});

describe('of two transitions on one head', () => {
  it(`exactly one is taken and becomes the head, ${ROUNDS} times (stale-head)`, async () => {
    const { machine, first } = await publishAccepted(stage.client);
    const feed = await stage.another();
    const accepted = feed.subscribe('chain', { kinds: [7501], '#e': [machine.id] });
    await accepted.stored();
    const chain: NostrEvent[] = [first];
    for (let round = 0; round < ROUNDS; round++) {
      const on = chain.at(-1) ?? null;
      const siblings = ['left', 'right'].map((side) =>
        move(machine, 'NOTE', { on, data: { note: `${side} ${round}` } }),
      ) as [NostrEvent, NostrEvent];
      const verdicts = await race(...siblings);
      const winner = siblings[verdicts.indexOf('ok')];
      const stale = `invalid: stale-head: head=${winner?.id} height=${round + 2}`;
      expect([...verdicts].sort()).toEqual([stale, 'ok']);
      if (winner) chain.push(winner);
    }
    const head = chain.at(-1) ?? null;
    const held = await heldBy(stage.client, stage.relay.self, machine.id);
    expect(held).toEqual(standing(head, ROUNDS + 1, 'accepted'));
    const heard = (await feed.unread()).map(([, , event]) => event);
    expect(heard).toEqual(chain.slice(1));
  });

  it('exactly one is the first of its machine (link-missing)', async () => {
    for (let round = 0; round < 20; round++) {
      const machine = await publishMachine(stage.client);
      const siblings = [X, Z].map((by) => move(machine, 'ACCEPT', { by })) as [
        NostrEvent,
        NostrEvent,
      ];
      const verdicts = await race(...siblings);
      const winner = siblings[verdicts.indexOf('ok')];
      const missing = `invalid: link-missing: head=${winner?.id} height=1`;
      expect([...verdicts].sort()).toEqual([missing, 'ok']);
    }
  });

  it('the loser is taken when it signs again on the head it was told', async () => {
    const { machine, first } = await publishAccepted(stage.client);
    const siblings = ['a', 'b'].map((text) =>
      move(machine, 'NOTE', { on: first, data: { note: text } }),
    ) as [NostrEvent, NostrEvent];
    const verdicts = await race(...siblings);
    const [head] = /(?<=head=)[0-9a-f]{64}/.exec(verdicts.join()) ?? [];
    const [loser] = siblings.filter((_, i) => verdicts[i] !== 'ok');
    const again = move(machine, 'NOTE', { on: head ?? null, data: loser?.content ?? '' });
    expect(verdictOf(await stage.client.publish(again))).toBe('ok');
  });
});

describe('one event from two connections', () => {
  it(`is stored once, sent to subscribers once and true twice, ${DUPLICATES} times`, async () => {
    const feed = await stage.another();
    const live = feed.subscribe('live', { kinds: [1] });
    await live.stored();
    const events = Array.from({ length: DUPLICATES }, (_, i) =>
      note(1, `twice ${i}`, { at: NOW - i }),
    );
    for (const event of events) {
      expect((await race(event, event)).toSorted()).toEqual(['ok', 'ok duplicate']);
    }
    expect((await feed.unread()).map(([, , event]) => event)).toEqual(events);
    expect(await stage.client.query({ kinds: [1] })).toEqual(events);
  });

  it('moves its machine once', async () => {
    const { machine, first } = await publishAccepted(stage.client);
    const second = move(machine, 'START_TRANSIT', { on: first });
    expect((await race(second, second)).toSorted()).toEqual(['ok', 'ok duplicate']);
    const held = await heldBy(stage.client, stage.relay.self, machine.id);
    expect(held).toEqual(standing(second, 2, 'in_transit'));
  });
});

describe('events of one connection', () => {
  it('are judged in the order in which they were sent, without waiting for answers', async () => {
    const { machine, first } = await publishAccepted(stage.client);
    const chain = [first];
    for (let i = 0; i < 50; i++) {
      chain.push(move(machine, 'NOTE', { on: chain.at(-1) ?? null, data: { note: `${i}` } }));
    }
    const answers = await Promise.all(chain.slice(1).map((event) => left.publish(event)));
    expect(new Set(answers.map(verdictOf))).toEqual(new Set(['ok']));
    const held = await heldBy(stage.client, stage.relay.self, machine.id);
    expect(held).toEqual(standing(chain.at(-1) ?? null, 51, 'accepted'));
  });

  it('may begin with the definition of their machine', async () => {
    const machine = define();
    const first = move(machine, 'ACCEPT');
    const second = move(machine, 'START_TRANSIT', { on: first });
    const answers = await Promise.all([machine, first, second].map((event) => left.publish(event)));
    expect(answers.map(verdictOf)).toEqual(['ok', 'ok', 'ok']);
  });
});
