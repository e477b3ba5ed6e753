/**
 * What a conformance test by URL is: a sentence about a relay, and a way to see whether it holds.
 *
 * A case returns when the sentence holds and throws when it does not. It knows the relay by its
 * address alone: it may not configure, restart or reach into it, and it must leave nothing behind
 * that changes what the next run sees. Keys are new in every run, so runs do not meet.
 */

import { onlyWith, type Peer } from './peer.ts';
import { Untested } from './untested.ts';

/** One test. */
export type Case = {
  readonly says: string;
  /** Required of every relay, or a choice that relays make. */
  readonly need: 'required' | 'optional';
  /** The numbers this test has in relay-tester (mikedilger), counted from 1. */
  readonly tester: readonly number[];
  /** Why Headkeeper decides against what an optional test looks for. */
  readonly declined?: string;
  readonly run: (peer: Peer) => Promise<void>;
};

/** The tests of one NIP, or of one side of NIP-01. */
export type Chapter = {
  readonly title: string;
  /** Its tests are declined where the relay does not claim this NIP. */
  readonly nip?: number;
  readonly cases: readonly Case[];
};

/** What may be said of a case besides. */
type More = { readonly tester?: readonly number[]; readonly declined?: string };

/** A test that every relay has to pass which claims the NIP. */
export function required(says: string, run: Case['run'], { tester = [] }: More = {}): Case {
  return { says, need: 'required', tester, run };
}

/** A test that a relay may pass or decline. */
export function optional(says: string, run: Case['run'], more: More = {}): Case {
  const { tester = [], declined } = more;
  return { says, need: 'optional', tester, ...(declined && { declined }), run };
}

/** How a test ended; `reason` is empty for one that passed. */
export type Verdict = {
  readonly verdict: 'passed' | 'failed' | 'declined';
  readonly reason: string;
};

/**
 * Runs a test of a chapter. A required one passes or fails; it is declined only where the relay
 * does not offer what it is about. An optional one that does not pass is declined.
 */
export async function judgeCase(test: Case, { nip }: Chapter, peer: Peer): Promise<Verdict> {
  try {
    if (nip !== undefined) onlyWith(peer, nip);
    await test.run(peer);
    return { verdict: 'passed', reason: '' };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const isChoice = test.need === 'optional' || error instanceof Untested;
    return { verdict: isChoice ? 'declined' : 'failed', reason };
  }
}
