/**
 * Starts worker threads, whether this package runs from source or compiled.
 *
 * Callers name the entry as they name any import, by its `.ts` file. `tsc` rewrites imports but not
 * URLs, so the compiled package starts the `.js` file beside it. From source (tests, scripts) the
 * worker needs a loader for TypeScript, which threads do not take over from their parent.
 */
import { Worker, type WorkerOptions } from 'node:worker_threads';

const isSource = import.meta.url.endsWith('.ts');

/** Starts the worker whose entry is `new URL('./some-worker.ts', import.meta.url)`. */
export function startWorker(entry: URL, options: WorkerOptions = {}): Worker {
  if (!isSource) return new Worker(new URL(entry.href.replace(/\.ts$/, '.js')), options);
  return new Worker(entry, { ...options, execArgv: ['--import', typescriptLoader()] });
}

/** A module that registers tsx; `--import tsx` alone does so in the main thread only. */
function typescriptLoader(): string {
  const api = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const code = `import { register } from ${api}; register();`;
  return `data:text/javascript,${encodeURIComponent(code)}`;
}
