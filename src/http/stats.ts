/**
 * `GET /api/v1/stats`: figures for people who watch a relay.
 */
import { VERSION } from '../version.ts';
import type { Answer } from './request.ts';

/** Answers with totals of what is stored and counters since the start, a `performance.now`. */
export function statsSince(startedMs: number): Answer {
  return (
    { store, connections, streams, subscriptions, intake, pending, counters, pool },
    context,
  ) => {
    const nowMs = performance.now();
    return context.json({
      version: VERSION,
      uptime_seconds: Math.floor((nowMs - startedMs) / 1_000),
      ...store.totals(nowMs),
      connections: connections.size,
      streams: streams.size,
      subscriptions: subscriptions.count(),
      pending: intake.pending(),
      held: pending.size().events,
      frames: counters.frames,
      accepted: counters.accepted,
      refused: Object.fromEntries(counters.refused),
      verify: pool.backend,
    });
  };
}
