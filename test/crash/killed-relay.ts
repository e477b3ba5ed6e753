/**
 * A relay in a process of its own, to be killed; and what its data folder must then hold.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'vitest';
import { advance } from '../../src/nsm/advance.ts';
import { parseDefinition } from '../../src/nsm/definition.ts';
import { snapshotContent } from '../../src/nsm/snapshot.ts';
import { parseTransition } from '../../src/nsm/transition.ts';
import type { StateNode } from '../../src/nsm/view.ts';
import { isRefusal } from '../../src/refusal.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { commandLine } from '../support/compiled.ts';

/** A relay that runs. */
export type Running = {
  readonly url: string;
  /** Ends it as a power switch ends a process. */
  readonly kill: () => Promise<void>;
  /** Asks it to stop; resolves with its exit code. */
  readonly stop: () => Promise<number | null>;
};

/** How a relay is started, if not as usual. */
export type Starting = {
  /** A command line that runs the given one. */
  readonly around?: (command: readonly string[]) => readonly string[];
  /** Does without the guard that refuses events before the disk is full. */
  readonly isUnguarded?: boolean;
};

/** Where a machine stands, and the content of the snapshot that says so. */
export type Standing = {
  readonly head: string | null;
  readonly height: number;
  readonly content: string;
};

/** Starts a relay on a free port; resolves when it takes connections. */
export async function startProcess(
  dataDir: string,
  { around = (command) => command, isUnguarded = false }: Starting = {},
): Promise<Running> {
  const flags = ['--port', '0', '--data', dataDir];
  const usual = [process.execPath, ...commandLine(['start', ...flags])];
  const [program = '', ...args] = around(usual);
  const room = isUnguarded ? { HEADKEEPER_STORAGE_FREE_BYTES_MIN: '0' } : {};
  const env = { HEADKEEPER_VERIFY_WORKERS: '0', HEADKEEPER_LOG_LEVEL: 'error', ...room };
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const url = await readyUrl(child);
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    const gone = once(child, 'exit');
    child.kill(signal);
    const [code] = await gone;
    return code;
  };
  return { url, kill: async () => void (await end('SIGKILL')), stop: () => end('SIGTERM') };
}

function readyUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.on('data', (data) => {
      said += data;
    });
    child.stdout?.on('data', (data) => {
      const url = /ws:\/\/\S+/.exec(String(data))?.[0];
      if (url) resolve(url);
    });
    child.once('exit', (code) => reject(new Error(`the relay ended with ${code}: ${said}`)));
  });
}

/**
 * Checks a folder whose relay was killed: the file is whole, every event of `acknowledged` is in it
 * and none of `deleted`, and every machine stands where its log leads. Returns where that is.
 */
export function checkFolder(
  dataDir: string,
  acknowledged: ReadonlySet<string>,
  deleted: ReadonlySet<string>,
): Map<string, Standing> {
  const store = openStore(dataDir, 'full');
  try {
    expect(store.db.pragma('integrity_check', { simple: true })).toBe('ok');
    const lost = [...acknowledged].filter((id) => store.events.find(id) === undefined);
    expect(lost).toEqual([]);
    expect([...deleted].filter((id) => store.events.find(id) !== undefined)).toEqual([]);
    const machines = store.db
      .prepare('SELECT event FROM machine ORDER BY event')
      .pluck()
      .all() as number[];
    const definitions = store.db
      .prepare('SELECT n FROM event WHERE kind = 7500 ORDER BY n')
      .pluck()
      .all();
    expect(machines).toEqual(definitions);
    return new Map(machines.map((n) => replay(store, n)));
  } finally {
    store.close();
  }
}

/** Replays a machine from its events alone and compares what the relay kept of every step. */
function replay(store: Store, machine: number): [id: string, standing: Standing] {
  const event = store.events.read(machine);
  const definition = event && parseDefinition(event);
  if (!definition || isRefusal(definition)) throw new Error(`definition ${machine} is not whole`);
  const { createdAt, initial } = definition;
  let node: StateNode = { id: null, height: 0, createdAt, computed: initial };
  const ns = store.db
    .prepare('SELECT event FROM transition WHERE machine = ? ORDER BY height')
    .pluck()
    .all(machine) as number[];
  for (const n of ns) {
    const sent = store.events.read(n);
    const transition = sent && parseTransition(sent);
    if (!transition || isRefusal(transition)) throw new Error(`transition ${n} is not whole`);
    expect(transition).toMatchObject({ machine: definition.id, prior: node.id });
    const computed = advance(definition, node, transition);
    if (isRefusal(computed)) throw new Error(`transition ${n}: ${computed.code}`);
    node = { id: sent.id, height: node.height + 1, createdAt: sent.created_at, computed };
    const row = store.transitions.find(n);
    expect([row?.height, row?.state_hash.toString('hex')]).toEqual([node.height, computed.hash]);
  }
  expect(store.machines.find(machine)).toMatchObject({
    ...{ head: ns.at(-1) ?? null, height: node.height, state: node.computed.canonical },
    revision: node.height + 1,
  });
  const content = snapshotContent(node.computed.state);
  return [definition.id, { head: node.id, height: node.height, content }];
}
