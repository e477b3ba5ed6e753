/**
 * A relay that is killed at whatever moment keeps every event it said it had.
 *
 * A real process is fed by a client and gets SIGKILL after a random number of its answers; then the
 * data folder is looked at, and a new process goes on with it. `KILLS=50` kills more often, `SEED=`
 * repeats a run.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { schnorr } from '@noble/curves/secp256k1.js';
import { hexToBytes } from '@noble/hashes/utils.js';
import { describe, expect, it } from 'vitest';
import { eventId, type NostrEvent } from '../../src/nostr/event.ts';
import { type Client, connect } from '../support/client.ts';
import { signEvent, testKey } from '../support/sign.ts';
import { checkFolder, type Standing, startProcess } from './killed-relay.ts';

const KILLS = Number(process.env['KILLS'] ?? 4);
const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
/** Folders that are worked on side by side, since most of the time goes into starting processes. */
const FOLDERS = 2;
const ANSWERS_MAX = 250;

const CONFIG = {
  initial: 'a',
  context: { n: 0, log: [] },
  meta: {
    nsm: { v: 1, actions: { add: [{ inc: ['n', 1] }, { push: ['log', { var: 'data.x' }] }] } },
  },
  states: { a: { on: { GO: { target: 'b', actions: 'add' } } }, b: { on: { BACK: 'a' } } },
};

