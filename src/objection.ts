/**
 * What this relay adds to a verdict: its own reasons not to store what the protocol allows.
 *
 * Quotas, whom it takes snapshots from, deletions, newer versions. Only reads, so that the writer
 * and a dry run say the same.
 */
import type { Config } from './config.ts';
import {
  addressOf,
  beats,
  isHex64,
  type NostrEvent,
  parseAddress,
  tagValues,
} from './nostr/event.ts';
import { asksToVanish, VANISH_KIND } from './nostr/vanish.ts';
import type { Custodian, ForkMode } from './nsm/definition-tags.ts';
import type { Verdict } from './nsm/judge.ts';
import { KEEPER_PREFIX } from './nsm/keeper-snapshot.ts';
import { SNAPSHOT_KIND } from './nsm/kinds.ts';
import type { HostedMachine, StateNode } from './nsm/view.ts';
import type { Quotas } from './quotas.ts';
import { type Refusal, refuse } from './refusal.ts';
import type { Store } from './store/store.ts';

/** What an operator decides about events that are valid. */
export type LocalRules = {
  readonly publishers: 'any' | 'designated';
  /** Fork modes that definitions may ask for. */
  readonly allowedForks: readonly ForkMode[];
  /** Whether the relay acts as the custodian of machines that name its key. */
  readonly custodian: 'accept' | 'refuse';
  readonly chainMax: number;
  /** Whether 30078 events that belong to no machine are taken. */
  readonly appData: boolean;
  /** The relay's own pubkey. */
  readonly self: string;
  /** How much one author and one machine may take; without, as much as they like. */
  readonly quotas?: Quotas;
  /** The address by which requests to vanish name this relay; without it none is carried out. */
  readonly vanishUrl?: () => string;
};

/** An event with what `judge` said about it; `now` in Unix seconds. */
export type Judged = {
  readonly event: NostrEvent;
  readonly verdict: Verdict;
  readonly now: number;
};

const DELETION_KIND = 5;

/**
 * The local rules of a configuration; `self` is the relay's own pubkey. Quotas and the relay's
 * address come from what runs; requests to vanish need the configuration's consent besides.
 */
export function localRules(
  { machines, limits, kinds, vanish }: Config,
  self: string,
  { quotas, vanishUrl }: Pick<LocalRules, 'quotas' | 'vanishUrl'> = {},
): LocalRules {
  const appData = kinds.mode === 'open' || kinds.allow.includes(SNAPSHOT_KIND);
  const { publishers, allowedForks, custodian } = machines;
  const { chainMax } = limits;
  return {
    ...{ publishers, allowedForks, custodian, chainMax, appData, self },
    ...(quotas && { quotas }),
    ...(vanish.mode === 'redact' && vanishUrl && { vanishUrl }),
  };
}

/** Why a judged event is not stored here although its verdict allows it; undefined when it is. */
export function objection(
  store: Store,
  rules: LocalRules,
  { event, verdict, now }: Judged,
): Refusal | undefined {
  if (verdict.verdict !== 'refused' && store.vanished.covers(event)) {
    return refuse('deleted', {}, 'its author, or whom it is for, asked to vanish');
  }
  const overQuota = () => rules.quotas?.objection(event.pubkey, verdict, now);
  switch (verdict.verdict) {
    case 'ordinary':
      return objectToOrdinary(store, rules, event);
    case 'definition': {
      const { forks, custodian } = verdict.definition;
      if (forks !== null && !rules.allowedForks.includes(forks))
        return refuse('unsupported-feature', {}, `this relay does not allow fork mode ${forks}`);
      const objected = custodian?.pubkey === rules.self && objectToCustody(store, rules, custodian);
      return objected || overQuota();
    }
    case 'transition':
      return objectToLength(rules, verdict.node) ?? overQuota();
    case 'snapshot':
      // An endorsement is on record whoever else may publish, and however late it comes.
      if (verdict.endorses)
        return verdict.branch.length > 0 ? objectToLength(rules, verdict.node) : undefined;
      if (rules.publishers === 'designated' && !isByCustodian(event, verdict.machine))
        return refuse('not-custodian');
      return objectToVersion(store, event);
    case 'refused':
      return undefined;
  }
}

function isByCustodian({ pubkey }: NostrEvent, { definition }: HostedMachine): boolean {
  return definition.custodian?.pubkey === pubkey;
}

function objectToLength({ chainMax: limit }: LocalRules, { height }: StateNode) {
  return height > limit ? refuse('quota', { limit }) : undefined;
}

/** This relay is asked to be the custodian of a machine, at a coordinate of its own key. */
function objectToCustody(
  store: Store,
  { custodian }: LocalRules,
  { d }: Custodian,
): Refusal | undefined {
  if (custodian === 'refuse')
    return refuse('machine-not-hosted', {}, 'this relay does not act as custodian');
  const isTaken = d.startsWith(KEEPER_PREFIX) || store.custody.taken(d);
  if (!isTaken) return undefined;
  return refuse('machine-not-hosted', {}, 'its d is taken: name another one in the state tag');
}

/** The stored version at an event's coordinate, if it has one. */
export function currentVersion(store: Store, event: NostrEvent) {
  const address = parseAddress(addressOf(event) ?? '');
  return address && store.events.latest(event.pubkey, event.kind, address.d);
}

function objectToOrdinary(
  store: Store,
  { appData, vanishUrl }: LocalRules,
  event: NostrEvent,
): Refusal | undefined {
  if (event.kind === VANISH_KIND) return objectToVanish(event, vanishUrl);
  if (event.kind === DELETION_KIND) return appendOnly(store, event);
  if (event.kind === SNAPSHOT_KIND && !appData) {
    return refuse('kind-not-accepted', {}, 'only snapshots of hosted machines');
  }
  return objectToVersion(store, event);
}

/** NIP-62: a request is carried out or refused, never just stored. */
function objectToVanish(event: NostrEvent, vanishUrl: (() => string) | undefined) {
  const reason = !vanishUrl
    ? 'this relay does not carry out requests to vanish'
    : 'no relay tag of the request names this relay';
  const isMeant = vanishUrl && asksToVanish(event, vanishUrl());
  return isMeant ? undefined : refuse('kind-not-accepted', {}, reason);
}

/** Deletion (NIP-09) and replacement (NIP-01). */
function objectToVersion(store: Store, event: NostrEvent): Refusal | undefined {
  if (store.deletions.covers(event)) return refuse('deleted');
  const current = currentVersion(store, event);
  return current && !beats(event, current) ? refuse('have-newer') : undefined;
}

/** PROTOCOL §9: what belongs to a machine's record cannot be deleted, by anybody. */
function appendOnly(store: Store, deletion: NostrEvent): Refusal | undefined {
  const byId = tagValues(deletion, 'e').some((id) => {
    const found = isHex64(id) ? store.events.find(id) : undefined;
    const isRecord = found && (store.machines.find(found.n) ?? store.transitions.find(found.n));
    return isRecord !== undefined || (isHex64(id) && store.endorsements.has(id));
  });
  const byAddress = tagValues(deletion, 'a').some((value) => {
    const address = parseAddress(value);
    if (address?.kind !== SNAPSHOT_KIND || !isHex64(address.pubkey)) return false;
    return store.endorsements.boundMachine(address.pubkey, address.d) !== undefined;
  });
  return byId || byAddress ? refuse('append-only') : undefined;
}
