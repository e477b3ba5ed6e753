/**
 * The disk guard: whether there is room to write, looked at before SQLite finds out.
 *
 * While less than `storage.freeBytesMin` is free the relay refuses events as `storage` and goes on
 * answering; what is kept free is for the write-ahead log and for rows that reads give rise to. As
 * soon as there is room again it takes events again, by itself. A disk that became read-only, as
 * Linux makes one after an error, has no room. A write that failed although there was room (a
 * quota) is not this guard's: its batch is refused as `storage` and the next one tries again.
 */
import { accessSync, constants, statfsSync } from 'node:fs';
import type { Config } from '../config.ts';
import type { Logger } from '../log.ts';

/** What is known of the disk that holds the data folder. */
export type DiskGuard = {
  readonly hasRoom: () => boolean;
  /** As it was at the last look. */
  readonly freeBytes: () => number;
  readonly close: () => void;
};

const LOOK_EVERY_MS = 1_000;

/** Watches the disk of a data folder, which has to be there. */
export function guardDisk(config: Config, log: Logger): DiskGuard {
  const { dataDir } = config;
  let free = 0;
  let had = true;
  const hasRoom = () => free >= Math.max(1, config.storage.freeBytesMin);

  const look = (): void => {
    const isWritable = isWritableNow(dataDir);
    free = isWritable ? freeBytesAt(dataDir) : 0;
    if (hasRoom() === had) return;
    had = !had;
    const fields = { free, least: config.storage.freeBytesMin };
    if (had) log.info(fields, 'disk.room-again');
    else log.error(fields, isWritable ? 'disk.full' : 'disk.read-only');
  };

  const timer = setInterval(look, LOOK_EVERY_MS).unref();
  look();
  return { hasRoom, freeBytes: () => free, close: () => clearInterval(timer) };
}

function isWritableNow(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Bytes that this process may still write; a disk that cannot be asked has none. */
function freeBytesAt(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return 0;
  }
}
