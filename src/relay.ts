/**
 * Composition root: builds the parts, owns the order in which they start and stop.
 *
 * Bind first, repair in the background; on stop answer what was accepted, then end the sockets
 * without a close frame, so that clients reconnect.
 */
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { broadcast } from './broadcast.ts';
import { type Checkpoints, runCheckpoints } from './checkpoints.ts';
import { type LiveConfig, liveConfig } from './config/live.ts';
import type { Config } from './config.ts';
import type { Connection } from './connection.ts';
import { createDefinitionTrial, type DefinitionTrial } from './definition-trial.ts';
import { type FormerKey, readFormerKeys } from './former-keys.ts';
import { type BoundPort, bindPort, serve } from './http/listen.ts';
import { createIntake, type Intake } from './intake.ts';
import { createKeeper, type Keeper } from './keeper.ts';
import { loadLibraries } from './libraries.ts';
import type { Logger } from './log.ts';
import { hostMachines, type Machines } from './machines.ts';
import { countIntake, timeTransactions, timeWriter } from './metrics/count.ts';
import { createMetrics, type Metrics } from './metrics/registry.ts';
import type { Filter } from './nostr/filter.ts';
import { SNAPSHOT_KIND } from './nsm/kinds.ts';
import { makeRuleSet, type RuleSet } from './nsm/rule-set.ts';

import { localRules } from './objection.ts';

import { createAdmission } from './policy/admit.ts';
import { isReadable } from './policy/guarded.ts';
import { type AddressLimits, addressBounds, limitAddresses } from './policy/rate.ts';
import type { RefusalCode } from './refusal.ts';
import { loadRelayKey } from './relay-key.ts';
import { stopRelay } from './stopping.ts';
import type { EventRow } from './store/events.ts';
import type { Answer } from './store/query.ts';
import { openStore, type Store } from './store/store.ts';
import {
  acceptsSource,
  indexSubscriptions,
  type Listener as Reader,
  type Subscriptions,
} from './subscriptions.ts';
import { startTimekeeper, type Timekeeper } from './timekeeper.ts';
import { type Probe, startProbe } from './upkeep/probe.ts';
import { startUpkeep, type Upkeep } from './upkeep/upkeep.ts';
import { chooseBackend } from './verify/backend.ts';
import { startVerifyPool, type VerifyPool } from './verify/pool.ts';
import { createWriter, type Outcome } from './writer.ts';

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
  readonly keeper: Keeper;
  /** Keys that the relay had before. */
  readonly formerKeys: readonly FormerKey[];
  readonly pool: VerifyPool;
  readonly trial: DefinitionTrial;
  readonly upkeep: Upkeep;
  readonly probe: Probe;
  readonly metrics: Metrics;
  readonly subscriptions: Subscriptions<Reader>;
  readonly addresses: AddressLimits;
  readonly connections: Set<Connection>;
  readonly counters: Counters;
  readonly timekeeper: Timekeeper | undefined;
  readonly timers: { keep: NodeJS.Timeout | undefined };
  /** The address that AUTH events must name. */
  publicUrl: string;
  readonly isReady: () => boolean;
  /** Unix seconds. */
  readonly now: () => number;
  /** Rows that answer filters as of now for who holds these keys, up to which sequence number. */
  readonly query: (
    filters: readonly Filter[],
    authenticated: ReadonlySet<string>,
  ) => {
    readonly relay: Relay;
    readonly source: Answer;
    readonly upTo: number;
  };
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

/** Starts a relay; resolves when it takes connections. */
export async function startRelay(config: Config, options: StartOptions): Promise<RunningRelay> {
  mkdirSync(config.dataDir, { recursive: true });
  const port = await bindPort(config, options.socket);
  try {
    return await startOn(port, liveConfig(config), options);
  } catch (fault) {
    await port.close();
    throw fault;
  }
}

async function startOn(
  port: BoundPort,
  live: LiveConfig,
  options: StartOptions,
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
  const store = openStore(config.dataDir, config.storage.synchronous);
  const pool = await startVerifyPool({ workers: count, backend: backend.name, onFault });
  const checkpoints = runCheckpoints(store, config.dataDir, onFault);
  const key = loadRelayKey(config.dataDir, config.relay.secretKey, backend);
  const relay = assemble(live, {
    ...{ ...options, pool, store, checkpoints, key, metrics, onFault },
    rules: makeRuleSet(loadLibraries(config.machines.libraries)),
  });
  relay.publicUrl = config.publicUrl || port.url;
  const listener = serve(relay, port);
  log.info({ url: port.url, self: key.pubkey }, 'relay.started');
  return {
    url: port.url,
    httpUrl: port.url.replace(/^ws/, 'http'),
    self: key.pubkey,
    reload: live.replace,
    stop: () => stopRelay(relay, { listener, checkpoints, ownTrial: options.trial === undefined }),
  };
}

