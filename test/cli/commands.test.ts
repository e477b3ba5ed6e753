/**
 * The commands as a shell sees them: exit codes, stdout and stderr of a process of its own.
 */

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getPublicKey } from 'nostr-tools/pure';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandLine } from '../support/compiled.ts';

const SECRET = '12'.repeat(32);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'headkeeper-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

type Ended = { readonly code: unknown; readonly stdout: string; readonly stderr: string };

const argumentsOf = (words: string) => commandLine(words.split(' '));

/** Runs `headkeeper <words>` in the test's folder, with those variables and no others. */
function headkeeper(words: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, argumentsOf(words), { cwd: folder, env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
    );
  });
}

describe('a command line that is wrong', () => {
  it.each([
    ['strat', 'headkeeper: unknown command strat; did you mean start?\n'],
    ['doctor --jsn', "error: unknown option '--jsn'\n(Did you mean --json?)\n"],
    ['backup', "error: missing required argument 'dir'\n"],
  ])('exits with 2 and says what is: %s', async (words, stderr) => {
    expect(await headkeeper(words)).toEqual({ code: 2, stdout: '', stderr });
  });

  it('is none when it asks for help', async () => {
    const { code, stdout } = await headkeeper('doctor --help');
    expect([code, stdout]).toEqual([0, expect.stringContaining('Exits with 0: nothing is wrong')]);
  });
});

describe('a relay that cannot start', () => {
  it('says why in one line', async () => {
    writeFileSync(join(folder, 'headkeeper.db'), 'no database, and not an empty file either');
    const quiet = { HEADKEEPER_LOG_LEVEL: 'error', HEADKEEPER_LISTEN_PORT: '0' };
    expect(await headkeeper('start --data .', quiet)).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'headkeeper: cannot start: the database in .: file is not a database; is that the right ' +
        'folder? else restore a backup\n',
    });
    rmSync(join(folder, 'headkeeper.db'));
  });
});

describe('config check', () => {
  it('prints every problem and exits with 78', async () => {
    writeFileSync(join(folder, 'bad.json'), '{ "listen": { "prot": 1 },\n "log": "loud" }');
    const env = { HEADKEEPER_POW_MINIMUM_BITS: '65' };
    const { code, stdout, stderr } = await headkeeper('config check --config bad.json', env);
    expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
    expect(stderr.trim().split('\n')).toEqual([
      'headkeeper: 3 problems with the configuration',
      '  listen.prot: unknown option; did you mean listen.port? (bad.json:1)',
      '  pow.minimumBits: expected number to be <=64, got 65 (HEADKEEPER_POW_MINIMUM_BITS)',
      '  log: expected object, got "loud" (bad.json:2)',
    ]);
  });

  it('exits with 0 and a warning when a variable is merely unknown', async () => {
    const { code, stderr } = await headkeeper('config check', { HEADKEEPER_PORT: '1' });
    expect(code).toBe(0);
    expect(stderr).toContain('warning: HEADKEEPER_PORT: unknown variable');
  });
});

describe('config print', () => {
  it('shows values with their sources, but no secret', async () => {
    const env = { HEADKEEPER_RELAY_SECRET_KEY: SECRET, HEADKEEPER_KINDS_ALLOW: '1,2' };
    const { code, stdout } = await headkeeper('config print', env);
    expect(code).toBe(0);
    expect(stdout).toContain('listen.port = 7777  (default)\n');
    expect(stdout).toContain('kinds.allow = [1,2]  (HEADKEEPER_KINDS_ALLOW)\n');
    expect(stdout).toContain('relay.secretKey = (set)  (HEADKEEPER_RELAY_SECRET_KEY)\n');
    expect(stdout).not.toContain(SECRET);
  });
});

describe('start', () => {
  it('prints one line when it is ready, and stops with 0 when it is asked to', async () => {
    const args = argumentsOf('start --port 0 --data relay');
    const relay = spawn(process.execPath, args, { cwd: folder, env: {} });
    let stdout = '';
    relay.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      if (stdout.endsWith('\n')) relay.kill('SIGTERM');
    });
    expect(await once(relay, 'close')).toEqual([0, null]);
    expect(stdout).toMatch(
      /^headkeeper ready: ws:\/\/127\.0\.0\.1:\d+ · http:\/\/127\.0\.0\.1:\d+\n$/,
    );
  });

  it('exits with 78 when the configuration has a problem', async () => {
    const { code, stdout, stderr } = await headkeeper('start --port seventy');
    expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
    expect(stderr).toContain('listen.port: expected number, got "seventy" (--port)');
  });
});

describe('keygen', () => {
  it('stores a key that only its owner can read, and never replaces one', async () => {
    const first = await headkeeper('keygen --data keys');
    const path = join(folder, 'keys', 'relay.key');
    const secret = readFileSync(path, 'utf8').trim();
    expect(first.code).toBe(0);
    expect(first.stdout).toContain(getPublicKey(Buffer.from(secret, 'hex')));
    expect(first.stdout).not.toContain(secret);
    expect(statSync(path).mode & 0o777).toBe(0o600);

    const second = await headkeeper('keygen --data keys');
    expect(second).toMatchObject({ code: 1, stdout: '' });
    expect(readFileSync(path, 'utf8').trim()).toBe(secret);
  });

  it('prints a key pair when there is nowhere to store it', async () => {
    const { code, stdout } = await headkeeper('keygen');
    const [secret = '', pubkey] = [...stdout.matchAll(/[0-9a-f]{64}/g)].map(([key]) => key);
    expect(code).toBe(0);
    expect(pubkey).toBe(getPublicKey(Buffer.from(secret, 'hex')));
    expect(stdout).toMatch(/nsec1[\s\S]+npub1/);
  });
});

describe('health', () => {
  it('exits with 0 when the relay is ready, with 1 when it is not or is not there', async () => {
    let status = 200;
    const server = createServer((request, response) => {
      response.writeHead(request.url === '/readyz' ? status : 404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const ask = () => headkeeper(`health --url ws://127.0.0.1:${port}/`);

    expect(await ask()).toEqual({ code: 0, stdout: '', stderr: '' });
    status = 503;
    expect(await ask()).toMatchObject({ code: 1, stderr: expect.stringContaining('answered 503') });
    await new Promise((resolve) => server.close(resolve));
    // Where the configuration says it listens, there is nobody now.
    const away = await headkeeper('health', { HEADKEEPER_LISTEN_PORT: String(port) });
    expect(away).toMatchObject({ code: 1, stderr: expect.stringContaining('ECONNREFUSED') });
  });
});
