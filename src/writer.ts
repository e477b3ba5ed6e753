/**
 * One verified event inside the storing transaction: duplicate? judge, then rows.
 *
 * Everything that decides and everything that is written happens here, in one savepoint, so an
 * event and its consequences (head, state, endorsement, tombstone) are stored together or not at
 * all. No clock is read: the time comes with the batch.
 */
import { DUPLICATE, knownEvent } from './known.ts';
import type { Machines } from './machines.ts';
import {
  beats,
  expiration,
  isHex64,
  type NostrEvent,
  parseAddress,
  tagValues,
} from './nostr/event.ts';
import { eventJson } from './nostr/message.ts';
import { VANISH_KIND } from './nostr/vanish.ts';
import { judge, type Verdict } from './nsm/judge.ts';
import { SNAPSHOT_KIND } from './nsm/kinds.ts';
import { parseMachineRef } from './nsm/transition.ts';
import { currentVersion, type LocalRules, objection } from './objection.ts';
import { isGuarded } from './policy/guarded.ts';
import { type Refusal, refusalText } from './refusal.ts';
import type { Store } from './store/store.ts';

/** What became of an event: the content of its OK. */
export type Outcome =
  | {
      readonly accepted: true;
      /** The text of `OK true`; empty for the ordinary case. */
      readonly message: string;
      /** Sequence number under which the event was stored now; absent when it was not. */
      readonly n?: number;
    }
  | { readonly accepted: false; readonly refusal: Refusal };

/** Decides about one event inside a transaction, and writes what follows; `now` in Unix seconds. */
export type Writer = (event: NostrEvent, now: number) => Outcome;

const DELETION_KIND = 5;
/** Snapshots that came before their definition and are judged with it; further ones are dropped. */
const EARLY_SNAPSHOTS_MAX = 256;

/** The function that decides about one event and writes what follows from it. */
export function createWriter(store: Store, machines: Machines, rules: LocalRules): Writer {
  return (event, now) => {
    const known = knownEvent(store, event);
    if (known) return known === 'stored' ? accepted(DUPLICATE) : refused(known);
    const verdict = judge(event, machines.view);
    const refusal = objection(store, rules, { event, verdict });
    if (refusal) {
      if (verdict.verdict !== 'ordinary') rememberRefusal(store, event, { refusal, now });
      return refused(refusal);
    }
    switch (verdict.verdict) {
      case 'ordinary':
        return storeOrdinary(store, event);
      case 'definition':
        return storeDefinition(store, machines, { event, verdict, now });
      case 'transition':
        return storeTransition(store, machines, { event, verdict, now });
      case 'snapshot':
        return storeSnapshot(store, machines, { event, verdict });
      case 'refused':
        keepEvidence(store, machines, { event, verdict, now });
        rememberRefusal(store, event, { refusal: verdict.refusal, now });
        return refused(verdict.refusal);
    }
  };
}

type Case<Name extends Verdict['verdict']> = {
  readonly event: NostrEvent;
  readonly verdict: Extract<Verdict, { verdict: Name }>;
};

function accepted(message = '', n?: number): Outcome {
  return n === undefined ? { accepted: true, message } : { accepted: true, message, n };
}

function refused(refusal: Refusal): Outcome {
  return { accepted: false, refusal };
}

/** Stores an event outside any machine, with replacement (NIP-01) and deletion (NIP-09). */
function storeOrdinary(store: Store, event: NostrEvent): Outcome {
  const replaced = currentVersion(store, event);
  if (replaced) store.events.remove(replaced.n);
  const n = insert(store, event);
  if (event.kind === DELETION_KIND) deleteReferenced(store, event);
  if (event.kind === VANISH_KIND) store.vanished.request(event.pubkey, event.created_at);
  return accepted(isGuarded(event.kind) ? 'opaque: stored without looking inside' : '', n);
}

