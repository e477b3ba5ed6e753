/**
 * A relay that is killed in the middle of an import or a sync keeps every event it said it had, and
 * the next one goes on where that ended. `KILLS=20` kills more often, `SEED=` repeats a run.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { openRefusedMemory } from '../../src/store/refused-memory.ts';
import { openStoreToRead } from '../../src/store/store.ts';
import type { Taker } from '../../src/sync/deliver.ts';
import { importLines } from '../../src/sync/import.ts';
import { connectRelay, RelayLost, type RelaySocket } from '../../src/sync/relay-socket.ts';
import { synchronise } from '../../src/sync/synchronise.ts';
import { headkeeper } from '../cli/headkeeper.ts';
import { chainOf } from '../support/chains.ts';
import { connect } from '../support/client.ts';
import { commandLine } from '../support/compiled.ts';
import { note } from '../support/machines.ts';
import { randomFrom } from '../support/random.ts';
import { startTestRelay } from '../support/start-relay.ts';
import { checkFolder, type Running, startProcess } from './killed-relay.ts';

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const KILLS = Number(process.env['KILLS'] ?? 1);
const THEN = 1_700_000_000;
const PATIENCE_MS = 60_000 + KILLS * 10_000;

const random = randomFrom(SEED);
/** More of everything where there is time to be killed often. */
const SIZE = KILLS > 1 ? 2 : 1;
const chains = Array.from({ length: 6 * SIZE }, () => chainOf(20, THEN));
const events = [
  ...chains.flatMap(({ definition, transitions }) => [definition, ...transitions]),
  ...Array.from({ length: 125 * SIZE }, (_, i) => note(1, `${i}`, { at: THEN + i })),
];
const lines = events.map((event) => JSON.stringify(event));
let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'headkeeper-killed-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

function emptyFolder(): void {
  rmSync(dataDir, { recursive: true });
  mkdirSync(dataDir);
}

/** Hands events to a relay, notes which it took, and kills it after some of them. */
function killing(socket: RelaySocket, relay: Running, left: number) {
  const acknowledged = new Set<string>();
  let killed: Promise<void> | undefined;
  const taker: Taker = {
    publish: async (event) => {
      const ok = await socket.publish(event);
      if (ok.accepted) acknowledged.add(event.id);
      if (acknowledged.size >= left) killed ??= relay.kill();
      return ok;
    },
  };
  return { taker, acknowledged, killed: () => killed };
}

/** Kills a relay while `work` hands events to it; checks what it left. */
async function killWhile(work: (taker: Taker) => Promise<unknown>): Promise<void> {
  const relay = await startProcess(dataDir);
  const socket = await connectRelay(relay.url);
  const { taker, acknowledged, killed } = killing(
    socket,
    relay,
    1 + random.below(events.length / 2),
  );
  await expect(work(taker)).rejects.toThrow(RelayLost);
  await killed();
  checkFolder(dataDir, acknowledged, new Set());
}

function countStored(): number {
  try {
    const store = openStoreToRead(dataDir);
    try {
      return store.lastEvent();
    } finally {
      store.close();
    }
  } catch {
    // Not made yet.
    return 0;
  }
}

const idsOf = (sent: readonly NostrEvent[]) => new Set(sent.map(({ id }) => id));

describe(`a relay that is killed (SEED=${SEED})`, () => {
  it(
    'during an import keeps what it acknowledged, and takes the rest from the next',
    async () => {
      for (let i = 0; i < KILLS; i++) {
        await killWhile((taker) => importLines(Readable.from(lines), taker, () => {}));
      }
      writeFileSync(join(dataDir, 'lines'), lines.join('\n'));
      const { code } = await headkeeper(['import', join(dataDir, 'lines'), '--data', dataDir]);
      expect(code).toBe(0);
      const heads = checkFolder(dataDir, idsOf(events), new Set());
      expect([...heads.values()].map(({ height }) => height)).toEqual(chains.map(() => 20));
    },
    PATIENCE_MS,
  );

  it(
    'together with the import that runs it leaves a whole folder',
    async () => {
      writeFileSync(join(dataDir, 'lines'), lines.join('\n'));
      const args = ['import', join(dataDir, 'lines'), '--data', dataDir];
      const command = spawn(process.execPath, commandLine(args), { env: {}, stdio: 'ignore' });
      const exited = once(command, 'exit');
      const target = 1 + random.below(events.length / 2);
      while (countStored() < target) await new Promise(setImmediate);
      command.kill('SIGKILL');
      await exited;
      checkFolder(dataDir, new Set(), new Set());
      expect((await headkeeper(args)).code).toBe(0);
      checkFolder(dataDir, idsOf(events), new Set());
    },
    PATIENCE_MS,
  );

  it(
    'during a sync keeps what it acknowledged, and the next sync makes them equal',
    async () => {
      const peerRelay = await startTestRelay();
      const client = await connect(peerRelay.url);
      const given = await Promise.all(events.map((event) => client.publish(event)));
      expect(given.filter(({ accepted }) => !accepted)).toEqual([]);
      const peer = await connectRelay(peerRelay.url);
      const sync = async (taker: Taker) => {
        const store = openStoreToRead(dataDir);
        const memory = openRefusedMemory(dataDir);
        try {
          return await synchronise({
            ...{ store, memory, peer, local: taker, isUp: true, isPaged: false, filter: {} },
            ...{ self: 'ee'.repeat(32), now: () => THEN, onProgress: () => {} },
          });
        } finally {
          memory.close();
          store.close();
        }
      };
      for (let i = 0; i < KILLS; i++) {
        // There has to be more to carry than it takes to be killed.
        if (countStored() > events.length / 3) emptyFolder();
        await killWhile(sync);
      }
      const { code, stdout } = await headkeeper(['sync', peerRelay.url, '--data', dataDir]);
      expect([code, stdout]).toEqual([0, expect.not.stringMatching(/refused [1-9]/)]);
      checkFolder(dataDir, idsOf(events), new Set());
      peer.close();
      await client.close();
      await peerRelay.stop();
    },
    PATIENCE_MS,
  );
});
