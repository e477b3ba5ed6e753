/**
 * The relay that is measured: Headkeeper as compiled, in a process of its own with a fresh database
 * on a core of its own, or any other by its address.
 *
 * What it costs is read from the system: CPU time of all its threads, memory, blocks on the disk.
 * Where the system does not tell, or a relay is only an address, figures are NaN.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A relay under load. */
export type Server = {
  readonly url: string;
  /** CPU seconds of the process so far. */
  readonly cpuSeconds: () => number;
  /** Resident memory in KB. */
  readonly memoryKb: () => number;
  /** Bytes of the database and its log on the disk. */
  readonly diskBytes: () => number;
  /** Ends the process and starts it again on the same data; resolves with ms to ready. */
  readonly restart: () => Promise<number>;
  /** Ends the process as an operator does; what it leaves stays until `stop`. */
  readonly end: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** Whether server and generator have a core each. */
export const CAN_PIN =
  availableParallelism() > 1 && spawnSync('taskset', ['-c', '0', 'true']).status === 0;

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const SERVER_CORE = '0';
const GENERATOR_CORES = `1-${availableParallelism() - 1}`;

/** Keeps this process off the core of the server, or lets it have all of them again. */
export function keepOff(isPinned: boolean): void {
  const cores = isPinned ? GENERATOR_CORES : `0-${availableParallelism() - 1}`;
  if (CAN_PIN) spawnSync('taskset', ['-a', '-c', '-p', cores, String(process.pid)]);
}

/** A relay of which only the address is known. */
export function serverAt(url: string): Server {
  const unknown = () => Number.NaN;
  const figures = { cpuSeconds: unknown, memoryKb: unknown, diskBytes: unknown };
  const nothing = async () => {};
  return { url, ...figures, restart: async () => Number.NaN, end: nothing, stop: nothing };
}

/**
 * Headkeeper with an empty database and its limits of rates off, durable as by default; `options`
 * are for Node.
 */
export async function startHeadkeeper(
  isPinned: boolean,
  options: readonly string[] = [],
): Promise<Server> {
  const dataDir = mkdtempSync(join(tmpdir(), 'headkeeper-bench-'));
  let { child, url } = await launch(dataDir, { isPinned, options });
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  };
  return {
    get url() {
      return url;
    },
    cpuSeconds: () => cpuSecondsOf(child.pid ?? 0),
    memoryKb: () => memoryKbOf(child.pid ?? 0),
    diskBytes: () => diskBytesOf(dataDir),
    restart: async () => {
      await end('SIGTERM');
      const started = performance.now();
      ({ child, url } = await launch(dataDir, { isPinned, options }));
      return performance.now() - started;
    },
    end: () => end('SIGTERM'),
    stop: async () => {
      await end('SIGKILL');
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

type Launched = { readonly child: ChildProcess; readonly url: string };

type Launch = { readonly isPinned: boolean; readonly options: readonly string[] };

async function launch(dataDir: string, { isPinned, options }: Launch): Promise<Launched> {
  const command = [process.execPath, ...options, MAIN, 'start', '--port', '0', '--data', dataDir];
  const [program = '', ...rest] =
    isPinned && CAN_PIN ? ['taskset', '-c', SERVER_CORE, ...command] : command;
  const child = spawn(program, rest, {
    env: { ...process.env, HEADKEEPER_LOG_LEVEL: 'error', HEADKEEPER_RATE_ENABLED: 'false' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout ?? child, 'data');
  const url = /ws:\/\/\S+/.exec(String(line))?.[0];
  if (url === undefined) throw new Error(`the relay said ${line}`);
  return { child, url };
}

function cpuSecondsOf(pid: number): number {
  const path = `/proc/${pid}/stat`;
  if (!existsSync(path)) return Number.NaN;
  const [user = '', system = ''] =
    readFileSync(path, 'utf8').split(') ')[1]?.split(' ').slice(11) ?? [];
  return (Number(user) + Number(system)) / 100;
}

function memoryKbOf(pid: number): number {
  const path = `/proc/${pid}/status`;
  if (!existsSync(path)) return Number.NaN;
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(path, 'utf8'))?.[1] ?? Number.NaN);
}

function diskBytesOf(folder: string): number {
  return readdirSync(folder)
    .map((name) => statSync(join(folder, name)).blocks * 512)
    .reduce((sum, bytes) => sum + bytes, 0);
}