function insert(store: Store, event: NostrEvent): number {
  return store.events.insert(event, expiration(event));
}

function deleteReferenced(store: Store, deletion: NostrEvent): void {
  const { pubkey, created_at } = deletion;
  for (const id of tagValues(deletion, 'e')) {
    if (isHex64(id)) store.deletions.deleteId(id, pubkey);
  }
  for (const value of tagValues(deletion, 'a')) {
    const address = parseAddress(value);
    if (address?.pubkey !== pubkey) continue;
    store.deletions.deleteAddress(address, created_at);
  }
}

function storeDefinition(
  store: Store,
  machines: Machines,
  { event, verdict, now }: Case<'definition'> & { readonly now: number },
): Outcome {
  const n = insert(store, event);
  machines.host(event, verdict.definition, { n, now });
  // Snapshots may have come first, as plain app data; now they can be judged.
  for (const [i, earlier] of store.events.referring(event.id, SNAPSHOT_KIND).entries()) {
    const isExcess = i >= EARLY_SNAPSHOTS_MAX;
    const claim = isExcess ? undefined : judge(earlier.event, machines.view);
    if (claim === undefined || claim.verdict === 'refused') {
      store.events.remove(earlier.n);
      continue;
    }
    if (claim.verdict === 'snapshot' && claim.endorses) {
      logEndorsement(store, machines, { event: earlier.event, verdict: claim });
    }
  }
  return accepted('', n);
}

function storeTransition(
  store: Store,
  machines: Machines,
  { event, verdict, now }: Case<'transition'> & { readonly now: number },
): Outcome {
  const { transition, node } = verdict;
  const machine = machines.machine(transition.machine);
  if (!machine) throw new Error(`machine ${transition.machine} vanished while it was judged`);
  const n = insert(store, event);
  machines.extend(machine, { node, transition }, { n, now });
  return accepted('', n);
}

/** Validate first, replace second: a wrong snapshot never evicts a right one. */
function storeSnapshot(
  store: Store,
  machines: Machines,
  { event, verdict }: Case<'snapshot'>,
): Outcome {
  if (verdict.endorses) logEndorsement(store, machines, { event, verdict });
  const replaced = currentVersion(store, event);
  if (replaced && !beats(event, replaced)) {
    return accepted('superseded: logged as an endorsement; a newer snapshot is served');
  }
  if (replaced) store.events.remove(replaced.n);
  return accepted('', insert(store, event));
}

function logEndorsement(
  store: Store,
  machines: Machines,
  { event, verdict }: Case<'snapshot'>,
): void {
  const { machine, node } = verdict;
  const hosted = machines.machine(machine.definition.id);
  if (!hosted) throw new Error(`machine ${machine.definition.id} vanished while it was judged`);
  store.endorsements.add({
    id: event.id,
    machine: hosted.n,
    head: node.id === null ? null : (store.events.find(node.id)?.n ?? null),
    pubkey: event.pubkey,
    d: tagValues(event, 'd')[0] ?? '',
    createdAt: event.created_at,
    json: eventJson(event),
  });
}

/** Remembers why a signed event was refused, for people who ask and for what builds on it. */
export function rememberRefusal(
  store: Store,
  event: NostrEvent,
  { refusal, now }: { readonly refusal: Refusal; readonly now: number },
): void {
  store.refusals.remember({
    id: event.id,
    kind: event.kind,
    machine: parseMachineRef(event),
    author: event.pubkey,
    code: refusal.code,
    message: refusalText(refusal),
    createdAt: event.created_at,
    at: now,
  });
}

/** Keeps what contradicts the chain, within its bounds. */
function keepEvidence(
  store: Store,
  machines: Machines,
  { event, verdict, now }: Case<'refused'> & { readonly now: number },
): void {
  const { evidence } = verdict;
  const about = evidence && machines.machine(evidence.machine);
  if (about) store.evidence.keep(event, { machine: about.n, prior: evidence.prior, now });
}
