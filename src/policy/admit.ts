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
import { VANISH_KIND } from '../nostr/vanish.ts';
import { DEFINITION_KIND, SNAPSHOT_KIND, TRANSITION_KIND } from '../nsm/kinds.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';

/** Who sent an event and when (Unix seconds); `bytes` is its length on the wire. */
export type Arrival = {
  readonly bytes: number;
  readonly now: number;
  readonly authenticated: ReadonlySet<string>;
};

/** Says why an event is not admitted, undefined when it is. */
export type Admit = (event: NostrEvent, arrival: Arrival) => Refusal | undefined;

/** Kinds that strict mode always takes. */
const STRICT_KINDS: readonly number[] = [DEFINITION_KIND, TRANSITION_KIND, SNAPSHOT_KIND, 5];
const REPOST_KINDS: readonly number[] = [6, 16];
/** How far ahead of the clock a machine's event may be, in seconds; part of the protocol. */
const MACHINE_FUTURE_SECONDS = 60;

/** The admission rules of a configuration; `self` is the relay's own pubkey. */
export function createAdmission(config: Config, self: string): Admit {
  const kinds =
    config.kinds.mode === 'open' ? null : new Set([...strictKinds(config), ...config.kinds.allow]);
  return (event, arrival) =>
    checkSize(event, arrival, config) ??
    checkKind(event, kinds) ??
    checkAuthor(event, arrival, { config, self }) ??
    checkWork(event, config.pow.minimumBits) ??
    checkProtected(event, arrival) ??
    checkTime(event, arrival, config);
}

/** Whoever wants to vanish may say so on a closed relay too (NIP-62). */
function strictKinds({ vanish }: Config): readonly number[] {
  return vanish.mode === 'redact' ? [...STRICT_KINDS, VANISH_KIND] : STRICT_KINDS;
}

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

function checkKind({ kind }: NostrEvent, kinds: ReadonlySet<number> | null): Refusal | undefined {
  if (kind === AUTH_KIND)
    return refuse('bad-event', {}, 'send an authentication with AUTH, not EVENT');
  return kinds === null || kinds.has(kind) ? undefined : refuse('kind-not-accepted');
}

function checkAuthor(
  { pubkey }: NostrEvent,
  { authenticated }: Arrival,
  { config, self }: { readonly config: Config; readonly self: string },
): Refusal | undefined {
  if (pubkey === self) return refuse('keeper-key');
  const { allowAuthors, denyAuthors, authRequired, authToWrite } = config.access;
  const listed = allowAuthors.length === 0 || allowAuthors.includes(pubkey);
  if (!listed || denyAuthors.includes(pubkey)) return refuse('author-not-allowed');
  if (!(authRequired || authToWrite) || authenticated.size > 0) return undefined;
  const refusal = refuse('author-not-allowed', {}, 'this relay takes events only after AUTH');
  return { ...refusal, prefix: 'auth-required' };
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

function checkTime(event: NostrEvent, { now }: Arrival, config: Config): Refusal | undefined {
  const { created_at, kind } = event;
  const { createdAtFutureSeconds, createdAtPastSeconds } = config.limits;
  const isRecord = kind === DEFINITION_KIND || kind === TRANSITION_KIND;
  if ((isRecord || kind === SNAPSHOT_KIND) && created_at > now + MACHINE_FUTURE_SECONDS) {
    return refuse('from-future', { limit: MACHINE_FUTURE_SECONDS });
  }
  if (isRecord) {
    const limit = config.machines.transitionMaxAgeSeconds;
    return limit > 0 && created_at < now - limit ? refuse('backdated', { limit }) : undefined;
  }
  if (created_at > now + createdAtFutureSeconds) {
    return refuse('time-out-of-range', { limit: createdAtFutureSeconds });
  }
  if (createdAtPastSeconds > 0 && created_at < now - createdAtPastSeconds) {
    return refuse('time-out-of-range', { limit: createdAtPastSeconds }, 'created_at is too old');
  }
  return isExpired(event, now) ? refuse('expired') : undefined;
}
