/**
 * Proof bundles over HTTP: what a relay gives out is what `verifyBundle` takes, for examples and
 * for chains that do not fit into one slice of the answer.
 */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { play } from '../../src/cli/play.ts';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { verifyBundle } from '../../src/nsm/proof.ts';
import { RELAY_KEY_FILE } from '../../src/relay-key.ts';
import { connect } from '../support/client.ts';
import {
  C,
  claim,
  move,
  NOW,
  persisted,
  publishAll,
  publishMachine,
  X,
} from '../support/machines.ts';
import { startTestRelay, type TestRelay } from '../support/start-relay.ts';
import { ask } from './job.ts';

const relay = await startTestRelay({ machines: { links: 'infer' } }, { now: () => NOW });
const client = await connect(relay.url);
afterAll(() => relay.stop());

type Machines = { readonly machines: readonly { readonly machine: string }[] };
type State = { readonly state_hash: string; readonly height: number };

/** The report on the bundle that a relay gives for a machine. */
async function proofOf(machine: string, { httpUrl, self }: TestRelay = relay) {
  const response = await fetch(`${httpUrl}/api/v1/machines/${machine}/proof`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  return { response, bytes, report: verifyBundle(bytes, { keeper: self }) };
}

describe('the proof bundle of a machine', () => {
  it('is valid for the examples, and comes to the state that the relay tells', async () => {
    const strict = await startTestRelay();
    for (const name of ['bet', 'delivery', 'custody']) {
      for await (const { differences } of play(name, strict.url)) expect(differences).toEqual([]);
    }
    const { json } = await ask<Machines>(strict, '/api/v1/machines?limit=100');
    expect(json.machines.length).toBeGreaterThan(4);
    for (const { machine } of json.machines) {
      const { report } = await proofOf(machine, strict);
      const state = (await ask<State>(strict, `/api/v1/machines/${machine}/state`)).json;
      expect(report).toMatchObject({
        ...{ verdict: 'valid', machine, height: state.height, links: 'strict' },
        computed: { hash: state.state_hash },
      });
    }
    await strict.stop();
  });

  it('is JSON lines: a header, then the events in causal order', async () => {
    const machine = await publishMachine(client);
    const first = move(machine, 'ACCEPT', { at: NOW - 100 });
    const endorsement = claim(machine, persisted('accepted', { executorPubKey: X.pubkey }), {
      on: first,
    });
    await publishAll(client, [first, endorsement]);
    const { response, bytes, report } = await proofOf(machine.id);
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    const lines = Buffer.from(bytes).toString().trimEnd().split('\n').map(parse);
    expect(lines[0]).toMatchObject({
      ...{ type: 'header', machine: machine.id, head: first.id, height: 1 },
      ...{ state_hash: expect.stringMatching(/^[0-9a-f]{64}$/), rules: { name: 'headkeeper-2' } },
    });
    expect(lines.slice(1).map(({ role }) => role)).toEqual([
      ...['definition', 'transition', 'endorsement', 'keeper'],
    ]);
    const events = lines.slice(1).map(({ event }) => event as NostrEvent);
    expect(events.slice(0, 3)).toEqual([machine, first, endorsement]);
    expect(events[3]).toMatchObject({ pubkey: relay.self, kind: 30078 });
    expect(report).toMatchObject({ final_height: 1, custodian: { pubkey: C.pubkey } });
  });

  it('holds a chain of any length', async () => {
    const config = { initial: 'a', states: { a: { on: { GO: 'b' } }, b: { on: { GO: 'a' } } } };
    const machine = await publishMachine(client, config);
    const path: NostrEvent[] = [];
    for (let n = 0; n < 150; n++) {
      const data = { note: `${n} ${'é'.repeat(400)}` };
      path.push(move(machine, 'GO', { on: path.at(-1) ?? null, data }));
    }
    for (const event of path) client.send(['EVENT', event]);
    await publishAll(client, [path.at(-1) as NostrEvent]);
    const { bytes, report } = await proofOf(machine.id);
    expect(bytes.length).toBeGreaterThan(150_000);
    expect(report).toMatchObject({ verdict: 'valid', height: 150 });
  });

  it('is of the initial state where nothing has happened', async () => {
    const { id } = await publishMachine(client);
    expect((await proofOf(id)).report).toMatchObject({ verdict: 'valid', head: null, height: 0 });
  });

  it('says so where the order is only the word of the relay', async () => {
    const machine = await publishMachine(client);
    const steps = [
      move(machine, 'ACCEPT', { at: NOW - 90 }),
      move(machine, 'START_TRANSIT', { at: NOW - 80 }),
    ];
    await publishAll(client, steps);
    const { report } = await proofOf(machine.id);
    expect(report).toMatchObject({ verdict: 'valid', links: 'inferred', finality: 'local' });
  });
});

describe('a bundle', () => {
  it('is by the key that the relay has now, if it had another', async () => {
    const other = await startTestRelay({}, { now: () => NOW });
    const { id } = await publishMachine(await connect(other.url));
    expect((await proofOf(id, other)).report).toMatchObject({ verdict: 'valid' });
    await other.restart(() => rmSync(join(other.dataDir, RELAY_KEY_FILE)));
    expect((await proofOf(id, other)).report).toMatchObject({ problem: 'keeper-key' });
    const { bytes } = await proofOf(id, other);
    expect(verifyBundle(bytes)).toMatchObject({ verdict: 'valid', height: 0 });
    await other.stop();
  });

  it('is not found where there is no such machine', async () => {
    const { status, json } = await ask(relay, `/api/v1/machines/${'0'.repeat(64)}/proof`);
    expect({ status, json }).toMatchObject({ status: 404, json: { code: 'not-found' } });
  });
});

type Line = Readonly<Record<string, unknown>>;
const parse = (text: string): Line => JSON.parse(text) as Line;
