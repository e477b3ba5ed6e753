/**
 * What looks after a running relay: the disk guard and scheduled backups.
 */
import type { Config } from '../config.ts';
import type { Logger } from '../log.ts';
import { type Backups, scheduleBackups } from './backup-schedule.ts';
import { type DiskGuard, guardDisk } from './disk.ts';

/** The parts that look after a relay. */
export type Upkeep = {
  readonly disk: DiskGuard;
  readonly backups: Backups;
  readonly close: () => Promise<void>;
};

/** Begins to look after the relay of a configuration, whose data folder is there. */
export function startUpkeep(config: Config, log: Logger): Upkeep {
  const disk = guardDisk(config, log);
  const backups = scheduleBackups(config, log);
  return {
    disk,
    backups,
    close: async () => {
      disk.close();
      await backups.close();
    },
  };
}
