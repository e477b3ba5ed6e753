/**
 * The library: a relay inside another program.
 *
 * The rules without the relay, for clients and custodians, are `headkeeper/nsm`.
 */

import { type ConfigInput, makeConfig } from './config.ts';
import { createLogger, type Logger } from './log.ts';
import { type RunningRelay, startRelay } from './relay.ts';

export type { Config, ConfigInput } from './config.ts';
export type { Logger } from './log.ts';
export type { RunningRelay } from './relay.ts';

/** What a relay is given besides its configuration. */
export type RelayOptions = {
  /** Where it logs; a relay inside another program is silent by itself. */
  readonly log?: Logger;
  /** Unix seconds; the clock of everything the relay dates or compares. */
  readonly now?: () => number;
};

/**
 * Starts a relay in this process; resolves when it takes connections.
 *
 * `deviations` are what differs from the defaults (docs/configuration.md); file, environment and
 * flags are not looked at. Throws a ZodError for an option that is unknown or out of bounds, and
 * rejects when the port is taken or the data folder cannot be used.
 *
 * @example
 * const relay = await createRelay({ listen: { port: 0 }, dataDir: './data' });
 * console.log(relay.url); // ws://127.0.0.1:…
 * await relay.stop();
 */
export async function createRelay(
  deviations: ConfigInput = {},
  options: RelayOptions = {},
): Promise<RunningRelay> {
  const config = makeConfig(deviations);
  return startRelay(config, { log: createLogger({ level: 'silent', format: 'json' }), ...options });
}
