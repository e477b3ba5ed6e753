/**
 * Verifies bundles that tests have tampered with, and says in short what is wrong with them.
 */

import { schnorr } from '@noble/curves/secp256k1.js';
import { hexToBytes } from '@noble/hashes/utils.js';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { type ProofReport, type VerifyOptions, verifyBundle } from '../../src/nsm/proof.ts';
import { textOf } from './proof-bundles.ts';

const verified = new Map<string, boolean>();

/** Real signatures, each computed once: thousands of bundles differ in one of them. */
export function verify({ id, pubkey, sig }: NostrEvent): boolean {
  const key = id + pubkey + sig;
  const known = verified.get(key);
  if (known !== undefined) return known;
  const isValid = schnorr.verify(hexToBytes(sig), hexToBytes(id), hexToBytes(pubkey));
  verified.set(key, isValid);
  return isValid;
}

/** The report on lines. */
export const check = (lines: readonly string[], options: VerifyOptions = {}): ProofReport =>
  verifyBundle(textOf(lines), { verify, ...options });

/** The problem and its line, or the verdict where there is none. */
export function flaw(lines: readonly string[], options: VerifyOptions = {}): string {
  const report = check(lines, options);
  return report.verdict === 'invalid' ? `${report.line} ${report.problem}` : report.verdict;
}
