/**
 * The disk guard: whether there is room to write, looked at before SQLite finds out.
 *
 * While less than `storage.freeBytesMin` is free the relay refuses events as `storage` and goes on
 * answering; what is kept free is for the write-ahead log and for rows that reads give rise to. As
 * soon as there is room again it takes events again, by itself. A write that failed although there
 * was room (a quota, a read-only remount) is not this guard's: its batch is refused as `storage`
 * and the next one tries again.
 */
import { statfsSync } from 'node:fs';
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
  let free = freeBytesAt(dataDir);
  let had = true;
  const hasRoom = () => free >= config.storage.freeBytesMin;

  const tell = (): void => {
    if (hasRoom() === had) return;
    had = !had;
    const fields = { free, least: config.storage.freeBytesMin };
    if (had) log.info(fields, 'disk.room-again');
    else log.error(fields, 'disk.full');
  };

  const timer = setInterval(() => {
    free = freeBytesAt(dataDir);
    tell();
  }, LOOK_EVERY_MS).unref();
  tell();
  return { hasRoom, freeBytes: () => free, close: () => clearInterval(timer) };
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
