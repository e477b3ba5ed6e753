/**
 * One verify worker and the batches it has been given, replaced when it dies.
 *
 * A worker answers in the order it is asked, so the oldest batch here is the one it works on and
 * the one its next message decides. When it dies that batch is suspect and all go to a
 * replacement; a batch that has taken two workers with it is decided in this thread by noble,
 * which no input can bring down. Every batch gets its verdicts, and starts are bounded by batches.
 */
import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { startWorker } from '../worker.ts';
import type { BackendName } from './backend.ts';
import { noble } from './noble.ts';
import { packRecords, type SignedId, verifyRecords } from './record.ts';

/** A signature to check and whom to tell. `done` must not throw. */
export type Job = SignedId & { readonly done: (ok: boolean) => void };

/** How a lane is set up. */
export type LaneOptions = {
  readonly backend: BackendName;
  readonly onFault: (error: Error) => void;
};

type Batch = { readonly jobs: readonly Job[]; deaths: number };

const DEATHS_MAX = 2;
const ENTRY = new URL('./worker.ts', import.meta.url);

/** Tells each job its verdict, in their order. */
export function tell(jobs: readonly Job[], verdicts: Uint8Array): void {
  for (const [index, job] of jobs.entries()) job.done(verdicts[index] === 1);
}

/** A worker thread with its unanswered batches; lives from `open` to `close`. */
export class WorkerLane {
  readonly #options: LaneOptions;
  readonly #batches: Batch[] = [];
  #worker: Worker | undefined;
  #isOpen = false;
  #load = 0;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  /** How many records wait for a verdict. */
  get load(): number {
    return this.#load;
  }

  /** How many batches wait for their verdicts. */
  get batches(): number {
    return this.#batches.length;
  }

  /** Starts the worker; resolves when its back-end has passed, rejects with what stopped it. */
  async open(): Promise<void> {
    const worker = this.#start();
    this.take([]);
    const ended = once(worker, 'exit').then(([code]) => {
      throw new Error(`a verify worker ended with code ${code} before it was ready`);
    });
    await Promise.race([once(worker, 'message'), ended]);
    this.#isOpen = true;
  }

  /** Hands a batch over; its jobs are told their verdicts later. */
  take(jobs: readonly Job[]): void {
    const batch = { jobs, deaths: 0 };
    this.#batches.push(batch);
    this.#load += jobs.length;
    if (this.#worker === undefined) this.#start();
    else post(this.#worker, batch);
  }

  /** Ends the worker; jobs still waiting are not told anything. */
  async close(): Promise<void> {
    this.#isOpen = false;
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const { backend } = this.#options;
    const worker = startWorker(ENTRY, { name: 'verify', workerData: { backend } });
    let cause: unknown;
    worker.on('message', (verdicts: Uint8Array) => this.#answer(verdicts));
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', (code) => {
      this.#replace(new Error(`a verify worker ended with code ${code}`, { cause }));
    });
    for (const batch of this.#batches) post(worker, batch);
    this.#worker = worker;
    return worker;
  }

  #replace(fault: Error): void {
    this.#worker = undefined;
    if (!this.#isOpen) return;

    this.#options.onFault(fault);
    const [suspect] = this.#batches;
    if (suspect === undefined) return;
    suspect.deaths += 1;
    if (suspect.deaths >= DEATHS_MAX) {
      this.#answer(verifyRecords(packRecords(suspect.jobs), noble));
    }
    if (this.#batches.length > 0 && this.#worker === undefined) this.#start();
  }

  #answer(verdicts: Uint8Array): void {
    const batch = this.#batches.shift();
    if (batch === undefined) return;
    this.#load -= batch.jobs.length;
    tell(batch.jobs, verdicts);
  }
}

function post(worker: Worker, batch: Batch): void {
  const records = packRecords(batch.jobs);
  worker.postMessage(records, [records.buffer]);
}
