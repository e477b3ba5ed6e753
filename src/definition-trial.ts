/**
 * Tries definitions of strangers in a worker before the main thread compiles them.
 *
 * One at a time, in order; one that exceeds its time is refused and its worker killed. The time
 * is local, not part of the rule set: `engine-timeout` says nothing about validity.
 */
import type { Worker } from 'node:worker_threads';
import type { NostrEvent } from './nostr/event.ts';
import { type Refusal, refuse } from './refusal.ts';
import { startWorker } from './worker.ts';

/** How long one definition may take, and how many may wait. */
export const TRIAL_LIMITS = { milliseconds: 1_000, waiting: 256 } as const;

/** Where definitions are tried before they are compiled on the main thread. */
export type DefinitionTrial = {
  /** Calls back with a refusal, or undefined for a definition that may be compiled here. */
  readonly run: (event: NostrEvent, done: (refusal: Refusal | undefined) => void) => void;
  readonly close: () => Promise<void>;
};

type Job = { readonly event: NostrEvent; readonly done: (refusal: Refusal | undefined) => void };

/**
 * A trial whose worker is started by the first definition. `milliseconds` is how long one may take,
 * `libraries` the folder of the operator's libraries.
 */
export function createDefinitionTrial({
  milliseconds = TRIAL_LIMITS.milliseconds,
  libraries = '',
}: {
  readonly milliseconds?: number;
  readonly libraries?: string;
} = {}): DefinitionTrial {
  const waiting: Job[] = [];
  let worker: Worker | undefined;
  let current: Job | undefined;
  let timer: NodeJS.Timeout | undefined;

  const finish = (refusal: Refusal | undefined) => {
    const job = current;
    clearTimeout(timer);
    current = undefined;
    job?.done(refusal);
    next();
  };

  const start = (): Worker => {
    const started = startWorker(new URL('./definition-worker.ts', import.meta.url), {
      workerData: libraries,
    });
    started.unref();
    // Its first message says that it is ready: the time of a definition does not include the start.
    started.once('message', () => {
      // What a worker says after it was given up would be taken for a verdict on the next one.
      started.on('message', (refusal: Refusal | null) => {
        if (worker === started) finish(refusal ?? undefined);
      });
      if (worker === started) arm(started);
    });
    // A worker that dies by itself (out of memory, say) fails the definition it was given.
    started.on('error', () => drop(started));
    started.on('exit', () => drop(started));
    return started;
  };

  const drop = (dead: Worker) => {
    if (worker !== dead) return;
    worker = undefined;
    if (current) finish(refuse('engine-timeout'));
  };

  const arm = (running: Worker) => {
    timer = setTimeout(() => {
      drop(running);
      void running.terminate();
    }, milliseconds);
  };

  const next = () => {
    if (current || waiting.length === 0) return;
    current = waiting.shift();
    if (worker) arm(worker);
    else worker = start();
    worker.postMessage(current?.event);
  };

  return {
    run: (event, done) => {
      if (waiting.length >= TRIAL_LIMITS.waiting) return done(refuse('overloaded'));
      waiting.push({ event, done });
      next();
    },
    close: async () => {
      const last = worker;
      worker = undefined;
      clearTimeout(timer);
      for (const job of [...(current ? [current] : []), ...waiting.splice(0)]) {
        job.done(refuse('shutting-down'));
      }
      current = undefined;
      await last?.terminate();
    },
  };
}
