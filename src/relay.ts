/**
 * Composition root: builds the parts, owns the order in which they start and stop.
 *
 * Bind first, repair in the background; on stop answer what was accepted, then end the sockets
 * without a close frame, so that clients reconnect.
 */
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { Access } from './access.ts';
import { assemble } from './assembly.ts';
import type { Change } from './branches.ts';
import { runCheckpoints } from './checkpoints.ts';
import { type LiveConfig, liveConfig } from './config/live.ts';
import type { Config } from './config.ts';
import type { Connection } from './connection.ts';
import type { DefinitionTrial } from './definition-trial.ts';
import type { FormerKey } from './former-keys.ts';
import type { Feeds } from './http/feeds.ts';
import { type BoundPort, bindPort, serve } from './http/listen.ts';
import { type EventStream, endForbidden } from './http/streams.ts';
import type { Intake } from './intake.ts';
import type { Keeper } from './keeper.ts';
import { loadLibraries } from './libraries.ts';
import type { Logger } from './log.ts';
import type { Machines } from './machines.ts';
import { createMetrics, type Metrics } from './metrics/registry.ts';
import { makeRuleSet, type RuleSet } from './nsm/rule-set.ts';
import type { Pending } from './pending.ts';
import type { AddressLimits, KeyLimits } from './policy/rate.ts';
import type { Ask, AskHowMany } from './questions.ts';
import type { Quotas } from './quotas.ts';
import type { RefusalCode } from './refusal.ts';
import { loadRelayKey } from './relay-key.ts';
import type { SendBudget } from './send-budget.ts';
import { stopRelay } from './stopping.ts';
import type { EventRow } from './store/events.ts';
import { openStore, type Store } from './store/store.ts';
import { WORK_PER_TURN } from './store/turn.ts';
import type { Listener as Reader, Subscriptions } from './subscriptions.ts';
import type { Reconciler } from './sync/reconciler.ts';
import { publishAddress } from './sync/running.ts';
import type { Timekeeper } from './timekeeper.ts';
import type { Turns } from './turns.ts';
import type { Probe } from './upkeep/probe.ts';
import type { Upkeep } from './upkeep/upkeep.ts';
import { chooseBackend } from './verify/backend.ts';
import { startVerifyPool, type VerifyPool } from './verify/pool.ts';
import type { Outcome } from './writer.ts';

/** Totals since the start. */
export type Counters = {
  frames: number;
  accepted: number;
  readonly refused: Map<RefusalCode, number>;
};

/** The running parts, as connections and HTTP handlers see them. */
export type Relay = {
  readonly config: Config;
  readonly log: Logger;
  readonly store: Store;
  readonly machines: Machines;
  readonly intake: Intake;
  readonly pending: Pending;
  readonly keeper: Keeper;
  /** Keys that the relay had before. */
  readonly formerKeys: readonly FormerKey[];
  readonly pool: VerifyPool;
  readonly trial: DefinitionTrial;
  readonly reconciler: Reconciler;
  readonly upkeep: Upkeep;
  readonly probe: Probe;
  readonly metrics: Metrics;
  readonly subscriptions: Subscriptions<Reader>;
  readonly addresses: AddressLimits;
  readonly keys: KeyLimits;
  readonly sendBudget: SendBudget;
  /** Tells subscribers of machines that changed without an event. */
  readonly announce: () => void;
  readonly access: Access;
  readonly quotas: Quotas;
  readonly connections: Set<Connection>;
  /** What is told of machines over HTTP as it happens, and who is told. */
  readonly feeds: Feeds;
  readonly streams: Set<EventStream>;
  readonly counters: Counters;
  readonly timekeeper: Timekeeper | undefined;
  /** Called with each reorganisation, new final prefix and freeze, after its commit. */
  readonly changed: Set<(change: Change) => void>;
  readonly timers: { keep: NodeJS.Timeout | undefined };
  /** The address that AUTH events must name. */
  publicUrl: string;
  readonly isReady: () => boolean;
  /** Unix seconds. */
  readonly now: () => number;
  readonly query: Ask;
  readonly count: AskHowMany;
  readonly turns: Turns;
  /** Wire JSON of a row, signed on the spot when it is a keeper snapshot. */
  readonly serve: (row: EventRow) => string;
  readonly noteOutcome: (outcome: Outcome) => void;
  readonly forget: (connection: Connection, address: string) => void;
};

