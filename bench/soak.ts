/**
 * `npm run soak`: does a relay stay as it is under everything at once, for long?
 *
 * `MINUTES=20` and `CONNECTIONS=500` are the defaults. The relay is a process of its own; its
 * figures come from its metrics, but for the heap that is in use: the engine collects garbage when
 * it likes, so twice a minute it is asked to, through its inspector, and what is left is counted.
 * Exits with 1 when a socket, a subscription, a file or a timer is left over at the end, when an
 * event goes unanswered, or when, in a run of ten minutes or more, that heap grows by more than
 * 60 MB an hour. Resident memory is told as well, but it holds the mapped database file, which
 * grows.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Heap, heapOf } from './heap.ts';
import { startLoad } from './soak-load.ts';

const MINUTES = Number(process.env['MINUTES'] ?? 20);
const CONNECTIONS = Number(process.env['CONNECTIONS'] ?? 500);
const SAMPLE_MS = 5_000;
const SAMPLES_A_COLLECTION = 6;
/** The part of the run in which caches may fill. */
const WARM_UP = 0.25;
const HEAP_GROWTH_MAX = 60;
const JUDGED_FROM_MINUTES = 10;
const SETTLE_MS = 3_000;
/** With less memory for compiled machines that is full before growth is looked at. */
const SETTINGS = {
  HEADKEEPER_LOG_LEVEL: 'error',
  HEADKEEPER_MACHINES_CACHED_BYTES_MAX: '67108864',
};

type Figures = ReadonlyMap<string, number>;

type Soaked = { readonly child: ChildProcess; readonly url: string; readonly heap: Heap };

async function startRelay(dataDir: string): Promise<Soaked> {
  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
  const args = ['--inspect=127.0.0.1:0', main, 'start', '--port', '0', '--data', dataDir];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...SETTINGS },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stderr.pipe(process.stderr);
  const heap = heapOf(child.stderr);
  const [line] = await once(child.stdout, 'data');
  const url = /ws:\/\/\S+/.exec(String(line))?.[0];
  if (url === undefined) throw new Error(`the relay said ${line}`);
  return { child, url, heap: await heap };
}

async function figuresOf(url: string): Promise<Figures> {
  const response = await fetch(`${url.replace(/^ws/, 'http')}/metrics`);
  const lines = (await response.text()).split('\n').filter((line) => /^[a-z]/.test(line));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

type Point = { readonly x: number; readonly y: number };

/** What grows in an hour by the straight line that is nearest to points; x are seconds. */
function slopeAnHour(points: readonly Point[]): number {
  const mean = (of: 'x' | 'y') => points.reduce((sum, one) => sum + one[of], 0) / points.length;
  const [x, y] = [mean('x'), mean('y')];
  const across = points.reduce((sum, one) => sum + (one.x - x) * (one.y - y), 0);
  const along = points.reduce((sum, one) => sum + (one.x - x) ** 2, 0);
  return along === 0 ? 0 : (across / along) * 3_600;
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

async function soak({ url, heap }: Soaked): Promise<readonly string[]> {
  const before = await figuresOf(url);
  const load = await startLoad(url, CONNECTIONS);
  const resident: Point[] = [];
  const used: Point[] = [];
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1_000;
  while (seconds() < MINUTES * 60) {
    await sleep(SAMPLE_MS);
    const figures = await figuresOf(url);
    const of = (name: string) => figures.get(name) ?? 0;
    resident.push({ x: seconds(), y: of('process_resident_memory_bytes') });
    if (resident.length % SAMPLES_A_COLLECTION === 0) {
      used.push({ x: seconds(), y: await heap.used() });
    }
    console.log(
      `${seconds().toFixed(0)} s: connections ${of('nsm_connections')}, ` +
        `events ${of('nsm_stored_events')}, heap ${megabytes(used.at(-1)?.y ?? 0)}, ` +
        `resident ${megabytes(of('process_resident_memory_bytes'))}, ` +
        `log ${megabytes(of('nsm_wal_bytes'))}, slow readers ${of('nsm_slow_readers_total')}`,
    );
  }
  const report = await load.stop();
  await sleep(SETTLE_MS);
  const after = await figuresOf(url);
  const grown = (points: readonly Point[]) =>
    slopeAnHour(points.filter(({ x }) => x >= MINUTES * 60 * WARM_UP)) / 1e6;
  const [heapGrown, residentGrown] = [grown(used), grown(resident)];
  console.log(
    `${report.answered} answers, p50 ${report.p50Ms.toFixed(1)} ms, p99 ` +
      `${report.p99Ms.toFixed(1)} ms; ${report.storms} storms; heap ${heapGrown.toFixed(1)} ` +
      `MB an hour, resident ${residentGrown.toFixed(1)} MB an hour`,
  );
  const grows = MINUTES >= JUDGED_FROM_MINUTES && heapGrown > HEAP_GROWTH_MAX;
  return [
    ...leftOver(before, after),
    ...report.unanswered.map((what) => `not answered: ${what}`),
    ...(after.get('nsm_faults_total') === 0 ? [] : [`${after.get('nsm_faults_total')} faults`]),
    ...(grows ? [`the heap grows by ${heapGrown.toFixed(0)} MB an hour`] : []),
  ];
}

/** What is there at the end and was not at the start, but for what is started when first needed. */
function leftOver(before: Figures, after: Figures): readonly string[] {
  const allowed: Readonly<Record<string, number>> = {
    nsm_connections: 0,
    nsm_subscriptions: 0,
    nsm_pending_events: 0,
    nsm_send_queue_bytes: 0,
    // The definition worker and the checkpoint worker, with the database of the latter.
    process_open_fds: 24,
    'nodejs_active_resources{type="Timeout"}': 4,
    'nodejs_active_resources{type="TCPSocketWrap"}': 2,
  };
  return Object.entries(allowed).flatMap(([name, most]) => {
    const more = (after.get(name) ?? 0) - (before.get(name) ?? 0);
    return more > most ? [`${name}: ${more} more than before`] : [];
  });
}

const dataDir = mkdtempSync(join(tmpdir(), 'headkeeper-soak-'));
const relay = await startRelay(dataDir);
try {
  const problems = await soak(relay);
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  relay.heap.close();
  const gone = once(relay.child, 'exit');
  relay.child.kill('SIGTERM');
  await gone;
  rmSync(dataDir, { recursive: true, force: true });
}
