/**
 * Composition root: builds the parts, owns the order in which they start and stop.
 *
 * Bind first, repair in the background; on stop answer what was accepted, then end the sockets
 * without a close frame, so that clients reconnect.
 */
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { type Access, openAccess } from './access.ts';
import { announce } from './announce.ts';
import type { Change } from './branches.ts';
import { broadcast } from './broadcast.ts';
import { type Checkpoints, runCheckpoints } from './checkpoints.ts';
import type { Config } from './config.ts';
import type { Connection } from './connection.ts';
import { openCustody } from './custody.ts';
import { createDefinitionTrial, type DefinitionTrial } from './definition-trial.ts';
import { createFeeds, type Feeds } from './http/feeds.ts';
import { type Listener, listen } from './http/listen.ts';
import type { EventStream } from './http/streams.ts';
import { createIntake, type Intake } from './intake.ts';
import { createKeeper, type Keeper } from './keeper.ts';
import { loadLibraries } from './libraries.ts';
import type { Logger } from './log.ts';
import { hostMachines, type Machines } from './machines.ts';
import type { Filter } from './nostr/filter.ts';
import { SNAPSHOT_KIND } from './nsm/kinds.ts';
import { makeRuleSet, type RuleSet } from './nsm/rule-set.ts';
import { localRules } from './objection.ts';
import { createPending, type Pending, poolLimits } from './pending.ts';
import { createAdmission } from './policy/admit.ts';
import { isReadable } from './policy/guarded.ts';
import { type AddressLimits, type KeyLimits, limitAddresses, limitKeys } from './policy/rate.ts';
import { createQuotas, type Quotas } from './quotas.ts';
import type { RefusalCode } from './refusal.ts';
import { loadRelayKey } from './relay-key.ts';
import { createSendBudget, type SendBudget } from './send-budget.ts';
import type { EventRow } from './store/events.ts';
import type { Answer } from './store/query.ts';
import { openStore, type Store } from './store/store.ts';
import { acceptsSource, indexSubscriptions, type Subscriptions } from './subscriptions.ts';
import { createReconciler, type Reconciler } from './sync/reconciler.ts';
import { publishAddress } from './sync/running.ts';
import { startTimekeeper, type Timekeeper } from './timekeeper.ts';
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
  readonly pending: Pending;
  readonly keeper: Keeper;
  readonly pool: VerifyPool;
  readonly trial: DefinitionTrial;
  readonly reconciler: Reconciler;
  readonly subscriptions: Subscriptions<Connection>;
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
};

/** A relay that takes connections, as whoever started it sees it. */
export type RunningRelay = {
  /** Websocket and HTTP address, with the port that was bound. */
  readonly url: string;
  readonly httpUrl: string;
  /** The relay's own pubkey. */
  readonly self: string;
  /** Answers what is pending, ends the connections and closes the store. */
  readonly stop: () => Promise<void>;
};

/** Starts a relay; resolves when it takes connections. */
export async function startRelay(config: Config, options: StartOptions): Promise<RunningRelay> {
  const { log } = options;
  const rules = makeRuleSet(loadLibraries(config.machines.libraries));
  mkdirSync(config.dataDir, { recursive: true });
  const { workers, backend: forced } = config.verify;
  const chosen = await chooseBackend(forced === '' ? undefined : forced);
  const { backend, skipped } = chosen;
  log.info({ backend: backend.name, skipped }, 'verify.chosen');
  const count = workers < 0 ? Math.max(1, availableParallelism() - 1) : workers;
  const onFault = (err: unknown) => log.error({ err }, 'fault');
  const pool = await startVerifyPool({ workers: count, backend: backend.name, onFault });
  const store = openStore(config.dataDir, config.storage.synchronous);
  const checkpoints = runCheckpoints(store, config.dataDir, onFault);
  const key = loadRelayKey(config.dataDir, config.relay.secretKey, backend);
  const parts = { ...options, pool, store, checkpoints, key, onFault, rules };
  const relay = assemble(config, parts);
  const listener = await listen(relay);
  relay.publicUrl = config.publicUrl || listener.url;
  const withdraw = publishAddress(config.dataDir, listener.url);
  log.info({ url: listener.url, self: key.pubkey }, 'relay.started');
  return {
    url: listener.url,
    httpUrl: listener.url.replace(/^ws/, 'http'),
    self: key.pubkey,
    stop: () => {
      withdraw();
      return stopRelay(relay, { listener, checkpoints, ownTrial: options.trial === undefined });
    },
  };
}

