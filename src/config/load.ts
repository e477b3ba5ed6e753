/**
 * Finds the configuration: defaults < file < environment < flags.
 *
 * Every problem is reported, not just the first, each with its value and where that came from. This
 * is the only code that reads the environment; with all its sources given it is a pure function. A
 * secret is never taken from the configuration file and never gets into a message.
 */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { z } from 'zod';
import { type Config, configSchema } from '../config.ts';
import {
  type Environment,
  FILE_VARIABLE,
  fileVariable,
  fromEnvironment,
  fromFlags,
  type Given,
  type OptionFlags,
  unknownVariables,
} from './environment.ts';
import { type ConfigFile, readConfigFile } from './file.ts';
import { OPTIONS, type Option, valueAt } from './options.ts';
import { suggestion } from './suggest.ts';

/** What the command line said; `config` is the path of a file. */
export type ConfigFlags = OptionFlags & { readonly config?: string };

/** Where to look; what is left out is the process's own. */
export type ConfigSources = {
  readonly flags?: ConfigFlags;
  readonly env?: Environment;
  /** The text of a file; throws as `readFileSync` does. */
  readonly readFile?: (path: string) => string;
  /** The folder that relative paths start from. */
  readonly cwd?: string;
};

/** An effective configuration; each value came from `default`, a line, a variable or a flag. */
export type LoadedConfig = {
  readonly config: Config;
  readonly sourceOf: (option: Option) => string;
  readonly warnings: readonly string[];
};

/** Why there is no configuration, one line a problem. */
export type ConfigProblems = {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
};

type SourceOf = (steps: readonly PropertyKey[]) => string | undefined;

/** The effective configuration, or everything that is wrong with it. */
export function loadConfig({
  flags = {},
  env = process.env,
  readFile = (path) => readFileSync(path, 'utf8'),
  cwd = process.cwd(),
}: ConfigSources = {}): LoadedConfig | ConfigProblems {
  const read = (path: string): string => readFile(resolve(cwd, path));
  const file = readConfigFile(flags.config ?? (env[FILE_VARIABLE] || undefined), read);
  const environment = fromEnvironment(env, read);
  const given = [...environment.given, ...fromFlags(flags)];

  const sources = new Map(given.map(({ option, source }) => [option.path, source]));
  const sourceOf: SourceOf = (steps) =>
    sources.get(optionAt(steps)?.path ?? '') ?? file.placeOf(steps);

  const written = given.reduce(withGiven, file.written);
  const parsed = configSchema.safeParse(written, { reportInput: true });
  const issues = parsed.error?.issues ?? [];
  const problems = [
    ...file.problems,
    ...misplacedSecrets(file),
    ...environment.problems,
    ...issues.flatMap((issue) => problemLines(issue, sourceOf)),
  ];
  const warnings = unknownVariables(env);
  if (parsed.data === undefined || problems.length > 0) return { problems, warnings };
  return {
    config: parsed.data,
    sourceOf: ({ steps }) => sourceOf(steps) ?? 'default',
    warnings,
  };
}

/** Puts a value into what the file says; a group that is not one is left for the schema. */
function withGiven(written: ConfigFile['written'], given: Given): ConfigFile['written'] {
  const [first = '', second] = given.option.steps;
  if (second === undefined) return { ...written, [first]: given.value };
  const { [first]: group = {} } = written;
  if (typeof group !== 'object' || group === null || Array.isArray(group)) return written;
  return { ...written, [first]: { ...group, [second]: given.value } };
}

function misplacedSecrets({ written, placeOf }: ConfigFile): readonly string[] {
  return OPTIONS.filter(({ secret, steps }) => secret && valueAt(written, steps) !== undefined).map(
    (option) =>
      `${option.path}: a secret does not belong in this file; set ${option.env} or ` +
      `${fileVariable(option)} (${placeOf(option.steps)})`,
  );
}

/** An issue as lines of the form `<option>: <what is wrong>, got <value> (<source>)`. */
function problemLines(issue: z.core.$ZodIssue, sourceOf: SourceOf): readonly string[] {
  if (issue.code === 'unrecognized_keys') {
    const names = OPTIONS.flatMap(({ steps: [group = ''], path }) => [group, path]);
    return issue.keys.map((key) => {
      const steps = [...issue.path, key];
      const path = steps.join('.');
      return `${path}: unknown option${suggestion(path, names)} (${sourceOf(steps)})`;
    });
  }
  const says = issue.message.replace(/^[A-Z][a-z ]+: |, received .*$/g, '');
  const value = optionAt(issue.path)?.secret ? '' : `, got ${printable(issue.input)}`;
  return [`${issue.path.join('.')}: ${says}${value} (${sourceOf(issue.path) ?? 'default'})`];
}

const optionAt = (steps: readonly PropertyKey[]): Option | undefined =>
  OPTIONS.find((option) => option.steps.every((step, at) => step === steps[at]));

/** A secret key may stand where it does not belong; it is not shown there either. */
function printable(value: unknown): string {
  if (typeof value === 'object' && value !== null)
    return Array.isArray(value) ? 'a list' : 'a group';
  const text = JSON.stringify(value) ?? 'nothing';
  if (text.includes('nsec1')) return 'a secret key';
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
