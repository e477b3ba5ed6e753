#!/usr/bin/env node
/**
 * The command line: reads arguments, runs one command, ends the process.
 *
 * Commands are plain functions under `cli/` that return an exit code; only this file exits and only
 * this file listens to signals. A command is loaded when it is called, so that a health check does
 * not pay for the relay.
 */

import { program } from 'commander';
import type { Asked } from './cli/start.ts';
import { VERSION } from './version.ts';

/** The relay that client commands ask unless they are told another: one started without options. */
const RELAY = 'ws://127.0.0.1:7777';

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
  .command('thaw')
  .description('let machines go on that a change of the rule set has frozen; no relay may run')
  .argument('[machine...]', 'their ids: hex, note1… or nevent1…')
  .option('--all', 'all that are frozen for that reason')
  .option('--adopt', 'where the log comes to something else today, take that')
  .option('--json', 'a JSON object for each machine')
  .option('--config <file>', 'configuration file')
  .option('--data <dir>', 'data folder')
  .addHelpText(
    'after',
    `
Without --adopt a machine goes on only if its log comes to what it came to. docs/rule-sets.md.
${exits('all of them go on', 'one stays frozen', 'the folder cannot be used')}`,
  )
  .action((names, flags) =>
    run(async () => (await import('./cli/thaw.ts')).thawMachines(names, flags)),
  );

program
  .command('doctor')
  .description('is everything that is stored as it should be?')
  .option('--repair', 'write anew what follows from the events; no relay may use the folder')
  .option('--json', 'all findings as one JSON object')
  .option('--config <file>', 'configuration file')
  .option('--data <dir>', 'data folder, or a backup')
  .addHelpText('after', exits('nothing is wrong', 'something is', 'the folder cannot be used'))
  .action((flags) => run(async () => (await import('./cli/doctor.ts')).doctor(flags)));

program
  .command('reindex')
  .description('write anew what follows from the events where it differs: doctor --repair')
  .option('--json', 'all findings as one JSON object')
  .option('--config <file>', 'configuration file')
  .option('--data <dir>', 'data folder')
  .addHelpText('after', exits('all is as it follows', 'something is not', 'no such folder'))
  .action((flags) =>
    run(async () => (await import('./cli/doctor.ts')).doctor({ ...flags, repair: true })),
  );

program
  .command('backup')
  .description('copy the database, also while the relay runs, and check the copy')
  .argument('<dir>', 'becomes a data folder with the copy; an older copy in it is replaced')
  .option('--keep <n>', 'dated folders in <dir> instead, so many of them')
  .option('--json', 'what was taken, as JSON')
  .option('--config <file>', 'configuration file')
  .option('--data <dir>', 'data folder')
  .addHelpText(
    'after',
    '\nExits with 0: there is a new backup that passed its check; 2: there is none.',
  )
  .action((dir, flags) => run(async () => (await import('./cli/backup.ts')).backup(dir, flags)));

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
  .command('keygen')
  .description('make a key for a relay')
  .option('--data <dir>', 'store it as the key of the relay whose data folder this is')
  .option('--rotate', 'put a new key in the place of the one it has; no relay may use the folder')
  .option('--config <file>', 'configuration file, with --rotate')
  .action((flags) => run(async () => (await import('./cli/keygen.ts')).keygen(flags)));

await program.parseAsync();

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

/**
 * What signals ask: SIGTERM and SIGINT to stop, the second one at once; SIGHUP to read the
 * configuration again, which waits until there is a relay that can.
 */
function asked(): Asked {
  let reload = (): void => {};
  process.on('SIGHUP', () => reload());
  const stop = new Promise<void>((resolve) => {
    let isAsked = false;
    const onSignal = (): void => {
      if (isAsked) process.exit(1);
      isAsked = true;
      resolve();
    };
    process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  });
  return {
    stop,
    onReload: (next) => {
      reload = next;
    },
  };
}
