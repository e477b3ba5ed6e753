/**
 * The life of a relay as a supervisor sees it: bound before it is ready, told by signals, ended
 * without a close frame and with everything answered.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../support/client.ts';
import { commandLine } from '../support/compiled.ts';
import { signEvent, testKey } from '../support/sign.ts';

const { secret } = testKey('client');
/** More than any disk has. */
const ALL = 1_099_511_627_776;

let folder: string;
let child: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'headkeeper-life-'));
});
afterEach(async () => {
  if (child?.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  rmSync(folder, { recursive: true });
});

const configure = (config: object): void =>
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ log: { level: 'info' }, ...config }));

const note = (content = '') =>
  signEvent({ kind: 1, created_at: Math.floor(Date.now() / 1_000), tags: [], content }, secret);

type Started = {
  readonly url: string;
  /** Resolves with the fields of the next log line of that name. */
  readonly logged: (name: string) => Promise<Record<string, unknown>>;
};

/** Starts a relay by a command line that ends with what runs it. */
async function startBy(
  command: readonly string[],
  stdio: readonly unknown[] = [],
): Promise<Started> {
  const [program = '', ...rest] = command;
  const flags = ['start', '--config', join(folder, 'config.json'), '--port', '0', '--data', folder];
  const args = [...rest, ...commandLine(flags)];
  child = spawn(program, args, {
    env: { PATH: process.env['PATH'], HEADKEEPER_VERIFY_WORKERS: '0' },
    stdio: ['ignore', 'pipe', 'pipe', ...(stdio as 'ignore'[])],
  });
  let lines: Record<string, unknown>[] = [];
  let wake = () => {};
  let rest_ = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest_ + text).split('\n');
    rest_ = parts.pop() ?? '';
    lines.push(...parts.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line)));
    wake();
  });
  const logged = async (name: string): Promise<Record<string, unknown>> => {
    for (;;) {
      const found = lines.find(({ msg }) => msg === name);
      if (found) {
        lines = lines.filter((line) => line !== found);
        return found;
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const [said] = await once(child.stdout ?? child, 'data');
  return { url: /ws:\/\/\S+/.exec(String(said))?.[0] ?? '', logged };
}

describe('SIGHUP', () => {
  it('takes on another configuration while clients stay connected', async () => {
    configure({ storage: { freeBytesMin: ALL } });
    const { url, logged } = await startBy([process.execPath]);
    const client = await connect(url);
    expect(await client.publish(note())).toMatchObject({ accepted: false });
    configure({ relay: { name: 'Second' }, listen: { host: '0.0.0.0' } });
    child?.kill('SIGHUP');
    expect(await logged('config.reloaded')).toMatchObject({
      changed: ['relay.name', 'storage.freeBytesMin'],
      needRestart: ['listen.host'],
    });
    expect(await client.publish(note('room again'))).toMatchObject({ accepted: true });
    const headers = { Accept: 'application/nostr+json' };
    const info = await (await fetch(url.replace('ws', 'http'), { headers })).json();
    expect(info).toMatchObject({ name: 'Second' });

    writeFileSync(join(folder, 'config.json'), '{"relay":{"nam":"Third"}}');
    child?.kill('SIGHUP');
    const { problems } = await logged('config.kept');
    expect(problems).toEqual([expect.stringMatching(/relay\.nam: unknown option; did you mean/)]);
    expect(await client.publish(note('as before'))).toMatchObject({ accepted: true });
  });
});

describe('a relay in an empty folder', () => {
  it('says on its log what can be done next', async () => {
    configure({});
    const first = await startBy([process.execPath]);
    expect(await first.logged('relay.new')).toMatchObject({
      dataDir: folder,
      next: expect.arrayContaining([`npx headkeeper publish events.jsonl --relay ${first.url}`]),
    });
  });
});

describe('SIGTERM', () => {
  it('answers what was sent, ends sockets without a close frame, and exits with 0', async () => {
    configure({});
    const { url } = await startBy([process.execPath]);
    const client = await connect(url);
    const sent = Array.from({ length: 200 }, (_, i) => note(`${i}`));
    const answered = sent.map((event) => client.publish(event));
    await answered[0];
    child?.kill('SIGTERM');
    const outcomes = await Promise.all(answered);
    expect(
      outcomes.every(({ accepted, message }) => accepted || /shutting-down/.test(message)),
    ).toBe(true);
    expect(await client.ended).toEqual({ code: 1006 });
    expect(await once(child ?? process, 'exit')).toEqual([0, null]);
  });
});

describe('a socket that a supervisor opened', () => {
  it('is listened on instead of a port of the relay, and loses nobody at a restart', async () => {
    configure({});
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
    // As systemd does: the descriptor is 3, and the pid is that of the process it starts.
    const activate = 'LISTEN_PID=$$ exec "$0" "$@"';
    const supervisedOnce = `LISTEN_FDS=1 sh -c '${activate}' "$0" "$@" & pid=$!`;
    const supervise = `${supervisedOnce}; trap "kill $pid" TERM; wait $pid; wait $pid`;
    const { url } = await startBy(
      ['sh', '-c', `${supervise}; ${supervise}`, process.execPath],
      [fd],
    );
    server.close();
    expect(url).toBe(`ws://127.0.0.1:${port}`);
    const client = await connect(url);
    expect(await client.publish(note())).toMatchObject({ accepted: true });

    // Between two relays connections wait in the kernel, as long as somebody holds the socket.
    child?.kill('SIGTERM');
    expect(await client.ended).toEqual({ code: 1006 });
    const patient = await connect(url);
    expect(await patient.query({ kinds: [1] })).toHaveLength(1);
    child?.kill('SIGTERM');
    expect(await patient.ended).toEqual({ code: 1006 });
    await once(child ?? process, 'exit');
  });
});
