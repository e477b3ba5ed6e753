/**
 * `start`: runs the relay until it is asked to stop.
 *
 * Prints exactly one line on stdout, once the relay takes connections: programs that start one wait
 * for it. Everything else is the log's, on stderr.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { inheritedSocket } from '../config/inherited-socket.ts';
import { type ConfigFlags, loadConfig } from '../config/load.ts';
import { createLogger, type Logger } from '../log.ts';
import { type RunningRelay, startRelay } from '../relay.ts';
import { DATABASE_FILE } from '../store/database.ts';
import { EXIT_CONFIG, readWholeConfig } from './config.ts';
import { tellFirstSteps } from './first-steps.ts';
import { troubleWith } from './trouble.ts';

/** What may be asked of a running relay from outside. */
export type Asked = {
  /** Resolves when it is to stop. */
  readonly stop: Promise<void>;
  /** Calls back whenever it is to read its configuration again. */
  readonly onReload: (reload: () => void) => void;
};

/** Runs a relay from its start until it is asked to stop and everything it holds is written. */
export async function start(flags: ConfigFlags, asked: Asked): Promise<number> {
  const loaded = readWholeConfig(flags);
  if (loaded === undefined) return EXIT_CONFIG;

  const { dataDir } = loaded.config;
  const isNew = !existsSync(join(dataDir, DATABASE_FILE));
  const log = createLogger(loaded.config.log);
  const starting = startRelay(loaded.config, { log, socket: inheritedSocket() });
  const relay = await starting.catch((fault) => cannotStart(fault, dataDir, log));
  if (relay === undefined) return 1;
  asked.onReload(() => reload(relay, flags, log));
  console.log(`headkeeper ready: ${relay.url} · ${relay.httpUrl}`);
  if (isNew) tellFirstSteps(relay, { dataDir, log });

  await asked.stop;
  await relay.stop();
  return 0;
}

/** One line for what an operator can do something about; a fault of ours is thrown on. */
function cannotStart(fault: unknown, dataDir: string, log: Logger): undefined {
  const { name } = fault as Error;
  if (!['Error', 'SqliteError'].includes(name)) throw fault;
  log.debug({ err: fault }, 'relay.not-started');
  console.error(`headkeeper: cannot start: ${troubleWith(dataDir, fault)}`);
}

/** Takes on what can be taken on and logs the rest; a bad file keeps the old configuration. */
function reload(relay: RunningRelay, flags: ConfigFlags, log: Logger): void {
  const loaded = loadConfig({ flags });
  if ('problems' in loaded) return log.error({ problems: loaded.problems }, 'config.kept');
  const done = relay.reload(loaded.config);
  if ('problem' in done) return log.error({ problems: [done.problem] }, 'config.kept');
  log.level = loaded.config.log.level;
  return log.info(done, 'config.reloaded');
}
