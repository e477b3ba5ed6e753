/**
 * `config check` and `config print`: the configuration as the relay would see it.
 *
 * Also the one way commands get at it. Nothing here shows a secret.
 */

import { type ConfigFlags, type LoadedConfig, loadConfig } from '../config/load.ts';
import { OPTIONS, valueAt } from '../config/options.ts';
import type { Config } from '../config.ts';
import { loadLibraries } from '../libraries.ts';

/** EX_CONFIG of sysexits.h: a supervisor need not try again. */
export const EXIT_CONFIG = 78;

/** The configuration, its warnings printed; or undefined once all its problems are printed. */
export function readConfig(flags: ConfigFlags): LoadedConfig | undefined {
  const loaded = loadConfig({ flags });
  for (const warning of loaded.warnings) console.error(`headkeeper: warning: ${warning}`);
  if (!('problems' in loaded)) return loaded;
  tell(loaded.problems);
  return undefined;
}

/** `readConfig` for a relay that is to start: the libraries it names are looked at too. */
export function readWholeConfig(flags: ConfigFlags): LoadedConfig | undefined {
  const loaded = readConfig(flags);
  try {
    if (loaded) loadLibraries(loaded.config.machines.libraries);
    return loaded;
  } catch (error) {
    tell([`machines.libraries: ${(error as Error).message}`]);
    return undefined;
  }
}

function tell(problems: readonly string[]): void {
  const { length } = problems;
  console.error(`headkeeper: ${length} problem${length === 1 ? '' : 's'} with the configuration`);
  for (const problem of problems) console.error(`  ${problem}`);
}

/** `config check`: 0 when the relay would start with it. */
export function checkConfig(flags: ConfigFlags): number {
  if (readWholeConfig(flags) === undefined) return EXIT_CONFIG;
  console.log('the configuration is valid');
  return 0;
}

/** `config print`: a line `<option> = <value>  (<source>)` for each option. */
export function printConfig(flags: ConfigFlags): number {
  const loaded = readConfig(flags);
  if (loaded === undefined) return EXIT_CONFIG;
  for (const option of OPTIONS) {
    const value = option.secret
      ? secretState(loaded.config, option.steps)
      : JSON.stringify(valueAt(loaded.config, option.steps));
    console.log(`${option.path} = ${value}  (${loaded.sourceOf(option)})`);
  }
  return 0;
}

const secretState = (config: Config, steps: readonly string[]): string =>
  valueAt(config, steps) === '' ? '(not set)' : '(set)';