type Assembly = StartOptions & {
  readonly pool: VerifyPool;
  readonly store: Store;
  readonly checkpoints: Checkpoints;
  readonly rules: RuleSet;
  readonly key: ReturnType<typeof loadRelayKey>;
  readonly metrics: Metrics;
  readonly onFault: (fault: unknown) => void;
};

function assemble(live: LiveConfig, parts: Assembly): Relay {
  const { config, derive } = live;
  const { log, pool, store, key, checkpoints, metrics, onFault } = parts;
  const {
    now = () => Math.floor(Date.now() / 1_000),
    trial = createDefinitionTrial({ libraries: config.machines.libraries }),
  } = parts;
  const { limits } = config;
  const { rules } = parts;
  const { cachedMax } = config.machines;
  const onFrozen = (id: string) => keeper.mark(id, true);
  const machines = hostMachines(store, { cachedMax, rules, onFrozen });
  const upkeep = startUpkeep(config, log);
  // Snapshots of a key that was replaced cannot be signed any more.
  store.transaction(() => store.retireKeepers(key.pubkey));
  const keeper = createKeeper({ store, machines, key, now, onFault });
  const admission = derive((latest) => createAdmission(latest, key.pubkey));
  const writer = derive((latest) => createWriter(store, machines, localRules(latest, key.pubkey)));
  const queue = createIntake({
    ...{ machines, pool, trial, now, onFault },
    store: timeTransactions(store, metrics),
    admit: (event, arrival) => admission()(event, arrival),
    write: timeWriter((event, time) => writer()(event, time), metrics),
    pendingMax: limits.pendingEventsMax,
    hasRoom: upkeep.disk.hasRoom,
    onPublished: (published) => {
      checkpoints.wrote(published.length);
      broadcast(relay, published);
    },
  });
  const intake = countIntake(queue, metrics);
  const subscriptions = indexSubscriptions<Reader>();
  const probe = startProbe({ store, key, log, now, subscriptions, lane: intake.openLane() });
  const relay: Relay = {
    ...{ config, log, store, machines, intake, keeper, pool, trial, upkeep, now },
    ...{ subscriptions, probe, metrics },
    formerKeys: readFormerKeys(config.dataDir, key.pubkey),
    addresses: limitAddresses(addressBounds(config)),
    connections: new Set(),
    counters: { frames: 0, accepted: 0, refused: new Map() },
    timers: { keep: undefined },
    timekeeper: config.machines.timekeeper
      ? startTimekeeper({ store, machines, key, now, lane: intake.openLane() })
      : undefined,
    publicUrl: config.publicUrl,
    isReady: () =>
      intake.pending() < limits.pendingEventsMax && upkeep.disk.hasRoom() && probe.isWell(),
    query: (filters, authenticated) => runQuery(relay, filters, authenticated),
    serve: (row) =>
      row.sig.length > 0
        ? store.rowToJson(row)
        : store.rowToJson(row, keeper.serve(row.id.toString('hex'))),
    noteOutcome: (outcome) => {
      if (outcome.accepted) relay.counters.accepted++;
      else {
        const { code } = outcome.refusal;
        relay.counters.refused.set(code, (relay.counters.refused.get(code) ?? 0) + 1);
      }
    },
    forget: (connection, address) => {
      if (relay.connections.delete(connection)) relay.addresses.disconnect(address);
    },
  };
  return relay;
}

function runQuery(
  relay: Relay,
  filters: readonly Filter[],
  authenticated: ReadonlySet<string>,
): ReturnType<Relay['query']> {
  const { store, keeper, config, now } = relay;
  const { limitDefault, limitMax } = config.limits;
  if (filters.some((filter) => acceptsSource(filter, keeper.pubkey, SNAPSHOT_KIND))) {
    keeper.flush();
  }
  const limits = filters.map(({ limit = limitDefault }) => Math.min(limit, limitMax));
  const upTo = store.lastEvent();
  const bounds = {
    upTo,
    now: now(),
    isReadable: (row: EventRow) => isReadable(row, authenticated),
  };
  return { relay, source: store.query.run(filters, limits, bounds), upTo };
}
