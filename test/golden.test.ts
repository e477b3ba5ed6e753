/**
 * The golden guard: what machines mean is what it was.
 *
 * Another version of XState or another rule that moves one of these hashes is another rule set;
 * only then write the record anew: `vitest run test/golden.test.ts -u`.
 */

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { exampleNames, scriptNames } from '../src/examples/example.ts';
import { goldenMachines } from './support/golden.ts';

const at = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
const RECORD = at('test/fixtures/golden-machines.json');

/** The last hash of each script of an example; the others are in its own record. */
function lastHashes(name: string): Record<string, string | undefined> {
  const hashes = JSON.parse(readFileSync(at(`examples/${name}/hashes.json`), 'utf8'));
  return Object.fromEntries(scriptNames(name).map((script) => [script, hashes[script].at(-1)]));
}

describe('the record of what machines come to', () => {
  it('is there', () => {
    expect(existsSync(RECORD)).toBe(true);
  });

  it('is what the examples and 200 random machines come to', async () => {
    const examples = Object.fromEntries(exampleNames().map((name) => [name, lastHashes(name)]));
    const machines = goldenMachines();
    const text = `${JSON.stringify({ examples, machines }, null, 2)}\n`;
    await expect(text).toMatchFileSnapshot(RECORD);
    expect(machines).toHaveLength(200);
  });
});
