#!/usr/bin/env node
/**
 * The command line: reads arguments, runs one command, ends the process.
 *
 * Commands are plain functions under `cli/` that return an exit code; only this file exits and only
 * this file listens to signals. A command is loaded when it is called, so that a health check does
 * not pay for the relay.
 */

import { program } from 'commander';
import { EXIT_UNABLE } from './cli/outcome.ts';
import type { Asked } from './cli/start.ts';
import { addUpkeepCommands } from './cli/upkeep-commands.ts';
import { suggestion } from './config/suggest.ts';
import { VERSION } from './version.ts';

/** The relay that client commands ask unless they are told another: one started without options. */
const RELAY = 'ws://127.0.0.1:7777';

program
  .name('headkeeper')
  .description('A Nostr relay that refuses state transitions a machine does not allow')
  .version(VERSION)
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : EXIT_UNABLE));

program
  .command('start', { isDefault: true })
  .description('run the relay')
  .option('--config <file>', 'configuration file (default: ./config.json, if there is one)')
  .option('--host <host>', 'address to listen on')
  .option('--port <port>', 'port to listen on; 0 takes a free one')
  .option('--data <dir>', 'folder of the database and the relay key')
  .option('--demo', 'with machines to look at and to play with; in a folder that goes with it')
  .action((flags) => run(async () => (await import('./cli/start.ts')).start(flags, asked())));

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
  .command('custody')
  .description('after a restore: compare what this relay signed as custodian, so that it may again')
  .argument('<file...>', 'snapshots by this relay that others kept, one a line; - for stdin')
  .option('--config <file>', 'configuration file')
  .option('--data <dir>', 'data folder of the relay, which is stopped')
  .addHelpText('after', exits('it may sign', 'what it signed is missing here', 'unusable input'))
  .action((files, flags) =>
    run(async () => (await import('./cli/custody.ts')).custody(files, flags)),
  );

program
  .command('lint')
  .description('everything that is wrong with a definition, and everything that is suspicious')
  .argument('<file>', 'an event, a config or a template; - for stdin')
  .option('--json', 'the whole report as JSON')
  .option('--libraries <dir>', 'folder of rule libraries besides the bundled ones')
  .addHelpText('after', exits('no problems (warnings are none)', 'problems', 'unreadable input'))
  .action((file, flags) => run(async () => (await import('./cli/lint.ts')).lint(file, flags)));

program
  .command('simulate')
  .description('run a script against a definition, offline; print the state after each step')
  .argument('<definition>', 'an event, a config or a template')
  .argument('<script>', 'JSON lines {by, type, data, at}, or those of an example')
  .option('--json', 'a JSON object for each step')
  .option('--libraries <dir>', 'folder of rule libraries besides the bundled ones')
  .addHelpText(
    'after',
    `
A step without "expect" is expected to be accepted. "by" is a name, whose key is made of it, or a
pubkey; "at" is in seconds after the start.
${exits('every step went as expected', 'a step did not', 'unusable files')}`,
  )
  .action((definition, script, flags) =>
    run(async () => (await import('./cli/simulate.ts')).simulate(definition, script, flags)),
  );

program
  .command('verify')
  .description('check a proof bundle, offline: is a machine where a relay says it is?')
  .argument('<file>', 'a bundle, as GET /api/v1/machines/{id}/proof gives it; - for stdin')
  .option('--keeper <pubkey>', 'the key of the relay it must be signed by, 64 hex')
  .option('--json', 'the report as JSON')
  .option('--libraries <dir>', 'folder of rule libraries besides the bundled ones')
  .addHelpText('after', exits('it holds', 'it does not', 'unreadable, or made under other rules'))
  .action((file, flags) => run(async () => (await import('./cli/verify.ts')).verify(file, flags)));

program
  .command('explain')
  .description('would a relay take this event, and if not, why, and what then?')
  .argument('<file>', 'a signed or unsigned event')
  .option('--relay <url>', 'the relay that is asked', RELAY)
  .option('--json', 'the answer of the relay as it is')
  .addHelpText('after', exits('it would be accepted, or is stored', 'it would not', 'no answer'))
  .action((file, flags) =>
    run(async () => (await import('./cli/explain.ts')).explain(file, flags)),
  );