type Assembly = StartOptions & {
  readonly pool: VerifyPool;
  readonly store: Store;
  readonly checkpoints: Checkpoints;
  readonly rules: RuleSet;
  readonly key: ReturnType<typeof loadRelayKey>;
  readonly onFault: (fault: unknown) => void;
};

function assemble(config: Config, parts: Assembly): Relay {
  const { log, pool, store, key, checkpoints, onFault } = parts;
  const {
    now = () => Math.floor(Date.now() / 1_000),
    trial = createDefinitionTrial({ libraries: config.machines.libraries }),
  } = parts;
  const { limits } = config;
  const { rules } = parts;
  const { cachedMax, forks } = config.machines;
  const onFrozen = (id: string) => keeper.mark(id, true);
  const infersLinks = config.machines.links === 'infer';
  const custody = openCustody(store, config.dataDir);
  if (!custody.maySign) log.warn('custody.suspended');
  const custodian = custody.maySign ? key.pubkey : null;
  const hosting = { cachedMax, rules, forks, custodian, infersLinks, onFrozen };
  const machines = hostMachines(store, hosting);
  const keeper = createKeeper({ store, machines, key, custody, now, onFault });
  const pending = createPending({
    ...{ limits: poolLimits(config), now },
    openLane: () => intake.openLane(),
  });
  const access = openAccess(store, config);
  const quotas = createQuotas(store, config.quotas);
  const keys = limitKeys(config);
  const feeds = createFeeds(store, () => performance.now());
  const intake: Intake = createIntake({
    ...{ store, machines, pool, trial, now, onFault, keys, self: key.pubkey },
    admit: createAdmission(config, key.pubkey, access.rules),
    write: pending.around(createWriter(store, machines, localRules(config, key.pubkey, quotas))),
    pendingMax: limits.pendingEventsMax,
    onPublished: (published, changes) => {
      checkpoints.wrote(published.length);
      announce(relay, changes);
      broadcast(relay, published);
      feeds.committed(published, changes);
    },
    onJudged: (judged) => {
      pending.release(judged);
      feeds.judged(judged);
    },
  });
  const relay: Relay = {
    ...{ config, log, store, machines, intake, pending, keeper, pool, trial, now },
    ...{ access, quotas, keys, feeds, streams: new Set() },
    reconciler: createReconciler({ config, keeper: key.pubkey, now, onFault }),
    subscriptions: indexSubscriptions<Connection>(),
    addresses: limitAddresses(config),
    sendBudget: createSendBudget(limits.sendQueuesBytesMax),
    announce: () => broadcast(relay, []),
    connections: new Set(),
    counters: { frames: 0, accepted: 0, refused: new Map() },
    changed: new Set(),
    timers: { keep: undefined },
    timekeeper: config.machines.timekeeper
      ? startTimekeeper({ store, key, now, onFault, lane: intake.openLane() })
      : undefined,
    publicUrl: config.publicUrl,
    isReady: () => intake.pending() < limits.pendingEventsMax,
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
      if (!relay.connections.delete(connection)) return;
      relay.addresses.disconnect(address);
      relay.sendBudget.forget(connection);
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
    isReadable: (row: EventRow) =>
      isReadable(row, authenticated) && !relay.access.rules().isOfHidden(row),
  };
  return { relay, source: store.query.run(filters, limits, bounds), upTo };
}

type Stopping = {
  readonly listener: Listener;
  readonly checkpoints: Checkpoints;
  readonly ownTrial: boolean;
};

async function stopRelay(
  relay: Relay,
  { listener, checkpoints, ownTrial }: Stopping,
): Promise<void> {
  listener.refuseNew();
  clearTimeout(relay.timers.keep);
  relay.timekeeper?.stop();
  await relay.intake.stop();
  for (const connection of relay.connections) connection.terminate();
  await listener.close();
  if (ownTrial) await relay.trial.close();
  await relay.reconciler.close();
  await relay.pool.close();
  await checkpoints.close();
  relay.store.close();
  relay.log.info('relay.stopped');
}
