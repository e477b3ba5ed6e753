/**
 * A relay for one test: real sockets on a free port, a data folder of its own, no log.
 *
 * Writes do not wait for the disk, since nothing here has to outlive a power cut. Definitions are
 * tried in one worker that all relays of a test file share, so that it starts once. Signatures are
 * checked on the main thread: a test has few events and wants no more threads.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, type ConfigInput, makeConfig } from '../../src/config.ts';
import { createDefinitionTrial, type DefinitionTrial } from '../../src/definition-trial.ts';
import { createLogger } from '../../src/log.ts';
import { startRelay } from '../../src/relay.ts';

/** A running relay; after `restart` its addresses are others. */
export type TestRelay = {
  readonly url: string;
  readonly httpUrl: string;
  /** The relay's own pubkey. */
  readonly self: string;
  readonly dataDir: string;
  /** Stops the relay and removes its data; once, however often it is called. */
  readonly stop: () => Promise<void>;
  /**
   * Stops the relay, lets `meanwhile` look at the data folder, and starts it again, from then on
   * with `changed` options.
   */
  readonly restart: (
    meanwhile?: () => void | Promise<void>,
    changed?: ConfigInput,
  ) => Promise<void>;
};

/** What a test may want to be another than that of a real relay. */
export type TestRelayOptions = {
  /** The relay's clock, in Unix seconds. */
  readonly now?: () => number;
  readonly trial?: DefinitionTrial;
};

let sharedTrial: DefinitionTrial | undefined;

/** Starts a relay whose configuration deviates from the defaults in what is given. */
export async function startTestRelay(
  deviations: ConfigInput = {},
  options: TestRelayOptions = {},
): Promise<TestRelay> {
  const dataDir = mkdtempSync(join(tmpdir(), 'headkeeper-test-'));
  let config = testConfig(dataDir, deviations);
  sharedTrial ??= createDefinitionTrial();
  const parts = { log: createLogger(config.log), trial: sharedTrial, ...options };
  let running = await startRelay(config, parts);
  let stopped: Promise<void> | undefined;
  const stop = async () => {
    await running.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  return {
    get url() {
      return running.url;
    },
    get httpUrl() {
      return running.httpUrl;
    },
    self: running.self,
    dataDir,
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
    restart: async (meanwhile = () => {}, changed = {}) => {
      await running.stop();
      await meanwhile();
      config = testConfig(dataDir, { ...deviations, ...changed });
      running = await startRelay(config, parts);
    },
  };
}

function testConfig(dataDir: string, deviations: ConfigInput): Config {
  return makeConfig({
    ...deviations,
    listen: { port: 0, ...deviations.listen },
    dataDir,
    storage: { synchronous: 'normal', ...deviations.storage },
    verify: { workers: 0, ...deviations.verify },
    log: { level: 'silent', ...deviations.log },
  });
}
