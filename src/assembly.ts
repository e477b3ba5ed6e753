/**
 * How the parts of a relay know of each other.
 *
 * Each part gets what it needs as arguments; what changes while the relay runs is asked for when it
 * is needed. The order in which parts start and stop is for `relay.ts` and `stopping.ts`.
 */
import { openAccess } from './access.ts';
import { announce } from './announce.ts';
import type { Change } from './branches.ts';
import { broadcast } from './broadcast.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { LiveConfig } from './config/live.ts';
import type { Config } from './config.ts';
import type { Connection } from './connection.ts';
import { openCustody } from './custody.ts';
import { createDefinitionTrial } from './definition-trial.ts';
import { readFormerKeys } from './former-keys.ts';
import { createFeeds } from './http/feeds.ts';
import { createIntake, type Intake, type Judged, type Published } from './intake.ts';
import { createKeeper } from './keeper.ts';
import { hostMachines } from './machines.ts';
import { countIntake, timeTransactions, timeWriter } from './metrics/count.ts';
import type { Metrics } from './metrics/registry.ts';
import { VANISH_KIND } from './nostr/vanish.ts';
import type { RuleSet } from './nsm/rule-set.ts';
import { localRules } from './objection.ts';
import { createPending, poolLimits } from './pending.ts';
import { createAdmission } from './policy/admit.ts';
import { limitAddresses, limitKeys } from './policy/rate.ts';
import { ask, askHowMany } from './questions.ts';
import { createQuotas } from './quotas.ts';
import type { Counters, Relay, StartOptions } from './relay.ts';
import type { loadRelayKey } from './relay-key.ts';
import { createSendBudget } from './send-budget.ts';
import type { EventRow } from './store/events.ts';
import type { Store } from './store/store.ts';
import { indexSubscriptions, type Listener as Reader } from './subscriptions.ts';
import { createReconciler } from './sync/reconciler.ts';
import { startTimekeeper } from './timekeeper.ts';
import { createTurns } from './turns.ts';
import { startProbe } from './upkeep/probe.ts';
import { startUpkeep } from './upkeep/upkeep.ts';
import { startVanishing } from './vanishing.ts';
import type { VerifyPool } from './verify/pool.ts';
import { createWriter, type Outcome } from './writer.ts';

/** What was started before the parts are put together. */
export type Assembly = StartOptions & {
  readonly pool: VerifyPool;
  readonly store: Store;
  readonly checkpoints: Checkpoints;
  readonly rules: RuleSet;
  readonly key: ReturnType<typeof loadRelayKey>;
  readonly metrics: Metrics;
  readonly onFault: (fault: unknown) => void;
};

