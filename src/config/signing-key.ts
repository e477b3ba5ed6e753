/**
 * The secret key that client commands sign with: from a file, or from the environment.
 *
 * Never from an argument, which everybody on the machine can read, and never printed.
 */

import { readFileSync } from 'node:fs';
import { type Environment, KEY_VARIABLE } from './environment.ts';
import { key } from './values.ts';

/** Where to look for a key; what is left out is the process's own. */
export type KeySources = {
  /** The path of a file that holds the key alone; it goes before the environment. */
  readonly file?: string | undefined;
  readonly env?: Environment;
  readonly readFile?: (path: string) => string;
};

/** A secret key as 64 hex, what is wrong with it, or neither where there is none. */
export type SigningKey = { readonly secret: string } | { readonly problem: string } | undefined;

const schema = key('nsec', 'A secret key.');

/** The key of `--key-file`, else of `HEADKEEPER_SECRET_KEY`; as hex or nsec. */
export function readSigningKey({
  file,
  env = process.env,
  readFile = (path) => readFileSync(path, 'utf8'),
}: KeySources): SigningKey {
  if (file === undefined) return parseKey(env[KEY_VARIABLE] ?? '', KEY_VARIABLE);
  try {
    return parseKey(readFile(file), file) ?? { problem: `${file} is empty` };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

function parseKey(text: string, source: string): SigningKey {
  const { data } = schema.safeParse(text.trim());
  if (data === '') return undefined;
  return data === undefined ? { problem: `${source}: not a secret key` } : { secret: data };
}
