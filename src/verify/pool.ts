/**
 * Verifies signatures beside the main thread, in batches.
 *
 * Work leaves when a batch is full or the turn of the event loop ends, never on a timer: a lone
 * event waits for nothing, a flood is handed over cheaply. While every worker has a batch to do and
 * the next one at hand, work gathers here, because a hand-over costs more than a signature. Batches
 * are short enough that none delays another for long. Without workers the same batches are decided
 * in this thread, one a turn. Every signature accepted is called back exactly once; bounding how
 * many wait is the caller's part, who has `pending` to see.
 */
import { type Backend, type BackendName, chooseBackend } from './backend.ts';
import { packRecords, verifyRecords } from './record.ts';
import { type Job, tell, WorkerLane } from './worker-lane.ts';

/** Checks signatures of events whose id is known to be their hash. */
export type VerifyPool = {
  readonly backend: BackendName;
  /**
   * Queues one event's id, pubkey and sig in lower-case hex, and calls back with the verdict in a
   * later turn; malformed hex is a false one. With several workers the order of callbacks is that
   * of the calls only within a batch. Never throws; what `done` throws goes to `onFault`.
   */
  verify(id: string, pubkey: string, sig: string, done: (ok: boolean) => void): void;
  /** How many calls of `verify` have not been called back. */
  readonly pending: number;
  /** Resolves when everything pending has been called back and the workers are gone. */
  close(): Promise<void>;
};

/** How a pool is set up. */
export type VerifyPoolOptions = {
  /** How many threads; 0 verifies in this one. */
  readonly workers: number;
  /** The only back-end to use; without it the fastest that passes its self-test. */
  readonly backend?: BackendName;
  /** Told of every dead worker (its work goes on elsewhere); warns the process by default. */
  readonly onFault?: (error: Error) => void;
};

const BATCH_MAX = 32;
/** noble takes over a millisecond a signature. */
const SLOW_BATCH_MAX = 4;
/** Batches a worker is given at a time: one to do, one to go on with. */
const BATCHES_AHEAD = 2;

/** Starts the workers. Rejects when no back-end passes, here or in a worker. */
export async function startVerifyPool(options: VerifyPoolOptions): Promise<VerifyPool> {
  const { workers, onFault = (error: Error) => process.emitWarning(error) } = options;
  const { backend } = await chooseBackend(options.backend);
  const lanes = Array.from(
    { length: workers },
    () => new WorkerLane({ backend: backend.name, onFault }),
  );
  try {
    await Promise.all(lanes.map((lane) => lane.open()));
  } catch (error) {
    await Promise.all(lanes.map((lane) => lane.close()));
    throw error;
  }
  return createPool(backend, lanes, onFault);
}

function createPool(
  backend: Backend,
  lanes: WorkerLane[],
  onFault: (error: Error) => void,
): VerifyPool {
  const batchMax = backend.name === 'noble' ? SLOW_BATCH_MAX : BATCH_MAX;
  const queue: Job[] = [];
  let pending = 0;
  let isScheduled = false;
  let whenDrained: (() => void) | undefined;
  let closing: Promise<void> | undefined;

  const settle = (done: (ok: boolean) => void, ok: boolean): void => {
    pending -= 1;
    try {
      done(ok);
    } catch (error) {
      // One caller's bug must not cost the rest of the batch their verdicts.
      onFault(new Error('a verify callback failed', { cause: error }));
    }
    if (queue.length > 0) schedule();
    if (pending === 0) whenDrained?.();
  };

  const flush = (): void => {
    const lane = leastBusy(lanes);
    if (queue.length === 0 || (lane && lane.batches >= BATCHES_AHEAD)) return;
    const jobs = queue.splice(0, batchMax);
    if (lane === undefined) tell(jobs, verifyRecords(packRecords(jobs), backend));
    else lane.take(jobs);
    if (queue.length > 0) schedule();
  };

  const schedule = (): void => {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(() => {
      isScheduled = false;
      flush();
    });
  };

  const finish = async (): Promise<void> => {
    if (pending > 0) {
      await new Promise<void>((resolve) => {
        whenDrained = resolve;
      });
    }
    // Whoever still calls afterwards is served in this thread.
    await Promise.all(lanes.splice(0).map((lane) => lane.close()));
  };

  return {
    backend: backend.name,
    get pending() {
      return pending;
    },
    // biome-ignore lint/complexity/useMaxParams: the three parts of a record and a callback.
    verify(id, pubkey, sig, done) {
      pending += 1;
      queue.push({ id, pubkey, sig, done: (ok) => settle(done, ok) });
      if (lanes.length > 0 && queue.length >= batchMax) flush();
      else schedule();
    },
    close() {
      closing ??= finish();
      return closing;
    },
  };
}

function leastBusy(lanes: readonly WorkerLane[]): WorkerLane | undefined {
  const [first, ...others] = lanes;
  return others.reduce((least, lane) => (least && lane.load < least.load ? lane : least), first);
}
