/**
 * Signatures by the `secp256k1` package, whose native code knows ECDSA but not BIP-340.
 *
 * BIP-340 asks whether sG - eP has an even y and the x coordinate r, where P is the point with an
 * even y and the x coordinate p, the public key. ECDSA's recovery of a key from a signature (x, t)
 * on a digest z computes (tX - zG) / x, where X has the x coordinate x. With x = p, t = -ep and
 * z = -sp, all modulo the order n, X is P and the recovered key is exactly sG - eP. The answer is
 * its compressed form, so both parities and r itself are compared, never assumed.
 *
 * ECDSA takes neither p = 0, p >= n, s >= n nor t = 0, and throws when P is not on the curve or
 * the result is infinite: noble decides all of these.
 */
import { hash } from 'node:crypto';
import { schnorr } from '@noble/curves/secp256k1.js';
import { bytesToNumberBE, numberToBytesBE } from '@noble/curves/utils.js';
import type { Backend } from './backend.ts';
import { noble } from './noble.ts';
import { type RecordParts, recordAt } from './record.ts';

/** The one call needed of the package, which publishes no types; compressed, 33 bytes. */
type Addon = {
  readonly ecdsaRecover: (sig: Uint8Array, recoveryId: number, digest: Uint8Array) => Uint8Array;
};

const { Fn } = schnorr.Point;
const EVEN_Y = 2;
const CHALLENGE_TAG = hash('sha256', 'BIP0340/challenge', 'buffer');

/** BIP-340 through ECDSA recovery. Rejects without the optional package or its native binding. */
export async function loadSecp256k1(): Promise<Backend> {
  // The main entry would fall back to JavaScript without a word; this one is native or fails.
  // @ts-expect-error There are no types for it.
  const addon: Addon = (await import('secp256k1/bindings.js')).default;

  return {
    name: 'secp256k1',
    verify: (records, offset) => {
      const parts = recordAt(records, offset);
      const point = recoverNonce(addon, parts);
      if (point === undefined) return noble.verify(records, offset);
      return (
        point[0] === EVEN_Y && Buffer.compare(point.subarray(1), parts.sig.subarray(0, 32)) === 0
      );
    },
    sign: noble.sign,
  };
}

/** sG - eP in compressed form, or undefined where ECDSA cannot compute it. */
function recoverNonce(addon: Addon, { id, pubkey, sig }: RecordParts): Uint8Array | undefined {
  const p = bytesToNumberBE(pubkey);
  const s = bytesToNumberBE(sig.subarray(32));
  const e = Fn.create(bytesToNumberBE(challenge(sig.subarray(0, 32), pubkey, id)));
  if (p === 0n || p >= Fn.ORDER || s >= Fn.ORDER || e === 0n) return undefined;

  const ecdsa = Buffer.concat([pubkey, numberToBytesBE(Fn.create(-e * p), 32)]);
  try {
    return addon.ecdsaRecover(ecdsa, 0, numberToBytesBE(Fn.create(-s * p), 32));
  } catch {
    return undefined;
  }
}

/** The tagged hash of BIP-340 that binds nonce, key and message. */
function challenge(r: Uint8Array, pubkey: Uint8Array, message: Uint8Array): Uint8Array {
  const bytes = Buffer.concat([CHALLENGE_TAG, CHALLENGE_TAG, r, pubkey, message]);
  return hash('sha256', bytes, 'buffer');
}
