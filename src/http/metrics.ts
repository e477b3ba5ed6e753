/**
 * `GET /metrics`: everything that is counted, for Prometheus.
 *
 * For the machine it runs on alone, unless `metrics.public` is set.
 */
import type { Context } from 'hono';
import { readGauges } from '../metrics/read.ts';
import type { Relay } from '../relay.ts';
import { isLocal } from './operators.ts';
import { problem } from './problem.ts';
import type { Reply } from './request.ts';

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Answers with all metrics, or as if there were none. */
export function showMetrics(relay: Relay, context: Context): Reply {
  if (!relay.config.metrics.public && !isLocal(context)) {
    return problem('not-found', 'metrics are for the machine that the relay runs on');
  }
  const text = relay.metrics.expose(readGauges(relay));
  return context.body(text, 200, { 'Content-Type': CONTENT_TYPE });
}
