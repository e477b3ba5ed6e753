/**
 * How the tests run.
 *
 * Two processes, in which files run one after the other and share what is loaded: to load it anew
 * for each took half of the time. So each test stops what it starts, and what a module counts
 * (names, coordinates, and with them ids) is no constant: no test may lean on the order of two ids
 * that it did not grind. `test/interop` and `test/browser` need programs that `npm install` does
 * not bring and run by themselves: `vitest run --mode browser`.
 */

import { configDefaults, defineConfig } from 'vitest/config';

/** Folders of tests that run by themselves, each in the mode of its name. */
const APART = ['interop', 'browser'];

export default defineConfig(({ mode }) => ({
  test: {
    include: APART.includes(mode) ? [`test/${mode}/**/*.test.ts`] : ['test/**/*.test.ts'],
    exclude: [
      ...configDefaults.exclude,
      ...APART.filter((name) => name !== mode).map((name) => `test/${name}/**`),
    ],
    globalSetup: 'test/support/compile.ts',
    pool: 'forks',
    isolate: false,
    // Vitest leaves one core to itself, which on two would be half of the machine.
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
}));
