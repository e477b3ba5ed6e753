/**
 * Counters and histograms of one relay, and their text for Prometheus (exposition format 0.0.4).
 *
 * Counting is a lookup and an addition; what has to be asked for is asked when somebody scrapes.
 * Every metric of the table is in the text, so that an alert on one that never happened works.
 */
import { METRICS, type MetricDefinition, type MetricName, type NameOf } from './table.ts';

/** What is read at a scrape: a number, or one for each set of label values. */
export type Reading =
  | number
  | undefined
  | readonly { readonly labels: readonly string[]; readonly value: number }[];

/** Values read at a scrape, by name. */
export type Readings = { readonly [Name in MetricName]?: Reading };

/** The counted metrics of one relay. */
export type Metrics = {
  readonly count: (name: NameOf<'counter'>, ...labels: readonly string[]) => void;
  /** A duration in seconds. */
  readonly observe: (name: NameOf<'histogram'>, seconds: number) => void;
  /** What a counter came to: with these label values, or without labels. */
  readonly counted: (name: NameOf<'counter'>, ...labels: readonly string[]) => number;
  /** A histogram as of now. */
  readonly observed: (name: NameOf<'histogram'>) => Tally;
  /** The exposition: what was counted, and what is read now. */
  readonly expose: (readings: Readings) => string;
};

/** Upper bounds of histogram buckets, in seconds. */
export const BUCKETS = [
  ...[0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
] as const;

/** Counts by bucket, each of its own; what is above the last bound is in `count` alone. */
export type Tally = { readonly buckets: readonly number[]; readonly count: number };

type Histogram = { readonly buckets: number[]; sum: number; count: number };

/** Metrics that have counted nothing yet. */
export function createMetrics(): Metrics {
  const counters = new Map<string, Map<string, number>>();
  const histograms = new Map<string, Histogram>();
  const definitions = Object.entries<MetricDefinition>(METRICS);
  for (const [name, { type, labels }] of definitions) {
    if (type === 'counter') counters.set(name, new Map(labels.length === 0 ? [['', 0]] : []));
    if (type === 'histogram') {
      histograms.set(name, { buckets: BUCKETS.map(() => 0), sum: 0, count: 0 });
    }
  }

  const samplesOf = (name: string, read: Reading): readonly string[] => {
    const { labels } = METRICS[name as MetricName];
    if (typeof read === 'number') return [`${name} ${read}`];
    if (read !== undefined) {
      return read.map((one) => `${name}${labelText(labels, one.labels)} ${one.value}`);
    }
    const counted = [...(counters.get(name) ?? [])];
    return counted.map(([key, value]) => `${name}${labelText(labels, key.split('\n'))} ${value}`);
  };

  return {
    count: (name, ...labels) => {
      const values = counters.get(name);
      const key = labels.join('\n');
      values?.set(key, (values.get(key) ?? 0) + 1);
    },
    observe: (name, seconds) => {
      const histogram = histograms.get(name);
      if (histogram === undefined) return;
      histogram.sum += seconds;
      histogram.count += 1;
      const at = BUCKETS.findIndex((bound) => seconds <= bound);
      if (at >= 0) histogram.buckets[at] = (histogram.buckets[at] ?? 0) + 1;
    },
    counted: (name, ...labels) => counters.get(name)?.get(labels.join('\n')) ?? 0,
    observed: (name) => {
      const { buckets, count } = histograms.get(name) ?? { buckets: [], count: 0 };
      return { buckets: [...buckets], count };
    },
    expose: (readings) =>
      definitions
        .flatMap(([name, { type, says }]) => {
          const histogram = histograms.get(name);
          const samples = histogram
            ? histogramLines(name, histogram)
            : samplesOf(name, readings[name as MetricName]);
          return [`# HELP ${name} ${says}`, `# TYPE ${name} ${type}`, ...samples, ''];
        })
        .join('\n'),
  };
}

function histogramLines(name: string, { buckets, sum, count }: Histogram): readonly string[] {
  let below = 0;
  const lines = BUCKETS.map((bound, at) => {
    below += buckets[at] ?? 0;
    return `${name}_bucket{le="${bound}"} ${below}`;
  });
  return [
    ...lines,
    `${name}_bucket{le="+Inf"} ${count}`,
    `${name}_sum ${sum}`,
    `${name}_count ${count}`,
  ];
}

function labelText(names: readonly string[], values: readonly string[]): string {
  if (names.length === 0) return '';
  const pairs = names.map((name, at) => `${name}="${escaped(values[at] ?? '')}"`);
  return `{${pairs.join(',')}}`;
}

const escaped = (value: string): string =>
  value.replace(/[\\"]/g, (sign) => `\\${sign}`).replaceAll('\n', '\\n');
