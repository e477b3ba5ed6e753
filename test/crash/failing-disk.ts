/**
 * Disks that stop taking writes while a relay runs on them.
 *
 * The real one is an ext4 file system in a file, which the kernel makes read-only as it does after
 * an error; that takes root, a loop device and `MOUNT=1`. The other is a bound on the size of
 * files, which every user may set: writes fail in the same places, with another error number.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/** A disk with a folder for data. */
export type FailingDisk = {
  readonly dataDir: string;
  /** A command line that runs the given one where this disk may fail. */
  readonly around: (command: readonly string[]) => readonly string[];
  /** From now on, or soon, nothing can be written. */
  readonly fail: () => void;
  /** Makes it a sound disk again; whoever used it is gone. */
  readonly heal: () => void;
  readonly remove: () => void;
};

const MEGABYTES = 48;
/** Units of 512 bytes: room for a schema and some dozens of events. */
const ROOM = '6000';

/** What kind of disk it is going to be, as half a sentence. */
export const KIND =
  process.env['MOUNT'] === '1' && process.getuid?.() === 0
    ? 'an ext4 file system that the kernel makes read-only'
    : 'a bound on the size of files, since nothing may be mounted without root and MOUNT=1';

/** A disk that is sound so far. */
export function failingDisk(): FailingDisk {
  const folder = mkdtempSync(join(tmpdir(), 'headkeeper-disk-'));
  return KIND.startsWith('an ext4') ? mountedDisk(folder) : boundedDisk(folder);
}

function boundedDisk(folder: string): FailingDisk {
  return {
    dataDir: join(folder, 'data'),
    around: (command) => ['sh', '-c', 'ulimit -f "$0" && exec "$@"', ROOM, ...command],
    fail: () => {},
    heal: () => {},
    remove: () => rmSync(folder, { recursive: true }),
  };
}

function mountedDisk(folder: string): FailingDisk {
  const image = join(folder, 'image');
  const point = mkdtempSync(join(folder, 'disk-'));
  const run = (program: string, ...args: readonly string[]) =>
    execFileSync(program, args, { stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' }).trim();
  const mount = () => run('mount', '-o', 'loop,errors=remount-ro', image, point);
  run('truncate', '-s', `${MEGABYTES}M`, image);
  run('mkfs.ext4', '-q', '-F', image);
  mount();
  return {
    dataDir: join(point, 'data'),
    around: (command) => command,
    fail: () => {
      const device = basename(run('findmnt', '-no', 'SOURCE', point));
      writeFileSync(`/sys/fs/ext4/${device}/trigger_fs_error`, 'a test');
    },
    heal: () => {
      run('umount', point);
      try {
        run('e2fsck', '-fy', image);
      } catch {
        // It exits with 1 when it has put something right, as it was made to.
      }
      mount();
    },
    remove: () => {
      run('umount', point);
      rmSync(folder, { recursive: true });
    },
  };
}
