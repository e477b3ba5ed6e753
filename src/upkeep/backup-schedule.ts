/**
 * Scheduled backups: one when the newest is old enough, in a thread of its own.
 *
 * The schedule is what lies in the folder, so a relay that was restarted neither forgets a backup
 * nor takes one too many. One that fails is reported and tried again after a tenth of the interval.
 */
import type { Worker } from 'node:worker_threads';
import type { Config } from '../config.ts';
import type { Logger } from '../log.ts';
import { startWorker } from '../worker.ts';
import { type Backup, newestBackup } from './backup.ts';
import type { BackupTask } from './backup-worker.ts';

/** Running backups, as figures and to be stopped. */
export type Backups = {
  /** When the last one that passed was taken, in Unix seconds. */
  readonly lastAt: () => number | undefined;
  readonly failures: () => number;
  readonly close: () => Promise<void>;
};

const LOOK_EVERY_MS = 60_000;
const HOUR_SECONDS = 3_600;

/** Starts to take backups of a relay's data; without `backup.folder` there are none. */
export function scheduleBackups(config: Config, log: Logger): Backups {
  let worker: Worker | undefined;
  let lastAt: number | undefined;
  let failures = 0;
  let failedMs = Number.NEGATIVE_INFINITY;

  const fail = (err: unknown, path: string): void => {
    failures += 1;
    failedMs = performance.now();
    log.error({ err, path }, 'backup.failed');
  };

  const run = (): void => {
    const { dataDir, machines } = config;
    const { folder: target, keep } = config.backup;
    const task: BackupTask = { dataDir, target, keep, libraries: machines.libraries };
    worker = startWorker(new URL('./backup-worker.ts', import.meta.url), { workerData: task });
    worker.unref();
    worker.on('message', ({ folder, manifest, repairable }: Backup) => {
      lastAt = Math.floor(Date.parse(manifest.taken_at) / 1_000);
      log.info({ path: folder, events: manifest.events, repairable }, 'backup.taken');
    });
    worker.on('error', (err) => fail(err, target));
    worker.on('exit', () => {
      worker = undefined;
    });
  };

  const look = (): void => {
    const { folder, intervalHours } = config.backup;
    if (folder === '' || worker !== undefined) return;
    const intervalMs = intervalHours * HOUR_SECONDS * 1_000;
    if (performance.now() - failedMs < intervalMs / 10) return;
    try {
      lastAt ??= newestBackup(folder);
    } catch (err) {
      // A folder that cannot be read is no reason for a relay to end.
      return fail(err, folder);
    }
    if (lastAt === undefined || Date.now() - lastAt * 1_000 >= intervalMs) run();
  };

  look();
  const timer = setInterval(look, LOOK_EVERY_MS).unref();
  return {
    lastAt: () => lastAt,
    failures: () => failures,
    close: async () => {
      clearInterval(timer);
      await worker?.terminate();
    },
  };
}
