/**
 * What an operator does to machines (NIP-86 and methods of ours): a removed event leaves a
 * tombstone and the chain holds, a frozen machine takes nothing, a hidden one is not there.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { ask } from '../http/job.ts';
import { call, manage, OPERATOR } from '../support/administer.ts';
import { codeOf, heldBy } from '../support/answers.ts';
import { type Client, connect } from '../support/client.ts';
import {
  type Accepted,
  C,
  claim,
  define,
  move,
  NOW,
  note,
  persisted,
  publishAccepted,
  publishAll,
  publishMachine,
  R,
  X,
} from '../support/machines.ts';
import { startTestRelay, type TestRelay } from '../support/start-relay.ts';

let relay: TestRelay;
let client: Client;

beforeAll(async () => {
  const admin = { pubkeys: [OPERATOR.pubkey] };
  relay = await startTestRelay({ admin }, { now: () => NOW });
  client = await connect(relay.url);
});
afterAll(async () => {
  await client.close();
  await relay.stop();
});

type Listed = { readonly transitions: readonly Record<string, unknown>[] };

const publish = async (event: NostrEvent) => codeOf(await client.publish(event));
const get = async (machine: NostrEvent, path = '') => {
  const { status, json } = await ask<Record<string, unknown>>(
    relay,
    `/api/v1/machines/${machine.id}${path}`,
  );
  return { status, ...json };
};
const failing = async (...named: readonly [string, ...unknown[]]) =>
  (await call(relay, named)).error;

const canonical = (state: object | undefined) =>
  (state as { readonly canonical?: string } | undefined)?.canonical;

/** A delivery with notes after it was accepted, of which one is unlawful. */
async function withNotes(): Promise<Accepted & { readonly notes: readonly NostrEvent[] }> {
  const { machine, first } = await publishAccepted(client);
  const notes: NostrEvent[] = [];
  for (let i = 0; i < 5; i++) {
    const on = notes.at(-1) ?? first;
    notes.push(move(machine, 'NOTE', { on, data: { note: `note ${i}` }, at: NOW - 50 + i }));
  }
  await publishAll(client, notes);
  return { machine, first, notes };
}

const at = <T>(items: readonly T[], index: number): T => {
  const item = items.at(index);
  if (item === undefined) throw new Error(`there is no item ${index}`);
  return item;
};

describe('a transition that is banned', () => {
  it('leaves a tombstone, and the machine goes on', async () => {
    const { machine, notes } = await withNotes();
    const banned = at(notes, 2);
    const before = await Promise.all(
      notes.map(({ id }) => get(machine, `/state?at=${id}&canonical=true`)),
    );
    expect(await manage(relay, 'banevent', banned.id, 'unlawful')).toBe(true);
    expect(await client.query({ ids: [banned.id] })).toEqual([]);
    const chain = await client.query({ kinds: [7501], '#e': [machine.id] });
    expect(chain).toHaveLength(5);
    expect(chain.map(({ id }) => id)).not.toContain(banned.id);
    expect(await client.query({ authors: [X.pubkey], kinds: [7501], '#e': [machine.id] })).toEqual(
      chain,
    );
    expect(await publish(banned)).toBe('tombstoned');

    const after = await Promise.all(
      notes.map(({ id }) => get(machine, `/state?at=${id}&canonical=true`)),
    );
    for (const [i, state] of after.entries()) {
      expect(state).toMatchObject({ canonical: canonical(before[i]), status: 'active' });
    }
    const next = move(machine, 'START_TRANSIT', { on: at(notes, -1) });
    expect(await publish(next)).toBe('ok');
  });

  it('shows what stays: id, prior, time, type, state hash, a hash of its author', async () => {
    const { machine, notes } = await withNotes();
    const banned = at(notes, 2);
    const path = `/api/v1/machines/${machine.id}/transitions`;
    const list = async () => (await ask<Listed>(relay, path)).json;
    const was = at((await list()).transitions, 3);
    await manage(relay, 'banevent', banned.id);
    const is = at((await list()).transitions, 3);
    const author = expect.stringMatching(/^[0-9a-f]{64}$/);
    expect(is).toEqual({ ...was, event: null, author });
    expect(is['author']).not.toBe(banned.pubkey);
    expect(was['event']).toEqual(banned);
    expect(await get(machine)).toMatchObject({ replayable: false, definition: machine });
    expect(JSON.stringify(await list())).not.toContain(banned.sig);
  });

  it('may be the head, and is then built on', async () => {
    const { machine, first } = await publishAccepted(client);
    await manage(relay, 'banevent', first.id);
    expect(await get(machine, '/state')).toMatchObject({ head: first.id, height: 1 });
    expect(await heldBy(client, relay.self, machine.id)).toMatchObject({ head: first.id });
    expect(await publish(move(machine, 'START_TRANSIT', { on: first }))).toBe('ok');
  });

  it('stays away over a restart, and so does the answer to it', async () => {
    const { machine, notes } = await withNotes();
    const banned = at(notes, 1);
    await manage(relay, 'banevent', banned.id);
    await client.close();
    await relay.restart();
    client = await connect(relay.url);
    expect(await publish(banned)).toBe('tombstoned');
    expect(await get(machine, `/state?at=${at(notes, 3).id}`)).toMatchObject({ height: 5 });
    expect(await publish(move(machine, 'START_TRANSIT', { on: at(notes, -1) }))).toBe('ok');
  });
});