/** Numbers that look random and are the same for the same seed (xorshift). */
function randomNumbers(seed: number): (below: number) => number {
  let state = (seed * 2_654_435_761 + 1) | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** What a client knows of a folder; what it was not told about may be either way. */
type Memory = {
  readonly dataDir: string;
  readonly acknowledged: Set<string>;
  readonly deleted: Set<string>;
  /** Machines and where they stand, as found in the folder after the last kill. */
  readonly heads: Map<string, Standing>;
  /** The replaceable event of the folder, if it has one. */
  profile: string | undefined;
  /** Answers until the relay is killed. */
  left: number;
  kill: () => void;
};

const now = (): number => Math.floor(Date.now() / 1_000);
const { secret } = testKey('client');
let nonce = 0;

/** Publishes an event that has to be taken. Rejects when the relay is gone. */
async function publish(
  client: Client,
  memory: Memory,
  said: Partial<NostrEvent> & { readonly kind: number },
): Promise<string> {
  const event = signEvent({ created_at: now(), tags: [], content: `${nonce++}`, ...said }, secret);
  expect(await client.publish(event)).toEqual({ accepted: true, message: '' });
  memory.acknowledged.add(event.id);
  memory.left--;
  if (memory.left <= 0) memory.kill();
  return event.id;
}

/** Extends a machine for as long as somebody answers. */
async function drive(client: Client, memory: Memory, machine: string): Promise<never> {
  const { head, height } = memory.heads.get(machine) ?? { head: null, height: 0 };
  let on = head;
  for (let at = height; ; at++) {
    const type = at % 2 === 0 ? 'GO' : 'BACK';
    const link = on === null ? [] : [['transition', on]];
    const tags = [['e', machine], ['t', type], ...link];
    on = await publish(client, memory, { kind: 7501, tags, content: `{"x":${nonce++}}` });
  }
}

/** Publishes new machines, one of them driven; then notes, some of them deleted, and a profile. */
async function create(client: Client, memory: Memory): Promise<never> {
  const content = () => JSON.stringify({ ...CONFIG, description: `${nonce++}` });
  await publish(client, memory, { kind: 7500, content: content() });
  const machine = await publish(client, memory, { kind: 7500, content: content() });
  return Promise.race([drive(client, memory, machine), chat(client, memory)]);
}

async function chat(client: Client, memory: Memory): Promise<never> {
  for (let i = 0; ; i++) {
    const note = await publish(client, memory, { kind: 1 });
    if (i % 3 === 0)
      await replace(memory, note, () => publish(client, memory, { kind: 5, tags: [['e', note]] }));
    if (i % 5 > 0) continue;
    // Of two versions of one second only one can win; each of these is a second newer.
    const next = () =>
      publish(client, memory, {
        ...{ kind: 30_078, tags: [['d', memory.dataDir]], created_at: 1_600_000_000 + nonce },
      });
    const { profile } = memory;
    memory.profile = await (profile === undefined ? next() : replace(memory, profile, next));
  }
}

/** An event that another one takes the place of: until that is answered, nobody knows. */
async function replace(memory: Memory, id: string, by: () => Promise<string>): Promise<string> {
  memory.acknowledged.delete(id);
  const next = await by();
  memory.deleted.add(id);
  return next;
}

/** Asks once for the snapshots of all machines: each shows where its machine stands. */
async function checkKeeper(client: Client, { heads }: Memory): Promise<void> {
  const snapshots = await client.query({ kinds: [30_078], '#n': ['GO', 'BACK'] });
  const found = new Map(snapshots.map((event) => [firstValue(event, 'e'), event]));
  expect([...found.keys()].sort()).toEqual([...heads.keys()].sort());
  for (const [machine, { head, height, content }] of heads) {
    const event = found.get(machine);
    if (event === undefined) throw new Error('unreachable');
    expect([firstValue(event, 'transition') ?? null, firstValue(event, 'height')]).toEqual([
      head,
      `${height}`,
    ]);
    expect(event.content).toBe(content);
    expect(eventId(event)).toBe(event.id);
  }
  const [one] = snapshots;
  const [sig, id, pubkey] = [one?.sig, one?.id, one?.pubkey].map((hex) => hexToBytes(hex ?? ''));
  expect(one === undefined || (sig && id && pubkey && schnorr.verify(sig, id, pubkey))).toBe(true);
}

const firstValue = ({ tags }: NostrEvent, name: string) => tags.find((tag) => tag[0] === name)?.[1];

/** One life of a relay: looked at, fed, killed; and a look at what it left behind. */
async function live(memory: Memory, answers: number): Promise<void> {
  const relay = await startProcess(memory.dataDir);
  // Whoever waits for an answer learns of the kill at once; slowness is no matter here.
  const client = await connect(relay.url, { patienceMs: 60_000 });
  await checkKeeper(client, memory);
  const killed = new Promise<void>((resolve) => {
    memory.left = answers;
    memory.kill = () => resolve(relay.kill());
  });
  const old = [...memory.heads.keys()].slice(0, 3).map((machine) => drive(client, memory, machine));
  const feeding = Promise.allSettled([...old, create(client, memory)]);
  await killed;
  for (const outcome of await feeding) {
    // Everybody ends because the relay is gone, and for no other reason.
    expect(outcome).toMatchObject({ status: 'rejected', reason: { message: 'closed with 1006' } });
  }
  const heads = checkFolder(memory.dataDir, memory.acknowledged, memory.deleted);
  for (const [machine, standing] of heads) memory.heads.set(machine, standing);
}

describe('a relay that is killed', () => {
  it(
    `keeps what it acknowledged, however often and whenever (SEED=${SEED})`,
    async () => {
      const next = randomNumbers(SEED);
      const folders = Array.from({ length: FOLDERS }, async () => {
        const dataDir = mkdtempSync(join(tmpdir(), 'headkeeper-killed-'));
        const memory: Memory = {
          ...{ dataDir, acknowledged: new Set(), deleted: new Set(), heads: new Map() },
          ...{ profile: undefined, left: 0, kill: () => {} },
        };
        try {
          const lives = Array.from({ length: Math.ceil(KILLS / FOLDERS) }, () => next(ANSWERS_MAX));
          for (const answers of lives) await live(memory, answers + 1);
          return memory.acknowledged.size;
        } finally {
          rmSync(dataDir, { recursive: true, force: true });
        }
      });
      for (const acknowledged of await Promise.all(folders))
        expect(acknowledged).toBeGreaterThan(0);
    },
    60_000 + KILLS * 15_000,
  );
});
