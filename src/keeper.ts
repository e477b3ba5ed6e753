/**
 * Keeper snapshots: the computed state of every hosted machine as events of the relay's own key.
 *
 * Built lazily: a head move only marks its machine (the store's `revision` is ahead of `kept`), and
 * the snapshot is written before the next read that could see it (kept.ts), or pushed to
 * subscribers at most once a second. The signature is made when an event is first served.
 * Snapshots follow from the log, so losing one costs nothing; times never go back for what a client
 * has seen (PROTOCOL §8).
 */
import type { Custody } from './custody.ts';
import { snapshotRows } from './keeper-rows.ts';
import type { Machines } from './machines.ts';
import type { NostrEvent } from './nostr/event.ts';
import type { RelayKey } from './relay-key.ts';
import type { Store } from './store/store.ts';

/** A keeper snapshot that subscribers should see now. */
export type Kept = { readonly event: NostrEvent; readonly n: number };

/** Builds, stores and signs the snapshots under the relay's own key. */
export type Keeper = {
  readonly pubkey: string;
  /** Marks a machine whose head, finality or freeze changed; `push` when somebody may listen. */
  readonly mark: (machine: string, push: boolean) => void;
  /** The machines whose stored snapshots are behind, longest first; at most so many. */
  readonly marked: (most?: number) => string[];
  /** Brings the stored snapshots of some machines up to date. */
  readonly write: (machines: readonly string[]) => void;
  /** Snapshots to push, at most so many: their machine had none pushed within the last second. */
  readonly due: (nowMs: number, most: number) => readonly Kept[];
  /** How many snapshots are still to be written or pushed, at most. */
  readonly behind: () => number;
  /** The signature of a keeper snapshot that is about to be served. */
  readonly serve: (id: string) => string;
  /** Whether that signature was made and is remembered. */
  readonly isSigned: (id: string) => boolean;
};

const PUSH_INTERVAL_MS = 1_000;
const SIGNATURES_MAX = 50_000;

type KeeperParts = {
  readonly store: Store;
  readonly machines: Machines;
  readonly key: RelayKey;
  readonly custody: Custody;
  readonly now: () => number;
  readonly onFault: (fault: unknown) => void;
};

/** The keeper of a store's machines. `now` is in Unix seconds. */
export function createKeeper(parts: KeeperParts): Keeper {
  const { store, machines, key, custody, onFault } = parts;
  const marked = new Set(store.machines.unkept());
  const unpushed = new Set<string>();
  const pushed = new Map<string, number>();
  const unserved = new Set<string>();
  const { sign, isSigned } = rememberSignatures(key);

  const written = snapshotRows({ ...parts, sign, unserved });

  /** What is signed for a machine in custody is on the disk first; without that it is not. */
  const writeAll = (ids: readonly string[]): void => {
    const own = ids.filter(written.isOwn);
    const others = ids.filter((id) => !own.includes(id));
    if (others.length > 0) store.derived(() => others.forEach(writeOne));
    if (own.length > 0 && custody.maySign) custody.round(() => own.forEach(writeOne));
  };

  const write = (ids: readonly string[]): void => {
    const wanted = ids.filter((id) => marked.has(id));
    if (wanted.length === 0) return;
    try {
      writeAll(wanted);
      for (const id of wanted) marked.delete(id);
    } catch (fault) {
      // The disk, not a machine: they stay marked, and the reader gets the last ones stored.
      onFault(fault);
    }
  };

  /** One spoilt machine must not cost the others their snapshots. */
  const writeOne = (id: string): void => {
    try {
      store.isolated(() => {
        const machine = machines.machine(id);
        if (machine) written.write(machine);
      });
    } catch (fault) {
      onFault(fault);
    }
  };

  return {
    pubkey: key.pubkey,
    mark: (machine, push) => {
      // Those that move on come last: they would only be written again.
      marked.delete(machine);
      marked.add(machine);
      if (push) unpushed.add(machine);
    },
    marked: (most) => [...marked].slice(0, most),
    write,
    due: (nowMs, most) => {
      forgetBefore(pushed, nowMs - PUSH_INTERVAL_MS);
      const due = [...unpushed].filter((id) => !pushed.has(id)).slice(0, most);
      write(due);
      for (const id of due) {
        unpushed.delete(id);
        pushed.set(id, nowMs);
      }
      return due.flatMap(written.read);
    },
    behind: () => marked.size + unpushed.size,
    serve: (id) => {
      unserved.delete(id);
      return sign(id);
    },
    isSigned,
  };
}

/** Drops the oldest entries of a map in order of time, up to a time. */
function forgetBefore(times: Map<string, number>, until: number): void {
  for (const [id, at] of times) {
    if (at > until) return;
    times.delete(id);
  }
}

/** Signs each id once; as signatures are deterministic, forgetting them costs only time. */
function rememberSignatures(key: RelayKey) {
  const signatures = new Map<string, string>();
  const sign = (id: string): string => {
    const known = signatures.get(id);
    if (known !== undefined) return known;
    if (signatures.size >= SIGNATURES_MAX) signatures.clear();
    const signature = key.sign(id);
    signatures.set(id, signature);
    return signature;
  };
  return { sign, isSigned: (id: string): boolean => signatures.has(id) };
}
