/**
 * `npm run abuse`: how long an honest client waits while strangers do their worst.
 *
 * A bystander publishes notes and legal transitions, one at a time, to a relay in a process of its
 * own: first alone, then during one attack after the other, then during all of them together. Exits
 * 1 when the bystander's 99th percentile under attack is 250 ms or more, or when an input of an
 * attacker is not answered.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startWorker } from '../src/worker.ts';
import { signEvent, testKey } from '../test/support/sign.ts';
import type { Order, Result } from './attackers.ts';
import { type Client, openClient } from './client.ts';

const LIMIT_MS = 250;
const ALONE_MS = 2_000;
/** One attack at a time, and all of them. */
const ALONE = { clients: 2, window: 4, ms: 400 };
const TOGETHER = { clients: 6, window: 8, ms: 4_000 };
/** Between two events of the bystander. */
const INTERVAL_MS = 5;

const now = (): number => Math.floor(Date.now() / 1_000);

/** Starts the compiled relay; resolves with its address. */
async function startRelay(dataDir: string): Promise<{ child: ChildProcess; url: string }> {
  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
  const child = spawn(process.execPath, [main, 'start', '--port', '0', '--data', dataDir], {
    env: { ...process.env, HEADKEEPER_LOG_LEVEL: 'error' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout ?? child, 'data');
  const url = /ws:\/\/\S+/.exec(String(line))?.[0];
  if (url === undefined) throw new Error(`the relay said ${line}`);
  return { child, url };
}

type Bystander = {
  /** The waits since the last call, in ms, once the present one is over. */
  readonly takeWaits: () => Promise<readonly number[]>;
  readonly stop: () => Promise<void>;
};

/** Publishes a note or a transition every few milliseconds, one at a time, until stopped. */
async function watch(client: Client): Promise<Bystander> {
  const { secret } = testKey('bystander');
  const publish = async (kind: number, tags: string[][], content: string): Promise<string> => {
    const event = signEvent({ kind, tags, content, created_at: now() }, secret);
    const message = await client.publish(event);
    if (message !== '') throw new Error(`the bystander was told: ${message}`);
    return event.id;
  };
  const config = { initial: 'a', states: { a: { on: { GO: 'b' } }, b: { on: { BACK: 'a' } } } };
  const machine = await publish(7_500, [], JSON.stringify(config));
  let head: string | undefined;
  const publishNext = async (i: number): Promise<void> => {
    if (i % 2 === 0) return void (await publish(1, [], `${i}`));
    const link = head === undefined ? [] : [['transition', head]];
    const type = i % 4 === 1 ? 'GO' : 'BACK';
    head = await publish(7_501, [['e', machine], ['t', type], ...link], '');
  };

  let waits: number[] = [];
  let isOver = false;
  let turn = Promise.resolve();
  const run = async (): Promise<void> => {
    for (let i = 0; !isOver; i++) {
      const started = performance.now();
      turn = publishNext(i);
      await turn;
      waits.push(performance.now() - started);
      await sleep(INTERVAL_MS);
    }
  };
  const running = run();
  return {
    takeWaits: async () => {
      await turn;
      await sleep(0);
      const taken = waits;
      waits = [];
      return taken;
    },
    stop: async () => {
      isOver = true;
      await running;
    },
  };
}

/**
 * Who waits for an answer sends nothing meanwhile, so long waits are seen too rarely: each counts
 * for all that would have been sent while it lasted, which would have waited for the rest of it.
 */
function withUnsent(waits: readonly number[]): number[] {
  return waits.flatMap((wait) =>
    Array.from({ length: 1 + Math.floor(wait / INTERVAL_MS) }, (_, i) => wait - i * INTERVAL_MS),
  );
}

function summary(waits: readonly number[]): { p50: number; p99: number; max: number } {
  const sorted = withUnsent(waits).sort((a, b) => a - b);
  const at = (part: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

function report(name: string, waits: readonly number[], more = ''): void {
  const { p50, p99, max } = summary(waits);
  const numbers = [p50, p99, max].map((ms) => ms.toFixed(1).padStart(8)).join('');
  console.log(`${name.padEnd(46)}${numbers}${String(waits.length).padStart(7)}  ${more}`);
}

/** Time that the main thread of a process has worked so far, in ms; NaN where nobody tells. */
function threadTime(pid: number): number {
  const path = `/proc/${pid}/task/${pid}/stat`;
  if (!existsSync(path)) return Number.NaN;
  const [user = Number.NaN, system = 0] = readFileSync(path, 'utf8')
    .split(' ')
    .slice(13, 15)
    .map(Number);
  return (user + system) * 10;
}

/** Starts the attackers; what they can do, and how to make them. */
async function callAttackers(url: string) {
  const worker = startWorker(new URL('./attackers.ts', import.meta.url), { workerData: url });
  worker.unref();
  const [names] = (await once(worker, 'message')) as [readonly string[]];
  const attack = async (order: Order): Promise<Result> => {
    worker.postMessage(order);
    const [result] = (await once(worker, 'message')) as [Result];
    return result;
  };
  return { names, attack };
}

/** Whether the bystander gets along. */
async function run(url: string, pid: number): Promise<boolean> {
  const bystander = await watch(await openClient(url));
  console.log(`${'OK latency of a bystander, ms'.padEnd(46)}     p50     p99     max  count`);
  await sleep(ALONE_MS);
  report('nobody else', await bystander.takeWaits());

  const { names, attack } = await callAttackers(url);
  await bystander.takeWaits();
  const all: number[] = [];
  const suffer = async (name: string, order: Exclude<Order, 'end'>): Promise<void> => {
    const before = threadTime(pid);
    const { answered, took } = await attack(order);
    const work = (threadTime(pid) - before) / answered;
    const input = `${(took / answered).toFixed(1)} ms an input, ${work.toFixed(1)} of work`;
    const waits = await bystander.takeWaits();
    all.push(...waits);
    report(name, waits, answered === 0 ? 'none answered' : input);
  };
  for (const [i, name] of names.entries()) await suffer(name, { ...ALONE, attack: i });
  await suffer(`all of it from ${TOGETHER.clients} connections`, { ...TOGETHER, attack: 'all' });
  report('under attack', all);
  const { faults } = await attack('end');
  for (const fault of new Set(faults)) console.log(fault);
  await bystander.stop();
  return faults.length === 0 && summary(all).p99 < LIMIT_MS;
}

const dataDir = mkdtempSync(join(tmpdir(), 'headkeeper-abuse-'));
const { child, url } = await startRelay(dataDir);
try {
  const isFine = await run(url, child.pid ?? 0);
  console.log(isFine ? 'fine' : `p99 is ${LIMIT_MS} ms or more, or an input was not answered`);
  process.exitCode = isFine ? 0 : 1;
} catch (fault) {
  console.error(fault);
  process.exitCode = 1;
} finally {
  child.kill('SIGKILL');
  await once(child, 'exit');
  rmSync(dataDir, { recursive: true, force: true });
}
process.exit();
