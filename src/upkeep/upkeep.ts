/**
 * What looks after a running relay: the disk guard, scheduled backups, the delay of the event loop.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Config } from '../config.ts';
import type { Logger } from '../log.ts';
import { type Backups, scheduleBackups } from './backup-schedule.ts';
import { type DiskGuard, guardDisk } from './disk.ts';

/** How late the event loop is, as Node measures it, in nanoseconds. */
export type EventLoopDelay = ReturnType<typeof monitorEventLoopDelay>;

/** The parts that look after a relay. */
export type Upkeep = {
  readonly disk: DiskGuard;
  readonly backups: Backups;
  /** Delays in nanoseconds, since whoever reads them last reset it. */
  readonly eventLoop: EventLoopDelay;
  readonly close: () => Promise<void>;
};

const LOOP_RESOLUTION_MS = 10;

/** Begins to look after the relay of a configuration, whose data folder is there. */
export function startUpkeep(config: Config, log: Logger): Upkeep {
  const disk = guardDisk(config, log);
  const backups = scheduleBackups(config, log);
  const eventLoop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  eventLoop.enable();
  return {
    disk,
    backups,
    eventLoop,
    close: async () => {
      eventLoop.disable();
      disk.close();
      await backups.close();
    },
  };
}