describe('a transition that was banned', () => {
  it('gets its body back when the ban is lifted and somebody has it', async () => {
    const { machine, notes } = await withNotes();
    const banned = at(notes, 2);
    await manage(relay, 'banevent', banned.id);
    await manage(relay, 'unbanevent', banned.id);
    expect(await client.query({ ids: [banned.id] })).toEqual([]);
    const forged = { ...banned, sig: at(notes, 1).sig };
    expect(await publish(forged)).toBe('bad-signature');
    expect(await publish(banned)).toBe('ok');
    expect(await client.query({ ids: [banned.id] })).toEqual([banned]);
    expect(await client.query({ authors: [X.pubkey], '#e': [machine.id] })).toHaveLength(6);
    expect(await get(machine)).toMatchObject({ replayable: true });
  });

  it('is no evidence any more if it was refused', async () => {
    const { machine, first } = await publishAccepted(client);
    const stale = move(machine, 'CANCEL', { by: C, at: NOW - 90 });
    expect(await publish(stale)).toBe('link-missing');
    expect(await client.query({ ids: [stale.id] })).toEqual([stale]);
    await manage(relay, 'banevent', stale.id);
    expect(await client.query({ ids: [stale.id] })).toEqual([]);
    expect(await publish(stale)).toBe('tombstoned');
    expect(await get(machine, '/state')).toMatchObject({ head: first.id });
  });
});

describe('a definition that is banned', () => {
  it('is not served, and its machine is frozen where it stands', async () => {
    const { machine, first } = await publishAccepted(client);
    await manage(relay, 'banevent', machine.id);
    expect(await client.query({ ids: [machine.id] })).toEqual([]);
    expect(await publish(machine)).toBe('tombstoned');
    expect(await publish(move(machine, 'START_TRANSIT', { on: first }))).toBe('machine-frozen');
    expect(await get(machine, '/state')).toMatchObject({
      ...{ status: 'frozen', head: first.id, value: 'accepted', engine_status: 'active' },
    });
    expect(await get(machine)).toMatchObject({ definition: null, title: null, replayable: false });
    expect(await get(machine, `/state?at=${first.id}`)).toMatchObject({ value: 'accepted' });
    expect(await get(machine, `/state?at=${machine.id}`)).toMatchObject({ status: 404 });
    expect(await get(machine, '/next')).toMatchObject({ next: [] });
    expect(await failing('unfreezemachine', machine.id)).toMatch(/was removed/);
  });

  it('comes back with its ban lifted, and then can be let go', async () => {
    const { machine, first } = await publishAccepted(client);
    await manage(relay, 'banevent', machine.id);
    await manage(relay, 'allowevent', machine.id);
    expect(await publish(machine)).toBe('ok');
    expect(await manage(relay, 'unfreezemachine', machine.id)).toBe(true);
    expect(await publish(move(machine, 'START_TRANSIT', { on: first }))).toBe('ok');
  });
});

describe('an endorsement that is banned', () => {
  it('is not served, and its custodian still cannot say that it never was', async () => {
    const { machine, first } = await publishAccepted(client);
    const snapshot = claim(machine, persisted('accepted', { executorPubKey: X.pubkey }), {
      on: first,
    });
    expect(await publish(snapshot)).toBe('ok');
    await manage(relay, 'banevent', snapshot.id);
    expect(await client.query({ ids: [snapshot.id] })).toEqual([]);
    expect(await publish(snapshot)).toBe('tombstoned');
    const { endorsements } = (await get(machine, '/dag')) as { endorsements?: unknown };
    expect(endorsements).toMatchObject([{ snapshot: snapshot.id, head: first.id }]);
  });
});

