/**
 * Admission that has nothing to do with a machine's state: sizes, kinds, authors, work, times.
 *
 * Cheap to costly, the first refusal is reported; the signature is checked after all of it. Pure:
 * the clock and who is authenticated come as arguments. Freshness belongs here and not to
 * `judge`, because validity must not depend on when an event arrives (PROTOCOL §4).
 */
import type { Config } from '../config.ts';
import { AUTH_KIND } from '../nostr/auth.ts';
import { isExpired, isProtected, type NostrEvent, parseEvent } from '../nostr/event.ts';
import { checkWork } from '../nostr/pow.ts';
import { DEFINITION_KIND, SNAPSHOT_KIND, TRANSITION_KIND } from '../nsm/kinds.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { type AccessRules, accessRules, NO_LISTS } from './access.ts';

/** Who sent an event and when (Unix seconds); `bytes` is its length on the wire. */
export type Arrival = {
  readonly bytes: number;
  readonly now: number;
  readonly authenticated: ReadonlySet<string>;
};

/** Says why an event is not admitted, undefined when it is. */
export type Admit = (event: NostrEvent, arrival: Arrival) => Refusal | undefined;

const REPOST_KINDS: readonly number[] = [6, 16];
/** How far ahead of the clock a machine's event may be, in seconds; part of the protocol. */
const MACHINE_FUTURE_SECONDS = 60;

/**
 * The admission rules of a configuration; `self` is the relay's own pubkey. `rules` gives the
 * access rules in force at that moment, by default those of the configuration alone.
 */
export function createAdmission(
  config: Config,
  self: string,
  rules: () => AccessRules = always(accessRules(config, NO_LISTS)),
): Admit {
  return (event, arrival) =>
    checkSize(event, arrival, config) ??
    checkKind(event, rules()) ??
    checkAuthor(event, arrival, { rules: rules(), self }) ??
    checkSender(arrival, config) ??
    checkMachine(event, rules()) ??
    checkWork(event, config.pow.minimumBits) ??
    checkProtected(event, arrival) ??
    checkTime(event, arrival, { config, self });
}

const always = <Value>(value: Value) => {
  return () => value;
};

function checkSize(event: NostrEvent, { bytes }: Arrival, { limits }: Config): Refusal | undefined {
  const { eventBytesMax, contentCharactersMax, tagsMax } = limits;
  if (bytes > eventBytesMax) return refuse('event-too-large', { limit: eventBytesMax });
  // A string has at most as many characters as UTF-16 units, so most events need no count.
  const long = event.content.length > contentCharactersMax;
  if (long && [...event.content].length > contentCharactersMax) {
    return refuse('event-too-large', { limit: contentCharactersMax }, 'the content is too long');
  }
  return event.tags.length > tagsMax ? refuse('too-many-tags', { limit: tagsMax }) : undefined;
}

function checkKind({ kind }: NostrEvent, { takesKind }: AccessRules): Refusal | undefined {
  if (kind === AUTH_KIND)
    return refuse('bad-event', {}, 'send an authentication with AUTH, not EVENT');
  return takesKind(kind) ? undefined : refuse('kind-not-accepted');
}

function checkAuthor(
  { pubkey, kind }: NostrEvent,
  { authenticated }: Arrival,
  { rules: { mayWrite }, self }: { readonly rules: AccessRules; readonly self: string },
): Refusal | undefined {
  // What the relay itself said to a machine comes back when its operator restores the record.
  const isRestored = kind === TRANSITION_KIND && authenticated.has(self);
  if (pubkey === self) return isRestored ? undefined : refuse('keeper-key');
  return mayWrite(pubkey) ? undefined : refuse('author-not-allowed');
}

function checkSender({ authenticated }: Arrival, { access }: Config): Refusal | undefined {
  const { authRequired, authToWrite } = access;
  if (!(authRequired || authToWrite) || authenticated.size > 0) return undefined;
  const refusal = refuse('author-not-allowed', {}, 'this relay takes events only after AUTH');
  return { ...refusal, prefix: 'auth-required' };
}

function checkMachine(event: NostrEvent, { isOfHidden }: AccessRules): Refusal | undefined {
  return isOfHidden(event) ? refuse('machine-not-hosted') : undefined;
}

/** NIP-70: only its author may publish a protected event, after proving it; nobody reposts one. */
function checkProtected(event: NostrEvent, { authenticated }: Arrival): Refusal | undefined {
  if (isProtectedRepost(event)) {
    const refusal = refuse('protected', {}, 'a repost may not carry a protected event');
    return { ...refusal, prefix: 'restricted' };
  }
  if (!isProtected(event) || authenticated.has(event.pubkey)) return undefined;
  const refusal = refuse('protected');
  return authenticated.size === 0 ? refusal : { ...refusal, prefix: 'restricted' };
}

/** True for a repost (NIP-18) with a protected event in its content. */
function isProtectedRepost({ kind, content }: NostrEvent): boolean {
  if (!REPOST_KINDS.includes(kind)) return false;
  try {
    const carried = parseEvent(JSON.parse(content));
    return !isRefusal(carried) && isProtected(carried);
  } catch {
    return false;
  }
}

/** Who holds the relay's own key is its operator, and may hand in what is old (PROTOCOL §4). */
function checkTime(
  event: NostrEvent,
  { now, authenticated }: Arrival,
  { config, self }: { readonly config: Config; readonly self: string },
): Refusal | undefined {
  const { created_at, kind } = event;
  const mayBeOld = authenticated.has(self);
  const { createdAtFutureSeconds, createdAtPastSeconds } = config.limits;
  const isRecord = kind === DEFINITION_KIND || kind === TRANSITION_KIND;
  if ((isRecord || kind === SNAPSHOT_KIND) && created_at > now + MACHINE_FUTURE_SECONDS) {
    return refuse('from-future', { limit: MACHINE_FUTURE_SECONDS });
  }
  if (isRecord) {
    const limit = config.machines.transitionMaxAgeSeconds;
    return limit > 0 && !mayBeOld && created_at < now - limit
      ? refuse('backdated', { limit })
      : undefined;
  }
  if (created_at > now + createdAtFutureSeconds) {
    return refuse('time-out-of-range', { limit: createdAtFutureSeconds });
  }
  if (createdAtPastSeconds > 0 && !mayBeOld && created_at < now - createdAtPastSeconds) {
    return refuse('time-out-of-range', { limit: createdAtPastSeconds }, 'created_at is too old');
  }
  return isExpired(event, now) ? refuse('expired') : undefined;
}
