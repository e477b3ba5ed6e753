/**
 * How the tests run.
 *
 * A process for each test file: the database is a native module and the relay starts threads of its
 * own, and neither should outlive or disturb its neighbours. `test/interop` and `test/browser` need
 * programs that `npm install` does not bring and run by themselves: `vitest run --mode browser`.
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
    // Vitest leaves one core to itself, which on two would be half of the machine.
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
}));
