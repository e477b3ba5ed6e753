/**
 * Backups, migrations and repairs that are killed in their middle: whatever they leave behind is
 * whole, and the next one succeeds. `INSIDE=10` has each killed so often; `npm run crash` does.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { oldStore } from '../support/old-store.ts';
import { OPERATIONS } from './operations.ts';

const INSIDE = Number(process.env['INSIDE'] ?? 1);
const LOADER = import.meta.resolve('tsx');
const SCRIPT = fileURLToPath(new URL('./operate.ts', import.meta.url));
const KILLS_MAX = INSIDE * 10 + 10;

/** One life of the process: killed at some moment of an operation; true if it was inside. */
async function killed(name: string, folder: string, part: number): Promise<boolean> {
  const child = spawn(process.execPath, ['--import', LOADER, SCRIPT, name, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let last = '';
  let begunMs = 0;
  let tookMs = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.trim().split('\n')) {
      last = line;
      if (line === 'begin') begunMs = performance.now();
      else tookMs = performance.now() - begunMs;
      // The first one is for measuring; of a later one that part is let through.
      if (line === 'begin' && tookMs > 0) setTimeout(() => child.kill('SIGKILL'), tookMs * part);
    }
  });
  await once(child, 'close');
  return last === 'begin';
}

describe.concurrent('an operation that is killed', () => {
  it.each(Object.entries(OPERATIONS))(
    `leaves nothing half done: %s, ${INSIDE} times inside`,
    async (name, { check }) => {
      const old = oldStore();
      let inside = 0;
      for (let kills = 0; inside < INSIDE && kills < KILLS_MAX; kills++) {
        if (await killed(name, old.dataDir, Math.random() * 0.9)) inside += 1;
        await check(old.dataDir);
      }
      old.remove();
      expect(inside).toBe(INSIDE);
    },
    20_000 + INSIDE * 60_000,
  );
});
