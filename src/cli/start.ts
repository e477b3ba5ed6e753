/**
 * `start`: runs the relay until it is asked to stop.
 *
 * Prints exactly one line on stdout, once the relay takes connections: programs that start one wait
 * for it. Everything else is the log's, on stderr.
 */

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
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

/** What the command line says; with `demo` it is a relay to look at. */
export type StartFlags = Omit<ConfigFlags, 'demo'> & { readonly demo?: boolean };

/** Runs a relay from its start until it is asked to stop and everything it holds is written. */
export async function start(
  { demo: isDemo = false, ...given }: StartFlags,
  asked: Asked,
): Promise<number> {
  const temporary = isDemo && given.data === undefined ? temporaryFolder() : undefined;
  const flags = {
    ...given,
    ...(isDemo && { demo: 'true' }),
    ...(temporary && { data: temporary }),
  };
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
  if (isNew && isDemo) void showDemo(relay, log);
  else if (isNew) tellFirstSteps(relay, { dataDir, log });

  await asked.stop;
  await relay.stop();
  if (temporary) rmSync(temporary, { recursive: true, force: true });
  return 0;
}

const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'headkeeper-demo-'));

/** Fills a new relay while it is looked at; it may be stopped meanwhile. */
async function showDemo({ url }: RunningRelay, log: Logger): Promise<void> {
  try {
    const { fillDemo } = await import('./demo-data.ts');
    await fillDemo(url, Math.floor(Date.now() / 1_000));
    log.info('demo.ready');
  } catch (error) {
    log.warn({ reason: error instanceof Error ? error.message : String(error) }, 'demo.ended');
  }
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
