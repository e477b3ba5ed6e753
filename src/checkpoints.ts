/**
 * Moves the write-ahead log into the database file, off the write path.
 *
 * A worker with a connection of its own copies pages (PASSIVE) while the writer goes on. When the
 * log has grown beyond its bound, because a busy writer never lets it restart, the writer pauses
 * for one RESTART, which is short since the pages are copied already.
 */
import type { Worker } from 'node:worker_threads';
import type { Store } from './store/store.ts';
import { startWorker } from './worker.ts';

/** A checkpoint is asked for after so many events. */
const EVENTS_PER_CHECKPOINT = 4_000;
/** The bound of the log: 64 MB in pages of 4 kB. */
const LOG_PAGES_MAX = 16_384;

/** Checkpoints of one store. */
export type Checkpoints = {
  /** Told after each commit how many events it held. */
  readonly wrote: (events: number) => void;
  readonly close: () => Promise<void>;
};

/** Checkpoints a store in a data folder; the worker is started by the first checkpoint. */
export function runCheckpoints(
  store: Store,
  dataDir: string,
  onFault: (fault: unknown) => void,
): Checkpoints {
  let worker: Worker | undefined;
  let isBusy = false;
  let unwritten = 0;

  const start = (): Worker => {
    const url = new URL('./store/checkpoint-worker.ts', import.meta.url);
    const started = startWorker(url, { workerData: dataDir });
    started.unref();
    started.on('message', (logPages: number) => {
      isBusy = false;
      if (logPages > LOG_PAGES_MAX) store.restartLog();
    });
    started.on('error', (fault) => {
      isBusy = false;
      worker = undefined;
      onFault(fault);
    });
    return started;
  };

  return {
    wrote: (events) => {
      unwritten += events;
      if (isBusy || unwritten < EVENTS_PER_CHECKPOINT) return;
      unwritten = 0;
      isBusy = true;
      worker ??= start();
      worker.postMessage('checkpoint');
    },
    close: async () => void (await worker?.terminate()),
  };
}
