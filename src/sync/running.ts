/**
 * Where the relay of a data folder can be reached while it runs: a file that it writes when it is
 * ready, for commands that have something to hand in.
 *
 * After a crash the file is stale; that nobody runs then is told by the lock, which is asked first.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The file inside the data folder that holds the websocket address. */
const ADDRESS_FILE = 'relay.url';

/** Says where the relay is; returns what takes that back, as far as the disk lets it. */
export function publishAddress(dataDir: string, url: string): () => void {
  const path = join(dataDir, ADDRESS_FILE);
  writeFileSync(path, `${url}\n`);
  return () => {
    try {
      rmSync(path, { force: true });
    } catch {
      // A disk that is read-only by now: the file is stale, as after a crash.
    }
  };
}

/** Where the relay of a data folder said it is; undefined when it has said nothing. */
export function announcedAt(dataDir: string): string | undefined {
  try {
    return readFileSync(join(dataDir, ADDRESS_FILE), 'utf8').trim();
  } catch {
    return undefined;
  }
}
