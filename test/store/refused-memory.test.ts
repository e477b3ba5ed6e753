/**
 * The memory of refusals in syncs: per relay, across restarts, and for a while only where the chain
 * may move on.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openRefusedMemory } from '../../src/store/refused-memory.ts';
import { NOW } from '../support/machines.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'headkeeper-memory-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const ID = 'ab'.repeat(32);
const DAY = 86_400;

it('remembers what each relay has refused, and goes on after it was closed', () => {
  const before = openRefusedMemory(folder);
  const refused = { relay: 'ws://a', id: ID, code: 'bad-event', isProvisional: false };
  before.remember({ ...refused, now: NOW });
  before.close();
  const memory = openRefusedMemory(folder);
  expect(memory.has('ws://a', ID, NOW + 1_000 * DAY)).toBe(true);
  expect(memory.has('ws://b', ID, NOW)).toBe(false);
  expect(memory.has('ws://a', 'cd'.repeat(32), NOW)).toBe(false);
  memory.close();
});

it('forgets after a day what depended on the chain', () => {
  const memory = openRefusedMemory(folder);
  memory.remember({ relay: '', id: ID, code: 'stale-head', isProvisional: true, now: NOW });
  expect([memory.has('', ID, NOW + DAY - 1), memory.has('', ID, NOW + DAY)]).toEqual([true, false]);
  memory.remember({ relay: '', id: ID, code: 'stale-head', isProvisional: true, now: NOW + DAY });
  expect(memory.has('', ID, NOW + DAY)).toBe(true);
  memory.close();
});
