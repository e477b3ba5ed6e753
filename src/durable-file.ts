/**
 * Small files that must outlive a power cut: keys, and what was signed with them.
 *
 * The text goes into a file beside it, to the disk, and then takes the old one's place, so that at
 * any moment the old text or the new one is there, and never a part or nothing.
 */
import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Writes a file; it is on the disk when this returns. `mode` are the rights of a new file. */
export function writeDurably(path: string, text: string, mode = 0o644): void {
  const next = `${path}.new`;
  const file = openSync(next, 'w', mode);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(next, path);
  syncFolder(dirname(path));
}

/** Names of files are on the disk only when their folder is. */
function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
