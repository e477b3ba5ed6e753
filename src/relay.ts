/**
 * Composition root: builds the parts, owns the order in which they start and stop.
 *
 * Bind first, repair in the background; on stop answer what was accepted, then end the sockets
 * without a close frame, so that clients reconnect.
 */
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { type Checkpoints, runCheckpoints } from './checkpoints.ts';
import type { Config } from './config.ts';
import type { Connection } from './connection.ts';
import { createDefinitionTrial, type DefinitionTrial } from './definition-trial.ts';
import { type Listener, listen } from './http/listen.ts';
import { createIntake, type Intake, type Published } from './intake.ts';
import { createKeeper, type Keeper } from './keeper.ts';
import { loadLibraries } from './libraries.ts';
import type { Logger } from './log.ts';
import { hostMachines, type Machines } from './machines.ts';
import { type NostrEvent, tagValues } from './nostr/event.ts';
import { eventJson } from './nostr/message.ts';
import { VANISH_KIND } from './nostr/vanish.ts';
import { DEFINITION_KIND, SNAPSHOT_KIND, TRANSITION_KIND } from './nsm/kinds.ts';
import { makeRuleSet, type RuleSet } from './nsm/rule-set.ts';

import { localRules } from './objection.ts';

import { createAdmission } from './policy/admit.ts';
import { type AddressLimits, limitAddresses } from './policy/rate.ts';
import { type Ask, type AskHowMany, ask, askHowMany } from './questions.ts';
import type { RefusalCode } from './refusal.ts';
import { loadRelayKey } from './relay-key.ts';
import type { EventRow } from './store/events.ts';
import { openStore, type Store } from './store/store.ts';
import { WORK_PER_TURN } from './store/turn.ts';
import { indexSubscriptions, type Subscriptions } from './subscriptions.ts';
import { startTimekeeper, type Timekeeper } from './timekeeper.ts';
import { createTurns, type Turns } from './turns.ts';
import { startVanishing, type Vanishing } from './vanishing.ts';
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
  readonly pool: VerifyPool;
  readonly trial: DefinitionTrial;
  readonly subscriptions: Subscriptions<Connection>;
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
  readonly query: Ask;
  readonly count: AskHowMany;
  readonly turns: Turns;
  readonly vanishing: Vanishing;
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

/** How often, and how many at a time, keeper snapshots are written without being asked for. */
const KEEP_INTERVAL_MS = 250;
const KEPT_PER_TURN = 200;
/** How many older events enter the search index in one turn. */
const INDEXED_PER_TURN = 10;

