/**
 * `keygen`: makes a key for a relay, or takes another one in the place of the one it has.
 *
 * With a data folder the secret goes into `<dir>/relay.key`, readable by its owner alone, and is
 * not shown. A key that is there is replaced only by `--rotate`, which keeps the old one aside:
 * a relay's keeper snapshots are found by its key.
 */

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { npubEncode, nsecEncode } from 'nostr-tools/nip19';
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import type { ConfigFlags } from '../config/load.ts';
import { writeDurably } from '../durable-file.ts';
import { retireKey } from '../former-keys.ts';
import { loadRelayKey, RELAY_KEY_FILE } from '../relay-key.ts';
import { chooseBackend } from '../verify/backend.ts';
import { inDataFolder, useStore, type Workplace } from './data-folder.ts';
import { Unable } from './outcome.ts';

/** What `keygen` is asked to do. */
export type KeygenFlags = ConfigFlags & { readonly rotate?: boolean };

/** Prints a new key pair in hex and NIP-19, or stores the secret in a data folder. */
export function keygen({ rotate = false, ...flags }: KeygenFlags): number | Promise<number> {
  if (rotate) return inDataFolder(flags, rotateKey);
  const { data } = flags;
  const { hex, secret, publicLines } = newKey();
  if (data === undefined) {
    console.log(`secret key  ${hex}\n            ${nsecEncode(secret)}\n${publicLines}`);
    return 0;
  }

  const path = join(data, RELAY_KEY_FILE);
  mkdirSync(data, { recursive: true });
  if (existsSync(path)) {
    console.error(`headkeeper: ${path} exists and is left as it is`);
    return 1;
  }
  writeDurably(path, `${hex}\n`, 0o600);
  console.log(`secret key  in ${path}\n${publicLines}`);
  return 0;
}

/** The order is such that an interruption leaves a relay with a key, announced rightly. */
async function rotateKey(workplace: Workplace): Promise<number> {
  const { dataDir, relay } = workplace.config;
  const path = join(dataDir, RELAY_KEY_FILE);
  if (relay.secretKey !== '') {
    throw new Unable('the key comes from the environment: change it there');
  }
  if (!existsSync(path)) throw new Unable(`there is no ${path} to take the place of`);
  const { backend } = await chooseBackend();
  const old = loadRelayKey(dataDir, '', backend);
  const { hex, pubkey, publicLines } = newKey();
  const aside = `${path}.${old.pubkey.slice(0, 8)}`;
  const machines = useStore(workplace, (store) => {
    retireKey(dataDir, old, { successor: pubkey, now: Math.floor(Date.now() / 1_000) });
    writeDurably(aside, readFileSync(path, 'utf8'), 0o600);
    writeDurably(path, `${hex}\n`, 0o600);
    return store.transaction(() => store.retireKeepers(pubkey));
  });
  console.log(
    `secret key  in ${path}\n${publicLines}\n` +
      `old key     ${old.pubkey}\n            in ${aside}: delete it when nobody needs it\n` +
      `${machines} keeper snapshots are signed anew when the relay starts`,
  );
  return 0;
}

function newKey() {
  const secret = generateSecretKey();
  const pubkey = getPublicKey(secret);
  return {
    ...{ secret, pubkey, hex: Buffer.from(secret).toString('hex') },
    publicLines: `public key  ${pubkey}\n            ${npubEncode(pubkey)}`,
  };
}
