/**
 * `keygen`: makes a key for a relay.
 *
 * With a data folder the secret goes into `<dir>/relay.key`, readable by its owner alone, and is
 * not shown. A key that is there is never replaced: a relay's keeper snapshots are found by it.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npubEncode, nsecEncode } from 'nostr-tools/nip19';
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import { RELAY_KEY_FILE } from '../relay-key.ts';

/** Prints a new key pair in hex and NIP-19, or stores the secret in a data folder. */
export function keygen({ data }: { readonly data?: string }): number {
  const secret = generateSecretKey();
  const hex = Buffer.from(secret).toString('hex');
  const pubkey = getPublicKey(secret);
  const publicLines = `public key  ${pubkey}\n            ${npubEncode(pubkey)}`;
  if (data === undefined) {
    console.log(`secret key  ${hex}\n            ${nsecEncode(secret)}\n${publicLines}`);
    return 0;
  }

  const path = join(data, RELAY_KEY_FILE);
  mkdirSync(data, { recursive: true });
  try {
    writeFileSync(path, `${hex}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    console.error(`headkeeper: ${path} exists and is left as it is`);
    return 1;
  }
  console.log(`secret key  in ${path}\n${publicLines}`);
  return 0;
}