describe("the relay's own snapshots", () => {
  it('are not banned one by one', async () => {
    const machine = await publishMachine(client);
    const [kept] = await client.query({ authors: [relay.self], '#e': [machine.id] });
    expect(await failing('banevent', kept?.id)).toMatch(/hide the machine/);
  });
});

describe('a machine', () => {
  it('that is frozen takes nothing until it is let go, and everybody sees it', async () => {
    const { machine, first } = await publishAccepted(client);
    const live = client.subscribe('live', { authors: [relay.self], '#e': [machine.id] });
    await live.stored();
    expect(await manage(relay, 'freezemachine', machine.id, 'a complaint')).toBe(true);
    expect((await live.next()).tags).toContainEqual(['status', 'frozen']);
    live.close();
    const next = move(machine, 'START_TRANSIT', { on: first });
    expect(await publish(next)).toBe('machine-frozen');
    expect(await get(machine, '/dag')).toMatchObject({
      frozen: { at: first.id, cause: 'operator', proof: [] },
    });
    expect(await failing('freezemachine', machine.id)).toMatch(/frozen already: operator/);
    expect(await manage(relay, 'unfreezemachine', machine.id)).toBe(true);
    expect(await failing('unfreezemachine', machine.id)).toMatch(/not frozen/);
    expect(await publish(next)).toBe('ok');
  });

  it('that is hidden is not there for anybody, and as it was when it comes back', async () => {
    const { machine, first } = await publishAccepted(client);
    const filters = [
      { ids: [machine.id] },
      { kinds: [7501], '#e': [machine.id] },
      { kinds: [30_078], '#e': [machine.id] },
    ];
    const shown = await Promise.all(filters.map((filter) => client.query(filter)));
    expect(shown.map(({ length }) => length)).toEqual([1, 1, 1]);
    expect(await manage(relay, 'hidemachine', machine.id, 'names a child')).toBe(true);
    for (const filter of filters) expect(await client.query(filter)).toEqual([]);
    expect(await get(machine)).toMatchObject({ status: 404 });
    const listed = await ask(relay, '/api/v1/machines?limit=100');
    expect(listed.text).not.toContain(machine.id);
    expect((await ask(relay, '/')).text).not.toContain(machine.id);
    const next = move(machine, 'START_TRANSIT', { on: first });
    expect(await publish(next)).toBe('machine-not-hosted');
    client.send(['REQ', 'live', ...filters.map((filter) => ({ ...filter, limit: 0 }))]);
    await manage(relay, 'freezemachine', machine.id);
    await manage(relay, 'unfreezemachine', machine.id);
    expect(await client.unread()).toEqual([['EOSE', 'live']]);
    client.send(['CLOSE', 'live']);
    expect(await manage(relay, 'listhiddenmachines')).toEqual([
      { machine: machine.id, reason: 'names a child' },
    ]);
    expect(await manage(relay, 'unhidemachine', machine.id)).toBe(true);
    const again = await Promise.all(filters.map((filter) => client.query(filter)));
    expect(again.slice(0, 2)).toEqual(shown.slice(0, 2));
    expect(again[2]).toHaveLength(1);
    expect(await publish(next)).toBe('ok');
  });

  it('is listed with where it stands', async () => {
    const machine = define();
    await publishAll(client, [machine]);
    await manage(relay, 'hidemachine', machine.id);
    const { machines, next } = (await manage(relay, 'listmachines', 1)) as {
      machines: unknown[];
      next: number;
    };
    expect(machines).toMatchObject([
      { machine: machine.id, author: C.pubkey, status: 'active', value: 'created', hidden: true },
    ]);
    const older = await manage(relay, 'listmachines', 1, next);
    expect(older).not.toMatchObject({ machines: [{ machine: machine.id }] });
  });

  it('is named by the id of a definition that is hosted here', async () => {
    const other = note(1, 'no machine', { by: R });
    await publishAll(client, [other]);
    for (const method of ['freezemachine', 'unfreezemachine', 'hidemachine']) {
      expect(await failing(method, other.id)).toMatch(/hosts no such machine/);
      expect(await failing(method, 'x')).toMatch(/64 lower-case hex/);
    }
  });
});
