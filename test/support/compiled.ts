/**
 * The compiled relay, as tests start it in processes of its own; see compile.ts.
 */

import { fileURLToPath } from 'node:url';

/** The folder with the compiled files. */
export const COMPILED = new URL('../../.compiled/', import.meta.url);

/** The arguments with which node runs a command of the relay. */
export function commandLine(args: readonly string[]): string[] {
  return [compiledFile('main.js'), ...args];
}

/** The path of a compiled file. */
export function compiledFile(path: string): string {
  return fileURLToPath(new URL(path, COMPILED));
}
