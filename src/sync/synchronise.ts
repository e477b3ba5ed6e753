/**
 * One sync of the relay of a data folder with another: what is different is found first, then
 * carried over in causal order, each way.
 *
 * Read from the database, written through the relay. Left out: what the other side has refused
 * before, protected events (NIP-70), which only their author may publish, encrypted kinds, and
 * keeper snapshots, which are each relay's own.
 */
import { isProtected, type NostrEvent } from '../nostr/event.ts';
import { parseFilter } from '../nostr/filter.ts';
import type { Records } from '../nostr/negentropy-records.ts';
import { isKeeperSnapshot } from '../nsm/keeper-snapshot.ts';
import { SNAPSHOT_KIND } from '../nsm/kinds.ts';
import { GUARDED_KINDS, isGuarded } from '../policy/guarded.ts';
import type { RefusedMemory } from '../store/refused-memory.ts';
import { openSpool, type Spool } from '../store/spool.ts';
import type { Store } from '../store/store.ts';
import { deliver, isMomentary, isProvisional, type Taker } from './deliver.ts';
import { pagesOf, reconcileWith, type Window } from './difference.ts';
import { gatherRecords } from './record-set.ts';
import type { RelaySocket, WireFilter } from './relay-socket.ts';
import { NOTHING, type Tally, tallyOf } from './tally.ts';

/** The two relays of a sync, and what is carried. */
export type SyncParts = {
  /** The database of our relay, for reading. */
  readonly store: Store;
  readonly self: string;
  /** Where what the peer has is handed in; without it nothing is fetched. */
  readonly local?: Taker | undefined;
  readonly peer: RelaySocket;
  readonly isUp: boolean;
  readonly filter: WireFilter;
  readonly memory: RefusedMemory;
  /** Whether the peer is known not to reconcile. */
  readonly isPaged: boolean;
  /** Unix seconds. */
  readonly now: () => number;
  readonly onProgress: (doing: string, count: number) => void;
};

/** What a sync has carried each way. */
export type Synchronised = { readonly down: Tally; readonly up: Tally };

/** Most records of one set; where there are more, the time is halved. */
const RECORDS_MAX = 1_000_000;
/** How far ahead of now events are looked for. */
const AHEAD_SECONDS = 86_400;
const IDS_PER_QUERY = 100;
/** Our own relay, as the memory of refusals names it. */
const OURS = '';

/** Syncs once. Rejects with `RelayLost` when one of the relays is. */
export async function synchronise(parts: SyncParts): Promise<Synchronised> {
  const spools = { down: openSpool(), up: openSpool() };
  try {
    await gather(parts, spools);
    const { local, peer, isUp } = parts;
    const down = local ? await carry(parts, spools.down, { taker: local, relay: OURS }) : NOTHING;
    const up = isUp ? await carry(parts, spools.up, { taker: peer, relay: peer.url }) : NOTHING;
    return { down, up };
  } finally {
    spools.down.close();
    spools.up.close();
  }
}

/** True for what is never carried from relay to relay, whoever asks. */
export function staysHome(event: NostrEvent): boolean {
  return isProtected(event) || isGuarded(event.kind) || isKeeperSnapshot(event);
}

type Spools = { readonly down: Spool; readonly up: Spool };

/** Finds what is different and fills the spools. */
async function gather(parts: SyncParts, spools: Spools): Promise<void> {
  const have: string[] = [];
  const need: string[] = [];
  const { peer, filter, isPaged } = parts;
  const window = windowOf(filter, parts.now());
  const ours = (within: Window) => recordsOf(parts, within);
  const findings = {
    have: (id: string) => void (parts.isUp && have.push(id)),
    need: (id: string) => void (parts.local && need.push(id)),
  };
  const isReconciled = !isPaged && (await reconcileWith({ peer, filter, window, ours }, findings));
  if (isReconciled) await fetchMissing(parts, need, spools.down);
  else have.push(...(await compareByPages(parts, window, spools.down)));
  for (const id of have) offer(parts, id, spools.up);
}

