/**
 * The load of a soak: listeners, writers, slow readers, reconnect storms, and strangers who send
 * hostile frames and definitions, all at once.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { signEvent, testKey } from '../test/support/sign.ts';
import { type Attack, attacksOn } from './attacks.ts';
import { openClient } from './client.ts';

/** What a load has seen. */
export type LoadReport = {
  readonly answered: number;
  /** What was not answered. */
  readonly unanswered: readonly string[];
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly storms: number;
};

/** A running load. */
export type Load = { readonly stop: () => Promise<LoadReport> };

const WRITERS = 20;
const SLOW_READERS = 10;
const STRANGERS = 2;
const WRITE_EVERY_MS = 50;
const ATTACK_EVERY_MS = 100;
const STORM_EVERY_MS = 20_000;
/** The part of the listeners that a storm drops. */
const STORM_PART = 0.3;
const BACK_AFTER_MS = 500;
const LATENCIES_MAX = 1_000_000;

const CONFIG = {
  ...{ initial: 'a', context: { n: 0 } },
  meta: { nsm: { v: 1, actions: { add: [{ inc: ['n', 1] }] } } },
  states: { a: { on: { GO: { target: 'b', actions: 'add' } } }, b: { on: { BACK: 'a' } } },
};

const now = (): number => Math.floor(Date.now() / 1_000);

type Stage = {
  readonly url: string;
  isOver: boolean;
  readonly latencies: number[];
  readonly unanswered: string[];
  storms: number;
  readonly sockets: Set<WebSocket>;
};

/** Opens so many connections and keeps them busy until it is stopped. */
export async function startLoad(url: string, connections: number): Promise<Load> {
  const stage: Stage = {
    ...{ url, isOver: false, latencies: [], unanswered: [], storms: 0, sockets: new Set() },
  };
  // Their machines are made while the relay has time for them.
  const first = await openClient(url);
  const attacks = await attacksOn(first);
  first.close();
  const listeners = Math.max(0, connections - WRITERS - SLOW_READERS - STRANGERS);
  for (let i = 0; i < listeners; i++) await listen(stage, i);
  const work = [
    ...Array.from({ length: WRITERS }, (_, i) => write(stage, i)),
    ...Array.from({ length: SLOW_READERS }, () => readSlowly(stage)),
    ...Array.from({ length: STRANGERS }, () => harass(stage, attacks)),
    storm(stage),
  ];
  return {
    stop: async () => {
      stage.isOver = true;
      await Promise.all(work);
      for (const socket of stage.sockets) socket.close();
      const sorted = [...stage.latencies].sort((a, b) => a - b);
      const quantile = (part: number) => sorted[Math.floor(sorted.length * part)] ?? 0;
      const { unanswered, storms } = stage;
      const answered = sorted.length;
      return { answered, unanswered, storms, p50Ms: quantile(0.5), p99Ms: quantile(0.99) };
    },
  };
}

async function open(stage: Stage): Promise<WebSocket> {
  const socket = new WebSocket(stage.url, { perMessageDeflate: false });
  socket.on('error', () => {});
  socket.once('close', () => stage.sockets.delete(socket));
  await new Promise((resolve) => socket.once('open', resolve));
  stage.sockets.add(socket);
  return socket;
}

/** A client that listens to some of what goes on, and comes back when it is dropped. */
async function listen(stage: Stage, index: number): Promise<void> {
  const socket = await open(stage);
  const filters = [
    { kinds: [7501], limit: 5 },
    { '#t': [`tag-${index % 10}`], limit: 0 },
  ];
  socket.send(JSON.stringify(['REQ', 'some', filters[index % 2]]));
  socket.send(JSON.stringify(['REQ', 'own', { authors: [testKey(`${index}`).pubkey] }]));
  socket.once('close', () => {
    if (!stage.isOver) setTimeout(() => void listen(stage, index), BACK_AFTER_MS);
  });
}

/** Extends a machine of its own, with notes in between. */
async function write(stage: Stage, index: number): Promise<void> {
  const client = await openClient(stage.url);
  const { secret } = testKey(`writer-${index}`);
  const publish = async (kind: number, tags: string[][], content: string): Promise<string> => {
    const event = signEvent({ kind, created_at: now(), tags, content }, secret);
    const started = performance.now();
    try {
      await client.publish(event);
      if (stage.latencies.length < LATENCIES_MAX) stage.latencies.push(performance.now() - started);
    } catch {
      stage.unanswered.push(`kind ${kind}`);
    }
    return event.id;
  };
  const description = `soak ${index} ${Math.random()}`;
  const machine = await publish(7500, [], JSON.stringify({ ...CONFIG, description }));
  let prior: string | undefined;
  for (let height = 0; !stage.isOver; height++) {
    const link = prior === undefined ? [] : [['transition', prior]];
    const type = height % 2 === 0 ? 'GO' : 'BACK';
    prior = await publish(7501, [['e', machine], ['t', type], ...link], '');
    await publish(1, [['t', `tag-${height % 10}`]], 'x'.repeat(200));
    await sleep(WRITE_EVERY_MS);
  }
  client.close();
}

/** Asks for everything and does not read it, until the relay has had enough. */
async function readSlowly(stage: Stage): Promise<void> {
  while (!stage.isOver) {
    const socket = await open(stage);
    socket.send(JSON.stringify(['REQ', 'all', {}]));
    socket.pause();
    for (let i = 0; i < 100 && !stage.isOver && socket.readyState === socket.OPEN; i++)
      await sleep(100);
    socket.terminate();
  }
}

/** Sends what is hostile, one thing after the other; how it is answered is another matter. */
async function harass(stage: Stage, attacks: readonly Attack[]): Promise<void> {
  const client = await openClient(stage.url);
  for (let i = 0; !stage.isOver; i++) {
    const attack = attacks[i % attacks.length];
    await attack?.input(client).catch((error: Error) => {
      if (error.message.startsWith('no answer')) stage.unanswered.push(attack.name);
    });
    await sleep(ATTACK_EVERY_MS);
  }
  client.close();
}

/** Drops a part of all connections at once; they come back half a second later, at once too. */
async function storm(stage: Stage): Promise<void> {
  for (let at = performance.now(); !stage.isOver; await sleep(100)) {
    if (performance.now() - at < STORM_EVERY_MS) continue;
    at = performance.now();
    stage.storms += 1;
    for (const socket of stage.sockets) if (Math.random() < STORM_PART) socket.terminate();
  }
}
