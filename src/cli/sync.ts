/**
 * `sync`: carries what only one of two relays has to the other, over NIP-77 or, where that is
 * missing, by reading all.
 *
 * Ours is the relay of a data folder, whether it runs or not. With `--follow` the two are kept
 * together until the command is stopped; a connection that breaks is made again, and what was
 * missed meanwhile is found by another sync.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { ConfigFlags } from '../config/load.ts';
import type { Config } from '../config.ts';
import { createLogger } from '../log.ts';
import { parseFilter } from '../nostr/filter.ts';
import type { RelayKey } from '../relay-key.ts';
import { openRefusedMemory, type RefusedMemory } from '../store/refused-memory.ts';
import type { Store } from '../store/store.ts';
import { type Following, follow } from '../sync/follow.ts';
import { openLocalRelay, ownKey, signsAs } from '../sync/local-relay.ts';
import {
  connectRelay,
  RelayLost,
  type RelaySocket,
  type WireFilter,
} from '../sync/relay-socket.ts';
import { type SyncParts, synchronise } from '../sync/synchronise.ts';
import { type Tally, tallyLines } from '../sync/tally.ts';
import { httpUrl } from './client.ts';
import { EXIT_CONFIG, readConfig } from './config.ts';
import { openToRead } from './export.ts';
import { answered, Unable } from './outcome.ts';
import { progressLine } from './progress.ts';

/** What `sync` may be told; neither `down` nor `up` is both. */
export type SyncFlags = ConfigFlags & {
  readonly filter?: string;
  readonly down?: boolean;
  readonly up?: boolean;
  readonly follow?: boolean;
};

const AGAIN_AFTER_MS = [1_000, 2_000, 5_000, 15_000, 60_000] as const;
const INFO_MS = 5_000;
const FILTER_VALUES_MAX = 100_000;

/** 0 when the relays were compared and everything was offered, 2 when one of them is not there. */
export async function sync(
  url: string,
  { filter: text = '{}', down = false, up = false, follow: isLasting = false, ...flags }: SyncFlags,
  stopAsked: () => Promise<void>,
): Promise<number> {
  const loaded = readConfig(flags);
  if (loaded === undefined) return EXIT_CONFIG;
  const { config } = loaded;
  return answered(async () => {
    const filter = readFilter(text);
    const isBoth = down === up;
    const job = { ...{ config, url, filter }, isDown: down || isBoth, isUp: up || isBoth };
    const key = await ownKey(config);
    const memory = openRefusedMemory(config.dataDir);
    try {
      if (isLasting) await keepTogether({ ...job, key, memory }, stopAsked());
      else await once({ ...job, key, memory });
      return 0;
    } catch (fault) {
      if (fault instanceof RelayLost) throw new Unable(fault.message);
      throw fault;
    } finally {
      memory.close();
    }
  });
}

type Job = {
  readonly config: Config;
  readonly url: string;
  readonly filter: WireFilter;
  readonly isDown: boolean;
  readonly isUp: boolean;
  readonly key: RelayKey;
  readonly memory: RefusedMemory;
};

/** Syncs, and again whenever a connection was lost, until asked to stop. */
async function keepTogether(job: Job, stopAsked: Promise<void>): Promise<void> {
  let isStopped = false;
  const stopped = stopAsked.then(() => {
    isStopped = true;
  });
  for (let failures = 0; !isStopped; ) {
    try {
      await once(job, stopped);
      failures = 0;
    } catch (fault) {
      if (!(fault instanceof RelayLost)) throw fault;
      console.error(`headkeeper: ${fault.message}`);
      failures++;
    }
    const pause = AGAIN_AFTER_MS[Math.min(failures, AGAIN_AFTER_MS.length - 1)];
    await Promise.race([stopped, sleep(pause, undefined, { ref: false })]);
  }
}

/** One sync; with `until` the relays are followed after it, until that or until one is gone. */
async function once(job: Job, until?: Promise<void>): Promise<void> {
  const { config, url, key, isDown } = job;
  const log = createLogger({ ...config.log, level: 'error' });
  const isLocalNeeded = isDown || until !== undefined;
  const local = isLocalNeeded ? await openLocalRelay(config, { key, log }) : undefined;
  const store = openToRead(config.dataDir);
  try {
    const peer = await connectRelay(url, signsAs(key));
    try {
      await exchange({ ...job, peer, store, local: local?.socket }, until);
    } finally {
      peer.close();
    }
  } finally {
    store.close();
    await local?.close();
  }
}

type Exchange = Job & {
  readonly peer: RelaySocket;
  readonly store: Store;
  readonly local: RelaySocket | undefined;
};

async function exchange(job: Exchange, until: Promise<void> | undefined): Promise<void> {
  const { peer, local, isDown, key, url, store, filter, memory, isUp } = job;
  const progress = progressLine();
  const parts: SyncParts = {
    ...{ store, filter, memory, peer, isUp, self: key.pubkey },
    local: isDown ? local : undefined,
    isPaged: await isWithoutNegentropy(url),
    now: () => Math.floor(Date.now() / 1_000),
    onProgress: progress.show,
  };
  const following = until && local && follow(parts, local, tellCarried);
  const { down, up } = await synchronise(parts);
  progress.end();
  if (isDown) report('down', down);
  if (isUp) report('up', up);
  if (until && local && following) await lasting(following, { until, peer, local });
}

type Lasting = {
  readonly until: Promise<void>;
  readonly peer: RelaySocket;
  readonly local: RelaySocket;
};

async function lasting(following: Following, { until, peer, local }: Lasting): Promise<void> {
  following.begin();
  await Promise.race([until, peer.ended, local.ended]);
}

function report(way: string, tally: Tally): void {
  const [totals = '', ...codes] = tallyLines(tally);
  console.log([`${way}: ${totals}`, ...codes].join('\n'));
}

function tellCarried(way: 'up' | 'down', outcome: string): void {
  console.log(`${way}: ${outcome}`);
}

/** True for a relay whose NIP-11 document leaves NIP-77 out; without a document nobody knows. */
async function isWithoutNegentropy(url: string): Promise<boolean> {
  try {
    const headers = { Accept: 'application/nostr+json' };
    const signal = AbortSignal.timeout(INFO_MS);
    const response = await fetch(httpUrl(url), { headers, signal });
    const { supported_nips: nips } = (await response.json()) as { supported_nips?: unknown };
    return Array.isArray(nips) && !nips.includes(77);
  } catch {
    return false;
  }
}

function readFilter(text: string): WireFilter {
  const value = jsonOf(text);
  const filter = parseFilter(value, { filterValuesMax: FILTER_VALUES_MAX });
  if ('problem' in filter) throw new Unable(`--filter: ${filter.problem}`);
  return value as WireFilter;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
