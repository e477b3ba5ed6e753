/**
 * A lock against a second relay on the same data folder: both would decide on stale heads.
 *
 * An exclusive transaction on a file of its own. The operating system drops the lock with the
 * process, however it ends, so nothing has to be cleaned up after a crash.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';

const LOCK_FILE = 'headkeeper.lock';

/** Takes the lock of a folder and returns what gives it back. Throws when another holds it. */
export function lockFolder(dataDir: string): () => void {
  const lock = new Database(join(dataDir, LOCK_FILE), { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    throw new Error(`another relay is using ${dataDir}`, { cause });
  }
  return () => void lock.close();
}

/** True while a relay uses a folder. */
export function isFolderInUse(dataDir: string): boolean {
  if (!existsSync(join(dataDir, LOCK_FILE))) return false;
  try {
    lockFolder(dataDir)();
    return false;
  } catch {
    return true;
  }
}
