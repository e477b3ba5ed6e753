/**
 * The relay as designated custodian (PROTOCOL §8): its order is final at once, its snapshot is also
 * at the coordinate the definition names, and after a restore it signs nothing before heads were
 * compared.
 */

import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyEvent } from 'nostr-tools/pure';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ConfigInput } from '../../src/config.ts';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { CUSTODY_FILE, DATABASE_FILE } from '../../src/store/database.ts';
import { headkeeper } from '../cli/headkeeper.ts';
import { verdictOf } from '../support/answers.ts';
import { type Client, connect } from '../support/client.ts';
import { DELIVERY, define, type Move, move, NOW, note, publishAll } from '../support/machines.ts';
import { startTestRelay, type TestRelay } from '../support/start-relay.ts';

let relay: TestRelay;
let client: Client;
let folder: string;

async function open(deviations: ConfigInput = {}): Promise<void> {
  relay = await startTestRelay(deviations, { now: () => NOW });
  client = await connect(relay.url);
}

const entrusted = (d = 'contract', forks = 'head-only'): NostrEvent => {
  const tags = [
    ['state', `30078:${relay.self}:${d}`],
    ['forks', forks],
  ];
  return define(DELIVERY, { tags });
};
const accept = (machine: NostrEvent, said: Move = {}): NostrEvent =>
  move(machine, 'ACCEPT', { at: NOW - 100, ...said });
const state = async ({ id }: NostrEvent): Promise<unknown> =>
  (await fetch(`${relay.httpUrl}/api/v1/machines/${id}/state`)).json();
const signed = (machine: NostrEvent): Promise<NostrEvent[]> =>
  client.query({ kinds: [30078], authors: [relay.self], '#e': [machine.id] });
const headOf = ({ tags }: NostrEvent) => tags.find(([name]) => name === 'transition')?.[1];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'headkeeper-custody-'));
  await open();
});
afterEach(async () => {
  await client.close();
  await relay.stop();
  rmSync(folder, { recursive: true });
});

describe('a relay that is the custodian of a machine', () => {
  it('has every head final at once', async () => {
    const machine = entrusted();
    await publishAll(client, [machine]);
    expect(await state(machine)).toMatchObject({ finality: 'final', final_height: 0 });
    const first = accept(machine);
    await publishAll(client, [first]);
    const held = { head: first.id, finality: 'final', final_height: 1, revision: 2 };
    expect(await state(machine)).toMatchObject(held);
  });

  it('publishes one snapshot under its own address and at the one it was given', async () => {
    const machine = entrusted();
    const first = accept(machine);
    await publishAll(client, [machine, first]);
    const snapshots = await signed(machine);
    const addresses = snapshots.map(({ tags }) => tags.find(([name]) => name === 'd')?.[1]);
    expect(addresses.sort()).toEqual(['contract', `nsm:${machine.id}`]);
    expect(snapshots.map(headOf)).toEqual([first.id, first.id]);
    expect(new Set(snapshots.map(({ content }) => content)).size).toBe(1);
    for (const event of snapshots) {
      expect(verifyEvent({ ...event, tags: event.tags.map((tag) => [...tag]) })).toBe(true);
    }
    const dag = await (await fetch(`${relay.httpUrl}/api/v1/machines/${machine.id}/dag`)).json();
    expect(dag).toMatchObject({ endorsements: [{ head: first.id, pubkey: relay.self }] });
  });

  it('is not swayed by a lower id in dag mode, nor voided', async () => {
    for (const forks of ['dag', 'void']) {
      const machine = entrusted(forks, forks);
      const first = accept(machine);
      await publishAll(client, [machine, first]);
      for (let i = 0; i < 6; i++) await client.publish(accept(machine, { at: NOW - i }));
      expect(await state(machine)).toMatchObject({ head: first.id, finality: 'final' });
    }
  });

  it('takes an address once (machine-not-hosted)', async () => {
    await publishAll(client, [entrusted('taken')]);
    const twice = define({ ...DELIVERY, id: 'other' }, { tags: entrusted('taken').tags });
    expect(verdictOf(await client.publish(twice))).toBe('restricted: machine-not-hosted:');
    const keeper = entrusted(`nsm:${twice.id}`);
    expect(verdictOf(await client.publish(keeper))).toBe('restricted: machine-not-hosted:');
  });

  it('does not act for anybody where its operator refuses (machine-not-hosted)', async () => {
    await client.close();
    await relay.stop();
    await open({ machines: { custodian: 'refuse' } });
    expect(verdictOf(await client.publish(entrusted()))).toBe('restricted: machine-not-hosted:');
  });
});

