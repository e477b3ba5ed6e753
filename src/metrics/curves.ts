/**
 * The last hour of a relay, as samples: what the page for operators draws.
 *
 * A sample is a few numbers every ten seconds in a ring, so an operator who opens the page after
 * something happened still sees it, without another service that would have had to run.
 */
import { performance } from 'node:perf_hooks';
import type { Relay } from '../relay.ts';
import { BUCKETS, type Tally } from './registry.ts';

/** Seconds between samples, and how many are kept: an hour. */
const CURVES = { everySeconds: 10, kept: 360 } as const;

/** One sample; `at` in Unix seconds, rates by the second, times in ms, sizes in bytes. */
export type Sample = {
  readonly at: number;
  readonly stored: number;
  readonly refused: number;
  /** From the arrival of an event to its answer; null when there was none. */
  readonly answerMedian: number | null;
  readonly answer99th: number | null;
  readonly database: number;
  readonly log: number;
  readonly pendingEvents: number;
  readonly pendingSignatures: number;
  readonly connections: number;
  readonly streams: number;
  /** The part of the time in which the main thread was busy, from 0 to 1. */
  readonly busy: number;
};

/** The samples of a running relay. */
export type Curves = {
  /** Oldest first. */
  readonly samples: () => readonly Sample[];
  readonly stop: () => void;
};

/** What rates are the difference of. */
type Mark = {
  readonly ms: number;
  readonly stored: number;
  readonly refused: number;
  readonly answers: Tally;
  readonly loop: ReturnType<typeof performance.eventLoopUtilization>;
};

/** Takes a sample now and again until it is stopped. */
export function drawCurves(relay: Relay): Curves {
  const samples: Sample[] = [];
  let last = markOf(relay);
  const take = (): void => {
    const mark = markOf(relay);
    samples.push(sampleOf(relay, last, mark));
    if (samples.length > CURVES.kept) samples.shift();
    last = mark;
  };
  const timer = setInterval(take, CURVES.everySeconds * 1_000);
  timer.unref();
  return { samples: () => samples, stop: () => clearInterval(timer) };
}

function markOf({ metrics }: Relay): Mark {
  return {
    ms: performance.now(),
    stored: metrics.counted('nsm_events_total', 'stored'),
    refused: metrics.counted('nsm_events_total', 'refused'),
    answers: metrics.observed('nsm_ok_duration_seconds'),
    loop: performance.eventLoopUtilization(),
  };
}

function sampleOf(relay: Relay, before: Mark, after: Mark): Sample {
  const { store, intake, pool, connections, streams } = relay;
  const seconds = Math.max(0.001, (after.ms - before.ms) / 1_000);
  const answers = difference(after.answers, before.answers);
  return {
    at: relay.now(),
    stored: (after.stored - before.stored) / seconds,
    refused: (after.refused - before.refused) / seconds,
    answerMedian: quantileMs(answers, 0.5),
    answer99th: quantileMs(answers, 0.99),
    database: store.totals(after.ms).database_bytes,
    log: store.logBytes(),
    pendingEvents: intake.pending(),
    pendingSignatures: pool.pending,
    connections: connections.size,
    streams: streams.size,
    busy: performance.eventLoopUtilization(after.loop, before.loop).utilization,
  };
}

function difference(after: Tally, before: Tally): Tally {
  const buckets = after.buckets.map((count, i) => count - (before.buckets[i] ?? 0));
  return { buckets, count: after.count - before.count };
}

/** Within the bucket of the quantile, as if its values were spread evenly; null without values. */
export function quantileMs({ buckets, count }: Tally, quantile: number): number | null {
  if (count <= 0) return null;
  const wanted = quantile * count;
  let below = 0;
  for (const [i, inside] of buckets.entries()) {
    const low = BUCKETS[i - 1] ?? 0;
    const high = BUCKETS[i] ?? low;
    if (inside > 0 && below + inside >= wanted) {
      return 1_000 * (low + ((high - low) * (wanted - below)) / inside);
    }
    below += inside;
  }
  return 1_000 * (BUCKETS.at(-1) ?? 0);
}
