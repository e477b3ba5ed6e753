/**
 * Signing for tests: real BIP-340 signatures, fast enough to make thousands of events.
 *
 * Everything is deterministic, keys and signatures alike, so a failing test fails again.
 */

import { schnorr } from '@noble/curves/secp256k1.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { eventId, type NostrEvent, type UnsignedEvent } from '../../src/nostr/event.ts';

/** What is left to say once the key is known. */
export type EventTemplate = Omit<UnsignedEvent, 'pubkey'>;

type Signer = {
  readonly pubkeyOf: (secret: Uint8Array) => Uint8Array;
  readonly sign: (hash: Uint8Array, secret: Uint8Array) => Uint8Array;
};

const NO_RANDOMNESS = new Uint8Array(32);
const noble: Signer = {
  pubkeyOf: schnorr.getPublicKey,
  sign: (hash, secret) => schnorr.sign(hash, secret, NO_RANDOMNESS),
};
const signer = await fastest();
const pubkeys = new WeakMap<Uint8Array, string>();

/** The event with its author, id and signature; the same input gives the same bytes. */
export function signEvent(template: EventTemplate, secretKey: Uint8Array): NostrEvent {
  const { created_at, kind, tags, content } = template;
  const unsigned = { pubkey: pubkeyOf(secretKey), created_at, kind, tags, content };
  const id = eventId(unsigned);
  const sig = bytesToHex(signer.sign(hexToBytes(id), secretKey));
  return { id, ...unsigned, sig };
}

/** A key pair that belongs to a name, for good. */
export function testKey(name: string): { readonly secret: Uint8Array; readonly pubkey: string } {
  const secret = sha256(utf8ToBytes(name));
  return { secret, pubkey: pubkeyOf(secret) };
}

function pubkeyOf(secret: Uint8Array): string {
  const known = pubkeys.get(secret);
  if (known !== undefined) return known;
  const pubkey = bytesToHex(signer.pubkeyOf(secret));
  pubkeys.set(secret, pubkey);
  return pubkey;
}

/** The wasm build is many times faster than noble, but it is an optional dependency. */
async function fastest(): Promise<Signer> {
  try {
    const { signSchnorr, xOnlyPointFromScalar } = await import('tiny-secp256k1');
    return { pubkeyOf: xOnlyPointFromScalar, sign: (hash, secret) => signSchnorr(hash, secret) };
  } catch {
    return noble;
  }
}
