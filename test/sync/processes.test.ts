/**
 * Two relays as processes of their own, and `headkeeper sync` between them, while they run and
 * while they do not.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { openStoreToRead } from '../../src/store/store.ts';
import { headkeeper } from '../cli/headkeeper.ts';
import { checkFolder, type Running, startProcess } from '../crash/killed-relay.ts';
import { chainOf } from '../support/chains.ts';
import { type Client, connect } from '../support/client.ts';
import { commandLine } from '../support/compiled.ts';
import { note } from '../support/machines.ts';
import { randomFrom } from '../support/random.ts';

const THEN = 1_700_000_000;
/** Most of the time goes into starting processes. */
const PATIENCE_MS = 60_000;

type Side = { readonly dataDir: string; relay: Running; client: Client };
const sides: Side[] = [];

beforeAll(async () => {
  const started = Array.from({ length: 2 }, async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'headkeeper-sync-'));
    const relay = await startProcess(dataDir);
    sides.push({ dataDir, relay, client: await connect(relay.url) });
  });
  await Promise.all(started);
});
afterAll(async () => {
  for (const { dataDir, relay } of sides) {
    await relay.kill();
    rmSync(dataDir, { recursive: true });
  }
});

const both = (): readonly [Side, Side] => sides as unknown as [Side, Side];

/** What a folder has accepted, keeper snapshots aside. */
function accepted({ dataDir }: Side): readonly string[] {
  const store = openStoreToRead(dataDir);
  try {
    return [...store.export.all(THEN)].toSorted();
  } finally {
    store.close();
  }
}

/** Publishes events in their order, without waiting for one before the next. */
async function feed({ client }: Side, events: readonly NostrEvent[] = []): Promise<void> {
  const answers = await Promise.all(events.map((event) => client.publish(event)));
  for (const { accepted: isTaken, message } of answers)
    expect([isTaken, message]).toEqual([true, '']);
}

describe('headkeeper sync', { timeout: PATIENCE_MS }, () => {
  it('makes two relays equal that were fed random halves, and then has nothing to do', async () => {
    const [a, b] = both();
    const random = randomFrom(11);
    const fed: NostrEvent[][] = [[], []];
    for (let i = 0; i < 8; i++) {
      const { definition, transitions } = chainOf(15, THEN);
      for (const half of fed) {
        if (random.chance(75)) half.push(definition, ...transitions.slice(0, random.below(16)));
      }
    }
    for (let i = 0; i < 100; i++) random.pick(fed).push(note(1, `${i}`, { at: THEN + i }));
    await Promise.all([feed(a, fed[0]), feed(b, fed[1])]);

    const first = await headkeeper(['sync', b.relay.url, '--data', a.dataDir, '--down']);
    const second = await headkeeper(['sync', a.relay.url, '--data', b.dataDir, '--down']);
    for (const { code, stdout } of [first, second]) {
      expect(code).toBe(0);
      expect(stdout).toMatch(/^down: accepted [1-9]\d*, duplicate 0, refused 0\n$/);
    }
    expect(accepted(a)).toEqual(accepted(b));
    expect(accepted(a)).toHaveLength(new Set(fed.flat().map(({ id }) => id)).size);

    const third = await headkeeper(['sync', b.relay.url, '--data', a.dataDir]);
    const nothing = 'accepted 0, duplicate 0, refused 0';
    expect(third).toEqual({ code: 0, stdout: `down: ${nothing}\nup: ${nothing}\n`, stderr: '' });
  });

  it('follows: what is said to either is soon on both, until it is stopped', async () => {
    const [a, b] = both();
    const args = ['sync', b.relay.url, '--data', a.dataDir, '--follow'];
    const command = spawn(process.execPath, commandLine(args), { env: {} });
    const ended = once(command, 'exit');
    await once(command.stdout, 'data');
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const { definition, transitions } = chainOf(3, THEN);
      const there = to.client.subscribe('follow', { '#e': [definition.id], kinds: [7_501] });
      await there.stored();
      await feed(from, [definition, ...transitions]);
      for (const transition of transitions) expect(await there.next()).toEqual(transition);
      there.close();
    }
    command.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect(accepted(a)).toEqual(accepted(b));
  });

  it('hands in where no relay runs, too', async () => {
    const [a, b] = both();
    const fresh = mkdtempSync(join(tmpdir(), 'headkeeper-fresh-'));
    try {
      const { code, stdout } = await headkeeper(['sync', b.relay.url, '--data', fresh]);
      const { length } = accepted(b);
      expect([code, stdout]).toEqual([
        ...[0, expect.stringContaining(`down: accepted ${length}, duplicate 0, refused 0\n`)],
      ]);
      expect(accepted({ ...a, dataDir: fresh })).toEqual(accepted(b));
      checkFolder(fresh, new Set(), new Set());
    } finally {
      rmSync(fresh, { recursive: true });
    }
  });

  it('exits with 2 when the other relay is not there, and for a filter that is none', async () => {
    const [a] = both();
    const nobody = await headkeeper(['sync', 'ws://127.0.0.1:9', '--data', a.dataDir]);
    expect([nobody.code, nobody.stderr]).toEqual([2, expect.stringContaining('ECONNREFUSED')]);
    const args = ['sync', a.relay.url, '--data', a.dataDir, '--filter', '{"kind":1}'];
    const filter = await headkeeper(args);
    expect([filter.code, filter.stderr]).toEqual([
      ...[2, 'headkeeper: --filter: unsupported: unknown filter element "kind"\n'],
    ]);
  });
});
