/**
 * Worker entry: gathers the sets of reconciliations and answers their messages.
 *
 * On a read-only connection of its own, so that neither a million records nor a costly message
 * keeps the thread with the sockets waiting. Sets are gathered in turns; a session that is closed
 * meanwhile is forgotten. Every question gets exactly one answer.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import type { Filter } from '../nostr/filter.ts';
import { respond } from '../nostr/negentropy.ts';
import type { Records } from '../nostr/negentropy-records.ts';
import { SNAPSHOT_KIND } from '../nsm/kinds.ts';
import { GUARDED_KINDS } from '../policy/guarded.ts';
import { openStoreToRead } from '../store/store.ts';
import { gatherRecords } from './record-set.ts';

/** What the worker is started with; `keeper` is the relay's own pubkey. */
export type ReconcilerData = {
  readonly dataDir: string;
  readonly keeper: string;
  readonly frameBytesMax: number;
};

/** What the worker is asked. `now` in Unix seconds; messages are hex. */
export type Question =
  | {
      readonly ask: 'open';
      readonly session: number;
      readonly filter: Filter;
      readonly now: number;
      readonly recordsMax: number;
      readonly message: string;
    }
  | { readonly ask: 'answer'; readonly session: number; readonly message: string }
  | { readonly ask: 'close'; readonly session: number };

/** What the worker answers to `open` and `answer`; `size` is that of the set. */
export type Reply = { readonly session: number } & (
  | { readonly message: string; readonly size: number }
  | { readonly problem: 'too-many' | 'malformed' }
);

const { dataDir, keeper, frameBytesMax } = workerData as ReconcilerData;
const store = openStoreToRead(dataDir);
const sets = new Map<number, Records | 'gathering'>();

async function open(question: Extract<Question, { ask: 'open' }>): Promise<void> {
  const { session, filter, now, recordsMax } = question;
  sets.set(session, 'gathering');
  const pages = store.records.pages(filter, {
    ...{ upTo: store.lastEvent(), now, withoutKinds: GUARDED_KINDS },
    without: { pubkey: keeper, kind: SNAPSHOT_KIND },
  });
  const isAbandoned = () => !sets.has(session);
  const set = await gatherRecords(pages, { recordsMax, limit: filter.limit, isAbandoned });
  if (isAbandoned()) return;
  if (set === undefined) {
    sets.delete(session);
    return reply({ session, problem: 'too-many' });
  }
  sets.set(session, set);
  answer(session, question.message);
}

function answer(session: number, message: string): void {
  const set = sets.get(session);
  if (set === undefined || set === 'gathering') return;
  const bytes = bytesOf(message);
  const answered = bytes && respond(set, bytes, frameBytesMax);
  if (answered === undefined || 'problem' in answered) {
    sets.delete(session);
    return reply({ session, problem: 'malformed' });
  }
  reply({ session, message: bytesToHex(answered), size: set.size });
}

function bytesOf(hex: string): Uint8Array | undefined {
  return /^(?:[0-9a-f]{2})*$/i.test(hex) ? hexToBytes(hex) : undefined;
}

function reply(said: Reply): void {
  parentPort?.postMessage(said);
}

parentPort?.on('message', (question: Question) => {
  const { session } = question;
  if (question.ask === 'close') return void sets.delete(session);
  if (question.ask === 'answer') return answer(session, question.message);
  // A fault ends the thread, and whoever started it is told.
  open(question).catch((fault: unknown) => setImmediate(() => Promise.reject(fault)));
});
