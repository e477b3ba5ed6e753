/**
 * `npm run packaging`: what the Dockerfile does, without an engine for containers.
 *
 * Builds, installs for production in a clean folder, makes the tree read-only, starts the relay as
 * a user who owns nothing but the data folder, asks for its health, stops it as a container is
 * stopped, and starts it once more without any option in an empty folder. Takes a minute or two.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { copiedPaths } from './dockerfile.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** `nobody` on Debian; a script that is not run by root stays who it is. */
const NOBODY = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined;

const folder = mkdtempSync(join(tmpdir(), 'headkeeper-packaging-'));
const app = join(folder, 'app');
const data = join(folder, 'data');
chmodSync(folder, 0o755);
try {
  await check();
  console.log('the package installs, starts, is healthy and stops');
} finally {
  execFileSync('chmod', ['-R', 'u+w', folder]);
  rmSync(folder, { recursive: true });
}

async function check(): Promise<void> {
  const copied = copiedPaths(new URL('../Dockerfile', import.meta.url));
  const missing = copied.filter((path) => !existsSync(join(ROOT, path)));
  if (missing.length > 0) throw new Error(`the Dockerfile copies what is not there: ${missing}`);
  install();
  ownFolder(data);
  const port = await freePort();
  const env = {
    ...{ PATH: process.env['PATH'], NODE_ENV: 'production', HEADKEEPER_DATA_DIR: data },
    HEADKEEPER_LISTEN_PORT: String(port),
  };
  const relay = await start(['start'], { cwd: app, env });
  execFileSync(process.execPath, [join(app, 'dist/main.js'), 'health'], { env, ...NOBODY });
  await stop(relay);
  const empty = join(folder, 'empty');
  ownFolder(empty);
  const bare = { cwd: empty, env: { ...env, HEADKEEPER_DATA_DIR: undefined } };
  await stop(await start([], bare));
  for (const file of ['data/headkeeper.db', 'data/relay.key']) {
    if (!existsSync(join(empty, file))) throw new Error(`an empty folder has no ${file}`);
  }
}

/** As the stages of the Dockerfile do; then nobody may write to it any more. */
function install(): void {
  const npm = (cwd: string, ...args: readonly string[]) =>
    execFileSync('npm', args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  npm(ROOT, 'run', 'build');
  mkdirSync(app);
  const files = ['package.json', 'package-lock.json', 'dist', 'schema.sql', 'LICENSE', 'NOTICE'];
  for (const file of files) cpSync(join(ROOT, file), join(app, file), { recursive: true });
  npm(app, 'ci', '--omit=dev');
  execFileSync('chmod', ['-R', 'a-w,a+rX', app]);
}

function ownFolder(path: string): void {
  mkdirSync(path);
  if (NOBODY) chownSync(path, NOBODY.uid, NOBODY.gid);
}

type Place = { readonly cwd: string; readonly env: NodeJS.ProcessEnv };

/** Starts the relay; resolves when it has said that it is ready. */
async function start(args: readonly string[], { cwd, env }: Place): Promise<ChildProcess> {
  const command = [join(app, 'dist/main.js'), ...args];
  const options = { cwd, env, ...NOBODY };
  const child = spawn(process.execPath, command, {
    ...options,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the relay ended with ${code}`);
  });
  const [said] = await Promise.race([once(child.stdout, 'data'), ended]);
  if (!/^headkeeper ready: ws:/.test(String(said))) throw new Error(`the relay said ${said}`);
  ended.catch(() => {});
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const [code] = await gone;
  if (code !== 0) throw new Error(`the relay stopped with ${code}`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
