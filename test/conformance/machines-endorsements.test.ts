/**
 * Endorsements over a socket (PROTOCOL §6, §7): the designated custodian's snapshots decide which
 * branch counts, and two that exclude each other freeze the machine and prove it.
 *
 * Each test has a delivery machine that X accepted and moved on, and a rival transition that came
 * too late and was kept as evidence.
 */

import { verifyEvent } from 'nostr-tools/pure';
import { beforeEach, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { checkEquivocation } from '../../src/nsm/equivocation.ts';
import { keeperSnapshotOf, standing } from '../support/answers.ts';
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
const EXECUTED = { executorPubKey: X.pubkey };

let machine: NostrEvent;
let first: NostrEvent;
let second: NostrEvent;
let rival: NostrEvent;

const state = async (query = ''): Promise<unknown> => {
  const answer = await fetch(`${stage.relay.httpUrl}/api/v1/machines/${machine.id}/state${query}`);
  return answer.json();
};
type Dag = {
  readonly nodes: readonly { id: string; canonical: boolean; final: boolean; evidence: boolean }[];
  readonly endorsements: readonly { snapshot: string; head: string | null }[];
  readonly frozen: { at: string | null; cause: string; proof: readonly NostrEvent[] } | null;
};
const dag = async (): Promise<Dag> => {
  const answer = await fetch(`${stage.relay.httpUrl}/api/v1/machines/${machine.id}/dag`);
  return (await answer.json()) as Dag;
};
const isSigned = (event: NostrEvent): boolean =>
  verifyEvent({ ...event, tags: event.tags.map((tag) => [...tag]) });

/** The custodian's endorsement of the branch that came first, and of the rival. */
const ofSecond = (said: Claim = {}): NostrEvent =>
  claim(machine, persisted('in_transit', EXECUTED), { on: second, ...said });
const ofRival = (said: Claim = {}): NostrEvent =>
  claim(machine, persisted('accepted', { ...EXECUTED, notes: ['instead'] }), {
    on: rival,
    ...said,
  });

beforeEach(async () => {
  ({ machine, first } = await publishAccepted(stage.client));
  second = move(machine, 'START_TRANSIT', { on: first });
  rival = move(machine, 'NOTE', { on: first, data: { note: 'instead' } });
  await publishAll(stage.client, [second]);
  await stage.client.publish(rival);
});

describe('an endorsement of the head', () => {
  it('makes it final, and what comes on top provisional', async () => {
    expect(await state()).toMatchObject({ finality: 'local', final_height: null, revision: 3 });
    await publishAll(stage.client, [ofSecond()]);
    expect(await state()).toMatchObject({ finality: 'final', final_height: 2, revision: 4 });
    const third = move(machine, 'DELIVER', { on: second });
    await publishAll(stage.client, [third]);
    expect(await state()).toMatchObject({ finality: 'provisional', final_height: 2, revision: 5 });
    expect(await state(`?at=${second.id}`)).toMatchObject({ finality: 'final' });
    const { tags = [] } =
      (await keeperSnapshotOf(stage.client, stage.relay.self, machine.id)) ?? {};
    expect(tags).toContainEqual(['finality', 'provisional']);
    const { nodes } = await dag();
    expect(nodes.map(({ id, final }) => [id, final])).toEqual([
      [first.id, true],
      [second.id, true],
      [rival.id, false],
      [third.id, false],
    ]);
  });

  it('of the initial state is final at height 0', async () => {
    await publishAll(stage.client, [claim(machine, persisted('created'))]);
    expect(await state()).toMatchObject({ finality: 'provisional', final_height: 0 });
  });

  it('changes nothing when it endorses what is final already', async () => {
    await publishAll(stage.client, [ofSecond()]);
    const older = claim(machine, persisted('accepted', EXECUTED), { on: first, d: 'elsewhere' });
    await publishAll(stage.client, [older]);
    expect(await state()).toMatchObject({ finality: 'final', final_height: 2, revision: 4 });
    expect((await dag()).endorsements).toHaveLength(2);
  });

  it('has no weight when it is by anybody else', async () => {
    await publishAll(stage.client, [ofSecond({ by: Z, d: 'mine' })]);
    expect(await state()).toMatchObject({ finality: 'local', final_height: null, revision: 3 });
  });
});

describe('an endorsement of evidence', () => {
  it('reorganises: the branch is accepted, the old one stays beside it', async () => {
    const held = standing(rival, 2, 'accepted');
    expect(await stage.submit(ofRival(), machine)).toEqual({ verdict: 'ok', held });
    expect(await state()).toMatchObject({
      ...{ head: rival.id, finality: 'final', final_height: 2, revision: 4 },
    });
    const { nodes } = await dag();
    expect(nodes.map(({ id, canonical, evidence }) => [id, canonical, evidence])).toEqual([
      [first.id, true, false],
      [second.id, false, false],
      [rival.id, true, false],
    ]);
    const path = `${stage.relay.httpUrl}/api/v1/machines/${machine.id}`;
    const chain = await (await fetch(`${path}/transitions`)).json();
    expect(chain).toMatchObject({ transitions: [{ id: first.id }, { id: rival.id }] });
    expect(await (await fetch(path)).json()).toMatchObject({ counts: { transitions: 3 } });
    expect(await state(`?at=${second.id}`)).toMatchObject({ value: 'in_transit', height: 2 });
    // The old branch is known still, and nothing builds on it any more.
    expect((await stage.submit(second, machine)).verdict).toBe('ok duplicate');
    const late = move(machine, 'DELIVER', { on: second });
    const verdict = `invalid: stale-head: head=${rival.id} height=2`;
    expect(await stage.submit(late, machine)).toEqual({ verdict, held });
    const next = move(machine, 'START_TRANSIT', { on: rival });
    const moved = standing(next, 3, 'in_transit');
    expect(await stage.submit(next, machine)).toEqual({ verdict: 'ok', held: moved });
  });

  it('tells subscribers: the events of the branch, then the keeper snapshot', async () => {
    const reader = await stage.another();
    const about = { '#e': [machine.id] };
    const kept = { ...about, kinds: [30078], authors: [stage.relay.self] };
    const events = reader.subscribe('events', { ...about, kinds: [7501] });
    const snapshots = reader.subscribe('snapshots', kept);
    await Promise.all([events.stored(), snapshots.stored()]);
    const deeper = move(machine, 'START_TRANSIT', { on: rival });
    await stage.client.publish(deeper);
    const content = persisted('in_transit', { ...EXECUTED, notes: ['instead'] });
    await publishAll(stage.client, [claim(machine, content, { on: deeper })]);
    expect([await events.next(), await events.next()]).toEqual([rival, deeper]);
    expect((await snapshots.next()).tags).toContainEqual(['transition', deeper.id]);
  });

  it('takes a transition that was evidence when its turn comes', async () => {
    const next = move(machine, 'START_TRANSIT', { on: rival });
    const stale = `invalid: stale-head: head=${second.id} height=2`;
    expect((await stage.submit(next, machine)).verdict).toBe(stale);
    await publishAll(stage.client, [ofRival()]);
    const held = standing(next, 3, 'in_transit');
    expect(await stage.submit(next, machine)).toEqual({ verdict: 'ok', held });
    expect((await dag()).nodes.filter(({ id }) => id === next.id)).toHaveLength(1);
  });

  it('is refused when the branch is not valid (snapshot-head-invalid)', async () => {
    const bad = move(machine, 'START_TRANSIT', { by: Z, on: rival });
    await stage.client.publish(bad);
    const held = standing(second, 2, 'in_transit');
    const endorsement = claim(machine, persisted('in_transit'), { on: bad });
    for (let i = 0; i < 2; i++) {
      const verdict = 'invalid: snapshot-head-invalid:';
      expect(await stage.submit(endorsement, machine)).toEqual({ verdict, held });
    }
    expect((await dag()).nodes.map(({ id }) => id)).not.toContain(bad.id);
  });

  it('is refused when it claims another state (snapshot-mismatch)', async () => {
    const verdict = 'invalid: snapshot-mismatch: path=/context';
    const held = standing(second, 2, 'in_transit');
    const wrong = claim(machine, persisted('accepted', EXECUTED), { on: rival });
    expect(await stage.submit(wrong, machine)).toEqual({ verdict, held });
    expect((await dag()).nodes.find(({ id }) => id === rival.id)?.evidence).toBe(true);
  });

  it('by anybody else is not even judged (snapshot-unknown-head)', async () => {
    const verdict = `error: snapshot-unknown-head: missing=${rival.id}`;
    const held = standing(second, 2, 'in_transit');
    const claimed = ofRival({ by: Z, d: 'mine' });
    expect(await stage.submit(claimed, machine)).toEqual({ verdict, held });
  });
});

describe('two endorsements that exclude each other', () => {
  const frozen = () => ({ ...standing(first, 1, 'accepted'), status: 'frozen' });

  it('freeze the machine where they part (custodian-equivocation)', async () => {
    await publishAll(stage.client, [ofSecond()]);
    const verdict = 'ok custodian-equivocation';
    expect(await stage.submit(ofRival({ at: NOW + 1 }), machine)).toEqual({
      ...{ verdict, held: frozen() },
    });
    expect(await state()).toMatchObject({
      ...{ head: first.id, status: 'frozen', finality: 'final', final_height: 1, revision: 5 },
    });
    const next = move(machine, 'DELIVER', { on: second });
    const refused = `blocked: machine-frozen: head=${first.id} height=1`;
    expect(await stage.submit(next, machine)).toEqual({ verdict: refused, held: frozen() });
    const path = `${stage.relay.httpUrl}/api/v1/machines/${machine.id}`;
    expect(await (await fetch(path)).json()).toMatchObject({
      custodian: { pubkey: C.pubkey, status: 'equivocated' },
    });
  });

  it('do so when the second one is older than what is served', async () => {
    await publishAll(stage.client, [ofSecond()]);
    const hidden = ofRival({ at: NOW - 50 });
    const verdict = 'ok custodian-equivocation';
    expect(await stage.submit(hidden, machine)).toEqual({ verdict, held: frozen() });
    const served = { kinds: [30078], authors: [C.pubkey], '#d': [coordinateOf(machine)] };
    expect((await stage.client.query(served)).map(({ id }) => id)).toEqual([ofSecond().id]);
  });

  it('prove it to anybody, offline, and no changed byte goes unnoticed', async () => {
    await publishAll(stage.client, [ofSecond(), ofRival({ d: 'elsewhere' })]);
    const { frozen } = await dag();
    const events = frozen?.proof ?? [];
    expect(events.map(({ kind }) => kind)).toEqual([30078, 30078, 7501, 7501]);
    const proved = { custodian: C.pubkey, at: first.id };
    expect(checkEquivocation({ definition: machine, events, isSigned })).toEqual(proved);
    for (const [i, event] of events.entries()) {
      const changed = events.with(i, { ...event, created_at: event.created_at + 1 });
      const problem = { problem: 'the id is not the hash of the event', event: event.id };
      expect(checkEquivocation({ definition: machine, events: changed, isSigned })).toEqual(
        problem,
      );
      const missing = events.toSpliced(i, 1);
      const found = checkEquivocation({ definition: machine, events: missing, isSigned });
      expect(found).toHaveProperty('problem');
    }
    const other = note(7500, machine.content, { by: Z, tags: machine.tags });
    const about = checkEquivocation({ definition: other, events, isSigned });
    expect(about).toHaveProperty('problem', 'the event is about another machine');
    const forged = events.map((event) => ({ ...event, sig: 'ab'.repeat(64) }));
    const unsigned = checkEquivocation({ definition: machine, events: forged, isSigned });
    expect(unsigned).toHaveProperty('problem', 'the signature does not verify');
    const twice = [ofSecond(), ofSecond({ d: 'elsewhere' }), second];
    const agreeing = checkEquivocation({ definition: machine, events: twice, isSigned });
    expect(agreeing).toHaveProperty('problem', 'one head descends from the other');
  });

  it('freeze it further down when a third excludes both', async () => {
    const early = move(machine, 'ACCEPT', { by: Z, at: NOW - 90 });
    await stage.client.publish(early);
    await publishAll(stage.client, [ofSecond(), ofRival({ d: 'elsewhere' })]);
    const third = claim(machine, persisted('accepted', { executorPubKey: Z.pubkey }), {
      ...{ on: early, d: 'third' },
    });
    const held = { ...standing(null, 0, 'created'), status: 'frozen' };
    expect(await stage.submit(third, machine)).toEqual({
      ...{ verdict: 'ok custodian-equivocation', held },
    });
    expect(await state()).toMatchObject({ final_height: 0, revision: 6 });
  });

  it('stay so after a restart', async () => {
    await publishAll(stage.client, [ofSecond(), ofRival({ d: 'elsewhere' })]);
    const before = [await state(), await dag()];
    await stage.relay.restart();
    expect([await state(), await dag()]).toEqual(before);
  });
});
