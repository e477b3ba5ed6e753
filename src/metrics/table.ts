/**
 * Every metric the relay has: name, type, labels and what it counts.
 *
 * `docs/metrics.md` is made from this table, and a test compares it with dashboard and alerts. A
 * label has few values that are known beforehand: never a machine, a pubkey or free text. Received,
 * stored, refused and duplicate are counted apart, so that no total means two things.
 */

/** A metric as Prometheus knows it. */
export type MetricDefinition = {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  readonly says: string;
};

const counter = (says: string, ...labels: readonly string[]) =>
  ({ type: 'counter', labels, says }) as const;
const gauge = (says: string, ...labels: readonly string[]) =>
  ({ type: 'gauge', labels, says }) as const;
const histogram = (says: string) => ({ type: 'histogram', labels: [], says }) as const;

/** All metrics, by name. Times are seconds, sizes bytes. */
export const METRICS = {
  nostr_client_messages_total: counter('Frames from clients; `other` is no known verb.', 'verb'),
  nostr_relay_messages_total: counter('Frames to clients.', 'verb'),
  nostr_events_total: counter(
    'Events received from clients, whatever became of them; kinds that are not common are `other`.',
    'kind',
  ),
  nsm_events_total: counter(
    'Events answered: `stored`, `passed` on without being stored (ephemeral), `duplicate` or ' +
      '`refused`.',
    'result',
  ),
  nsm_refusals_total: counter('Refused events, by the code of docs/refusals.md.', 'code'),
  nsm_transitions_total: counter(
    'Transitions answered: `accepted`, `duplicate` or `refused`, the last with its code.',
    'result',
    'reason',
  ),
  nsm_engine_timeouts_total: counter('Definitions whose trial took too long.'),
  nsm_snapshot_divergence_total: counter(
    'Snapshots that claim another state than the computed one.',
  ),
  nsm_faults_total: counter('Faults: bugs and broken disks. Each is in the log.'),
  nsm_connections_total: counter('Websockets that were opened.'),
  nsm_slow_readers_total: counter(
    'Connections and streams that were ended because they did not read.',
  ),
  nsm_ok_duration_seconds: histogram('From the arrival of an event to its answer.'),
  nsm_eose_duration_seconds: histogram('From a REQ to its EOSE.'),
  nsm_validate_duration_seconds: histogram('Judging one event and writing its rows.'),
  nsm_batch_duration_seconds: histogram('One transaction, commit included.'),
  nsm_connections: gauge('Open websockets.'),
  nsm_streams: gauge('Open event streams of the HTTP API.'),
  nsm_subscriptions: gauge('Open subscriptions.'),
  nsm_pending_events: gauge('Events between arrival and answer.'),
  nsm_pending_signatures: gauge('Signatures that wait for their check.'),
  nsm_send_queue_bytes: gauge('Bytes that wait for readers, of all connections.'),
  nsm_machines: gauge('Hosted machines; a frozen one counts as `frozen` alone.', 'status'),
  nsm_stored_events: gauge('Stored events.'),
  nsm_stored_transitions: gauge('Stored transitions.'),
  nsm_db_bytes: gauge('The database file.'),
  nsm_wal_bytes: gauge('The write-ahead log.'),
  nsm_disk_free_bytes: gauge('Free on the disk of the data folder.'),
  nsm_last_backup_timestamp_seconds: gauge('When the newest backup was taken; 0 is never.'),
  nsm_backup_failures_total: counter('Scheduled backups that failed.'),
  nsm_ready: gauge('1 when events are taken, as `/readyz` says.'),
  nsm_probe_success: gauge('1 when the last probe came through: an event in, heard and found.'),
  nsm_probe_duration_seconds: gauge('How long the last probe took.'),
  nsm_event_loop_delay_seconds: gauge('Delay of the event loop since the last scrape.', 'quantile'),
  nsm_build_info: gauge('1, with the version and the hash of the rule set.', 'version', 'rules'),
  process_resident_memory_bytes: gauge('Memory of the process.'),
  process_cpu_seconds_total: counter('Time the process has computed.'),
  process_start_time_seconds: gauge('When the process started, in Unix seconds.'),
  process_open_fds: gauge('Open file descriptors; left out where the system does not tell.'),
  nodejs_heap_used_bytes: gauge('Memory of JavaScript that is in use.'),
  nodejs_active_resources: gauge('What keeps the process alive: sockets, timers, workers.', 'type'),
} as const satisfies Record<string, MetricDefinition>;

type Table = typeof METRICS;

/** Name of a metric. */
export type MetricName = keyof Table;

/** Names of metrics of a type. */
export type NameOf<Type extends MetricDefinition['type']> = {
  [Name in MetricName]: Table[Name]['type'] extends Type ? Name : never;
}[MetricName];