/** The parts of a relay, put together; nothing is served yet. */
export function assemble(live: LiveConfig, parts: Assembly): Relay {
  const { config, derive } = live;
  const { log, pool, store, key, checkpoints, metrics, onFault } = parts;
  const {
    now = () => Math.floor(Date.now() / 1_000),
    trial = createDefinitionTrial({ libraries: config.machines.libraries }),
  } = parts;
  const touch = (id: string) => keeper.mark(id, true);
  const custody = openCustody(store, config.dataDir);
  if (!custody.maySign) log.warn('custody.suspended');
  const custodian = custody.maySign ? key.pubkey : null;
  const machines = hostMachines(store, { ...hosting(config, parts), custodian, onFrozen: touch });
  const upkeep = startUpkeep(config, log);
  // Snapshots of a key that was replaced cannot be signed any more.
  store.transaction(() => store.retireKeepers(key.pubkey));
  const keeper = createKeeper({ store, machines, key, custody, now, onFault });
  const pending = createPending({
    ...{ limits: poolLimits(config), now },
    openLane: () => intake.openLane(),
  });
  const access = openAccess(store, config);
  const quotas = createQuotas(store, config.quotas);
  const keys = limitKeys(config);
  const vanishUrl = () => relay.publicUrl;
  const admission = derive((latest) => createAdmission(latest, key.pubkey, access.rules));
  const writer = derive((latest) =>
    createWriter(store, machines, localRules(latest, key.pubkey, { quotas, vanishUrl })),
  );
  const queue = createIntake({
    ...{ machines, pool, trial, now, onFault, keys, self: key.pubkey },
    store: timeTransactions(store, metrics),
    admit: (event, arrival) => admission()(event, arrival),
    write: pending.around(timeWriter((event, time) => writer()(event, time), metrics)),
    pendingMax: config.limits.pendingEventsMax,
    hasRoom: upkeep.disk.hasRoom,
    onPublished: (published, changes) => {
      checkpoints.wrote(published.length);
      if (published.some(({ event }) => event.kind === VANISH_KIND)) vanishing.wake();
      tell(relay, published, changes);
    },
    onJudged: (judged) => tellJudged(relay, judged),
  });
  const intake: Intake = countIntake(queue, metrics);
  const turns = createTurns(onFault);
  const vanishing = startVanishing({ store, machines, turns, now, onTouched: touch });
  const subscriptions = indexSubscriptions<Reader>();
  const probe = startProbe({ store, key, log, now, subscriptions, lane: intake.openLane() });
  const relay: Relay = {
    ...{ config, log, store, machines, intake, pending, keeper, pool, trial, now },
    ...{ access, quotas, keys, upkeep, subscriptions, probe, metrics, turns },
    feeds: createFeeds(store, () => performance.now()),
    streams: new Set(),
    formerKeys: readFormerKeys(config.dataDir, key.pubkey),
    reconciler: createReconciler({ config, keeper: key.pubkey, now, onFault }),
    addresses: limitAddresses(config),
    sendBudget: createSendBudget(config.limits.sendQueuesBytesMax),
    announce: () => broadcast(relay, []),
    connections: new Set(),
    counters: { frames: 0, accepted: 0, refused: new Map() },
    changed: new Set(),
    timers: { keep: undefined },
    timekeeper: config.machines.timekeeper
      ? startTimekeeper({ store, key, now, onFault, lane: intake.openLane() })
      : undefined,
    publicUrl: config.publicUrl,
    isReady: () =>
      intake.pending() < config.limits.pendingEventsMax && upkeep.disk.hasRoom() && probe.isWell(),
    query: (...question) => ask(relay, ...question),
    count: (...question) => askHowMany(relay, ...question),
    serve: (row) => serveRow(relay, row),
    noteOutcome: (outcome) => noteOutcome(relay.counters, outcome),
    forget: (connection, address) => forget(relay, connection, address),
  };
  return relay;
}

/** Whoever listens, on websockets and over HTTP, hears of what was committed. */
function tell(relay: Relay, published: readonly Published[], changes: readonly Change[]): void {
  announce(relay, changes);
  broadcast(relay, published);
  relay.feeds.committed(published, changes);
}

/** What waited for an event is judged next; who follows its machine hears of a refusal. */
function tellJudged({ pending, feeds }: Relay, judged: readonly Judged[]): void {
  pending.release(judged);
  feeds.judged(judged);
}

function hosting({ machines }: Config, { rules }: Assembly) {
  const { cachedMax, cachedBytesMax, forks, links } = machines;
  return { cachedMax, cachedBytesMax, rules, forks, infersLinks: links === 'infer' };
}

function serveRow({ store, keeper }: Relay, row: EventRow): string {
  if (row.sig.length > 0) return store.rowToJson(row);
  return store.rowToJson(row, keeper.serve(row.id));
}

function forget(relay: Relay, connection: Connection, address: string): void {
  if (!relay.connections.delete(connection)) return;
  relay.addresses.disconnect(address);
  relay.sendBudget.forget(connection);
}

function noteOutcome(counters: Counters, outcome: Outcome): void {
  if (outcome.accepted) {
    counters.accepted++;
    return;
  }
  const { code } = outcome.refusal;
  counters.refused.set(code, (counters.refused.get(code) ?? 0) + 1);
}
