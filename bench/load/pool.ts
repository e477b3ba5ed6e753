/**
 * Signed events for a load, kept in the folder for temporary files: signing takes longer than most
 * measurements.
 *
 * The name of a file says all that its events depend on, save the code that makes them: whoever
 * changes that raises `VERSION`.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { type Chain, PROFILES, parcel } from './profiles.ts';

/** The name of a kind of machine. */
export type ProfileName = keyof typeof PROFILES;

const VERSION = 2;

/** At least `events` events in whole chains. */
export function poolOf(profile: ProfileName, seed: string, events: number): readonly Chain[] {
  return cached(`${profile}-${seed}-${events}`, () => {
    const chains: Chain[] = [];
    for (let made = 0; made < events; made += chains.at(-1)?.length ?? events) {
      chains.push(PROFILES[profile](seed, chains.length));
    }
    return chains;
  });
}

/** One machine and so many transitions. */
export function longChain(seed: string, length: number): Chain {
  const [chain = []] = cached(`long-${seed}-${length}`, () => [parcel(seed, { i: 0, length })]);
  return chain;
}

function cached(name: string, make: () => readonly Chain[]): readonly Chain[] {
  const path = join(tmpdir(), `headkeeper-bench-${VERSION}-${name}.jsonl`);
  if (existsSync(path)) return readChains(path);
  const chains = make();
  writeFileSync(`${path}.part`, chains.map((chain) => JSON.stringify(chain)).join('\n'));
  renameSync(`${path}.part`, path);
  return chains;
}

function readChains(path: string): readonly Chain[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.map((line) => JSON.parse(line) as readonly NostrEvent[]);
}
