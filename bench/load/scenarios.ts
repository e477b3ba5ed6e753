/**
 * What is measured, one function for each row of the table in `docs/benchmarks.md`.
 *
 * Each gets a relay that holds what the scenario needs, and returns its figures by their names.
 * The order matters: those that read come after the one that fills the database.
 */

import { ask } from './ask.ts';
import { deliver } from './deliver.ts';
import { keeperSource } from './keeper-source.ts';
import { longChain, type ProfileName, poolOf } from './pool.ts';
import type { Chain } from './profiles.ts';
import { publish, type Sending } from './publish.ts';
import type { Server } from './server.ts';
import { openSockets } from './socket.ts';

/** Figures by name; NaN where nobody tells. */
export type Figures = Readonly<Record<string, number>>;

/** One run: the relay, and what makes the events of this run others than those of the next. */
export type Run = { readonly server: Server; readonly seed: string; readonly events: number };

/** Measures something on a relay. */
export type Scenario = (run: Run) => Promise<Figures>;

const USUAL: Sending = { connections: 8, window: 32 };
const ASKED_SECONDS = 3;
const LATENCY_EVENTS = 500;
const HOT_EVENTS = 2_000;
const PIPELINED_EVENTS = 8_000;
const FAN_OUT = { subscribers: 200, alone: 100, flood: 400 };
const IDLE_CONNECTIONS = 2_000;
const KEPT_MACHINES = 10_000;
const SETTLE_MS = 500;

/** Publishes chains of a profile on 8 connections with 32 events unanswered on each. */
function ingest(profile: ProfileName): Scenario {
  return async ({ server, seed, events }) => {
    const chains = poolOf(profile, seed, events);
    const before = server.cpuSeconds();
    const { seconds, waits, refused } = await publish(server.url, chains, USUAL);
    const count = waits.length;
    if (refused > 0) throw new Error(`${refused} of ${count} events were refused`);
    await settled();
    return {
      events_s: count / seconds,
      cpu_s_per_10k: ((server.cpuSeconds() - before) / count) * 10_000,
      ok_p50_ms: at(waits, 0.5),
      ok_p99_ms: at(waits, 0.99),
    };
  };
}

/** One connection, one event in flight, every event of another machine than the one before. */
const latency: Scenario = async ({ server, seed }) => {
  const chains = poolOf('parcel', `${seed} latency`, LATENCY_EVENTS);
  const mixed = chains[0]?.flatMap((_, i) => chains.flatMap((chain) => chain[i] ?? [])) ?? [];
  const { waits } = await publish(server.url, [mixed], { connections: 1, window: 1 });
  return { ok_p50_ms: at(waits, 0.5), ok_p99_ms: at(waits, 0.99) };
};

/** One machine: every transition builds on the one before. */
function hot(length: number, window: number): Scenario {
  return async ({ server, seed }) => {
    const chain = longChain(`${seed} window ${window}`, length);
    const { seconds, waits } = await publish(server.url, [chain], { connections: 1, window });
    return { transitions_s: waits.length / seconds, ok_p50_ms: at(waits, 0.5) };
  };
}

type FilterOf = (chain: Chain, i: number) => object;

function request(filterOf: FilterOf): Scenario {
  return async ({ server, seed, events }) => {
    const chains = poolOf('parcel', seed, events);
    return measureAsked(server, (i) => filterOf(chains[i % chains.length] ?? [], i));
  };
}

async function measureAsked(server: Server, filterAt: (i: number) => object): Promise<Figures> {
  const before = server.cpuSeconds();
  const { queries, events, seconds } = await ask(server.url, ASKED_SECONDS, filterAt);
  return {
    queries_s: queries / seconds,
    cpu_s_per_10k: ((server.cpuSeconds() - before) / queries) * 10_000,
    events_per_query: events / queries,
  };
}

/** The snapshots of the relay's own key, by the states they show, over 10,000 machines. */
const keeper: Scenario = async ({ server }) => {
  const machines = poolOf('short', 'keeper', 2 * KEPT_MACHINES);
  await publish(server.url, machines, USUAL);
  // Those that no turn has written yet are written before the first answer.
  await askKeeper(server);
  return askKeeper(server);
};

/** The same over whatever is stored. */
export const askKeeper = async (server: Server): Promise<Figures> => {
  const self = await keeperSource(server.url);
  if (self === undefined) return { queries_s: Number.NaN };
  const states = ['idle', 'ordered', 'shipped'];
  return measureAsked(server, (i) => ({
    ...{ kinds: [30_078], authors: [self], limit: 20 },
    '#s': [states[i % states.length]],
  }));
};

const fanOut: Scenario = async ({ server, seed }) => {
  const run = async (name: string, length: number, window: number) => {
    const chain = longChain(`${seed} ${name}`, length);
    await publish(server.url, [chain.slice(0, 1)], { connections: 1, window: 1 });
    return deliver(server.url, chain, { subscribers: FAN_OUT.subscribers, window });
  };
  const alone = await run('alone', FAN_OUT.alone, 1);
  const flood = await run('flood', FAN_OUT.flood, 64);
  return { live_p50_ms: at(alone.waits, 0.5), deliveries_s: flood.perSecond };
};

/** Connections with one subscription each and nothing to say. */
const idle: Scenario = async ({ server }) => {
  await settled();
  const before = server.memoryKb();
  const sockets = await openSockets(server.url, IDLE_CONNECTIONS);
  for (const [i, socket] of sockets.entries()) {
    socket.send(JSON.stringify(['REQ', 'live', { '#e': [i.toString(16).padStart(64, '0')] }]));
  }
  await settled();
  const kb = (server.memoryKb() - before) / IDLE_CONNECTIONS;
  for (const socket of sockets) socket.close();
  return { kb_per_connection: kb };
};

/** A restart on the pool alone, by which the write-ahead log is copied. */
const start: Scenario = async ({ server, seed, events }) => {
  const ready_ms = await server.restart();
  const count = poolOf('parcel', seed, events).flat().length;
  return { ready_ms, disk_bytes_per_event: server.diskBytes() / count };
};

/** The list whose server and generator are on whatever core is free. */
export const FREE = 'free';

/** All scenarios; those of one list share a database, in this order. */
export const SCENARIOS: Readonly<Record<string, Readonly<Record<string, Scenario>>>> = {
  parcel: {
    ingest: ingest('parcel'),
    start,
    'req-id': request((chain, i) => ({ ids: [chain[1 + (i % 20)]?.id] })),
    'req-history': request((chain) => ({ '#e': [chain[0]?.id], kinds: [7_501] })),
    'req-author': request((chain) => ({ authors: [chain[0]?.pubkey], kinds: [7_501], limit: 20 })),
    latency,
    hot: hot(HOT_EVENTS, 1),
    'hot-pipelined': hot(PIPELINED_EVENTS, 256),
    'fan-out': fanOut,
  },
  // By itself: memory that others have given back would count against what this takes.
  idle: { idle },
  machines: { 'req-keeper': keeper },
  [FREE]: { 'ingest-both-cores': ingest('parcel') },
  bet: { 'ingest-bet': ingest('bet') },
  vote: { 'ingest-vote': ingest('vote') },
};

/** Scenarios that need what `ingest` stored. */
export const NEEDS_POOL = /^(req-(id|history|author)|start)/;

/** Publishes the pool that readers need, without measuring. */
export async function fill({ server, seed, events }: Run): Promise<void> {
  await publish(server.url, poolOf('parcel', seed, events), USUAL);
}

/** The value below which this part of sorted values lies. */
function at(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}

function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
}
