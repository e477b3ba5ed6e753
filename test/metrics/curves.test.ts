/**
 * Quantiles from counted buckets, as the curves of the status page have them.
 */

import { describe, expect, it } from 'vitest';
import { quantileMs } from '../../src/metrics/curves.ts';
import { BUCKETS, createMetrics } from '../../src/metrics/registry.ts';

function tally(...seconds: readonly number[]) {
  const metrics = createMetrics();
  for (const each of seconds) metrics.observe('nsm_ok_duration_seconds', each);
  return metrics.observed('nsm_ok_duration_seconds');
}

describe('a quantile', () => {
  it('is none without values', () => {
    expect(quantileMs(tally(), 0.5)).toBeNull();
  });

  it('lies in the bucket of its values, in milliseconds', () => {
    const ms = quantileMs(tally(0.002, 0.002, 0.002), 0.5) ?? 0;
    expect(ms).toBeGreaterThan(1);
    expect(ms).toBeLessThanOrEqual(2.5);
  });

  it('is not below that of a smaller share', () => {
    const counted = tally(0.0001, 0.003, 0.02, 0.02, 0.7, 3);
    const shares = [0.1, 0.25, 0.5, 0.75, 0.9, 0.99];
    const quantiles = shares.map((share) => quantileMs(counted, share) ?? 0);
    expect(quantiles).toEqual([...quantiles].sort((a, b) => a - b));
    expect(quantiles.at(-1)).toBeGreaterThan(2_500);
  });

  it('is the last bound for what is beyond it', () => {
    expect(quantileMs(tally(60), 0.99)).toBe((BUCKETS.at(-1) ?? 0) * 1_000);
  });

  it('counts by labels', () => {
    const metrics = createMetrics();
    metrics.count('nsm_events_total', 'stored');
    metrics.count('nsm_events_total', 'stored');
    expect(metrics.counted('nsm_events_total', 'stored')).toBe(2);
    expect(metrics.counted('nsm_events_total', 'refused')).toBe(0);
  });
});
