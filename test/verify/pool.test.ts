/**
 * Whatever happens to the threads, every signature gets its true verdict, once.
 *
 * The process announces each new worker, which is how these tests get hold of one to kill.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startVerifyPool, type VerifyPool, type VerifyPoolOptions } from '../../src/verify/pool.ts';
import type { SignedId } from '../../src/verify/record.ts';
import { VECTORS } from '../../src/verify/vectors.ts';

type Case = SignedId & { readonly valid: boolean };

const vectors: readonly Case[] = VECTORS.map(({ message, pubkey, r, s, valid }) => ({
  id: message,
  pubkey,
  sig: r + s,
  valid,
}));

/** `count` cases, good and bad in turn. */
const cases = (count: number): readonly Case[] =>
  Array.from({ length: Math.ceil(count / vectors.length) }, () => vectors)
    .flat()
    .slice(0, count);

const verify = (pool: VerifyPool, { id, pubkey, sig }: SignedId): Promise<boolean> =>
  new Promise((resolve) => pool.verify(id, pubkey, sig, resolve));

const verdicts = (pool: VerifyPool, all: readonly Case[]): Promise<boolean[]> =>
  Promise.all(all.map((one) => verify(pool, one)));

const truth = (all: readonly Case[]): boolean[] => all.map(({ valid }) => valid);

/** The workers started in the rest of the test, in order; each is shown to `onStart` at once. */
function watchWorkers(onStart: (worker: Worker) => void = () => undefined): Worker[] {
  const workers: Worker[] = [];
  const listener = (worker: Worker): void => {
    workers.push(worker);
    onStart(worker);
  };
  process.on('worker', listener);
  onTestFinished(() => {
    process.off('worker', listener);
  });
  return workers;
}

const open: VerifyPool[] = [];

async function startPool(options: VerifyPoolOptions): Promise<VerifyPool> {
  const pool = await startVerifyPool(options);
  open.push(pool);
  return pool;
}

afterAll(() => Promise.all(open.map((pool) => pool.close())));

describe.each([0, 1, 2])('a pool with %i workers', (workers) => {
  const faults: Error[] = [];
  let pool: VerifyPool;

  beforeAll(async () => {
    pool = await startPool({ workers, onFault: (fault) => faults.push(fault) });
  });

  it('tells every caller the true verdict', async () => {
    const all = cases(333);
    const answers = verdicts(pool, all);
    expect(pool.pending).toBe(333);
    expect(await answers).toEqual(truth(all));
    expect(pool.pending).toBe(0);
  });

  it('calls back in a later turn, never inside the call', async () => {
    let called = 0;
    const answers = cases(100).map(async (one) => {
      await verify(pool, one);
      called += 1;
    });
    expect(called).toBe(0);
    await Promise.all(answers);
    expect(called).toBe(100);
  });

  it('reports a callback that throws and goes on with the batch', async () => {
    pool.verify('', '', '', () => {
      throw new Error('no');
    });
    expect(await verdicts(pool, vectors)).toEqual(truth(vectors));
    expect(faults.map(({ message }) => message)).toEqual(['a verify callback failed']);
  });

  it('closes after the last verdict, however often it is asked to', async () => {
    const closed = await startPool({ workers });
    const all = cases(100);
    const answers = verdicts(closed, all);
    await Promise.all([closed.close(), closed.close()]);
    expect(closed.pending).toBe(0);
    expect(await answers).toEqual(truth(all));
  });
});

describe('a pool', () => {
  it('answers malformed hex with a false verdict', async () => {
    const pool = await startPool({ workers: 0 });
    expect(await verify(pool, { id: 'id', pubkey: '', sig: '\ud800' })).toBe(false);
  });

  it('still answers after it is closed', async () => {
    const pool = await startPool({ workers: 0 });
    await pool.close();
    expect(await verdicts(pool, vectors)).toEqual(truth(vectors));
  });

  it('uses the back-end it is told to', async () => {
    const pool = await startPool({ workers: 0, backend: 'noble' });
    expect(pool.backend).toBe('noble');
    expect(await verdicts(pool, vectors)).toEqual(truth(vectors));
  });

  it('verifies the records of a killed worker again, in a replacement', async () => {
    const workers = watchWorkers();
    const faults: Error[] = [];
    const pool = await startPool({ workers: 1, onFault: (fault) => faults.push(fault) });
    const all = cases(1000);
    const answers = verdicts(pool, all);
    await workers[0]?.terminate();
    expect(await answers).toEqual(truth(all));
    expect(workers).toHaveLength(2);
    expect(faults.map(({ message }) => message)).toEqual(['a verify worker ended with code 1']);
  });

  it('replaces a worker that died idle as soon as there is work', async () => {
    const workers = watchWorkers();
    const pool = await startPool({ workers: 1, onFault: () => undefined });
    await workers[0]?.terminate();
    expect(workers).toHaveLength(1);
    expect(await verdicts(pool, vectors)).toEqual(truth(vectors));
    expect(workers).toHaveLength(2);
  });

  it('decides a batch in this thread when it has taken two workers with it', async () => {
    const faults: Error[] = [];
    const workers = watchWorkers((worker) => {
      if (workers.length > 1) void worker.terminate();
    });
    const pool = await startPool({ workers: 1, onFault: (fault) => faults.push(fault) });
    await workers[0]?.terminate();
    expect(await verdicts(pool, vectors)).toEqual(truth(vectors));
    expect(workers).toHaveLength(3);
    expect(faults).toHaveLength(3);
  });

  it('does not start when a worker ends before it is ready', async () => {
    const workers = watchWorkers((worker) => void worker.terminate());
    await expect(startVerifyPool({ workers: 1 })).rejects.toThrow('before it was ready');
    expect(workers).toHaveLength(1);
  });

  it('keeps no process alive once it is closed', async () => {
    const script = `
      import { startVerifyPool } from '${new URL('../../src/verify/pool.ts', import.meta.url)}';
      const pool = await startVerifyPool({ workers: 1 });
      pool.verify('', '', '', (ok) => console.log(ok));
      await pool.close();
      console.log('closed');`;
    const loader = import.meta.resolve('tsx');
    const args = ['--import', loader, '--input-type=module', '--eval', script];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    expect(stdout).toBe('false\nclosed\n');
  });
});
