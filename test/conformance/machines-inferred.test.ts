/**
 * `machines.links: infer`, over a socket: the stock AtoB client, which never names what a
 * transition builds on, gets through its whole contract, and all can see that nobody signed the
 * order.
 */

import { describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { BUNDLED_RULES } from '../../src/nsm/rule-set.ts';
import { revalidateMachine } from '../../src/revalidation.ts';
import { openStoreToRead } from '../../src/store/store.ts';
import { ask } from '../http/job.ts';
import { heldBy, keeperSnapshotOf, standing, verdictOf } from '../support/answers.ts';
import { connect } from '../support/client.ts';
import {
  C,
  claim,
  define,
  move,
  NOW,
  persisted,
  publishAll,
  publishMachine,
  R,
  X,
} from '../support/machines.ts';
import { setStage } from '../support/stage.ts';
import { startTestRelay } from '../support/start-relay.ts';

const stage = setStage({ machines: { links: 'infer' } });

/** The steps of a delivery as that client signs them: without any link. */
function unlinked(machine: NostrEvent): readonly [NostrEvent, NostrEvent, NostrEvent, NostrEvent] {
  return [
    move(machine, 'ACCEPT', { at: NOW - 90 }),
    move(machine, 'START_TRANSIT', { at: NOW - 80 }),
    move(machine, 'DELIVER', { at: NOW - 70 }),
    move(machine, 'CONFIRM', { by: R, at: NOW - 60 }),
  ];
}

const linksTag = async (machine: NostrEvent): Promise<unknown> => {
  const kept = await keeperSnapshotOf(stage.client, stage.relay.self, machine.id);
  return kept?.tags.find(([name]) => name === 'links');
};

type Chain = { readonly transitions: readonly { id: string; prior: string; implied: boolean }[] };
type Tree = { readonly nodes: readonly { readonly id: string; readonly implied: boolean }[] };

describe('a relay that infers links', () => {
  it('takes a transition without one as built on the head', async () => {
    const machine = await publishMachine(stage.client);
    const steps = unlinked(machine);
    await publishAll(stage.client, steps);
    const held = await heldBy(stage.client, stage.relay.self, machine.id);
    expect(held).toEqual({ ...standing(steps[3], 4, 'completed'), status: 'done' });
  });

  it('marks the machine and the links, in the API and in the keeper snapshot', async () => {
    const machine = await publishMachine(stage.client);
    const [first, second] = unlinked(machine);
    await publishAll(stage.client, [first]);
    const path = `/api/v1/machines/${machine.id}`;
    // The first one names nothing, and rightly so.
    expect((await ask(stage.relay, `${path}/state`)).json).toMatchObject({ links: 'strict' });
    expect(await linksTag(machine)).toBeUndefined();
    await publishAll(stage.client, [second, move(machine, 'DELIVER', { on: second })]);
    const state = { links: 'inferred', finality: 'local', final_height: null };
    expect((await ask(stage.relay, `${path}/state`)).json).toMatchObject(state);
    expect(await linksTag(machine)).toEqual(['links', 'inferred']);
    const { transitions } = (await ask<Chain>(stage.relay, `${path}/transitions`)).json;
    expect(transitions.map(({ implied }) => implied)).toEqual([false, true, false]);
    expect(transitions[1]).toMatchObject({ id: second.id, prior: first.id });
    const { nodes } = (await ask<Tree>(stage.relay, `${path}/dag`)).json;
    expect(nodes.map(({ implied }) => implied)).toEqual([false, true, false]);
  });

  it('refuses a link that is wrong, and a step that is not allowed, as ever', async () => {
    const machine = await publishMachine(stage.client);
    const [first, second, third] = unlinked(machine);
    await publishAll(stage.client, [first, second]);
    const stale = move(machine, 'DELIVER', { on: first });
    const verdict = `invalid: stale-head: head=${second.id} height=2`;
    expect(verdictOf(await stage.client.publish(stale))).toBe(verdict);
    const again = move(machine, 'START_TRANSIT', { at: NOW - 79 });
    expect(verdictOf(await stage.client.publish(again))).toBe('invalid: no-transition:');
    const old = move(machine, 'DELIVER', { at: NOW - 81 });
    expect(verdictOf(await stage.client.publish(old))).toBe('invalid: time-regress:');
    expect(verdictOf(await stage.client.publish(third))).toBe('ok');
  });

  it('holds what comes before the definition, and takes it in its order of arrival', async () => {
    const machine = define();
    const steps = unlinked(machine);
    const live = stage.client.subscribe('early', { kinds: [7501], '#e': [machine.id] });
    await live.stored();
    for (const step of steps) await stage.client.publish(step);
    await publishAll(stage.client, [machine]);
    for (const { id } of steps) expect((await live.next()).id).toBe(id);
    live.close();
  });

  it('takes a snapshot of the head without a link, which endorses nothing', async () => {
    const machine = await publishMachine(stage.client);
    const [first, second] = unlinked(machine);
    await publishAll(stage.client, [first, second]);
    const content = persisted('in_transit', { executorPubKey: X.pubkey });
    await publishAll(stage.client, [claim(machine, content, { by: C })]);
    const { json } = await ask(stage.relay, `/api/v1/machines/${machine.id}/dag`);
    expect(json).toMatchObject({ endorsements: [] });
    const past = claim(machine, persisted('accepted', { executorPubKey: X.pubkey }), { at: NOW });
    expect((await stage.client.publish(past)).message).toContain('snapshot-mismatch');
  });
});

describe('a machine whose links were inferred', () => {
  it('stays marked after a restart', async () => {
    const relay = await startTestRelay({ machines: { links: 'infer' } }, { now: () => NOW });
    const before = await connect(relay.url);
    const machine = await publishMachine(before);
    const [first, second] = unlinked(machine);
    await publishAll(before, [first, second]);
    await relay.restart();
    const path = `/api/v1/machines/${machine.id}/state`;
    expect((await ask(relay, path)).json).toMatchObject({ links: 'inferred', height: 2 });
    await relay.stop();
  });

  it('is judged again to the same states', async () => {
    const machine = await publishMachine(stage.client);
    await publishAll(stage.client, unlinked(machine));
    const store = openStoreToRead(stage.relay.dataDir);
    const row = store.machines.find(store.events.find(machine.id)?.n ?? 0);
    if (row === undefined) throw new Error('the machine is hosted');
    const { judged, differences } = revalidateMachine(store, row, BUNDLED_RULES);
    store.close();
    expect({ judged, differences }).toEqual({ judged: 4, differences: [] });
  });
});

describe('a strict relay', () => {
  const strict = setStage();

  it('refuses the second step of that client and names the head (link-missing)', async () => {
    const machine = await publishMachine(strict.client);
    const [first, second] = unlinked(machine);
    await publishAll(strict.client, [first]);
    const verdict = `invalid: link-missing: head=${first.id} height=1`;
    expect(verdictOf(await strict.client.publish(second))).toBe(verdict);
  });
});