describe('a relay that was restored from a backup', () => {
  let machine: NostrEvent;
  let first: NostrEvent;
  let second: NostrEvent;
  /** What it signed after the backup was made, as others kept it. */
  let kept: readonly NostrEvent[];

  const file = () => join(relay.dataDir, DATABASE_FILE);
  const restart = async (meanwhile: () => void): Promise<void> => {
    await client.close();
    await relay.restart(meanwhile);
    client = await connect(relay.url);
  };
  /** Runs `custody` on the data folder while the relay is stopped. */
  const compare = async (events: readonly NostrEvent[]) => {
    const path = join(folder, 'kept.jsonl');
    writeFileSync(path, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    let ended: Awaited<ReturnType<typeof headkeeper>> | undefined;
    await client.close();
    await relay.restart(async () => {
      ended = await headkeeper(['custody', '--data', relay.dataDir, path]);
    });
    client = await connect(relay.url);
    return ended;
  };

  beforeEach(async () => {
    machine = entrusted();
    first = accept(machine);
    second = move(machine, 'START_TRANSIT', { on: first });
    await publishAll(client, [machine, first]);
    await signed(machine);
    await restart(() => copyFileSync(file(), join(folder, 'backup')));
    await publishAll(client, [second]);
    kept = await signed(machine);
    await restart(() => copyFileSync(join(folder, 'backup'), file()));
  });

  it('goes on judging, but neither signs nor calls final what it never compared', async () => {
    const other = move(machine, 'NOTE', { on: first, data: { note: 'again' } });
    await publishAll(client, [other]);
    const held = { head: other.id, finality: 'provisional', final_height: 1 };
    expect(await state(machine)).toMatchObject(held);
    expect((await signed(machine)).map(headOf)).toEqual([first.id, first.id]);
    const plain = define();
    await publishAll(client, [plain]);
    expect(await signed(plain)).toHaveLength(1);
  });

  it('says what is missing of what it signed, and still does not sign', async () => {
    const ended = await compare(kept);
    expect(ended?.code).toBe(1);
    expect(ended?.stdout).toContain(`snapshot-unknown-head: missing=${second.id}`);
    await publishAll(client, [move(machine, 'NOTE', { on: first, data: { note: 'again' } })]);
    expect((await signed(machine)).map(headOf)).toEqual([first.id, first.id]);
  });

  it('signs again when heads were compared, on the branch that it had signed', async () => {
    const other = move(machine, 'NOTE', { on: first, data: { note: 'again' } });
    await publishAll(client, [other]);
    await client.publish(second);
    const ended = await compare(kept);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const held = { head: second.id, finality: 'final', final_height: 2 };
    expect(await state(machine)).toMatchObject(held);
    expect((await signed(machine)).map(headOf)).toEqual([second.id, second.id]);
    const third = move(machine, 'DELIVER', { on: second });
    await publishAll(client, [third]);
    expect((await signed(machine)).map(headOf)).toEqual([third.id, third.id]);
  });

  it('does not believe what somebody else has signed', async () => {
    const ended = await compare([note(30078, '{}', { tags: [['e', machine.id]] })]);
    expect(ended?.code).toBe(2);
  });
});

describe('a data folder without its count of signatures', () => {
  it('is taken for a restored one', async () => {
    const machine = entrusted();
    await publishAll(client, [machine]);
    await client.close();
    await relay.restart(() => rmSync(join(relay.dataDir, CUSTODY_FILE)));
    client = await connect(relay.url);
    await publishAll(client, [accept(machine)]);
    expect(await state(machine)).toMatchObject({ finality: 'provisional', final_height: 0 });
    expect(await signed(machine)).toEqual([]);
  });
});