/** What a relay is given besides its configuration. */
export type StartOptions = {
  readonly log: Logger;
  /** Unix seconds; the clock of everything the relay dates or compares. */
  readonly now?: () => number;
  /** Shared by several relays in one process; by default a relay has its own. */
  readonly trial?: DefinitionTrial;
  /** The descriptor of a listening socket, instead of `listen.host` and `listen.port`. */
  readonly socket?: number | undefined;
};

/** A relay that takes connections, as whoever started it sees it. */
export type RunningRelay = {
  /** Websocket and HTTP address, with the port that was bound. */
  readonly url: string;
  readonly httpUrl: string;
  /** The relay's own pubkey. */
  readonly self: string;
  /** Takes on another configuration, as far as a running relay can. */
  readonly reload: LiveConfig['replace'];
  /** Answers what is pending, ends the connections and closes the store. */
  readonly stop: () => Promise<void>;
};

/** How many older events enter the search index in one turn. */
const INDEXED_PER_TURN = 10;

/** Starts a relay; resolves when it takes connections. */
export async function startRelay(config: Config, options: StartOptions): Promise<RunningRelay> {
  const rules = makeRuleSet(loadLibraries(config.machines.libraries));
  mkdirSync(config.dataDir, { recursive: true });
  const port = await bindPort(config, options.socket);
  try {
    return await startOn(port, liveConfig(config), { ...options, rules });
  } catch (fault) {
    await port.close();
    throw fault;
  }
}

async function startOn(
  port: BoundPort,
  live: LiveConfig,
  options: StartOptions & { readonly rules: RuleSet },
): Promise<RunningRelay> {
  const { log } = options;
  const { config } = live;
  const { workers, backend: forced } = config.verify;
  const chosen = await chooseBackend(forced === '' ? undefined : forced);
  const { backend, skipped } = chosen;
  log.info({ backend: backend.name, skipped }, 'verify.chosen');
  const count = workers < 0 ? Math.max(1, availableParallelism() - 1) : workers;
  const metrics = createMetrics();
  const onFault = (err: unknown) => {
    metrics.count('nsm_faults_total');
    log.error({ err }, 'fault');
  };
  const { synchronous, cachedBytesMax } = config.storage;
  const stored = { search: config.search.enabled, cachedBytesMax };
  const store = openStore(config.dataDir, synchronous, stored);
  const pool = await startVerifyPool({ workers: count, backend: backend.name, onFault });
  const checkpoints = runCheckpoints(store, config.dataDir, onFault);
  const key = loadRelayKey(config.dataDir, config.relay.secretKey, backend);
  const relay = assemble(live, { ...options, pool, store, checkpoints, key, metrics, onFault });
  indexOlder(relay);
  relay.publicUrl = config.publicUrl || port.url;
  const listener = serve(relay, port);
  const withdraw = publishAddress(config.dataDir, port.url);
  log.info({ url: port.url, self: key.pubkey }, 'relay.started');
  return {
    url: port.url,
    httpUrl: port.url.replace(/^ws/, 'http'),
    self: key.pubkey,
    reload: (next) => {
      const done = live.replace(next);
      relay.access.reload();
      endForbidden(relay);
      return done;
    },
    stop: () => {
      withdraw();
      return stopRelay(relay, { listener, checkpoints, ownTrial: options.trial === undefined });
    },
  };
}

/** Indexes what was stored before search was switched on, a little in each turn. */
function indexOlder({ store, turns }: Relay): void {
  const portion = () => {
    if (store.search.catchUp(INDEXED_PER_TURN)) turns.later(portion);
    return WORK_PER_TURN;
  };
  turns.later(portion);
}
