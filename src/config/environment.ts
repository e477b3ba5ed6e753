/**
 * Options from text: environment variables and flags.
 *
 * Names are mechanical and values are read by the type of their option; whether one is within its
 * bounds is for the schema to say, so text that is not of the type is passed on as it is. An empty
 * variable counts as unset: it must not empty an allow-list that the file sets.
 */

import { ENV_PREFIX, OPTIONS, type Option, type ValueSchema } from './options.ts';
import { suggestion } from './suggest.ts';

/** The process's environment, or what a test puts in its place. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** One option as it was given, and by what. */
export type Given = { readonly option: Option; readonly value: unknown; readonly source: string };

/** The variable that names the configuration file. */
export const FILE_VARIABLE = `${ENV_PREFIX}CONFIG`;

/** The variable with the key that client commands sign with; the relay does not read it. */
export const KEY_VARIABLE = `${ENV_PREFIX}SECRET_KEY`;

const OPTION_OF_FLAG = {
  ...{ host: 'listen.host', port: 'listen.port', data: 'dataDir' },
  demo: 'explorer.play',
} as const;

/** The flags that set an option, as the command line hands them over. */
export type OptionFlags = { readonly [flag in keyof typeof OPTION_OF_FLAG]?: string };

/** Options set by variables; a secret also by `<variable>_FILE`, the path of a file with it. */
export function fromEnvironment(
  env: Environment,
  readFile: (path: string) => string,
): { readonly given: readonly Given[]; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const given = OPTIONS.flatMap((option) => {
    const direct = env[option.env];
    const file = option.secret ? env[fileVariable(option)] : undefined;
    if (direct && file) problems.push(`${option.env}: set together with ${fileVariable(option)}`);
    if (direct) return [fromText(option, direct, option.env)];
    if (!file) return [];
    const secret = readSecret(file, readFile);
    if (secret.problem === undefined) return [fromText(option, secret.text, fileVariable(option))];
    problems.push(`${fileVariable(option)}: ${secret.problem}`);
    return [];
  });
  return { given, problems };
}

/** Options set by flags. */
export function fromFlags(flags: OptionFlags): readonly Given[] {
  return Object.entries(OPTION_OF_FLAG).flatMap(([flag, path]) => {
    const text = flags[flag as keyof OptionFlags];
    const option = OPTIONS.find((known) => known.path === path);
    return text === undefined || option === undefined ? [] : [fromText(option, text, `--${flag}`)];
  });
}

/** A line for each variable that looks like ours and is not: most likely a misspelt one. */
export function unknownVariables(env: Environment): readonly string[] {
  const known = [
    FILE_VARIABLE,
    KEY_VARIABLE,
    ...OPTIONS.flatMap((option) =>
      option.secret ? [option.env, fileVariable(option)] : [option.env],
    ),
  ];
  return Object.keys(env)
    .filter((name) => name.startsWith(ENV_PREFIX) && !known.includes(name))
    .map((name) => `${name}: unknown variable${suggestion(name, known)}`);
}

/** The variable that names a file with the secret. */
export const fileVariable = (option: Option): string => `${option.env}_FILE`;

function readSecret(path: string, readFile: (path: string) => string) {
  try {
    const text = readFile(path).trim();
    return text === '' ? { problem: `${path} is empty` } : { text };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

const fromText = (option: Option, text: string, source: string): Given => ({
  option,
  value: parseText(text.trim(), option.schema),
  source,
});

function parseText(text: string, { type, items }: Pick<ValueSchema, 'type' | 'items'>): unknown {
  if (type === 'integer') return /^-?\d+$/.test(text) ? Number(text) : text;
  if (type === 'boolean') return { true: true, 1: true, false: false, 0: false }[text] ?? text;
  if (type === 'string' || items === undefined) return text;
  const parts = text.split(',').map((part) => part.trim());
  return parts.filter((part) => part !== '').map((part) => parseText(part, items));
}
