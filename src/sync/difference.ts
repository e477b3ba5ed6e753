/**
 * Which events only one of two relays has, found by NIP-77, or else by asking for everything.
 *
 * Where either side has more records than a reconciliation may hold, the time is halved and each
 * half reconciled by itself; where the other relay does not reconcile at all, its events are read
 * in pages, newest first.
 */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import type { NostrEvent } from '../nostr/event.ts';
import { type Findings, openingMessage, proceed } from '../nostr/negentropy.ts';
import type { Records } from '../nostr/negentropy-records.ts';
import { MESSAGE_BYTES_MAX } from './reconciler.ts';
import { RelayLost, type RelaySocket, type WireFilter } from './relay-socket.ts';

/** A stretch of time in Unix seconds, both ends included. */
export type Window = { readonly since: number; readonly until: number };

/** The two sides of a comparison. */
export type Comparison = {
  readonly peer: RelaySocket;
  /** What is compared; its times are narrowed down on the way. */
  readonly filter: WireFilter;
  readonly window: Window;
  /** Our records of a stretch of time; undefined when they are too many for one set. */
  readonly ours: (window: Window) => Promise<Records | undefined>;
};

/** The peer does not reconcile. */
const UNSUPPORTED = 'unsupported';
const PAGE = 500;

let sessions = 0;

/** Reconciles with a peer; false when it does not do that. Rejects with `RelayLost`. */
export async function reconcileWith(comparison: Comparison, findings: Findings): Promise<boolean> {
  const { window, ours } = comparison;
  const records = await ours(window);
  const said = records && (await talk(comparison, records, findings));
  if (said === UNSUPPORTED) return false;
  if (said === 'done') return true;
  const { since, until } = window;
  if (since >= until) throw new RelayLost(`too many events of the second ${since}`);
  const middle = Math.floor((since + until) / 2);
  for (const half of [
    { since, until: middle },
    { since: middle + 1, until },
  ]) {
    if (!(await reconcileWith({ ...comparison, window: half }, findings))) return false;
  }
  return true;
}

/** Talks until nothing is left to find out; `too-many` when the peer's set is too large. */
async function talk(
  { peer, filter, window }: Comparison,
  records: Records,
  findings: Findings,
): Promise<'done' | 'too-many' | typeof UNSUPPORTED> {
  const id = `n${++sessions}`;
  const narrowed = { ...filter, ...window };
  let answer = await peer.reconcile(id, bytesToHex(openingMessage(records)), narrowed);
  if ('error' in answer && answer.error.startsWith('auth-required')) {
    await peer.authenticated();
    answer = await peer.reconcile(id, bytesToHex(openingMessage(records)), narrowed);
  }
  for (;;) {
    if ('error' in answer) {
      const reason = answer.error.toLowerCase();
      if (reason.startsWith(UNSUPPORTED) || reason.includes('switched off')) return UNSUPPORTED;
      if (reason.startsWith('blocked')) return 'too-many';
      throw new RelayLost(`${peer.url}: ${answer.error}`);
    }
    const limits = { frameBytesMax: MESSAGE_BYTES_MAX, findings };
    const next = proceed(records, messageBytes(answer.message, peer), limits);
    if (next === undefined) break;
    if ('problem' in next) throw new RelayLost(`${peer.url}: ${next.problem}`);
    answer = await peer.reconcile(id, bytesToHex(next));
  }
  peer.endReconciliation(id);
  return 'done';
}

function messageBytes(hex: string, { url }: RelaySocket): Uint8Array {
  if (!/^(?:[0-9a-f]{2})*$/.test(hex)) throw new RelayLost(`${url}: its answer is not hex`);
  return hexToBytes(hex);
}

/** Everything a peer serves for a filter, page by page from the newest on. */
export async function* pagesOf(
  peer: RelaySocket,
  filter: WireFilter,
  { since, until }: Window,
): AsyncGenerator<readonly NostrEvent[]> {
  let seen = new Set<string>();
  for (let at = until; at >= since; ) {
    const page = await peer.query({ ...filter, since, until: at, limit: PAGE });
    const fresh = page.filter(({ id }) => !seen.has(id));
    if (fresh.length > 0) yield fresh;
    if (page.length === 0) return;
    const oldest = Math.min(...page.map(({ created_at: time }) => time));
    // The next page begins in the second in which this one ended, whose rest it may have cut off.
    seen = new Set(page.filter(({ created_at: time }) => time === oldest).map(({ id }) => id));
    at = fresh.length > 0 && oldest < at ? oldest : at - 1;
  }
}
