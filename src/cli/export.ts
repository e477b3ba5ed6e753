/**
 * `export`: everything the relay of a data folder has accepted, an event a line, in causal order.
 *
 * Only reads, so it can be run beside the relay.
 */

import { once } from 'node:events';
import type { ConfigFlags } from '../config/load.ts';
import { parseEventId } from '../http/ids.ts';
import { openStoreToRead, type Store } from '../store/store.ts';
import { EXIT_CONFIG, readConfig } from './config.ts';
import { answered, Unable } from './outcome.ts';
import { progressLine } from './progress.ts';

/** 0 when all was written, 1 when there is no such machine, 2 when there is no database. */
export async function exportEvents({
  machine,
  ...flags
}: ConfigFlags & { readonly machine?: string }): Promise<number> {
  const loaded = readConfig(flags);
  if (loaded === undefined) return EXIT_CONFIG;
  return answered(async () => {
    const store = openToRead(loaded.config.dataDir);
    try {
      const lines = linesOf(store, machine);
      if (lines !== undefined) return await write(lines);
      console.error(`headkeeper: there is no machine ${machine}`);
      return 1;
    } finally {
      store.close();
    }
  });
}

/** The database of a data folder, for reading. Throws `Unable`. */
export function openToRead(dataDir: string): Store {
  try {
    return openStoreToRead(dataDir);
  } catch (error) {
    throw new Unable((error as Error).message);
  }
}

function linesOf(store: Store, machine: string | undefined): Iterable<string> | undefined {
  if (machine === undefined) return store.export.all(Math.floor(Date.now() / 1_000));
  const found = store.events.find(parseEventId(machine) ?? '');
  const row = found && store.machines.find(found.n);
  return row && store.export.record(row.event);
}

async function write(lines: Iterable<string>): Promise<number> {
  const progress = progressLine();
  let written = 0;
  for (const line of lines) {
    if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
    progress.show('exported', ++written);
  }
  progress.end();
  return 0;
}
