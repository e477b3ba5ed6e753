/**
 * Operations that are cut off in their middle, by a kill or by a disk that is full when nobody
 * expects it: whatever they leave behind is whole, and the next one succeeds.
 *
 * `INSIDE=10` has each cut off so often, both ways; `npm run crash` does. A full disk is a bound of
 * the operating system on the size of files, which differs from time to time. `SEED=` repeats what
 * was chosen, but not the moments.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { randomFrom } from '../support/random.ts';
import { OPERATIONS } from './operations.ts';

const INSIDE = Number(process.env['INSIDE'] ?? 1);
const LOADER = import.meta.resolve('tsx');
const SCRIPT = fileURLToPath(new URL('./operate.ts', import.meta.url));
const TRIES_MAX = INSIDE * 10 + 10;
const PATIENCE_MS = 60_000 + INSIDE * 60_000;
const ROUNDS = 3;
const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const random = randomFrom(SEED);

const WAYS = ['it is killed', 'the disk is full'] as const;
type Way = (typeof WAYS)[number];
const NO_BOUND = 'unlimited';

const operate = (...words: readonly string[]) => ['--import', LOADER, SCRIPT, ...words];

/** One life of the process: killed at some moment of an operation; true if it was inside. */
async function killed(name: string, folder: string, part: number): Promise<boolean> {
  const child = spawn(process.execPath, operate(name, folder), {
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
  expect(last).toMatch(/^(begin|end)$/);
  return last === 'begin';
}

/** A few operations where no file may be larger than that; true if one of them failed inside. */
async function starved(name: string, folder: string, room: string): Promise<boolean> {
  const limit = 'ulimit -f "$0" && exec "$@"';
  const command = [process.execPath, ...operate(name, folder, `${ROUNDS}`)];
  const child = spawn('sh', ['-c', limit, room, ...command], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [code] = await once(child, 'close');
  expect(code, said).toBe(0);
  return /begin\nfailed [^\n]*\n$/.test(said);
}

/** Somewhere between two numbers; small ones as often as large ones. */
const between = ([least, most]: readonly [number, number]): string =>
  `${Math.round(least * (most / least) ** (random.below(1_000) / 1_000))}`;

/** Cuts an operation off until it was cut off inside so often; checks what is left each time. */
async function cutOff(name: string, folder: string, way: Way): Promise<number> {
  const { check, room } = OPERATIONS[name] ?? expect.unreachable();
  if (way === 'the disk is full') expect(await starved(name, folder, NO_BOUND)).toBe(false);
  let inside = 0;
  for (let tries = 0; inside < INSIDE && tries < TRIES_MAX; tries++) {
    const isInside =
      way === 'it is killed'
        ? await killed(name, folder, random.below(900) / 1_000)
        : await starved(name, folder, between(room));
    if (isInside) inside += 1;
    await check(folder);
  }
  return inside;
}

/** How many are tried when there is little time. */
const FEW = 3;
const ALL_CUTS = Object.keys(OPERATIONS).flatMap((name) => WAYS.map((way) => ({ name, way })));
/** All operations both ways, or a few that are drawn by lot. */
const CUTS = INSIDE > 1 ? ALL_CUTS : Array.from({ length: FEW }, () => random.pick(ALL_CUTS));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'headkeeper-cut-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe(`an operation that is cut off (SEED=${SEED})`, { timeout: PATIENCE_MS }, () => {
  it.each(CUTS)('leaves nothing half done: $name, when $way', async ({ name, way }) => {
    expect(await cutOff(name, folder, way)).toBe(INSIDE);
  });
});
