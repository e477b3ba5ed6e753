/**
 * `import`: hands events to the relay of a data folder, whether it runs or not.
 */

import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { ConfigFlags } from '../config/load.ts';
import { createLogger } from '../log.ts';
import { importLines } from '../sync/import.ts';
import { openLocalRelay, ownKey } from '../sync/local-relay.ts';
import { RelayLost } from '../sync/relay-socket.ts';
import { tallyLines } from '../sync/tally.ts';
import { EXIT_CONFIG, readConfig } from './config.ts';
import { answered, Unable } from './outcome.ts';
import { progressLine } from './progress.ts';

/** 0 when every event is stored now, 1 when one was refused, 2 when it could not be tried. */
export async function importEvents(file: string, flags: ConfigFlags): Promise<number> {
  const loaded = readConfig(flags);
  if (loaded === undefined) return EXIT_CONFIG;
  const { config } = loaded;
  return answered(async () => {
    const input = file === '-' ? process.stdin : await opened(file);
    const progress = progressLine();
    const log = createLogger({ ...config.log, level: 'error' });
    try {
      const relay = await openLocalRelay(config, { key: await ownKey(config), log });
      try {
        const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
        const tally = await importLines(lines, relay.socket, progress.show);
        progress.end();
        for (const line of tallyLines(tally)) console.log(line);
        return tally.refused === 0 ? 0 : 1;
      } finally {
        await relay.close();
      }
    } catch (fault) {
      if (fault instanceof RelayLost) throw new Unable(fault.message);
      throw fault;
    }
  });
}

function opened(file: string): Promise<NodeJS.ReadableStream> {
  const input = createReadStream(file);
  return new Promise((resolve, reject) => {
    input.once('open', () => resolve(input));
    input.once('error', ({ message }) => reject(new Unable(message)));
  });
}
