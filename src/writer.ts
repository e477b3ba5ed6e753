/**
 * One verified event inside the storing transaction: duplicate? judge, then rows.
 *
 * Everything that decides and everything that is written happens here, in one savepoint, so an
 * event and its consequences (head, state, endorsement, tombstone) are stored together or not at
 * all. No clock is read: the time comes with the batch.
 */
import { type Change, numberOf } from './branches.ts';
import { refill } from './burial.ts';
import { DUPLICATE, knownEvent } from './known.ts';
import type { StoredMachine } from './machine-nodes.ts';
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

/** What became of an event: the content of its OK, and what else happened because of it. */
export type Outcome = Consequences &
  (
    | {
        readonly accepted: true;
        /** The text of `OK true`; empty for the ordinary case. */
        readonly message: string;
        /** Sequence number under which the event was stored now; absent when it was not. */
        readonly n?: number;
      }
    | { readonly accepted: false; readonly refusal: Refusal }
  );

/** What an event entails for its machine; even one that is refused can freeze it. */
type Consequences = {
  /** Evidence that was accepted because an endorsement names it, in chain order. */
  readonly branch?: readonly { readonly event: NostrEvent; readonly n: number }[];
  readonly changes?: readonly Change[];
};

/** Decides about one event inside a transaction, and writes what follows; `now` in Unix seconds. */
export type Writer = (event: NostrEvent, now: number) => Outcome;

const DELETION_KIND = 5;
/** Snapshots that came before their definition and are judged with it; further ones are dropped. */
const EARLY_SNAPSHOTS_MAX = 256;

/** The function that decides about one event and writes what follows from it. */
export function createWriter(store: Store, machines: Machines, rules: LocalRules): Writer {
  return (event, now) => {
    const known = knownEvent(store, event);
    if (known === 'stored') return accepted(DUPLICATE);
    if (known === 'hollow') {
      refill({ store, machines }, event);
      return accepted('duplicate: what was removed of this event is stored again');
    }
    if (known) return refused(known);
    const verdict = judge(event, machines.view);
    const refusal = objection(store, rules, { event, verdict, now });
    if (refusal) {
      if (verdict.verdict !== 'ordinary') rememberRefusal(store, event, { refusal, now });
      return refused(refusal);
    }
    const charged = (outcome: Outcome): Outcome => {
      rules.quotas?.charge(event.pubkey, verdict, now);
      return outcome;
    };
    switch (verdict.verdict) {
      case 'ordinary':
        return storeOrdinary(store, event);
      case 'definition':
        return charged(storeDefinition(store, machines, { event, verdict, now, self: rules.self }));
      case 'transition':
        return charged(storeTransition(store, machines, { event, verdict, now }));
      case 'snapshot':
        return storeSnapshot(store, machines, { event, verdict, now });
      case 'refused':
        return refuseEvent(store, machines, { event, verdict, now });
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
  {
    event,
    verdict,
    now,
    self,
  }: Case<'definition'> & { readonly now: number; readonly self: string },
): Outcome {
  const n = insert(store, event);
  const { custodian } = verdict.definition;
  if (custodian?.pubkey === self) store.custody.take(n, custodian.d);
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
      applyEndorsement(store, machines, { event: earlier.event, verdict: claim, now });
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
  // Refused before, when another transition was the head.
  store.evidence.drop(event.id);
  const step = { node, transition };
  if (transition.prior === machine.head.id) {
    machines.extend(machine, step, { n, now });
    return accepted('', n);
  }
  const change = machines.branch(machine, step, { n, now });
  if (!change) return accepted('side-branch: stored beside the head', n);
  return {
    ...accepted('side-branch: stored beside the head, which is now here', n),
    changes: [change],
  };
}

/** Validate first, replace second: a wrong snapshot never evicts a right one. */
function storeSnapshot(
  store: Store,
  machines: Machines,
  { event, verdict, now }: Case<'snapshot'> & { readonly now: number },
): Outcome {
  const endorsed = verdict.endorses
    ? applyEndorsement(store, machines, { event, verdict, now })
    : { branch: [], changes: [] };
  const isConflict = endorsed.changes.some(({ kind }) => kind === 'frozen');
  const conflict = 'custodian-equivocation: it excludes an earlier endorsement; the machine froze';
  const replaced = currentVersion(store, event);
  if (replaced && !beats(event, replaced)) {
    const says = 'superseded: logged as an endorsement; a newer snapshot is served';
    return { ...accepted(isConflict ? conflict : says), ...endorsed };
  }
  if (replaced) store.events.remove(replaced.n);
  return { ...accepted(isConflict ? conflict : '', insert(store, event)), ...endorsed };
}

/** Accepts the evidence that an endorsement names, logs it, and lets it decide. */
export function applyEndorsement(
  store: Store,
  machines: Machines,
  { event, verdict, now }: Case<'snapshot'> & { readonly now: number },
): Required<Consequences> {
  const { definition } = verdict.machine;
  const hosted = () => {
    const machine = machines.machine(definition.id);
    if (!machine) throw new Error(`machine ${definition.id} vanished while it was judged`);
    return machine;
  };
  const branch: { event: NostrEvent; n: number }[] = [];
  const changes: (Change | undefined)[] = [];
  for (const { event: step, transition, node } of verdict.branch) {
    const n = insert(store, step);
    store.evidence.drop(step.id);
    branch.push({ event: step, n });
    const machine = hosted();
    const isNext = transition.prior === machine.head.id && !machine.frozen;
    const write = isNext ? machines.extend : machines.branch;
    changes.push(write(machine, { node, transition }, { n, now }) ?? undefined);
  }
  const { id: node } = verdict.node;
  logEndorsement(store, hosted(), { event, node });
  const activity = branch.at(-1)?.n;
  changes.push(machines.endorse(hosted(), { snapshot: event.id, node, now, activity }));
  return { branch, changes: changes.filter((change) => change !== undefined) };
}

function logEndorsement(
  store: Store,
  hosted: StoredMachine,
  { event, node }: { readonly event: NostrEvent; readonly node: string | null },
): void {
  store.endorsements.add({
    id: event.id,
    machine: hosted.n,
    head: numberOf(store, node),
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

/** Keeps what contradicts the chain, within its bounds, and freezes what it voids. */
function refuseEvent(
  store: Store,
  machines: Machines,
  { event, verdict, now }: Case<'refused'> & { readonly now: number },
): Outcome {
  const { refusal, evidence, voids: at, disproved } = verdict;
  rememberRefusal(store, event, { refusal, now });
  if (disproved) {
    store.evidence.drop(disproved.event.id);
    rememberRefusal(store, disproved.event, { refusal: disproved.refusal, now });
  }
  const about = evidence && machines.machine(evidence.machine);
  if (!about) return refused(refusal);
  const isProof = at !== undefined;
  store.evidence.keep(event, { machine: about.n, prior: evidence.prior, now, isProof });
  if (!at) return refused(refusal);
  const change = machines.void(about, { at, transition: event.id, now });
  return { ...refused(refusal), changes: [change] };
}
