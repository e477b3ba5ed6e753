/**
 * `start`: runs the relay until it is asked to stop.
 *
 * Prints exactly one line on stdout, once the relay takes connections: programs that start one wait
 * for it. Everything else is the log's, on stderr.
 */

import type { ConfigFlags } from '../config/load.ts';
import { createLogger } from '../log.ts';
import { startRelay } from '../relay.ts';
import { EXIT_CONFIG, readWholeConfig } from './config.ts';

/** Runs a relay from its start until `stopAsked` resolves and everything it holds is written. */
export async function start(flags: ConfigFlags, stopAsked: Promise<void>): Promise<number> {
  const loaded = readWholeConfig(flags);
  if (loaded === undefined) return EXIT_CONFIG;

  const log = createLogger(loaded.config.log);
  const relay = await startRelay(loaded.config, { log });
  console.log(`headkeeper ready: ${relay.url} · ${relay.httpUrl}`);

  await stopAsked;
  await relay.stop();
  return 0;
}
