/**
 * The commands with which an operator keeps a relay well, as the command line has them.
 */

import type { Command } from 'commander';

/** What the command line lends to them: how a command is run, and how exit codes are told. */
export type CommandLine = {
  readonly run: (command: () => Promise<number> | number) => Promise<never>;
  readonly exits: (yes: string, no: string, unable: string) => string;
};

/** Adds them. Each is loaded when it is called. */
export function addUpkeepCommands(program: Command, { run, exits }: CommandLine): void {
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
      run(async () => (await import('./thaw.ts')).thawMachines(names, flags)),
    );

  program
    .command('doctor')
    .description('is everything that is stored as it should be?')
    .option('--repair', 'write anew what follows from the events; no relay may use the folder')
    .option('--json', 'all findings as one JSON object')
    .option('--config <file>', 'configuration file')
    .option('--data <dir>', 'data folder, or a backup')
    .addHelpText('after', exits('nothing is wrong', 'something is', 'the folder cannot be used'))
    .action((flags) => run(async () => (await import('./doctor.ts')).doctor(flags)));

  program
    .command('reindex')
    .description('write anew what follows from the events where it differs: doctor --repair')
    .option('--json', 'all findings as one JSON object')
    .option('--config <file>', 'configuration file')
    .option('--data <dir>', 'data folder')
    .addHelpText('after', exits('all is as it follows', 'something is not', 'no such folder'))
    .action((flags) =>
      run(async () => (await import('./doctor.ts')).doctor({ ...flags, repair: true })),
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
    .action((dir, flags) => run(async () => (await import('./backup.ts')).backup(dir, flags)));

  program
    .command('keygen')
    .description('make a key for a relay')
    .option('--data <dir>', 'store it as the key of the relay whose data folder this is')
    .option('--rotate', 'put a new key in the place of the one it has; no relay may use the folder')
    .option('--config <file>', 'configuration file, with --rotate')
    .action((flags) => run(async () => (await import('./keygen.ts')).keygen(flags)));
}
