/**
 * A relay that gets a new key: its snapshots are the new key's, the old one says who follows it.
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyEvent } from 'nostr-tools/pure';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { play } from '../../src/cli/play.ts';
import { createRelay } from '../../src/index.ts';
import { connect } from '../support/client.ts';
import { headkeeper } from './headkeeper.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'headkeeper-rotate-'));
});
afterEach(() => rmSync(dataDir, { recursive: true }));

const start = () => createRelay({ listen: { port: 0 }, dataDir, verify: { workers: 0 } });
const contents = (events: readonly { readonly content: string }[]) =>
  events.map(({ content }) => content).sort();

async function snapshotsOf(url: string, pubkey: string) {
  const client = await connect(url);
  const found = await client.query({ kinds: [30_078], authors: [pubkey] });
  await client.close();
  expect(
    found.every((event) => verifyEvent({ ...event, tags: event.tags.map((tag) => [...tag]) })),
  ).toBe(true);
  return found;
}

async function nsmOf(httpUrl: string) {
  const info = await fetch(httpUrl, { headers: { Accept: 'application/nostr+json' } });
  return Object(await info.json()).nsm;
}

describe('keygen --rotate', () => {
  it('has the snapshots signed by the new key and announces the old one', async () => {
    const before = await start();
    for await (const { differences } of play('counter', before.url))
      expect(differences).toEqual([]);
    const old = await snapshotsOf(before.url, before.self);
    expect(old.length).toBeGreaterThan(0);
    expect((await nsmOf(before.httpUrl)).former_keys).toBeUndefined();

    const refused = await headkeeper(['keygen', '--rotate', '--data', dataDir]);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('another relay is using');
    await before.stop();

    const secret = readFileSync(join(dataDir, 'relay.key'), 'utf8').trim();
    const rotated = await headkeeper(['keygen', '--rotate', '--data', dataDir]);
    expect(rotated).toMatchObject({ code: 0, stderr: '' });
    expect(rotated.stdout).toContain(`${old.length} keeper snapshots are signed anew`);
    expect(rotated.stdout).not.toContain(secret);
    const aside = `relay.key.${before.self.slice(0, 8)}`;
    expect(readdirSync(dataDir)).toContain(aside);
    expect(readFileSync(join(dataDir, aside), 'utf8').trim()).toBe(secret);
    expect(statSync(join(dataDir, 'relay.key')).mode & 0o077).toBe(0);

    const after = await start();
    expect(after.self).not.toBe(before.self);
    expect(contents(await snapshotsOf(after.url, after.self))).toEqual(contents(old));
    expect(await snapshotsOf(after.url, before.self)).toEqual([]);
    const [former] = (await nsmOf(after.httpUrl)).former_keys;
    expect(former.pubkey).toBe(before.self);
    expect(former.succession).toMatchObject({ kind: 30_078, pubkey: before.self });
    expect(former.succession.tags).toContainEqual(['p', after.self]);
    expect(verifyEvent(former.succession)).toBe(true);
    await after.stop();
  });

  it('is not needed for a relay whose key was lost: it signs everything anew', async () => {
    const before = await start();
    for await (const { differences } of play('counter', before.url))
      expect(differences).toEqual([]);
    const old = await snapshotsOf(before.url, before.self);
    await before.stop();
    rmSync(join(dataDir, 'relay.key'));
    const after = await start();
    expect(contents(await snapshotsOf(after.url, after.self))).toEqual(contents(old));
    expect(await snapshotsOf(after.url, before.self)).toEqual([]);
    await after.stop();
  });
});
