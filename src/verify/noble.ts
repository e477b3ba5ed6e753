/**
 * Signatures in plain JavaScript: slow, audited, always there.
 *
 * The last resort among the back-ends and the arbiter of the others: inputs that a faster
 * construction cannot decide come here, so this file must not depend on any of them.
 */
import { schnorr } from '@noble/curves/secp256k1.js';
import type { Backend } from './backend.ts';
import { recordAt } from './record.ts';

/** Zero auxiliary randomness (BIP-340): the same bytes for the same message and key, always. */
export const NO_AUX_RAND: Uint8Array = new Uint8Array(32);

/** BIP-340 by @noble/curves. */
export const noble: Backend = {
  name: 'noble',
  verify: (records, offset) => {
    const { id, pubkey, sig } = recordAt(records, offset);
    return schnorr.verify(sig, id, pubkey);
  },
  sign: (message, secretKey) => schnorr.sign(message, secretKey, NO_AUX_RAND),
};
