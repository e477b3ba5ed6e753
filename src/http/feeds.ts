/**
 * The feeds of all machines that somebody follows, or followed until a moment ago.
 *
 * Nothing is noted of the others, so a commit costs one look into a map for each event. Whoever
 * comes back within `KEPT_MS` goes on where he was; later the record has to do (`events.ts`). All
 * feeds together have a bound, at which those that moved longest ago forget what they noted.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Change } from '../branches.ts';
import type { Judged, Published } from '../intake.ts';
import type { NostrEvent } from '../nostr/event.ts';
import { SNAPSHOT_KIND, TRANSITION_KIND } from '../nsm/kinds.ts';
import { parseMachineRef } from '../nsm/transition.ts';
import { createBuckets } from '../policy/buckets.ts';
import type { Store } from '../store/store.ts';
import { createFeed, FEED_LIMITS, type Feed } from './feed.ts';
import { frozenNotice, noticesOf, refusalNotices, type Standing, standingOf } from './notices.ts';

/** How many bytes all feeds may hold, and how many refusals a second each tells. */
export const FEEDS_LIMITS = { bytes: 67_108_864, refusalsPerSecond: 10 } as const;

/** How long a feed without readers goes on. */
const KEPT_MS = 300_000;

/** A feed of a machine, with how the machine stood when it was last told. */
export type Followed = {
  readonly machine: string;
  /** Sequence number of the definition. */
  readonly n: number;
  readonly stamp: string;
  readonly feed: Feed;
};

/** All feeds of a relay. */
export type Feeds = ReturnType<typeof createFeeds>;

type Entry = Followed & {
  revision: number;
  frozen: string | null;
  omitted: number;
  idleSinceMs: number;
};

/** Feeds over a store. `nowMs` is a clock in milliseconds that never goes back. */
export function createFeeds(store: Store, nowMs: () => number) {
  const entries = new Map<string, Entry>();
  const refusals = createBuckets(
    { capacity: FEEDS_LIMITS.refusalsPerSecond, unitMs: 1_000 / FEEDS_LIMITS.refusalsPerSecond },
    10_000,
  );
  const { stampOf } = stamps();

  const tell = (entry: Entry, { row, data }: Standing, notices: readonly Told[]): void => {
    entry.revision = row.revision;
    entry.frozen = row.frozen;
    for (const notice of notices) entry.feed.add(notice.name, notice.data);
    entries.delete(data.machine);
    entries.set(data.machine, entry);
  };

  const about = (event: NostrEvent): Entry | undefined =>
    isOfMachine(event) ? entries.get(parseMachineRef(event) ?? '') : undefined;

  /** Tells of a freeze, or the end of one, that no event brought about. */
  const refresh = (entry: Entry): void => {
    const row = store.machines.find(entry.n);
    if (row === undefined || row.revision === entry.revision) return;
    const now = standingOf(store, entry.machine, entry.n);
    const isChanged = !isDeepStrictEqual(now.row.frozen, entry.frozen);
    tell(entry, now, isChanged ? [frozenNotice(now)] : []);
  };

  return {
    /** The feed of a hosted machine by id and sequence number; it goes on while it is read. */
    follow: (machine: string, n: number): Followed => {
      const known = entries.get(machine);
      if (known) return known;
      const { revision = 0, frozen = null } = store.machines.find(n) ?? {};
      const stamp = stampOf();
      const place = { machine, n, stamp, feed: createFeed(stamp) };
      const entry = { ...place, revision, frozen, omitted: 0, idleSinceMs: nowMs() };
      entries.set(machine, entry);
      return entry;
    },

    /** Told what was committed, in commit order. */
    committed: (published: readonly Published[], changes: readonly Change[]): void => {
      if (entries.size === 0) return;
      for (const [entry, happened] of sorted(entries, published, changes)) {
        const now = standingOf(store, entry.machine, entry.n);
        tell(entry, now, noticesOf(store, now, happened));
      }
      boundBytes(entries);
    },

    /** Told what was judged; refusals are told, so many a second, and the others counted. */
    judged: (judged: readonly Judged[]): void => {
      if (entries.size === 0) return;
      for (const each of judged) {
        const entry = each.outcome.accepted ? undefined : about(each.event);
        if (!entry) continue;
        if (!refusals.take(entry.machine, nowMs())) entry.omitted++;
        else {
          const now = standingOf(store, entry.machine, entry.n);
          tell(entry, now, refusalNotices(now, each, entry.omitted));
          entry.omitted = 0;
        }
      }
      boundBytes(entries);
    },

    /** Tells what changed without an event. */
    refresh: (): void => {
      for (const entry of [...entries.values()]) refresh(entry);
    },

    /** Drops feeds that nobody has read for a while; to be called now and then. */
    sweep: (): void => {
      for (const [machine, entry] of entries) {
        if (entry.feed.readers.size > 0) entry.idleSinceMs = nowMs();
        else if (nowMs() - entry.idleSinceMs > KEPT_MS) entries.delete(machine);
      }
    },

    /** How many feeds there are. */
    count: (): number => entries.size,
  };
}

type Told = ReturnType<typeof frozenNotice>;
type Sorted = { readonly published: Published[]; readonly changes: Change[] };

/** What concerns each followed machine; ephemeral events concern none. */
function sorted(
  entries: ReadonlyMap<string, Entry>,
  published: readonly Published[],
  changes: readonly Change[],
): ReadonlyMap<Entry, Sorted> {
  const found = new Map<Entry, Sorted>();
  const of = (machine: string | undefined): Sorted | undefined => {
    const entry = entries.get(machine ?? '');
    if (!entry) return undefined;
    const known = found.get(entry) ?? { published: [], changes: [] };
    found.set(entry, known);
    return known;
  };
  for (const each of published) {
    if (isOfMachine(each.event)) of(parseMachineRef(each.event))?.published.push(each);
  }
  for (const change of changes) of(change.machine)?.changes.push(change);
  return found;
}

function isOfMachine({ kind }: NostrEvent): boolean {
  return kind === TRANSITION_KIND || kind === SNAPSHOT_KIND;
}

/** The map is in the order in which machines moved, so its start is what moved longest ago. */
function boundBytes(entries: ReadonlyMap<string, Entry>): void {
  if (entries.size * FEED_LIMITS.bytes <= FEEDS_LIMITS.bytes) return;
  let total = 0;
  for (const { feed } of entries.values()) total += feed.bytes();
  for (const { feed } of entries.values()) {
    if (total <= FEEDS_LIMITS.bytes) return;
    total -= feed.bytes();
    feed.clear();
  }
}

/** Names of feeds that no other run of the relay gives, so that an old id is known as such. */
function stamps() {
  const run = Date.now().toString(36);
  let count = 0;
  return { stampOf: () => `${run}x${(count++).toString(36)}` };
}
