/**
 * `GET /metrics`: everything that is counted, for Prometheus.
 *
 * For this machine alone unless `metrics.public` is set. What a proxy passes on comes from this
 * machine too, so a request that says it was passed on counts as a stranger's.
 */
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { readGauges } from '../metrics/read.ts';
import type { Relay } from '../relay.ts';
import { problem } from './problem.ts';
import type { Reply } from './request.ts';

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
const PASSED_ON = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'] as const;

/** Answers with all metrics, or as if there were none. */
export function showMetrics(relay: Relay, context: Context): Reply {
  if (!relay.config.metrics.public && !isLocal(context)) {
    return problem('not-found', 'metrics are for the machine that the relay runs on');
  }
  const text = relay.metrics.expose(readGauges(relay));
  return context.body(text, 200, { 'Content-Type': CONTENT_TYPE });
}

function isLocal({ env, req }: Context): boolean {
  if (PASSED_ON.some((name) => req.header(name) !== undefined)) return false;
  const { incoming } = env as Partial<HttpBindings>;
  const address = incoming?.socket.remoteAddress ?? '';
  return /^(127\.|::1$|::ffff:127\.)/.test(address);
}
