/**
 * Computed state over plain NIP-01 (PROTOCOL §8): one signed snapshot for each machine, which any
 * client can ask for with ordinary filters, stored or live.
 */

import { verifyEvent } from 'nostr-tools/pure';
import { beforeEach, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { BUNDLED_RULES as RULES } from '../../src/nsm/rule-set.ts';
import { keeperSnapshotOf } from '../support/answers.ts';
import {
  C,
  define,
  move,
  NOW,
  persisted,
  publishAccepted,
  publishAll,
  publishMachine,
  R,
  X,
  Z,
} from '../support/machines.ts';
import { setStage } from '../support/stage.ts';

const stage = setStage();

/** What happens to an accepted machine, and where it is then. */
const PATH = [
  ['START_TRANSIT', 'in_transit'],
  ['DELIVER', 'delivered'],
  ['CONFIRM', 'completed'],
] as const;

let machine: NostrEvent;
let first: NostrEvent;

const snapshotOf = ({ id }: NostrEvent) => keeperSnapshotOf(stage.client, stage.relay.self, id);
const tagOf = ({ tags }: NostrEvent, wanted: string): string =>
  tags.find(([name]) => name === wanted)?.[1] ?? '';
const headOf = (event: NostrEvent): string => tagOf(event, 'transition');
/** The machines whose keeper snapshots a filter finds, of those in these tests. */
const found = async (filter: object): Promise<readonly string[]> => {
  const kept = { kinds: [30078], authors: [stage.relay.self] };
  const events = await stage.client.query({ ...kept, ...filter });
  return events.map(({ tags }) => tags.find(([name]) => name === 'e')?.[1] ?? '');
};

beforeEach(async () => {
  ({ machine, first } = await publishAccepted(stage.client));
});

describe('a keeper snapshot', () => {
  it('says where its machine stands, in tags and as XState would', async () => {
    const snapshot = await snapshotOf(machine);
    expect(snapshot?.tags).toEqual([
      ['d', `nsm:${machine.id}`],
      ['e', machine.id],
      ['transition', first.id],
      ['height', '1'],
      ['status', 'active'],
      ['s', 'accepted'],
      ...[C, R, X].map(({ pubkey }) => ['p', pubkey]),
      ...['START_TRANSIT', 'NOTE', 'PING', 'PING2'].map((type) => ['n', type]),
      ['finality', 'local'],
      ['rules', RULES.hash],
    ]);
    const content = JSON.parse(snapshot?.content ?? '');
    expect(content).toEqual(persisted('accepted', { executorPubKey: X.pubkey }));
  });

  it('is an event of the relay like any other', async () => {
    const snapshot = await snapshotOf(machine);
    if (snapshot === undefined) throw new Error('there is none');
    expect(verifyEvent({ ...snapshot, tags: snapshot.tags.map((tag) => [...tag]) })).toBe(true);
    expect(snapshot).toMatchObject({ pubkey: stage.relay.self, created_at: NOW, kind: 30_078 });
    expect(await stage.client.query({ ids: [snapshot.id] })).toEqual([snapshot]);
  });

  it('is found by state, participant and what may happen next', async () => {
    const machineOf = { '#e': [machine.id] };
    expect(await found({ '#s': ['accepted'], ...machineOf })).toEqual([machine.id]);
    expect(await found({ '#s': ['created'], ...machineOf })).toEqual([]);
    expect(await found({ '#p': [X.pubkey], ...machineOf })).toEqual([machine.id]);
    expect(await found({ '#p': [Z.pubkey], ...machineOf })).toEqual([]);
    expect(await found({ '#n': ['START_TRANSIT'], ...machineOf })).toEqual([machine.id]);
    expect(await found({ '#n': ['ACCEPT'], ...machineOf })).toEqual([]);
  });

  it('follows every move, and time does not go back', async () => {
    const times = [(await snapshotOf(machine))?.created_at ?? 0];
    let head = first;
    for (const [type, value] of PATH) {
      head = move(machine, type, { by: type === 'CONFIRM' ? R : X, on: head });
      await publishAll(stage.client, [head]);
      const snapshot = await snapshotOf(machine);
      expect(snapshot?.tags).toContainEqual(['transition', head.id]);
      expect(snapshot?.tags).toContainEqual(['s', value]);
      times.push(snapshot?.created_at ?? 0);
    }
    // Later than each one that was served, but never more than two seconds ahead of the clock.
    expect(times).toEqual([NOW, NOW + 1, NOW + 2, NOW + 2]);
    const last = await snapshotOf(machine);
    expect(last?.tags).toContainEqual(['status', 'done']);
    expect(last?.tags.filter(([name]) => name === 'n')).toEqual([]);
  });

  it('is one for each machine, and of one version', async () => {
    await publishMachine(stage.client);
    const all = await found({});
    expect(all).toContain(machine.id);
    expect(new Set(all).size).toBe(all.length);
  });
});

describe('a subscription to keeper snapshots', () => {
  it('hears of the first move at once, and of the last one in the end', async () => {
    const reader = await stage.another();
    const kept = { kinds: [30_078], authors: [stage.relay.self], '#e': [machine.id] };
    const live = reader.subscribe('live', kept);
    expect(await live.stored()).toHaveLength(1);
    const heads: string[] = [];
    let on = first;
    for (const text of ['a', 'b', 'c', 'd']) {
      on = move(machine, 'NOTE', { on, data: { note: text } });
      await publishAll(stage.client, [on]);
      heads.push(on.id);
    }
    const heard: string[] = [];
    while (heard.at(-1) !== on.id) heard.push(headOf(await live.next()));
    expect(heard[0]).toBe(heads[0]);
    // How many there are in between depends on how long all this took; no head comes twice.
    expect(heard).toEqual(heads.filter((head) => heard.includes(head)));
  });
});

describe('of many machines that moved while nobody looked', () => {
  it('a subscription gets each as it stands, and what moves meanwhile once more', async () => {
    const many = Array.from({ length: 60 }, () => define());
    await publishAll(stage.client, many);
    const reader = await stage.another();
    const filter = { kinds: [30078], authors: [stage.relay.self], '#e': many.map(({ id }) => id) };
    const kept = reader.subscribe('kept', filter);
    const steps = many.slice(0, 20).map((each) => move(each, 'ACCEPT', { by: R }));
    const [stored] = await Promise.all([kept.stored(), publishAll(stage.client, steps)]);

    const heads = new Map(stored.map((event) => [tagOf(event, 'e'), headOf(event)]));
    expect(heads.size).toBe(many.length);
    const ids = stored.map(({ id }) => id);
    while (steps.some(({ id, tags }) => heads.get(tags[0]?.[1] ?? '') !== id)) {
      const event = await kept.next();
      ids.push(event.id);
      heads.set(tagOf(event, 'e'), headOf(event));
    }
    expect(new Set(ids).size).toBe(ids.length);
  });
});
