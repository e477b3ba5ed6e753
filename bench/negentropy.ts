/**
 * `npm run bench:negentropy`: what reconciling a million events (NIP-77) costs a relay.
 *
 * The relay, as compiled, runs in a process of its own and watches its event loop; the client lacks
 * a thousand of its events and has a thousand that it lacks. Exits 1 when a message held the
 * loop up for more than 20 ms, or when the difference is not found exactly.
 *
 * The loop was held up for no longer than it was busy in all, and for no longer than its timers
 * were late; that may also be for what else runs on the machine, as an idle relay shows.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { openingMessage, proceed } from '../src/nostr/negentropy.ts';
import { makeRecords, type Records } from '../src/nostr/negentropy-records.ts';
import { openStore } from '../src/store/store.ts';
import { MESSAGE_BYTES_MAX } from '../src/sync/reconciler.ts';
import { connectRelay } from '../src/sync/relay-socket.ts';

const LIMIT_MS = 20;
const DIFFERENT = 1_000;
const SETTLE_MS = 1_000;
const IDLE_MS = 5_000;
const START = 1_700_000_000;
const SECONDS = 10_000_000;

const [role = '1000000', folder = ''] = process.argv.slice(2);
if (role === 'relay') await serve(folder);
else await measure(Number(role));

/** What became of a relay's loop since it was last asked: milliseconds. */
type Loop = { readonly busyMs: number; readonly lateMs: number };

/** The relay: says where it is, and when asked what became of its loop. */
async function serve(dataDir: string): Promise<void> {
  const { createRelay } = await import(new URL('../dist/index.js', import.meta.url).href);
  const negentropy = { recordsMax: 10_000_000 };
  const relay = await createRelay({ dataDir, listen: { port: 0 }, negentropy });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  let before = performance.eventLoopUtilization();
  process.on('message', () => {
    const { active } = performance.eventLoopUtilization(before);
    const loop: Loop = { busyMs: active, lateMs: delay.max / 1e6 };
    process.send?.(loop, () => {
      delay.reset();
      before = performance.eventLoopUtilization();
    });
  });
  process.send?.(relay.url);
}

async function measure(size: number): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'headkeeper-bench-'));
  try {
    const records = fill(dataDir, size);
    const child = fork(fileURLToPath(import.meta.url), ['relay', dataDir], {
      execArgv: ['--import', import.meta.resolve('tsx')],
    });
    try {
      process.exitCode = await reconcile(child, records);
    } finally {
      child.kill();
      await once(child, 'exit');
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Stores events without asking anybody; returns the records of a client that differs a little. */
function fill(dataDir: string, size: number): Records {
  const store = openStore(dataDir, 'normal');
  const times = new Float64Array(size);
  const ids = new Uint8Array(size * 32);
  const pubkey = 'ab'.repeat(32);
  const sig = 'cd'.repeat(64);
  store.transaction(() => {
    for (let i = 0; i < size; i++) {
      const id = randomBytes(32);
      const created_at = START + Math.floor(Math.random() * SECONDS);
      const event = { pubkey, created_at, kind: 1, tags: [], content: 'a note', sig };
      store.events.insert({ id: id.toString('hex'), ...event }, undefined);
      // The first ones are replaced by others: these the client has, and those it lacks.
      times[i] = created_at;
      ids.set(i < DIFFERENT ? randomBytes(32) : id, i * 32);
    }
  });
  store.close();
  return makeRecords(times, ids);
}

/** Talks to the end and prints what each message cost; 0 when all is as it should be. */
async function reconcile(child: ChildProcess, records: Records): Promise<number> {
  const [url] = await once(child, 'message');
  const loopSince = async (): Promise<Loop> => {
    child.send('how was it');
    const [loop] = (await once(child, 'message')) as [Loop];
    return loop;
  };
  const socket = await connectRelay(String(url));
  const found = { have: new Set<string>(), need: new Set<string>() };
  const findings = {
    have: (id: string) => void found.have.add(id),
    need: (id: string) => void found.need.add(id),
  };
  const limits = { frameBytesMax: MESSAGE_BYTES_MAX, findings };
  await sleep(SETTLE_MS);
  await loopSince();
  await sleep(IDLE_MS);
  console.log(`idle for ${IDLE_MS / 1_000} s: ${told(await loopSince())}`);
  let longest = 0;
  let message: Uint8Array | undefined = openingMessage(records);
  for (let round = 1; message !== undefined; round++) {
    const hex = bytesToHex(message);
    const asked = performance.now();
    const answer = await socket.reconcile('x', hex, round === 1 ? {} : undefined);
    const waited = performance.now() - asked;
    if ('error' in answer) throw new Error(answer.error);
    const loop = await loopSince();
    longest = Math.max(longest, Math.min(loop.busyMs, loop.lateMs));
    const bytes = hexToBytes(answer.message);
    console.log(
      `message ${round}: ${hex.length / 2} bytes, answered with ${bytes.length} after ` +
        `${waited.toFixed(1)} ms; ${told(loop)}`,
    );
    const next = proceed(records, bytes, limits);
    if (next && 'problem' in next) throw new Error(next.problem);
    message = next;
  }
  socket.close();
  const { have, need } = found;
  console.log(`${records.size} records: have ${have.size}, need ${need.size}`);
  console.log(`loop held up by one message: ${longest.toFixed(1)} ms (limit ${LIMIT_MS} ms)`);
  const isExact = have.size === DIFFERENT && need.size === DIFFERENT;
  return isExact && longest <= LIMIT_MS ? 0 : 1;
}

function told({ busyMs, lateMs }: Loop): string {
  return `loop busy ${busyMs.toFixed(1)} ms in all, timers late by ${lateMs.toFixed(1)} ms at most`;
}
