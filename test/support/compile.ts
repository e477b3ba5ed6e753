/**
 * Compiles the relay once for a run of tests, for those that start it as a process of its own.
 *
 * Such a process then starts as the installed package does, several times faster than from source.
 * The folder lies where `dist` does, since compiled files look for the schema and the manifest
 * beside it, and is not `dist`, so that a run of tests never disturbs a relay that runs from there.
 * Types are checked elsewhere.
 */

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { COMPILED } from './compiled.ts';

const ROOT = new URL('../../', import.meta.url);
const TSC = new URL('node_modules/typescript/bin/tsc', ROOT);
const QUICK = ['--noCheck', '--declaration', 'false', '--sourceMap', 'false'];

/** Runs before the first test file, in a process of its own. */
export function setup(): void {
  const out = ['--outDir', fileURLToPath(COMPILED)];
  const args = [fileURLToPath(TSC), '-p', 'tsconfig.build.json', ...out, ...QUICK];
  execFileSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
}
