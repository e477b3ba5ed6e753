/**
 * Proof of work (NIP-13): the leading zero bits of an id, and the target its author committed to.
 *
 * Luck is not work: an event counts for no more than the target in its `nonce` tag, so that nobody
 * who spams at a low target profits from the ids that happen to be better.
 */

import { type Refusal, refuse } from '../refusal.ts';
import type { NostrEvent } from './event.ts';

/** The number of leading zero bits of an id (lower-case hex), its difficulty by NIP-13. */
export function leadingZeroBits(id: string): number {
  const digits = id.search(/[^0]/);
  if (digits === -1) return id.length * 4;
  // Of the 32 bits that clz32 looks at, a hex digit has the last four.
  return digits * 4 + Math.clz32(Number.parseInt(id.charAt(digits), 16)) - 28;
}

/**
 * Refuses (`pow`) an event whose id has fewer than `minimumBits` leading zero bits, or whose first
 * `nonce` tag does not commit to at least that many, or commits to more than the id shows. A
 * minimum of 0 asks for nothing.
 */
export function checkWork(
  event: Pick<NostrEvent, 'id' | 'tags'>,
  minimumBits: number,
): Refusal | undefined {
  const says = minimumBits > 0 ? shortfall(event, minimumBits) : undefined;
  return says === undefined ? undefined : refuse('pow', { limit: minimumBits }, says);
}

function shortfall({ id, tags }: Pick<NostrEvent, 'id' | 'tags'>, minimumBits: number) {
  const bits = leadingZeroBits(id);
  if (bits < minimumBits) return `difficulty ${bits} is less than ${minimumBits}`;

  const target = tags.find((tag) => tag[0] === 'nonce')?.[2] ?? '';
  if (!/^\d{1,3}$/.test(target)) return 'the nonce tag commits to no target';
  const committed = Number(target);
  if (committed < minimumBits) return `target ${committed} is less than ${minimumBits}`;
  if (committed > bits) return `difficulty ${bits} is less than the target ${committed}`;
  return undefined;
}
