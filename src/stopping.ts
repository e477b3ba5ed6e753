/**
 * The orderly end of a relay: what was accepted is answered, and the answers leave.
 *
 * Sockets end without a close frame, because several client libraries come back at once after a
 * connection that broke and never after one that was closed. Every wait has a bound: a client that
 * does not read, or a definition on trial, must not keep a supervisor waiting.
 */
import type { Checkpoints } from './checkpoints.ts';
import type { Connection } from './connection.ts';
import type { Listener } from './http/listen.ts';
import type { Relay } from './relay.ts';

/** How long accepted events may take to be answered, and answers to leave. */
const ANSWER_MS = 5_000;
const LEAVE_MS = 1_000;
const LOOK_MS = 10;

/** What is stopped besides the parts that a relay knows. */
export type Stopping = {
  readonly listener: Listener;
  readonly checkpoints: Checkpoints;
  readonly ownTrial: boolean;
};

/** Stops a relay; resolves when its port is free and its data folder is not in use. */
export async function stopRelay(
  relay: Relay,
  { listener, checkpoints, ownTrial }: Stopping,
): Promise<void> {
  listener.refuseNew();
  clearTimeout(relay.timers.keep);
  relay.timekeeper?.stop();
  relay.probe.close();
  await within(ANSWER_MS, relay.intake.stop());
  relay.turns.stop();
  await drained(relay.connections);
  for (const connection of relay.connections) connection.terminate();
  await listener.close();
  await relay.upkeep.close();
  if (ownTrial) await relay.trial.close();
  await relay.reconciler.close();
  await relay.pool.close();
  await checkpoints.close();
  relay.store.close();
  relay.log.info('relay.stopped');
}

/** Resolves when nothing waits to be read, or when it has waited long enough. */
async function drained(connections: ReadonlySet<Connection>): Promise<void> {
  const until = performance.now() + LEAVE_MS;
  const waits = () => [...connections].some((connection) => connection.waiting() > 0);
  while (waits() && performance.now() < until) await pause(LOOK_MS);
}

async function within(milliseconds: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work, patience]);
  clearTimeout(timer);
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
