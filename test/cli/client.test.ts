/**
 * The commands that talk to a relay: `publish`, `explain`, `state` and `req`.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UnsignedEvent } from '../../src/nostr/event.ts';
import { connect } from '../support/client.ts';
import { C, define, move, NOW, publishAccepted, R, X } from '../support/machines.ts';
import { signEvent } from '../support/sign.ts';
import { startTestRelay, type TestRelay } from '../support/start-relay.ts';
import { headkeeper } from './headkeeper.ts';

let relay: TestRelay;
let folder: string;
beforeAll(async () => {
  relay = await startTestRelay({}, { now: () => NOW });
  folder = mkdtempSync(join(tmpdir(), 'headkeeper-client-'));
});
afterAll(async () => {
  await relay.stop();
  rmSync(folder, { recursive: true });
});

/** A new machine on the relay, with a first transition a hundred seconds ago. */
async function accepted() {
  const client = await connect(relay.url);
  const published = await publishAccepted(client);
  await client.close();
  return published;
}

/** A file with events, one a line. */
function file(name: string, ...events: readonly object[]): string {
  const path = join(folder, name);
  writeFileSync(path, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  return path;
}

const asked = (...args: readonly string[]) => headkeeper([...args, '--relay', relay.url]);

const secretOf = ({ secret }: typeof X): string => Buffer.from(secret).toString('hex');

describe('publish', () => {
  it('sends events in order and tells what became of each', async () => {
    const machine = define();
    const first = move(machine, 'ACCEPT', { at: NOW - 100 });
    const path = file('two.jsonl', machine, first);
    const late = file('late.json', move(machine, 'START_TRANSIT', { at: NOW - 90 }));
    const { code, stdout } = await asked('publish', path, late);
    expect(code).toBe(1);
    expect(stdout.split('\n').slice(0, 2)).toEqual([
      `OK true ${machine.id}`,
      `OK true ${first.id}`,
    ]);
    expect(stdout).toContain(`invalid: link-missing: head=${first.id} height=1 `);
  });

  it('with --rebase signs what came too late again on the head, with a key', async () => {
    const { machine } = await accepted();
    const late = file('rebased.json', move(machine, 'START_TRANSIT', { at: NOW - 200 }));
    const key = join(folder, 'key');
    writeFileSync(key, `${secretOf(X)}\n`);
    const { code, stdout } = await asked('publish', late, '--rebase', '--key-file', key);
    expect(code).toBe(0);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.slice(0, 8)),
    ).toEqual(['OK false', 'OK true ']);
  });

  it('with --rebase and no key asks for the signature over stdout and stdin', async () => {
    const { machine, first } = await accepted();
    const late = file('unsigned.json', move(machine, 'START_TRANSIT', { at: NOW - 200 }));
    const unsigned: UnsignedEvent[] = [];
    const stdin = (line: string): string | undefined => {
      if (!line.startsWith('{')) return undefined;
      unsigned.push(JSON.parse(line));
      return JSON.stringify(signEvent(JSON.parse(line), X.secret));
    };
    const args = ['publish', late, '--rebase', '--relay', relay.url];
    expect(await headkeeper(args, { stdin })).toMatchObject({ code: 0 });
    expect(unsigned).toMatchObject([{ pubkey: X.pubkey, kind: 7501 }]);
    expect(unsigned[0]?.tags).toContainEqual(['transition', first.id]);
  });

  it('does not sign with the key of somebody else', async () => {
    const { machine } = await accepted();
    const late = move(machine, 'CANCEL', { by: C, at: NOW - 50 });
    const args = ['publish', file('foreign.jsonl', late), '--rebase'];
    const env = { HEADKEEPER_SECRET_KEY: secretOf(R) };
    const { code, stderr } = await headkeeper([...args, '--relay', relay.url], { env });
    expect(code).toBe(2);
    expect(stderr).toBe(`headkeeper: the key is not that of ${C.pubkey}\n`);
  });
});

describe('explain, state and req', () => {
  it('answer with the verdict and the remedy, the state, and the stored events', async () => {
    const { machine, first } = await accepted();
    const { sig: _, ...next } = move(machine, 'START_TRANSIT', { on: first, at: NOW - 90 });
    const stale = move(machine, 'CANCEL', { by: C, at: NOW - 90 });
    const filter = JSON.stringify({ kinds: [7501], '#e': [machine.id] });
    const [fine, refused, initial, stored, nothing] = await Promise.all([
      asked('explain', file('next.json', next)),
      asked('explain', file('stale.json', stale)),
      asked('state', machine.id, '--at', machine.id),
      asked('req', filter),
      asked('req', '{"kinds":[4242]}'),
    ]);
    expect(fine.code).toBe(0);
    expect(fine.stdout).toContain('verdict   would be accepted\n');
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain('remedy    rebase: sign the same again on top of the head\n');
    expect(initial.code).toBe(0);
    expect(JSON.parse(initial.stdout)).toMatchObject({ head: null, value: 'created' });
    expect(stored).toEqual({ code: 0, stdout: `${JSON.stringify(first)}\n`, stderr: '' });
    expect(nothing).toEqual({ code: 1, stdout: '', stderr: '' });
  });

  it('exit with 2 when there is no relay', async () => {
    const relayUrl = 'ws://127.0.0.1:1';
    const path = file('any.json', define());
    const ended = await Promise.all([
      headkeeper(['explain', path, '--relay', relayUrl]),
      headkeeper(['req', '{}', '--relay', relayUrl]),
    ]);
    for (const { code, stderr } of ended) {
      expect(code).toBe(2);
      expect(stderr).toMatch(/^headkeeper: (ws|http):\/\/127\.0\.0\.1:1/);
    }
  });
});
