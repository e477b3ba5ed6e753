/**
 * Keys that the relay had before, as it announces them in NIP-11.
 *
 * Each entry carries a succession: an event in which the old key itself names the new one, so that
 * a client that trusted the old key need not take the relay's word. A public file beside the key.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurably } from './durable-file.ts';
import type { NostrEvent } from './nostr/event.ts';
import { SNAPSHOT_KIND } from './nsm/kinds.ts';
import { type RelayKey, withId } from './relay-key.ts';

/** A key that was retired; times are Unix seconds. */
export type FormerKey = {
  readonly pubkey: string;
  readonly retired_at: number;
  /** Kind 30078 with `d` = `nsm:successor` and the new key in `p`, signed by the old one. */
  readonly succession: NostrEvent;
};

const FILE = 'relay.former-keys.json';

/** Former keys of the relay of a data folder, oldest first; `present` is the key it has now. */
export function readFormerKeys(dataDir: string, present: string): readonly FormerKey[] {
  const path = join(dataDir, FILE);
  if (!existsSync(path)) return [];
  const keys = JSON.parse(readFileSync(path, 'utf8')) as readonly FormerKey[];
  // A rotation that was interrupted has announced the end of a key that goes on.
  return keys.filter(({ pubkey }) => pubkey !== present);
}

/** Adds a key to the former ones: `successor` takes its place at `now` (Unix seconds). */
export function retireKey(
  dataDir: string,
  key: RelayKey,
  { successor, now }: { readonly successor: string; readonly now: number },
): FormerKey {
  const unsigned = withId({
    ...{ pubkey: key.pubkey, created_at: now, kind: SNAPSHOT_KIND, content: '' },
    tags: [
      ['d', 'nsm:successor'],
      ['p', successor],
    ],
  });
  const succession = { ...unsigned, sig: key.sign(unsigned.id) };
  const retired: FormerKey = { pubkey: key.pubkey, retired_at: now, succession };
  const keys = [...readFormerKeys(dataDir, key.pubkey), retired];
  writeDurably(join(dataDir, FILE), `${JSON.stringify(keys, undefined, 2)}\n`);
  return retired;
}
