/**
 * A batch of events in one transaction.
 *
 * Hardly any batch holds a fault, and a savepoint for each event has SQLite copy every page that
 * the event touches. So a batch is written without savepoints first. When anything is thrown, all
 * of it is undone and written again with a savepoint for each event: a fault costs its own event,
 * a commit that fails costs all of them. `write` may therefore be called twice for an event, and
 * must leave nothing behind but rows, copies that `forget` drops, and what it may do twice.
 */
import type { Machines } from './machines.ts';
import { kindClass, type NostrEvent } from './nostr/event.ts';
import { type Refusal, refuse } from './refusal.ts';
import type { Store } from './store/store.ts';
import { type Outcome, rememberRefusal, type Writer } from './writer.ts';

/** An event of a batch, and what a check before the verdict had against it. */
export type BatchEntry = {
  readonly submission: { readonly event: NostrEvent };
  readonly refusal?: Refusal | undefined;
};

/** What became of an entry. */
export type Written<Entry> = { readonly entry: Entry; readonly outcome: Outcome };

/** What a batch is written with. */
export type BatchParts = {
  readonly store: Store;
  readonly machines: Machines;
  readonly write: Writer;
  /** Unix seconds. */
  readonly now: () => number;
  readonly onFault: (fault: unknown) => void;
};

/** Where entries come from, one by one, and who is told how long each took, in milliseconds. */
export type BatchSource<Entry> = {
  readonly next: () => Entry | undefined;
  readonly charge: (entry: Entry, milliseconds: number) => void;
};

/** Said to who signed nothing, or too much: not worth remembering. */
const UNREMEMBERED: readonly string[] = ['bad-signature', 'rate-limited'];

/** Writes events in one transaction until `next` has no more. */
export function commitBatch<Entry extends BatchEntry>(
  parts: BatchParts,
  { next, charge }: BatchSource<Entry>,
): readonly Written<Entry>[] {
  const { store, machines, now, onFault } = parts;
  const time = now();
  const taken: Entry[] = [];
  const writeAll = (writeOne: WriteOne) => (): Written<Entry>[] => {
    const again = taken.map((entry) => ({ entry, outcome: writeOne(parts, entry, time) }));
    const written = [...again];
    for (let entry = next(); entry; entry = next()) {
      taken.push(entry);
      const started = performance.now();
      written.push({ entry, outcome: writeOne(parts, entry, time) });
      charge(entry, performance.now() - started);
    }
    return written;
  };
  try {
    return store.transaction(writeAll(writeTogether));
  } catch {
    // Who is at fault is found out, and told, below.
    machines.forget();
  }
  try {
    return store.transaction(writeAll(writeApart));
  } catch (fault) {
    machines.forget();
    onFault(fault);
    for (let entry = next(); entry; entry = next()) taken.push(entry);
    return taken.map((entry) => {
      const { refusal = refuse('storage') } = entry;
      return { entry, outcome: { accepted: false, refusal } };
    });
  }
}

type WriteOne = (parts: BatchParts, entry: BatchEntry, time: number) => Outcome;

/** What is thrown undoes the batch. */
const writeTogether: WriteOne = ({ store, write }, { submission, refusal }, time) => {
  const { event } = submission;
  if (refusal) {
    // Only what was said to a definition after its trial is worth knowing.
    if (!UNREMEMBERED.includes(refusal.code)) rememberRefusal(store, event, { refusal, now: time });
    return { accepted: false, refusal };
  }
  if (kindClass(event.kind) === 'ephemeral') return { accepted: true, message: '' };
  const outcome = write(event, time);
  // What came next would be committed alone.
  if (!store.db.inTransaction) throw new Error('the transaction ended within the batch');
  return outcome;
};

/** What is thrown undoes this event. */
const writeApart: WriteOne = (parts, entry, time) => {
  const { store, machines, onFault } = parts;
  try {
    return store.isolated(() => writeTogether(parts, entry, time));
  } catch (fault) {
    // Some faults make SQLite undo the whole transaction, and then none of its events may be OK.
    if (!store.db.inTransaction) throw fault;
    machines.forget();
    onFault(fault);
    return { accepted: false, refusal: refuse(isStorageFault(fault) ? 'storage' : 'internal') };
  }
};

function isStorageFault(fault: unknown): boolean {
  return fault instanceof Error && 'code' in fault && String(fault.code).startsWith('SQLITE_');
}
