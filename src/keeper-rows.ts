/**
 * The rows of keeper snapshots: one for each machine at the keeper's own address, and one more
 * where the relay is the designated custodian, at the coordinate the definition names.
 *
 * For a machine in custody both are endorsements: the record of custody is written first, in the
 * same transaction, or neither is.
 */
import type { Custody } from './custody.ts';
import type { Kept } from './keeper.ts';
import type { StoredMachine } from './machine-nodes.ts';
import type { Machines } from './machines.ts';
import { type NostrEvent, tagValues } from './nostr/event.ts';
import { eventJson } from './nostr/message.ts';
import { finalityOf } from './nsm/forks.ts';
import { keeperAddress, keeperSnapshot, PARTICIPANTS_MAX } from './nsm/keeper-snapshot.ts';
import { SNAPSHOT_KIND } from './nsm/kinds.ts';
import { type RelayKey, withId } from './relay-key.ts';
import type { Store } from './store/store.ts';

const AHEAD_SECONDS = 2;

type Parts = {
  readonly store: Store;
  readonly machines: Machines;
  readonly key: RelayKey;
  readonly custody: Custody;
  /** Unix seconds. */
  readonly now: () => number;
  readonly sign: (id: string) => string;
  /** Ids of snapshots that nobody has seen; kept up to date here. */
  readonly unserved: Set<string>;
};

/** Writes and reads keeper snapshots; writing happens inside a transaction. */
export function snapshotRows(parts: Parts) {
  const { store, machines, key, custody, now, sign, unserved } = parts;
  const stored = (d: string) => store.events.latest(key.pubkey, SNAPSHOT_KIND, d);

  /** Puts the snapshot at an address in the place of the last one there. */
  const writeAt = (machine: StoredMachine, d: string) => {
    const previous = stored(d);
    const event = withId(
      keeperSnapshot({
        ...{ keeper: key.pubkey, d, definition: machine.definition, node: machine.head },
        frozen: machine.frozen,
        participants: store.machines.participants(machine.n, PARTICIPANTS_MAX),
        finality: finalityOf({ height: machine.head.height, isCanonical: true }, machine),
        ...{ links: machine.links, rules: machines.view.rules.hash },
        createdAt: nextTime(now(), previous, unserved),
      }),
    );
    if (event.id === previous?.id) return { event, n: previous.n };
    if (previous) {
      store.events.remove(previous.n);
      unserved.delete(previous.id);
    }
    unserved.add(event.id);
    return { event, n: store.events.insert(event, undefined) };
  };

  /** Whether a machine is in custody; it need not be whole for that. */
  const recordOf = (id: string) => {
    const found = store.events.find(id);
    return found && store.custody.find(found.n);
  };

  return {
    isOwn: (id: string): boolean => recordOf(id) !== undefined,

    /** Writes the snapshots of a machine; throws when custody forbids to sign its head. */
    write: (machine: StoredMachine): void => {
      const { id, custodian } = machine.definition;
      if (custodian?.pubkey === key.pubkey) {
        custody.sign(machine);
        const { event } = writeAt(machine, custodian.d);
        logOwn(store, machine, { ...event, sig: sign(event.id) });
      }
      const { n } = writeAt(machine, keeperAddress(id));
      store.machines.setKept(machine.n, n);
    },

    /** The snapshots of a machine as they stand. */
    read: (id: string): Kept[] => {
      const own = recordOf(id);
      return [keeperAddress(id), ...(own ? [own.d] : [])].flatMap((d) => {
        const found = stored(d);
        const event = found && store.events.read(found.n);
        return event ? [{ event, n: found.n }] : [];
      });
    },
  };
}

/** An endorsement by this relay replaces the one before: both are on one path. */
function logOwn(store: Store, { n, headN }: StoredMachine, event: NostrEvent): void {
  const { id, pubkey, created_at: createdAt } = event;
  const d = tagValues(event, 'd')[0] ?? '';
  store.endorsements.dropOf(n, pubkey);
  store.endorsements.add({
    ...{ id, pubkey, d, createdAt },
    machine: n,
    head: headN,
    json: eventJson(event),
  });
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
