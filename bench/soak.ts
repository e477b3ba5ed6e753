/**
 * `npm run soak`: does a relay stay as it is under everything at once, for long?
 *
 * `MINUTES=20` and `CONNECTIONS=500` are the defaults. The relay is a process of its own; its
 * figures come from its metrics. Exits with 1 when a socket, a subscription, a file or a timer is
 * left over at the end, when an event goes unanswered, or when, in a run of ten minutes or more,
 * the heap grows by more than 60 MB an hour. Resident memory is told as well, but it holds the
 * mapped database file, which grows.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startLoad } from './soak-load.ts';

const MINUTES = Number(process.env['MINUTES'] ?? 20);
const CONNECTIONS = Number(process.env['CONNECTIONS'] ?? 500);
const SAMPLE_MS = 5_000;
/** The part of the run in which caches may fill. */
const WARM_UP = 0.25;
const HEAP_GROWTH_MAX = 60;
const JUDGED_FROM_MINUTES = 10;
const SETTLE_MS = 3_000;

type Figures = ReadonlyMap<string, number>;
type Sample = { readonly seconds: number; readonly figures: Figures };

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

/** The least heap of each minute: what is left when garbage was collected. */
function valleys(samples: readonly Sample[]): readonly Sample[] {
  const heap = ({ figures }: Sample) => figures.get('nodejs_heap_used_bytes') ?? 0;
  const minutes = new Map<number, Sample>();
  for (const sample of samples) {
    const minute = Math.floor(sample.seconds / 60);
    const lowest = minutes.get(minute);
    if (lowest === undefined || heap(sample) < heap(lowest)) minutes.set(minute, sample);
  }
  return [...minutes.values()];
}

/** How much a figure grows in an hour: the slope of the straight line nearest to its samples. */
function slopeAnHour(samples: readonly Sample[], name: string): number {
  const points = samples.map(({ seconds: x, figures }) => ({ x, y: figures.get(name) ?? 0 }));
  const mean = (of: 'x' | 'y') => points.reduce((sum, one) => sum + one[of], 0) / points.length;
  const [x, y] = [mean('x'), mean('y')];
  const across = points.reduce((sum, one) => sum + (one.x - x) * (one.y - y), 0);
  const along = points.reduce((sum, one) => sum + (one.x - x) ** 2, 0);
  return along === 0 ? 0 : (across / along) * 3_600;
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

async function soak(url: string): Promise<readonly string[]> {
  const before = await figuresOf(url);
  const load = await startLoad(url, CONNECTIONS);
  const samples: Sample[] = [];
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1_000;
  while (seconds() < MINUTES * 60) {
    await sleep(SAMPLE_MS);
    const figures = await figuresOf(url);
    samples.push({ seconds: seconds(), figures });
    const of = (name: string) => figures.get(name) ?? 0;
    console.log(
      `${seconds().toFixed(0)} s: connections ${of('nsm_connections')}, ` +
        `events ${of('nsm_stored_events')}, heap ${megabytes(of('nodejs_heap_used_bytes'))}, ` +
        `resident ${megabytes(of('process_resident_memory_bytes'))}, ` +
        `log ${megabytes(of('nsm_wal_bytes'))}, slow readers ${of('nsm_slow_readers_total')}`,
    );
  }
  const report = await load.stop();
  await sleep(SETTLE_MS);
  const after = await figuresOf(url);
  const warm = samples.filter((sample) => sample.seconds >= MINUTES * 60 * WARM_UP);
  const heap = slopeAnHour(valleys(warm), 'nodejs_heap_used_bytes') / 1e6;
  const resident = slopeAnHour(warm, 'process_resident_memory_bytes') / 1e6;
  console.log(
    `${report.answered} answers, p50 ${report.p50Ms.toFixed(1)} ms, p99 ` +
      `${report.p99Ms.toFixed(1)} ms; ${report.storms} storms; heap ${heap.toFixed(1)} MB an ` +
      `hour, resident ${resident.toFixed(1)} MB an hour`,
  );
  const grows = MINUTES >= JUDGED_FROM_MINUTES && heap > HEAP_GROWTH_MAX;
  return [
    ...leftOver(before, after),
    ...report.unanswered.map((what) => `not answered: ${what}`),
    ...(after.get('nsm_faults_total') === 0 ? [] : [`${after.get('nsm_faults_total')} faults`]),
    ...(grows ? [`the heap grows by ${heap.toFixed(0)} MB an hour`] : []),
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
const { child, url } = await startRelay(dataDir);
try {
  const problems = await soak(url);
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  child.kill('SIGTERM');
  await once(child, 'exit');
  rmSync(dataDir, { recursive: true, force: true });
}
