/**
 * What is asked for when somebody scrapes: sizes, queues, the process, the last backup and probe.
 */
import { readdirSync } from 'node:fs';
import type { Relay } from '../relay.ts';
import type { EventLoopDelay } from '../upkeep/upkeep.ts';
import { VERSION } from '../version.ts';
import type { Reading, Readings } from './registry.ts';

const QUANTILES = [0.5, 0.99, 1] as const;
const NANOSECONDS = 1e9;

/** The gauges of a relay as of now. */
export function readGauges(relay: Relay): Readings {
  return { ...relayReadings(relay), ...processReadings() };
}

function relayReadings(relay: Relay): Readings {
  const { connections, streams, subscriptions, intake, pool, store, upkeep, machines, probe } =
    relay;
  const totals = store.totals(performance.now());
  const queued = [...connections].reduce((bytes, connection) => bytes + connection.waiting(), 0);
  return {
    nsm_connections: connections.size,
    nsm_streams: streams.size,
    nsm_subscriptions: subscriptions.count(),
    nsm_pending_events: intake.pending(),
    nsm_pending_signatures: pool.pending,
    nsm_send_queue_bytes: queued,
    nsm_machines: store.machineCounts(performance.now()).map(({ status, machines: value }) => ({
      ...{ labels: [status], value },
    })),
    nsm_stored_events: totals.events,
    nsm_stored_transitions: totals.transitions,
    nsm_db_bytes: totals.database_bytes,
    nsm_wal_bytes: store.logBytes(),
    nsm_disk_free_bytes: upkeep.disk.freeBytes(),
    nsm_last_backup_timestamp_seconds: upkeep.backups.lastAt() ?? 0,
    nsm_backup_failures_total: upkeep.backups.failures(),
    nsm_ready: relay.isReady() ? 1 : 0,
    nsm_probe_success: probe.last().passed ? 1 : 0,
    nsm_probe_duration_seconds: probe.last().seconds,
    nsm_event_loop_delay_seconds: delayReading(upkeep.eventLoop),
    nsm_build_info: [{ labels: [VERSION, machines.view.rules.hash], value: 1 }],
  };
}

/** A histogram since the last scrape, so that one bad minute is seen as one. */
function delayReading(delay: EventLoopDelay): Reading {
  const reading = QUANTILES.map((quantile) => {
    const nanoseconds = quantile === 1 ? delay.max : delay.percentile(quantile * 100);
    return { labels: [`${quantile}`], value: delay.count === 0 ? 0 : nanoseconds / NANOSECONDS };
  });
  delay.reset();
  return reading;
}

function processReadings(): Readings {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return {
    process_resident_memory_bytes: rss,
    process_cpu_seconds_total: (user + system) / 1e6,
    process_start_time_seconds: Math.round(performance.timeOrigin / 1_000),
    process_open_fds: openFiles(),
    nodejs_heap_used_bytes: heapUsed,
    nodejs_active_resources: activeResources(),
  };
}

function activeResources(): Reading {
  const counts = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo()) {
    counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  return [...counts].map(([type, value]) => ({ labels: [type], value }));
}

function openFiles(): Reading {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return [];
  }
}