program
  .command('state')
  .description('the state of a machine, as JSON')
  .argument('<machine>', 'its id: hex, note1… or nevent1…')
  .option('--relay <url>', 'the relay that is asked', RELAY)
  .option('--at <transition>', 'not at the head, but after this transition')
  .addHelpText('after', exits('a state', 'no such machine or transition', 'no answer'))
  .action((id, flags) => run(async () => (await import('./cli/state.ts')).state(id, flags)));

program
  .command('req')
  .description('what a relay has stored, an event a line')
  .argument('<filter...>', 'filters as in NIP-01, such as \'{"kinds":[7500]}\'')
  .option('--relay <url>', 'the relay that is asked', RELAY)
  .addHelpText('after', exits('events', 'none', 'no answer'))
  .action((filters, flags) => run(async () => (await import('./cli/req.ts')).req(filters, flags)));

program
  .command('publish')
  .description('send events to a relay, in order')
  .argument('<file...>', 'files with one event or one a line; - for stdin')
  .option('--relay <url>', 'where to send them', RELAY)
  .option('--rebase', 'put a transition that came too late on top of the head, signed anew')
  .option('--key-file <file>', 'secret key to sign with; else HEADKEEPER_SECRET_KEY')
  .addHelpText(
    'after',
    `
Without a key, --rebase prints the unsigned event and reads the signed one from stdin.
${exits('all accepted', 'one refused', 'no answer, or no key')}`,
  )
  .action((files, flags) =>
    run(async () => (await import('./cli/publish.ts')).publish(files, flags)),
  );

program
  .command('export')
  .description('what the relay has accepted, an event a line, in causal order')
  .option('--machine <id>', 'only that machine: hex, note1… or nevent1…')
  .option('--config <file>', 'configuration file')
  .option('--data <dir>', 'data folder; nothing in it is changed')
  .addHelpText('after', exits('all was written', 'no such machine', 'no database'))
  .action((flags) => run(async () => (await import('./cli/export.ts')).exportEvents(flags)));

program
  .command('import')
  .description('hand events to the relay, whether it runs or not, in causal order')
  .argument('<file>', 'an event a line, in any order; - for stdin')
  .option('--config <file>', 'configuration file')
  .option('--data <dir>', 'data folder of the relay')
  .addHelpText('after', exits('all are stored now', 'one was refused', 'unreadable, or no relay'))
  .action((file, flags) =>
    run(async () => (await import('./cli/import.ts')).importEvents(file, flags)),
  );

program
  .command('sync')
  .description('carry what only one of two relays has to the other')
  .argument('<url>', 'the other relay')
  .option('--filter <json>', 'only what a filter as in NIP-01 matches')
  .option('--down', 'only from there to here')
  .option('--up', 'only from here to there')
  .option('--follow', 'keep them together until stopped')
  .option('--config <file>', 'configuration file')
  .option('--data <dir>', 'data folder of the relay, whether it runs or not')
  .addHelpText(
    'after',
    '\nExits with 0: compared, and everything offered; 2: a relay is not there.',
  )
  .action((url, flags) =>
    run(async () => (await import('./cli/sync.ts')).sync(url, flags, stopAsked)),
  );

addUpkeepCommands(program, { run, exits });

refuseUnknown(process.argv[2]);
await program.parseAsync();

/** Without this, a command that is misspelt would be an argument of `start`. */
function refuseUnknown(word = '-'): void {
  const names = ['help', ...program.commands.map((command) => command.name())];
  if (word.startsWith('-') || names.includes(word)) return;
  program.error(`headkeeper: unknown command ${word}${suggestion(word, names)}`);
}

/** The exit codes of a command that answers a question, for its help. */
function exits(yes: string, no: string, unable: string): string {
  return `\nExits with 0: ${yes}; 1: ${no}; 2: ${unable}.`;
}

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

/** What signals ask of a relay: to stop, and (SIGHUP) to read its configuration again. */
function asked(): Asked {
  let reload = (): void => {};
  process.on('SIGHUP', () => reload());
  return {
    stop: stopAsked(),
    onReload: (next) => {
      reload = next;
    },
  };
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
