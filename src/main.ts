#!/usr/bin/env node
/**
 * The command line: reads arguments, runs one command, ends the process.
 *
 * Commands are plain functions under `cli/` that return an exit code; only this file exits and only
 * this file listens to signals. A command is loaded when it is called, so that a health check does
 * not pay for the relay.
 */

import { program } from 'commander';
import { VERSION } from './version.ts';

program
  .name('headkeeper')
  .description('A Nostr relay that refuses state transitions a machine does not allow')
  .version(VERSION);

program
  .command('start', { isDefault: true })
  .description('run the relay')
  .option('--config <file>', 'configuration file (default: ./config.json, if there is one)')
  .option('--host <host>', 'address to listen on')
  .option('--port <port>', 'port to listen on; 0 takes a free one')
  .option('--data <dir>', 'folder of the database and the relay key')
  .action((flags) => run(async () => (await import('./cli/start.ts')).start(flags, stopAsked())));

program
  .command('health')
  .description('exit 0 when a relay is ready, else 1')
  .option('--config <file>', 'configuration file that says where it listens')
  .option('--url <url>', 'where it is, if not where the configuration says')
  .action((flags) => run(async () => (await import('./cli/health.ts')).health(flags)));

const config = program.command('config').description('look at the configuration');

config
  .command('check')
  .description('every problem with the configuration; exit 78 if there is one')
  .option('--config <file>', 'configuration file')
  .action((flags) => run(async () => (await import('./cli/config.ts')).checkConfig(flags)));

config
  .command('print')
  .description('every option with its effective value and where that came from')
  .option('--config <file>', 'configuration file')
  .action((flags) => run(async () => (await import('./cli/config.ts')).printConfig(flags)));

program
  .command('revalidate')
  .description(
    'judge what is stored again by the rules of this version; exit 1 if anything differs',
  )
  .option('--machine <id>', 'only that machine')
  .option('--config <file>', 'configuration file')
  .option('--data <dir>', 'data folder; nothing in it is changed')
  .action((flags) => run(async () => (await import('./cli/revalidate.ts')).revalidate(flags)));

program
  .command('keygen')
  .description('make a key for a relay')
  .option('--data <dir>', 'store it as the key of the relay whose data folder this is')
  .action((flags) => run(async () => (await import('./cli/keygen.ts')).keygen(flags)));

await program.parseAsync();

/** Runs a command and ends the process with its exit code; a fault ends it with 1. */
async function run(command: () => Promise<number> | number): Promise<never> {
  try {
    process.exit(await command());
  } catch (fault) {
    // What the system refuses (a port in use, a folder that is read-only) is no fault of ours.
    const { syscall, message } = fault as NodeJS.ErrnoException;
    console.error(syscall === undefined ? fault : `headkeeper: ${message}`);
    process.exit(1);
  }
}

/** Resolves at the first SIGTERM or SIGINT; the second ends the process at once. */
function stopAsked(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const onSignal = (): void => {
      if (asked) process.exit(1);
      asked = true;
      resolve();
    };
    process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  });
}
