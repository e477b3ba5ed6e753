/**
 * How the tests run.
 *
 * A process for each test file: the database is a native module and the relay starts threads of its
 * own, and neither should outlive or disturb its neighbours. `test/interop` needs programs that are
 * not installed by `npm install` and runs by itself.
 */

import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, 'test/interop/**', 'test/browser/**'],
    pool: 'forks',
    // Vitest leaves one core to itself, which on two would be half of the machine.
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
});
