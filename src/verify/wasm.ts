/**
 * Signatures by `tiny-secp256k1`: libsecp256k1 compiled to WebAssembly, no native code at all.
 *
 * It throws where BIP-340 says "fail", and for an r between the order and the field size, which
 * BIP-340 allows. Whatever it throws on is decided by noble.
 */
import type { Backend } from './backend.ts';
import { NO_AUX_RAND, noble } from './noble.ts';
import { recordAt } from './record.ts';

/** BIP-340 by WebAssembly. Rejects when the optional package is not installed. */
export async function loadWasm(): Promise<Backend> {
  const { signSchnorr, verifySchnorr } = await import('tiny-secp256k1');

  return {
    name: 'wasm',
    verify: (records, offset) => {
      const { id, pubkey, sig } = recordAt(records, offset);
      try {
        return verifySchnorr(id, pubkey, sig);
      } catch {
        return noble.verify(records, offset);
      }
    },
    sign: (message, secretKey) => signSchnorr(message, secretKey, NO_AUX_RAND),
  };
}
