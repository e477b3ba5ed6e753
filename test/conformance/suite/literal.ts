/**
 * Events whose JSON is written out by hand, and hashed as written: numbers and escapes that no
 * serialiser would produce.
 *
 * A relay that parses JSON and writes it again for the hash comes to another id; relay-tester
 * nevertheless asks for some of these.
 */

import { schnorr } from '@noble/curves/secp256k1.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Person } from '../../support/machines.ts';

/** An event as text, and the id in it. */
export type Literal = { readonly id: string; readonly text: string };

/** A note whose time and content are JSON texts. */
export function literal(
  { secret, pubkey }: Person,
  { createdAt, content }: { readonly createdAt: string; readonly content: string },
): Literal {
  const hash = sha256(utf8ToBytes(`[0,"${pubkey}",${createdAt},1,[],${content}]`));
  const [id, sig] = [bytesToHex(hash), bytesToHex(schnorr.sign(hash, secret))];
  const text =
    `{"id":"${id}","pubkey":"${pubkey}","created_at":${createdAt},"kind":1,` +
    `"tags":[],"content":${content},"sig":"${sig}"}`;
  return { id, text };
}
