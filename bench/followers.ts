/**
 * `npm run bench:followers`: a thousand people look at one machine that does not stand still.
 *
 * `FOLLOWERS=1000`, `SLOW=50` of whom read nothing, and `STEPS=500` are the defaults. The relay is
 * a process of its own. Exits with 1 when its memory grows by more than `GROWTH_MAX`, when a reader
 * misses a step, when one who does not read is kept, or when he is not told why he was not.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { signEvent, testKey } from '../test/support/sign.ts';
import { WIDE } from '../test/support/wide-machine.ts';
import { openClient } from './client.ts';

const FOLLOWERS = Number(process.env['FOLLOWERS'] ?? 1_000);
const SLOW = Number(process.env['SLOW'] ?? 50);
const STEPS = Number(process.env['STEPS'] ?? 500);
/** Bytes. Sockets of the slow ones fill first in the kernel, which is not the relay's memory. */
const GROWTH_MAX = 268_435_456;
const PATIENCE_MS = 120_000;

const HEAD = Buffer.from('event: head\n');
const DROPPED = '"reason":"too-slow"';

type Follower = {
  readonly socket: Socket;
  readonly heads: () => number;
  /** The last bytes it has read. */
  readonly tail: () => string;
};

async function startRelay(dataDir: string): Promise<{ child: ChildProcess; url: string }> {
  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
  const child = spawn(process.execPath, [main, 'start', '--port', '0', '--data', dataDir], {
    env: { ...process.env, HEADKEEPER_LOG_LEVEL: 'error', HEADKEEPER_RATE_ENABLED: 'false' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout ?? child, 'data');
  const url = /ws:\/\/\S+/.exec(String(line))?.[0];
  if (url === undefined) throw new Error(`the relay said ${line}`);
  return { child, url };
}

/** Follows a machine; counts heads without reading what they say, or reads nothing at all. */
async function follow(url: URL, path: string, isSlow: boolean): Promise<Follower> {
  const socket = connect(Number(url.port), url.hostname);
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`);
  await once(socket, 'readable');
  let heads = 0;
  let tail: Buffer<ArrayBufferLike> = Buffer.alloc(0);
  const read = (chunk: Buffer): void => {
    const bytes = Buffer.concat([tail, chunk]);
    for (let at = bytes.indexOf(HEAD); at >= 0; at = bytes.indexOf(HEAD, at + 1)) {
      if (at + HEAD.length > tail.length) heads++;
    }
    tail = bytes.subarray(-200);
  };
  if (isSlow) socket.once('resume', () => socket.on('data', read));
  else socket.on('data', read);
  return { socket, heads: () => heads, tail: () => tail.toString('latin1') };
}

async function memoryOf(httpUrl: string): Promise<number> {
  const text = await (await fetch(`${httpUrl}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]);
}

/** Moves the machine step by step; how long each answer took, in ms. */
async function drive(url: string, publish: (head: string | undefined) => ReturnType<typeof step>) {
  const client = await openClient(url);
  const waits: number[] = [];
  let head: string | undefined;
  for (let i = 0; i < STEPS; i++) {
    const event = publish(head);
    const started = performance.now();
    const refused = await client.publish(event);
    if (refused !== '') throw new Error(`a step was refused: ${refused}`);
    waits.push(performance.now() - started);
    head = event.id;
  }
  client.close();
  return waits.sort((a, b) => a - b);
}

const { secret } = testKey('driver');
const created_at = Math.floor(Date.now() / 1_000);
const step = (machine: string, head: string | undefined) => {
  const link = head === undefined ? [] : [['transition', head]];
  const tags = [['e', machine], ['t', 'GO'], ...link];
  return signEvent({ kind: 7501, created_at, tags, content: '' }, secret);
};

async function run(url: string): Promise<boolean> {
  const http = new URL(url.replace(/^ws/, 'http'));
  const definition = signEvent(
    { kind: 7500, created_at, tags: [], content: JSON.stringify(WIDE) },
    secret,
  );
  const client = await openClient(url);
  await client.publish(definition);
  const path = `/api/v1/machines/${definition.id}/events`;
  const followers: Follower[] = [];
  for (let i = 0; i < FOLLOWERS; i++) followers.push(await follow(http, path, i < SLOW));
  const slow = followers.slice(0, SLOW);
  const readers = followers.slice(SLOW);

  const before = await memoryOf(http.origin);
  let most = before;
  const watching = setInterval(async () => {
    most = Math.max(most, await memoryOf(http.origin));
  }, 250);
  const waits = await drive(url, (head) => step(definition.id, head));
  const until = performance.now() + PATIENCE_MS;
  const isServed = ({ heads }: Follower) => heads() === STEPS;
  while (!readers.every(isServed) && performance.now() < until) await sleep(50);
  clearInterval(watching);
  for (const { socket } of slow) socket.resume();
  await Promise.race([Promise.all(slow.map(hasEnded)), sleep(10_000)]);

  const served = readers.filter(isServed).length;
  const told = slow.filter(({ tail }) => tail().includes(DROPPED)).length;
  const megabytes = (bytes: number) => Math.round(bytes / 1_048_576);
  const at = (part: number) => (waits[Math.floor(part * waits.length)] ?? 0).toFixed(1);
  console.log(`steps ${STEPS}, answered in ms: p50 ${at(0.5)}, p99 ${at(0.99)}`);
  console.log(`memory in MB: ${megabytes(before)} before, ${megabytes(most)} at most`);
  console.log(`readers who heard of every step: ${served} of ${readers.length}`);
  console.log(`others who were dropped and told why: ${told} of ${slow.length}`);
  for (const { socket } of followers) socket.destroy();
  client.close();
  return served === readers.length && told === slow.length && most - before < GROWTH_MAX;
}

function hasEnded({ socket }: Follower): Promise<unknown> {
  return socket.readableEnded || socket.destroyed ? Promise.resolve() : once(socket, 'close');
}

const dataDir = mkdtempSync(join(tmpdir(), 'headkeeper-followers-'));
const { child, url } = await startRelay(dataDir);
try {
  process.exitCode = (await run(url)) ? 0 : 1;
} finally {
  child.kill();
  await once(child, 'exit');
  rmSync(dataDir, { recursive: true, force: true });
}
