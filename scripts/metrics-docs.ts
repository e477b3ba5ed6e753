/**
 * The documents about metrics, derived from `src/metrics/table.ts`: the page, and the dashboard.
 */

import { BUCKETS } from '../src/metrics/registry.ts';
import { METRICS, type MetricDefinition } from '../src/metrics/table.ts';
import { cell } from './markdown.ts';

/** `docs/metrics.md`: a row for each metric. */
export function metricsPage(): string {
  const rows = Object.entries<MetricDefinition>(METRICS).map(([name, { type, labels, says }]) => {
    const shown = labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${type} | ${shown} | ${cell(says)} |`;
  });
  return `${INTRODUCTION}\n${TABLE_HEAD}\n${rows.join('\n')}\n`;
}

const TABLE_HEAD = '| metric | type | labels | what it says |\n|---|---|---|---|';

const INTRODUCTION = `# Metrics

<!-- Written by \`npm run docs\` from src/metrics/table.ts. -->

\`GET /metrics\` answers in the text format of Prometheus. Without \`metrics.public\` it answers
only the machine the relay runs on, and nothing that a proxy passed on. Names that begin with
\`nostr_\` are those other relays have; no label is a machine, a pubkey or free text. Counters begin
at 0 with each start. Buckets of histograms are ${BUCKETS.join(', ')} seconds.

[deploy/grafana/headkeeper.json](../deploy/grafana/headkeeper.json) is a dashboard and
[deploy/prometheus/alerts.yml](../deploy/prometheus/alerts.yml) has alerts, each with what to do.
`;

type Panel = {
  readonly title: string;
  readonly unit: string;
  /** Queries with what their line is called. */
  readonly queries: readonly (readonly [expr: string, legend: string])[];
};

const quantiles = (name: string): Panel['queries'] =>
  [0.5, 0.95, 0.99].map((q) => [
    `histogram_quantile(${q}, sum by (le) (rate(${name}_bucket[5m])))`,
    `p${q * 100}`,
  ]);

const PANELS: readonly Panel[] = [
  {
    title: 'Ready, and the last probe',
    unit: 'none',
    queries: [
      ['nsm_ready', 'ready'],
      ['nsm_probe_success', 'probe'],
    ],
  },
  {
    title: 'Events by what became of them',
    unit: 'ops',
    queries: [['sum by (result) (rate(nsm_events_total[5m]))', '{{result}}']],
  },
  {
    title: 'Transitions',
    unit: 'ops',
    queries: [['sum by (result) (rate(nsm_transitions_total[5m]))', '{{result}}']],
  },
  {
    title: 'Refusals by code',
    unit: 'ops',
    queries: [['topk(10, sum by (code) (rate(nsm_refusals_total[5m])))', '{{code}}']],
  },
  { title: 'Time to OK', unit: 's', queries: quantiles('nsm_ok_duration_seconds') },
  { title: 'Time to EOSE', unit: 's', queries: quantiles('nsm_eose_duration_seconds') },
  {
    title: 'Judging and writing one event',
    unit: 's',
    queries: quantiles('nsm_validate_duration_seconds'),
  },
  {
    title: 'Transaction with its commit',
    unit: 's',
    queries: quantiles('nsm_batch_duration_seconds'),
  },
  {
    title: 'Connections and subscriptions',
    unit: 'none',
    queries: [
      ['nsm_connections', 'connections'],
      ['nsm_subscriptions', 'subscriptions'],
    ],
  },
  {
    title: 'Queues',
    unit: 'none',
    queries: [
      ['nsm_pending_events', 'events'],
      ['nsm_pending_signatures', 'signatures'],
    ],
  },
  { title: 'Machines', unit: 'none', queries: [['nsm_machines', '{{status}}']] },
  {
    title: 'Event loop delay',
    unit: 's',
    queries: [['nsm_event_loop_delay_seconds', '{{quantile}}']],
  },
  {
    title: 'Memory',
    unit: 'bytes',
    queries: [
      ['process_resident_memory_bytes', 'resident'],
      ['nodejs_heap_used_bytes', 'heap'],
      ['nsm_send_queue_bytes', 'send queues'],
    ],
  },
  {
    title: 'Disk',
    unit: 'bytes',
    queries: [
      ['nsm_db_bytes', 'database'],
      ['nsm_wal_bytes', 'write-ahead log'],
      ['nsm_disk_free_bytes', 'free'],
    ],
  },
  {
    title: 'Age of the newest backup',
    unit: 's',
    queries: [['time() - (nsm_last_backup_timestamp_seconds > 0)', 'age']],
  },
  {
    title: 'Faults, divergence, slow readers',
    unit: 'ops',
    queries: [
      ['rate(nsm_faults_total[5m])', 'faults'],
      ['rate(nsm_snapshot_divergence_total[5m])', 'divergent snapshots'],
      ['rate(nsm_slow_readers_total[5m])', 'slow readers'],
    ],
  },
];

/** What the dashboard calls its Prometheus. */
const SOURCE = 'DS_PROMETHEUS';

/** `deploy/grafana/headkeeper.json`: two panels a row; its Prometheus is chosen on import. */
export function dashboardFile(): string {
  const datasource = { type: 'prometheus', uid: `\${${SOURCE}}` };
  const panels = PANELS.map(({ title, unit, queries }, at) => ({
    id: at + 1,
    type: 'timeseries',
    title,
    datasource,
    gridPos: { h: 8, w: 12, x: (at % 2) * 12, y: Math.floor(at / 2) * 8 },
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    targets: queries.map(([expr, legendFormat], index) => ({
      ...{ refId: String.fromCharCode(65 + index), datasource, expr, legendFormat },
    })),
  }));
  const input = { name: SOURCE, label: 'Prometheus', type: 'datasource' };
  const dashboard = {
    __inputs: [{ ...input, pluginId: 'prometheus', pluginName: 'Prometheus' }],
    ...{ uid: 'headkeeper', title: 'Headkeeper', tags: ['nostr'], schemaVersion: 39, version: 1 },
    ...{ time: { from: 'now-6h', to: 'now' }, refresh: '30s', timezone: 'browser', panels },
  };
  return `${JSON.stringify(dashboard, undefined, 2)}\n`;
}
