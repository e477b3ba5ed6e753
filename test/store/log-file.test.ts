/**
 * The write-ahead log: it starts anew when all of it is copied, and a reader that is in the middle
 * of something holds up neither the writer nor the log for good.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore, openStoreToRead, type Store } from '../../src/store/store.ts';
import { signEvent, testKey } from '../support/sign.ts';

const { secret } = testKey('client');

let dataDir: string;
let store: Store;
let count = 0;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'headkeeper-log-'));
  store = openStore(dataDir, 'normal');
});
afterEach(() => {
  store.close();
  rmSync(dataDir, { recursive: true });
});

function write(events: number): void {
  for (let i = 0; i < events; i++) {
    const said = { kind: 1, created_at: count++, tags: [], content: 'x'.repeat(4_000) };
    const event = signEvent(said, secret);
    store.transaction(() => store.events.insert(event, undefined));
  }
}

describe('the write-ahead log', () => {
  it('does not grow while it can start anew', () => {
    write(20);
    expect(store.restartLog()).toBe(true);
    const bytes = store.logBytes();
    expect(bytes).toBeGreaterThan(0);
    write(10);
    expect(store.logBytes()).toBe(bytes);
  });

  it('grows under a long reader, who sees one moment, and starts anew after it', () => {
    write(20);
    const reader = openStoreToRead(dataDir);
    reader.atOneMoment(() => {
      expect(reader.lastEvent()).toBe(20);
      write(20);
      expect(store.restartLog()).toBe(false);
      write(1);
      expect(reader.lastEvent()).toBe(20);
    });
    expect(reader.lastEvent()).toBe(41);
    reader.close();
    expect(store.restartLog()).toBe(true);
    const bytes = store.logBytes();
    write(20);
    expect(store.logBytes()).toBe(bytes);
  });
});
