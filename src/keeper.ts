/**
 * Keeper snapshots: the computed state of every hosted machine as events of the relay's own key.
 *
 * Built lazily: a head move only marks its machine (the store's `revision` is ahead of `kept`), and
 * the snapshot is written before the next read that could see it, or pushed to subscribers at
 * most once a second. The signature is made when an event is first served. Snapshots follow from
 * the log, so losing one costs nothing; times never go back for what a client has seen
 * (PROTOCOL §8).
 */
import type { Machines, StoredMachine } from './machines.ts';
import type { NostrEvent } from './nostr/event.ts';
import { keeperAddress, keeperSnapshot, PARTICIPANTS_MAX } from './nsm/keeper-snapshot.ts';
import { SNAPSHOT_KIND } from './nsm/kinds.ts';
import { type RelayKey, withId } from './relay-key.ts';
import type { Store } from './store/store.ts';

/** A keeper snapshot that subscribers should see now. */
export type Kept = { readonly event: NostrEvent; readonly n: number };

/** Builds, stores and signs the snapshots under the relay's own key. */
export type Keeper = {
  readonly pubkey: string;
  /** Marks a machine whose head, finality or freeze changed; `push` when somebody may listen. */
  readonly mark: (machine: string, push: boolean) => void;
  /** Brings stored snapshots up to date: all, or at most so many. */
  readonly flush: (most?: number) => void;
  /** Snapshots to push: those whose machine had none pushed within the last second. */
  readonly due: (nowMs: number) => readonly Kept[];
  /** True while some snapshot is still to be written or pushed. */
  readonly isBehind: () => boolean;
  /** The signature of a keeper snapshot that is about to be served. */
  readonly serve: (id: string) => string;
};

const PUSH_INTERVAL_MS = 1_000;
const AHEAD_SECONDS = 2;
const SIGNATURES_MAX = 50_000;

type KeeperParts = {
  readonly store: Store;
  readonly machines: Machines;
  readonly key: RelayKey;
  readonly now: () => number;
  readonly onFault: (fault: unknown) => void;
};

/** The keeper of a store's machines. `now` is in Unix seconds. */
export function createKeeper(parts: KeeperParts): Keeper {
  const { store, machines, key, now, onFault } = parts;
  const marked = new Set(store.machines.unkept());
  const unpushed = new Set<string>();
  const pushed = new Map<string, number>();
  const unserved = new Set<string>();
  const sign = rememberSignatures(key);

  const stored = (machine: string) =>
    store.events.latest(key.pubkey, SNAPSHOT_KIND, keeperAddress(machine));

  const write = (machine: StoredMachine): void => {
    const previous = stored(machine.definition.id);
    const event = withId(
      keeperSnapshot({
        keeper: key.pubkey,
        definition: machine.definition,
        node: machine.head,
        frozen: machine.frozen,
        participants: store.machines.participants(machine.n, PARTICIPANTS_MAX),
        finality: 'local',
        ...{ links: machine.links, rules: machines.view.rules.hash },
        createdAt: nextTime(now(), previous, unserved),
      }),
    );
    if (event.id === previous?.id) return store.machines.setKept(machine.n, previous.n);
    if (previous) {
      store.events.remove(previous.n);
      unserved.delete(previous.id);
    }
    unserved.add(event.id);
    store.machines.setKept(machine.n, store.events.insert(event, undefined));
  };

  const flush = (ids: readonly string[]): void => {
    const wanted = ids.filter((id) => marked.has(id));
    if (wanted.length === 0) return;
    try {
      store.derived(() => wanted.forEach(writeOne));
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
        if (machine) write(machine);
      });
    } catch (fault) {
      onFault(fault);
    }
  };

  const read = (id: string): Kept[] => {
    const found = stored(id);
    const event = found && store.events.read(found.n);
    return event ? [{ event, n: found.n }] : [];
  };

  return {
    pubkey: key.pubkey,
    mark: (machine, push) => {
      marked.add(machine);
      if (push) unpushed.add(machine);
    },
    flush: (most) => flush([...marked].slice(0, most)),
    due: (nowMs) => {
      forgetBefore(pushed, nowMs - PUSH_INTERVAL_MS);
      const due = [...unpushed].filter((id) => !pushed.has(id));
      flush(due);
      for (const id of due) {
        unpushed.delete(id);
        pushed.set(id, nowMs);
      }
      return due.flatMap(read);
    },
    isBehind: () => marked.size > 0 || unpushed.size > 0,
    serve: (id) => {
      unserved.delete(id);
      return sign(id);
    },
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
function rememberSignatures(key: RelayKey): (id: string) => string {
  const signatures = new Map<string, string>();
  return (id) => {
    const known = signatures.get(id);
    if (known !== undefined) return known;
    if (signatures.size >= SIGNATURES_MAX) signatures.clear();
    const signature = key.sign(id);
    signatures.set(id, signature);
    return signature;
  };
}

/**
 * `created_at` of the next version: now where possible, after what was served, at most two seconds
 * ahead; there the same second is used again.
 */
function nextTime(
  now: number,
  previous: { readonly id: string; readonly created_at: number } | undefined,
  unserved: ReadonlySet<string>,
): number {
  if (previous === undefined) return now;
  const floor = previous.created_at + (unserved.has(previous.id) ? 0 : 1);
  return Math.min(Math.max(now, floor), now + AHEAD_SECONDS);
}