/** Starts a relay; resolves when it takes connections. */
export async function startRelay(config: Config, options: StartOptions): Promise<RunningRelay> {
  const { log } = options;
  mkdirSync(config.dataDir, { recursive: true });
  const { workers, backend: forced } = config.verify;
  const chosen = await chooseBackend(forced === '' ? undefined : forced);
  const { backend, skipped } = chosen;
  log.info({ backend: backend.name, skipped }, 'verify.chosen');
  const count = workers < 0 ? Math.max(1, availableParallelism() - 1) : workers;
  const onFault = (err: unknown) => log.error({ err }, 'fault');
  const pool = await startVerifyPool({ workers: count, backend: backend.name, onFault });
  const store = openStore(config.dataDir, config.storage.synchronous, {
    search: config.search.enabled,
  });
  const checkpoints = runCheckpoints(store, config.dataDir, onFault);
  const key = loadRelayKey(config.dataDir, config.relay.secretKey, backend);
  const relay = assemble(config, {
    ...{ ...options, pool, store, checkpoints, key, onFault },
    rules: makeRuleSet(loadLibraries(config.machines.libraries)),
  });
  indexOlder(relay);
  const listener = await listen(relay);
  relay.publicUrl = config.publicUrl || listener.url;
  log.info({ url: listener.url, self: key.pubkey }, 'relay.started');
  return {
    url: listener.url,
    httpUrl: listener.url.replace(/^ws/, 'http'),
    self: key.pubkey,
    stop: () => stopRelay(relay, { listener, checkpoints, ownTrial: options.trial === undefined }),
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
  const { limits, rate } = config;
  const { rules } = parts;
  const { cachedMax } = config.machines;
  const onFrozen = (id: string) => keeper.mark(id, true);
  const machines = hostMachines(store, { cachedMax, rules, onFrozen });
  const keeper = createKeeper({ store, machines, key, now, onFault });
  const intake = createIntake({
    ...{ store, machines, pool, trial, now, onFault },
    admit: createAdmission(config, key.pubkey),
    write: createWriter(
      store,
      machines,
      localRules(config, key.pubkey, () => relay.publicUrl),
    ),
    pendingMax: limits.pendingEventsMax,
    onPublished: (published) => {
      checkpoints.wrote(published.length);
      if (published.some(({ event }) => event.kind === VANISH_KIND)) vanishing.wake();
      broadcast(relay, published);
    },
  });
  const turns = createTurns(onFault);
  const onRedacted = (id: string) => keeper.mark(id, true);
  const vanishing = startVanishing({ store, machines, turns, onRedacted });
  const relay: Relay = {
    ...{ config, log, store, machines, intake, keeper, pool, trial, now, turns, vanishing },
    subscriptions: indexSubscriptions<Connection>(),
    addresses: limitAddresses({
      enabled: rate.enabled,
      eventsPerSecond: rate.eventsPerSecond,
      connectionsMax: limits.connectionsPerAddressMax,
    }),
    connections: new Set(),
    counters: { frames: 0, accepted: 0, refused: new Map() },
    timers: { keep: undefined },
    timekeeper: config.machines.timekeeper
      ? startTimekeeper({ store, machines, key, now, lane: intake.openLane() })
      : undefined,
    publicUrl: config.publicUrl,
    isReady: () => intake.pending() < limits.pendingEventsMax,
    query: (filters, authenticated) => ask(relay, filters, authenticated),
    count: (filters, authenticated) => askHowMany(relay, filters, authenticated),
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

/** Indexes what was stored before search was switched on, a little in each turn. */
function indexOlder({ store, turns }: Relay): void {
  const portion = () => {
    if (store.search.catchUp(INDEXED_PER_TURN)) turns.later(portion);
    return WORK_PER_TURN;
  };
  turns.later(portion);
}

/** Hands committed events to subscribers, and keeper snapshots of the machines they moved. */
function broadcast(relay: Relay, published: readonly Published[]): void {
  const { keeper, subscriptions } = relay;
  const isWanted = subscriptions.mayWant(keeper.pubkey, SNAPSHOT_KIND);
  for (const { event, n } of published) {
    deliver(relay, event, n ?? Number.POSITIVE_INFINITY);
    if (event.kind === DEFINITION_KIND) keeper.mark(event.id, isWanted);
    if (event.kind === TRANSITION_KIND) keeper.mark(tagValues(event, 'e')[0] ?? '', isWanted);
  }
  if (isWanted) pushKept(relay);
  keepLater(relay);
  relay.timekeeper?.wake();
}

/** Pushes keeper snapshots, signed only when somebody listens; those held back come later. */
function pushKept(relay: Relay): void {
  const { keeper, subscriptions } = relay;
  for (const { event, n } of keeper.due(Date.now())) {
    if (subscriptions.matching(event).length === 0) continue;
    deliver(relay, { ...event, sig: keeper.serve(event.id) }, n);
  }
}

/** Writes marked snapshots in slices, so that no read finds many, and pushes what was held back. */
function keepLater(relay: Relay): void {
  const { keeper, timers } = relay;
  if (timers.keep || !keeper.isBehind()) return;
  timers.keep = setTimeout(() => {
    timers.keep = undefined;
    pushKept(relay);
    keeper.flush(KEPT_PER_TURN);
    keepLater(relay);
  }, KEEP_INTERVAL_MS);
}

/** The event's JSON is made once, however many get it. */
function deliver(relay: Relay, event: NostrEvent, n: number): void {
  let json: string | undefined;
  for (const subscription of relay.subscriptions.matching(event)) {
    json ??= eventJson(event);
    subscription.reader.deliver(subscription, { event, json, n });
  }
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
  relay.turns.stop();
  for (const connection of relay.connections) connection.terminate();
  await listener.close();
  if (ownTrial) await relay.trial.close();
  await relay.pool.close();
  await checkpoints.close();
  relay.store.close();
  relay.log.info('relay.stopped');
}
