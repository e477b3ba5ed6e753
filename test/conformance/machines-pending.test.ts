/**
 * Events that come before what they build on, over a socket (PROTOCOL §10): children before their
 * prior, the definition last, a snapshot before its head.
 *
 * Such an event is refused and held: its sender reads what is missing, subscribers get it when that
 * has come and the verdict is good.
 */

import { beforeEach, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { ask } from '../http/job.ts';
import { heldBy, standing, verdictOf } from '../support/answers.ts';
import { type Client, connect } from '../support/client.ts';
import {
  claim,
  define,
  move,
  NOW,
  persisted,
  publishAccepted,
  publishAll,
  R,
  X,
  Z,
} from '../support/machines.ts';
import { setStage } from '../support/stage.ts';
import { startTestRelay } from '../support/start-relay.ts';

let clock = NOW;
const stage = setStage({}, { now: () => clock });

/** A delivery machine and the whole way through it, signed and not yet sent. */
function wholeWay(): readonly [NostrEvent, NostrEvent, NostrEvent, NostrEvent, NostrEvent] {
  const machine = define();
  const first = move(machine, 'ACCEPT', { at: NOW - 100 });
  const second = move(machine, 'START_TRANSIT', { on: first });
  const third = move(machine, 'DELIVER', { on: second });
  return [machine, first, second, third, move(machine, 'CONFIRM', { on: third, by: R })];
}

const HELD = {
  orphan: 'held until it arrives',
  'unknown-machine': 'held until its definition arrives',
  'snapshot-unknown-head': 'held until that transition arrives',
};
const holds = ({ id }: { readonly id: string }, code: keyof typeof HELD = 'orphan') => ({
  accepted: false,
  message: `error: ${code}: missing=${id} — ${HELD[code]}`,
});
const accepts = { accepted: true, message: '' };
const headOf = (client: Client, machine: NostrEvent) =>
  heldBy(client, stage.relay.self, machine.id);

/** The transitions of a machine as a subscriber gets them from now on. */
async function listen(machine: NostrEvent) {
  const client = await stage.another();
  const live = client.subscribe('live', { kinds: [7501, 30078], '#e': [machine.id] });
  const stored = await live.stored();
  /** The next of them that the relay has not signed itself. */
  const next = async (): Promise<string> => {
    const event = await live.next();
    return event.pubkey === stage.relay.self ? next() : event.id;
  };
  return { client, stored, next };
}

beforeEach(() => {
  clock = NOW;
});

describe('a transition that comes before its prior', () => {
  it('is refused and held, then stored and told to subscribers after its prior', async () => {
    const [machine, first, second, third] = wholeWay();
    await publishAll(stage.client, [machine, first]);
    const { client, next } = await listen(machine);
    expect(await stage.client.publish(third)).toEqual(holds(second));
    expect(await stage.client.publish(second)).toEqual(accepts);
    expect([await next(), await next()]).toEqual([second.id, third.id]);
    expect(await headOf(client, machine)).toEqual(standing(third, 3, 'delivered'));
    expect(verdictOf(await stage.client.publish(third))).toBe('ok duplicate');
  });

  it('gets the same answer when it comes again, and is stored once', async () => {
    const [machine, first, second, third] = wholeWay();
    await publishAll(stage.client, [machine, first]);
    const { client, next } = await listen(machine);
    for (let times = 0; times < 3; times++) {
      expect(await stage.client.publish(third)).toEqual(holds(second));
    }
    await publishAll(stage.client, [second]);
    expect([await next(), await next()]).toEqual([second.id, third.id]);
    const stored = await client.query({ kinds: [7501], '#e': [machine.id] });
    expect(stored).toHaveLength(3);
  });

  it('is judged when its prior has come, and refused like any other', async () => {
    const [machine, first] = wholeWay();
    const denied = move(machine, 'START_TRANSIT', { by: Z, on: first });
    const above = move(machine, 'DELIVER', { on: denied });
    await publishAll(stage.client, [machine]);
    expect(await stage.client.publish(above)).toEqual(holds(denied));
    expect(await stage.client.publish(denied)).toEqual(holds(first));
    await publishAll(stage.client, [first]);
    await expect
      .poll(() => refusalsOf(machine))
      .toEqual([
        [above.id, 'orphan'],
        [denied.id, 'orphan'],
        [denied.id, 'guard-denied'],
        [above.id, 'link-rejected-prior'],
      ]);
    expect(await headOf(stage.client, machine)).toEqual(standing(first, 1, 'accepted'));
  });
});

describe('a transition that is held', () => {
  it('is kept as evidence when its prior lost a race', async () => {
    const { machine, first } = await publishAccepted(stage.client);
    const second = move(machine, 'START_TRANSIT', { on: first });
    const rival = move(machine, 'START_TRANSIT', { on: first, at: NOW - 50 });
    const above = move(machine, 'DELIVER', { on: rival });
    await publishAll(stage.client, [second]);
    expect(await stage.client.publish(above)).toEqual(holds(rival));
    const stale = `invalid: stale-head: head=${second.id} height=2`;
    expect(verdictOf(await stage.client.publish(rival))).toBe(stale);
    const codes = ['orphan', 'stale-head', 'stale-head'];
    await expect
      .poll(async () => (await refusalsOf(machine)).map(([, code]) => code))
      .toEqual(codes);
    const dag = await ask<Dag>(stage.relay, `/api/v1/machines/${machine.id}/dag`);
    const evidence = dag.json.nodes.filter((node) => node.evidence).map(({ id }) => id);
    expect(evidence.sort()).toEqual([rival.id, above.id].sort());
  });

  it('is let go when its prior came and could not be kept', async () => {
    const { machine, first } = await publishAccepted(stage.client);
    const second = move(machine, 'START_TRANSIT', { on: first });
    const rivals = Array.from({ length: 9 }, (_, n) =>
      move(machine, 'START_TRANSIT', { on: first, at: NOW - 10 - n }),
    );
    await publishAll(stage.client, [second]);
    for (const rival of rivals.slice(0, 8)) await stage.client.publish(rival);
    const ninth = rivals[8] as NostrEvent;
    const before = await countHeld();
    expect(await stage.client.publish(move(machine, 'DELIVER', { on: ninth }))).toEqual(
      holds(ninth),
    );
    expect(await countHeld()).toBe(before + 1);
    await stage.client.publish(ninth);
    await expect.poll(countHeld).toBe(before);
  });

  it('waits ten minutes and no longer', async () => {
    const [machine, first, second, third, last] = wholeWay();
    await publishAll(stage.client, [machine, first]);
    const { client, next } = await listen(machine);
    await stage.client.publish(third);
    clock = NOW + 300;
    await stage.client.publish(last);
    clock = NOW + 600;
    await publishAll(stage.client, [second]);
    expect(await next()).toBe(second.id);
    expect(await headOf(client, machine)).toEqual(standing(second, 2, 'in_transit'));
    await publishAll(stage.client, [third]);
    expect([await next(), await next()]).toEqual([third.id, last.id]);
  });

  it('is not held when nobody signed it', async () => {
    const [machine, first, second, third] = wholeWay();
    await publishAll(stage.client, [machine, first]);
    const forged = { ...third, sig: second.sig };
    expect(verdictOf(await stage.client.publish(forged))).toBe('invalid: bad-signature:');
    await publishAll(stage.client, [second]);
    expect(await headOf(stage.client, machine)).toEqual(standing(second, 2, 'in_transit'));
  });
});

const countHeld = async (): Promise<number> =>
  (await ask<{ readonly held: number }>(stage.relay, '/api/v1/stats')).json.held;

type Dag = { readonly nodes: readonly { readonly id: string; readonly evidence: boolean }[] };
type Refusals = { readonly refusals: readonly { readonly id: string; readonly code: string }[] };

/** What was refused about a machine, oldest first; what is released is judged a little later. */
async function refusalsOf({ id: machine }: NostrEvent) {
  const { json } = await ask<Refusals>(stage.relay, `/api/v1/refusals?machine=${machine}`);
  return json.refusals.map(({ id, code }) => [id, code]).reverse();
}

describe('transitions that come before the definition', () => {
  it('are held, and stored in their order when it has come', async () => {
    const [machine, first, second, third, last] = wholeWay();
    const { client, next } = await listen(machine);
    for (const early of [last, second, third, first]) {
      expect(await stage.client.publish(early)).toEqual(holds(machine, 'unknown-machine'));
    }
    expect(await stage.client.publish(machine)).toEqual(accepts);
    const order = [await next(), await next(), await next(), await next()];
    expect(order).toEqual([first, second, third, last].map(({ id }) => id));
    const done = { ...standing(last, 4, 'completed'), status: 'done' };
    expect(await headOf(client, machine)).toEqual(done);
  });

  it('may be a chain longer than what may wait for one id', async () => {
    const machine = define();
    const path = [move(machine, 'ACCEPT', { at: NOW - 100 })];
    for (let n = 0; n < 40; n++) {
      path.push(move(machine, 'NOTE', { on: path.at(-1) ?? null, data: { note: `${n}` } }));
    }
    const { client, next } = await listen(machine);
    for (const event of path.toReversed()) {
      expect((await stage.client.publish(event)).message).toContain('held until');
    }
    await publishAll(stage.client, [machine]);
    for (const { id } of path) expect(await next()).toBe(id);
    expect(await headOf(client, machine)).toMatchObject({ height: 41 });
  });
});

describe('a snapshot that comes before its head', () => {
  const content = persisted('in_transit', { executorPubKey: X.pubkey });

  it('is held, then served and logged as an endorsement', async () => {
    const [machine, first, second] = wholeWay();
    const snapshot = claim(machine, content, { on: second });
    await publishAll(stage.client, [machine, first]);
    const { client, next } = await listen(machine);
    expect(await stage.client.publish(snapshot)).toEqual(holds(second, 'snapshot-unknown-head'));
    await publishAll(stage.client, [second]);
    expect([await next(), await next()]).toEqual([second.id, snapshot.id]);
    expect(await client.query({ ids: [snapshot.id] })).toEqual([snapshot]);
    const { json } = await ask(stage.relay, `/api/v1/machines/${machine.id}/dag`);
    expect(json).toMatchObject({ endorsements: [{ snapshot: snapshot.id, head: second.id }] });
  });

  it('is refused then if it is wrong', async () => {
    const [machine, first, second] = wholeWay();
    const wrong = claim(machine, persisted('delivered'), { on: second });
    for (const early of [wrong, second]) {
      const held = holds(machine, 'unknown-machine');
      expect(await stage.client.publish(early)).toEqual(held);
    }
    await publishAll(stage.client, [machine, first]);
    await expect
      .poll(async () => (await refusalsOf(machine)).at(-1))
      .toEqual([wrong.id, 'snapshot-mismatch']);
    expect(await headOf(stage.client, machine)).toEqual(standing(second, 2, 'in_transit'));
  });
});

describe('the pool', () => {
  it('takes so many that wait for the same event, and says when it is full', async () => {
    const { machine, first } = await publishAccepted(stage.client);
    const second = move(machine, 'START_TRANSIT', { on: first });
    const children = Array.from({ length: 17 }, (_, n) =>
      move(machine, 'DELIVER', { on: second, at: NOW - n }),
    );
    for (const child of children.slice(0, 16)) {
      expect(await stage.client.publish(child)).toEqual(holds(second));
    }
    const full = `rate-limited: pool-full: missing=${second.id} limit=16`;
    expect(verdictOf(await stage.client.publish(children[16] as NostrEvent))).toBe(full);
    const { client, next } = await listen(machine);
    await publishAll(stage.client, [second]);
    expect([await next(), await next()]).toEqual([second.id, children[0]?.id]);
    expect(await headOf(client, machine)).toMatchObject({ head: children[0]?.id, height: 3 });
  });

  it('is counted, and forgotten when the relay stops', async () => {
    const relay = await startTestRelay({}, { now: () => NOW });
    const before = await connect(relay.url);
    const [machine, first, second, third] = wholeWay();
    await publishAll(before, [machine, first]);
    await before.publish(third);
    expect((await ask(relay, '/api/v1/stats')).json).toMatchObject({ held: 1 });
    await relay.restart();
    expect((await ask(relay, '/api/v1/stats')).json).toMatchObject({ held: 0 });
    const client = await connect(relay.url);
    await publishAll(client, [second]);
    const stays = standing(second, 2, 'in_transit');
    expect(await heldBy(client, relay.self, machine.id)).toEqual(stays);
    await publishAll(client, [third]);
    await relay.stop();
  });
});
