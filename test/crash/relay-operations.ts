/**
 * What a relay does when it is cut off: storing events, importing, and reorganising a machine.
 *
 * The relay runs in the process that is killed, and so does the client. What the client was
 * promised it writes to a file beside the data, where a kill does not reach it: every id in there
 * has to be in the data folder afterwards.
 */

import { randomInt } from 'node:crypto';
import { existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createRelay } from '../../src/index.ts';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { nodeAfter } from '../../src/nsm/advance.ts';
import { type Definition, parseDefinition } from '../../src/nsm/definition.ts';
import { snapshotContent } from '../../src/nsm/snapshot.ts';
import { parseTransition } from '../../src/nsm/transition.ts';
import type { StateNode } from '../../src/nsm/view.ts';
import { isRefusal } from '../../src/refusal.ts';
import type { Taker } from '../../src/sync/deliver.ts';
import { importLines } from '../../src/sync/import.ts';
import { connectRelay } from '../../src/sync/relay-socket.ts';
import { chainOf } from '../support/chains.ts';
import { C, claim, note } from '../support/machines.ts';
import { checkForks } from './forked-folder.ts';
import type { Operation } from './operations.ts';
import { expectWhole } from './whole.ts';

const THEN = 1_700_000_000;
/** Long enough that its reorganisation takes a while, and short enough to be kept as evidence. */
const BRANCH = 120;

const CONFIG = {
  initial: 'a',
  context: { n: 0 },
  meta: { nsm: { v: 1, actions: { add: [{ inc: ['n', { var: 'data.x' }] }] } } },
  states: { a: { on: { ADD: { actions: 'add' } } } },
};

const check = (folder: string): void => {
  const dataDir = join(folder, 'data');
  if (!existsSync(join(dataDir, 'headkeeper.db'))) return;
  checkForks(dataDir, promised(folder));
  expectWhole(dataDir);
};

/** By name, as they are given to the child process. */
export const RELAY_OPERATIONS: Readonly<Record<string, Operation>> = {
  'storing events': {
    check,
    room: [200, 1_600],
    run: async (folder, inside) => {
      const { publish } = await takerFor(folder);
      const chains = [chainOf(20, fresh()), chainOf(20, fresh())];
      const events = [
        ...chains.flatMap(({ definition, transitions }) => [definition, ...transitions]),
        ...Array.from({ length: 60 }, (_, i) => note(1, `${fresh()} ${i}`, { at: THEN })),
      ];
      await inside(async () => {
        await Promise.all(events.map(publish));
      });
    },
  },

  'an import': {
    check,
    room: [200, 1_400],
    run: async (folder, inside) => {
      const taker = await takerFor(folder);
      const chains = [chainOf(30, fresh()), chainOf(30, fresh())];
      const events = chains.flatMap(({ definition, transitions }) => [...transitions, definition]);
      const lines = events.map((event) => JSON.stringify(event));
      await inside(async () => {
        await importLines(Readable.from(lines), taker, () => {});
      });
    },
  },

  'a reorganisation': {
    check,
    room: [400, 2_600],
    run: async (folder, inside) => {
      const { publish } = await takerFor(folder);
      const at = fresh();
      const tags = [['state', `30078:${C.pubkey}:cut-off-${at}`]];
      const machine = note(7500, { ...CONFIG, description: `${at}` }, { by: C, at, tags });
      const definition = parseDefinition(machine);
      if (isRefusal(definition)) throw new Error(definition.says);
      const ours = branchOf(definition, 3).map(({ event }) => event);
      const branch = branchOf(definition, BRANCH);
      const theirs = branch.map(({ event }) => event);
      // What is theirs is refused, and kept as evidence.
      await Promise.all([machine, ...ours, ...theirs].map(publish));
      const { id: on = null, computed } = branch.at(-1)?.node ?? {};
      const content = computed ? snapshotContent(computed.state) : '';
      const endorsement = claim(machine, content, { on, at: at + BRANCH });
      await inside(async () => {
        await publish(endorsement);
      });
    },
  },
};

let relay: Promise<Taker> | undefined;

/** The relay of this process and its client, which notes what was promised. */
function takerFor(folder: string): Promise<Taker> {
  relay ??= startIn(folder);
  return relay;
}

async function startIn(folder: string): Promise<Taker> {
  const dataDir = join(folder, 'data');
  const deviations = { listen: { port: 0 }, dataDir, verify: { workers: 0 } };
  const { url } = await createRelay({ ...deviations, storage: { freeBytesMin: 0 } });
  const socket = await connectRelay(url);
  const file = openSync(join(folder, 'promised'), 'a');
  return {
    publish: async (event) => {
      const ok = await socket.publish(event);
      if (ok.accepted) writeSync(file, `${event.id}\n`);
      else if (/storage|internal/.test(ok.message)) throw new Error(ok.message);
      return ok;
    },
  };
}

function promised(folder: string): ReadonlySet<string> {
  const path = join(folder, 'promised');
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  // The last line may be cut off as well.
  return new Set(lines.filter((line) => line.length === 64));
}

let nonce = 1;

/** A time that hardly any event of this or an earlier process has: nothing is a duplicate. */
const fresh = (): number => THEN + randomInt(80_000_000);

type Step = { readonly event: NostrEvent; readonly node: StateNode };

/** So many transitions on the initial state. */
function branchOf(definition: Definition, length: number): readonly Step[] {
  const { createdAt, initial: computed } = definition;
  const steps: Step[] = [];
  for (let i = 0; i < length; i++) {
    const prior = steps.at(-1)?.node ?? { id: null, height: 0, createdAt, computed };
    const link = prior.id === null ? [] : [['transition', prior.id]];
    const tags = [['e', definition.id], ['t', 'ADD'], ...link];
    const event = note(7501, { x: nonce++ }, { at: createdAt + i, tags });
    const transition = parseTransition(event);
    if (isRefusal(transition)) throw new Error(transition.says);
    const node = nodeAfter(definition, prior, transition);
    if (isRefusal(node)) throw new Error(node.says);
    steps.push({ event, node });
  }
  return steps;
}
