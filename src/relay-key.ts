/**
 * The relay's own key: signs keeper snapshots, published as `self` in NIP-11.
 *
 * From configuration, else from `<dataDir>/relay.key`, which the first start creates readable by
 * its owner only. The key is never logged and never stored in the database.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { schnorr } from '@noble/curves/secp256k1.js';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { writeDurably } from './durable-file.ts';
import { eventId, isHex64, type NostrEvent, type UnsignedEvent } from './nostr/event.ts';
import type { Backend } from './verify/backend.ts';

/** The file inside the data folder that holds the key as 64 hex. */
export const RELAY_KEY_FILE = 'relay.key';

/** The relay's own key pair; the secret stays inside. */
export type RelayKey = {
  readonly pubkey: string;
  /** The signature of an event id, lower-case hex; deterministic, so it may be made again. */
  readonly sign: (id: string) => string;
};

/** Loads or creates the key; throws when the file does not hold one. */
export function loadRelayKey(dataDir: string, configured: string, backend: Backend): RelayKey {
  const secret = hexToBytes(configured || readKeyFile(dataDir));
  return {
    pubkey: bytesToHex(schnorr.getPublicKey(secret)),
    sign: (id) => bytesToHex(backend.sign(hexToBytes(id), secret)),
  };
}

/** An unsigned event with its id; the signature is left for the moment it is served. */
export function withId(event: UnsignedEvent): NostrEvent {
  return { id: eventId(event), ...event, sig: '' };
}

function readKeyFile(dataDir: string): string {
  const path = join(dataDir, RELAY_KEY_FILE);
  if (!existsSync(path)) {
    mkdirSync(dataDir, { recursive: true });
    writeDurably(path, `${randomBytes(32).toString('hex')}\n`, 0o600);
  }
  const text = readFileSync(path, 'utf8').trim();
  if (!isHex64(text)) throw new Error(`${path} does not hold a secret key of 64 hex`);
  return text;
}