function windowOf({ since, until }: WireFilter, now: number): Window {
  return {
    since: typeof since === 'number' ? since : 0,
    until: typeof until === 'number' ? until : now + AHEAD_SECONDS,
  };
}

/** Our records of a stretch of time; undefined when there are too many. */
function recordsOf(
  { store, self, filter: given, now }: SyncParts,
  { since, until }: Window,
): Promise<Records | undefined> {
  const filter = parseFilter({ ...given, since, until }, { filterValuesMax: RECORDS_MAX });
  // The command has looked at it already.
  if ('problem' in filter) throw new Error(filter.problem);
  const pages = store.records.pages(filter, {
    ...{ upTo: store.lastEvent(), now: now(), withoutKinds: GUARDED_KINDS },
    without: { pubkey: self, kind: SNAPSHOT_KIND },
  });
  return gatherRecords(pages, { recordsMax: RECORDS_MAX, limit: filter.limit });
}

/** Takes what the peer has and we do not, unless our relay has refused it before. */
async function fetchMissing(parts: SyncParts, ids: readonly string[], down: Spool): Promise<void> {
  const { memory, peer, now, onProgress } = parts;
  const wanted = ids.filter((id) => !memory.has(OURS, id, now()));
  for (let at = 0; at < wanted.length; at += IDS_PER_QUERY) {
    const batch = wanted.slice(at, at + IDS_PER_QUERY);
    const asked = new Set(batch);
    for (const event of await peer.query({ ids: batch, limit: batch.length })) {
      if (asked.has(event.id)) take(parts, event, down);
    }
    onProgress('fetched', Math.min(wanted.length, at + IDS_PER_QUERY));
  }
}

/** Reads all that the peer has; returns what it has not. */
async function compareByPages(
  parts: SyncParts,
  window: Window,
  down: Spool,
): Promise<readonly string[]> {
  const { peer, filter, store, local, isUp, memory, now, onProgress } = parts;
  const theirs = new Set<string>();
  for await (const page of pagesOf(peer, filter, window)) {
    for (const event of page) {
      theirs.add(event.id);
      const isNew = store.events.find(event.id) === undefined && !store.endorsements.has(event.id);
      if (local && isNew && !memory.has(OURS, event.id, now())) take(parts, event, down);
    }
    onProgress('read', theirs.size);
  }
  if (!isUp) return [];
  const ours = await recordsOf(parts, window);
  const ids = Array.from({ length: ours?.size ?? 0 }, (_, i) =>
    Buffer.from(ours?.id(i) ?? []).toString('hex'),
  );
  return ids.filter((id) => !theirs.has(id));
}

function take({ memory, now }: SyncParts, event: NostrEvent, down: Spool): void {
  if (!staysHome(event)) return void down.add(event);
  const { id } = event;
  const refused = { relay: OURS, id, code: 'stays-home', isProvisional: false };
  memory.remember({ ...refused, now: now() });
}

/** Puts one of our events among those for the peer, unless it has refused it before. */
function offer({ store, peer, memory, now }: SyncParts, id: string, up: Spool): void {
  if (memory.has(peer.url, id, now())) return;
  const found = store.events.find(id);
  const event = found ? store.events.read(found.n) : store.endorsements.event(id);
  if (event && !staysHome(event)) up.add(event);
}

type Way = { readonly taker: Taker; readonly relay: string };

/** Delivers a spool, and remembers what was refused. */
async function carry(parts: SyncParts, spool: Spool, { taker, relay }: Way): Promise<Tally> {
  const { memory, now, onProgress } = parts;
  const doing = relay === OURS ? 'handed in' : 'sent';
  await deliver(spool, taker, { onProgress: (count) => onProgress(doing, count) });
  const tally = tallyOf(spool);
  for (const [code] of tally.codes.filter(([word]) => !isMomentary(word))) {
    for (const id of spool.withOutcome(code)) {
      memory.remember({ relay, id, code, isProvisional: isProvisional(code), now: now() });
    }
  }
  return tally;
}
