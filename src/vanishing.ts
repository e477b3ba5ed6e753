/**
 * Carries out requests to vanish (NIP-62): removes what an author published up to a time, and the
 * gift wraps addressed to it, little by little.
 *
 * The request is on record with its `OK`; from then on nothing it covers is served or taken. What a
 * restart interrupts is begun again. In the record of machines hollow rows stay (burial.ts).
 */
import { bury } from './burial.ts';
import { isRecord } from './known.ts';
import type { Machines } from './machines.ts';
import type { Filter } from './nostr/filter.ts';
import { VANISH_KIND } from './nostr/vanish.ts';
import type { Key } from './store/merge.ts';
import type { Store } from './store/store.ts';
import { authorHash } from './store/tombstones.ts';
import type { Leaving } from './store/vanished.ts';
import type { Turns } from './turns.ts';

/** The requests that are being carried out. */
export type Vanishing = {
  /** Told that requests were committed. */
  readonly wake: () => void;
};

/** What it works with. */
export type VanishingParts = {
  readonly store: Store;
  readonly machines: Machines;
  readonly turns: Turns;
  /** Unix seconds. */
  readonly now: () => number;
  /** Told the ids of machines whose record was touched. */
  readonly onTouched: (machine: string) => void;
};

const GIFT_WRAP_KIND = 1059;
const REMOVED_PER_TURN = 50;

/** Begins with what is on record and not done. */
export function startVanishing(parts: VanishingParts): Vanishing {
  const { store, turns } = parts;
  const running = new Map<number, number>();

  const wake = (): void => {
    store.vanished.refresh();
    for (const request of store.vanished.pending()) {
      if (running.get(request.author) === request.until) continue;
      running.set(request.author, request.until);
      turns.later(removal(parts, request, () => isCurrent(request)));
    }
  };
  const isCurrent = ({ author, until }: Leaving) => running.get(author) === until;

  wake();
  return { wake };
}

/** Removes a turn's worth, and goes on until nothing is left. */
function removal(parts: VanishingParts, request: Leaving, isWanted: () => boolean): () => number {
  const { store, turns } = parts;
  const upTo = store.lastEvent();
  // At the time 0 nothing has expired: what has must go too.
  const { next, resume, spent } = store.query.count(filtersOf(request), { upTo, now: 0 });

  const portion = (): number => {
    if (!isWanted()) return 0;
    resume(0);
    const keys: Key[] = [];
    let key = next();
    for (; key && keys.length < REMOVED_PER_TURN; key = next()) keys.push(key);
    const isDone = key === undefined;
    if (key) keys.push(key);
    const touched = commit(parts, () => {
      const machines = keys.flatMap((one) => remove(parts, one) ?? []);
      return isDone ? [...machines, ...finish(parts, request)] : machines;
    });
    for (const machine of new Set(touched)) parts.onTouched(machine);
    if (isDone) store.vanished.refresh();
    else turns.later(portion);
    return spent() + keys.length * 20;
  };
  return portion;
}

/** What machines remember of a transaction that failed is not so; the next start tries again. */
function commit<Result>({ store, machines }: VanishingParts, work: () => Result): Result {
  try {
    return store.transaction(work);
  } catch (fault) {
    machines.forget();
    throw fault;
  }
}

function filtersOf({ pubkey, until }: Leaving): readonly Filter[] {
  const wraps = { letter: 'p', values: new Set([pubkey]) };
  return [
    { authors: new Set([pubkey]), until, tags: [] },
    { kinds: new Set([GIFT_WRAP_KIND]), until, tags: [wraps] },
  ];
}

/** The request itself stays, so that its author can see that it was heard. */
function remove(parts: VanishingParts, { n, kind }: Key): string | undefined {
  const { store, now } = parts;
  if (kind === VANISH_KIND) return undefined;
  const event = isRecord(kind) ? store.events.read(n) : undefined;
  if (event) return bury(parts, event.id, { cause: 'vanished', reason: '', at: now() });
  store.events.remove(n);
  return undefined;
}

/** What is kept beside events: evidence, refusals, endorsements, participation. */
function finish({ store }: VanishingParts, request: Leaving): readonly string[] {
  const { pubkey, until } = request;
  store.evidence.removeBy(pubkey, until);
  store.refusals.removeBy(pubkey, until);
  const hash = authorHash(pubkey);
  store.endorsements.redactBy(pubkey, until, hash);
  const machines = store.machines.renameParticipant(pubkey, hash);
  store.vanished.finish(request);
  return machines;
}
