/**
 * Every reason to refuse an event, as data.
 *
 * A refusal is an expected outcome and travels as a returned value; a *fault* (a bug, a broken
 * disk) is thrown instead and reaches the sender only as `internal` or `storage`. Codes are
 * stable and never reused (PROTOCOL §12). `docs/refusals.md` is generated from this table.
 */

/**
 * What the sender should do: sign something else, sign again on the named head, send the same
 * bytes later, authenticate, or give up.
 */
export type Remedy = 'fix' | 'rebase' | 'resend' | 'auth' | 'none';

/** Who else refuses it: every conforming relay for ever, who sees the same chain, or only we. */
export type Scope = 'everywhere' | 'chain' | 'here';

/** The one-word prefixes of NIP-01 and NIP-42 that this relay uses. */
export type Prefix =
  | 'auth-required'
  | 'blocked'
  | 'duplicate'
  | 'error'
  | 'invalid'
  | 'pow'
  | 'rate-limited'
  | 'restricted';

type Row = {
  readonly prefix: Prefix;
  readonly remedy: Remedy;
  readonly scope: Scope;
  /** The sentence used when the place that refuses has nothing more specific to say. */
  readonly says: string;
};

type Answer = readonly [prefix: Prefix, remedy: Remedy, scope: Scope];

const row = ([prefix, remedy, scope]: Answer, says: string): Row => ({
  prefix,
  remedy,
  scope,
  says,
});

/** Valid nowhere, ever: the author has to sign something else. */
const never = (says: string): Row => row(['invalid', 'fix', 'everywhere'], says);

/** In order of precedence: cheap and general first, what only the machine's state can tell last. */
export const REFUSALS = {
  'bad-event': never('the event does not have the form of NIP-01'),
  'event-too-large': row(['invalid', 'fix', 'here'], 'the event is larger than this relay takes'),
  'too-many-tags': row(['invalid', 'fix', 'here'], 'the event has more tags than this relay takes'),
  'bad-id': never('the id is not the hash of the event'),
  'kind-not-accepted': row(['restricted', 'none', 'here'], 'this relay does not take this kind'),
  'author-not-allowed': row(['restricted', 'none', 'here'], 'this author may not write here'),
  'keeper-key': row(
    ['restricted', 'none', 'here'],
    "nobody but the relay publishes under the relay's own key",
  ),
  pow: row(['pow', 'fix', 'here'], 'the proof of work is missing or too small'),
  protected: row(
    ['auth-required', 'auth', 'here'],
    'only its author may publish a protected event, after AUTH',
  ),
  'from-future': row(['invalid', 'resend', 'here'], 'created_at is too far ahead of the clock'),
  backdated: row(
    ['invalid', 'fix', 'here'],
    'created_at is too far in the past for a transition sent now',
  ),
  'time-out-of-range': row(
    ['invalid', 'fix', 'here'],
    'created_at is outside the range this relay takes',
  ),
  expired: row(['invalid', 'fix', 'here'], 'the event has expired'),
  'rate-limited': row(['rate-limited', 'resend', 'here'], 'too many events from this address'),
  'bad-signature': never('the signature does not verify'),
  overloaded: row(['error', 'resend', 'here'], 'too many events are waiting'),
  'shutting-down': row(['error', 'resend', 'here'], 'the relay is stopping'),
  deleted: row(['blocked', 'none', 'here'], 'its author deleted this event'),
  tombstoned: row(['blocked', 'none', 'here'], 'this event was removed from the relay'),
  'have-newer': row(['duplicate', 'none', 'chain'], 'a newer version is stored'),
  'append-only': row(
    ['blocked', 'none', 'here'],
    'a machine is append-only: its events cannot be deleted',
  ),
  expiring: never("a machine's events may not carry an expiration tag"),

  'definition-limits': never('the definition exceeds a limit'),
  'definition-json': never('the content is not a JSON object without repeated names'),
  'definition-shape': never('the definition has a member that is unknown or malformed'),
  'pubkey-format': never('a pubkey in the context is not 64 lower-case hex'),
  'custodian-tag': never('the state tag must be one 30078:<pubkey>:<d>'),
  'forks-tag': never('the forks tag must be one of head-only, dag, void'),
  'unsupported-engine': row(
    ['blocked', 'none', 'here'],
    'this relay does not have that engine or library',
  ),
  'unsupported-feature': row(
    ['blocked', 'none', 'here'],
    'this relay does not support that feature',
  ),
  'rules-invalid': never('a rule in meta.nsm is malformed'),
  'unsupported-guard': row(['blocked', 'none', 'here'], 'no rules or library define that guard'),
  'unsupported-action': row(['blocked', 'none', 'here'], 'no rules or library define that action'),
  'definition-invalid': never('the machine cannot start or a reference does not resolve'),
  'machine-not-hosted': row(
    ['restricted', 'none', 'here'],
    'this relay does not host that machine',
  ),

  'machine-ref': never('exactly one e tag must name a definition'),
  'event-type': never('exactly one t tag must hold an event type'),
  'link-shape': never('at most one transition tag, holding an id'),
  'payload-limits': never('the payload is larger than 8 KiB'),
  'too-deep': never('the JSON is nested too deeply'),
  'payload-json': never('the payload is neither empty nor JSON without repeated names'),
  'payload-shape': never('the payload must be a JSON object without type or inputterPubKey'),
  'forbidden-key': never('a member is named __proto__, prototype or constructor'),
  'number-range': never('a number is not finite or an integer is not safe'),
  unicode: never('a string is not well-formed Unicode'),
  'unknown-machine': row(['error', 'resend', 'chain'], 'held until its definition arrives'),
  'machine-frozen': row(['blocked', 'none', 'chain'], 'the machine is frozen'),
  'link-wrong-kind': never('the transition tag names something that is not a transition'),
  'link-other-machine': never('the transition tag names a transition of another machine'),
  'link-rejected-prior': row(
    ['invalid', 'none', 'here'],
    'the transition it builds on was refused for good',
  ),
  orphan: row(['error', 'resend', 'chain'], 'held until it arrives'),
  'time-regress': never('created_at is before that of the event it builds on'),
  'link-missing': row(
    ['invalid', 'rebase', 'chain'],
    'the machine has begun: name the head and sign again',
  ),
  'stale-head': row(['invalid', 'rebase', 'chain'], 'sign again on top of the head'),
  'fork-limit': row(['rate-limited', 'resend', 'here'], 'too many side branches'),
  quota: row(
    ['rate-limited', 'resend', 'here'],
    'the machine, or the author, has taken as much as this relay allows',
  ),
  'machine-finished': never('the machine has ended'),
  'timers-due': row(
    ['invalid', 'rebase', 'everywhere'],
    'too many timers are due; send a tick first',
  ),
  'no-timer-due': never('no timer is due'),
  'no-transition': never('the present state does not take this event type'),
  'guard-denied': never('no guard lets this author do this now'),
  'guard-error': never('a rule failed on these values'),
  'engine-budget': never('the step costs more than the rule set allows'),
  'state-limits': never('the state would grow beyond 64 KiB'),
  'state-not-json': never('the state would not be plain JSON'),
  'no-change': never('the state would not change'),

  'snapshot-ref': never(
    'a snapshot names one machine and at most one transition, and does not expire',
  ),
  'not-custodian': row(
    ['restricted', 'none', 'here'],
    "only the machine's custodian may publish snapshots here",
  ),
  'snapshot-unknown-head': row(['error', 'resend', 'chain'], 'held until that transition arrives'),
  'snapshot-head-invalid': never('the transition it names is not valid'),
  'snapshot-json': never('the content is not a JSON object without repeated names'),
  'snapshot-mismatch': never('the state it claims is not the computed one'),

  'pool-full': row(
    ['rate-limited', 'resend', 'here'],
    'too many events wait for what they build on',
  ),
  'engine-timeout': row(['error', 'resend', 'here'], 'the definition took too long to check'),
  storage: row(['error', 'resend', 'here'], 'the event could not be written'),
  internal: row(['error', 'resend', 'here'], 'the relay failed; the fault was logged'),
} as const satisfies Record<string, Row>;

/** A code of the table above; stable, never reused. */
export type RefusalCode = keyof typeof REFUSALS;

/** Details printed as `key=value`, in this order. Paths are JSON pointers, times seconds. */
export type Details = {
  readonly head?: string;
  readonly height?: number;
  readonly missing?: string;
  readonly path?: string;
  readonly limit?: number;
  readonly retry_after?: number;
  readonly conflict?: string;
};

/** Why an event is refused: a value, never thrown. */
export type Refusal = {
  readonly code: RefusalCode;
  readonly prefix: Prefix;
  readonly details: Details;
  /** One sentence for people, without prefix, code and details. */
  readonly says: string;
};

const DETAIL_ORDER = [
  'head',
  'height',
  'missing',
  'path',
  'limit',
  'retry_after',
  'conflict',
] as const;

/** A refusal by its code; `says` replaces the table's sentence where the caller knows more. */
export function refuse(code: RefusalCode, details: Details = {}, says?: string): Refusal {
  const { prefix, says: sentence } = REFUSALS[code];
  return { code, prefix, details, says: says ?? sentence };
}

/** True for a refusal among values of a `T | Refusal`. */
export function isRefusal(value: unknown): value is Refusal {
  return (
    typeof value === 'object' &&
    value !== null &&
    'code' in value &&
    'says' in value &&
    'details' in value
  );
}

/** True where the same bytes may pass once what they build on has come (PROTOCOL §10). */
export function isPending({ code }: Refusal): boolean {
  const { remedy, scope } = REFUSALS[code];
  return remedy === 'resend' && scope === 'chain';
}

/** The text of `OK false` (PROTOCOL §12): `<prefix>: <code>: [key=value… — ]<sentence>`. */
export function refusalText(refusal: Refusal): string {
  const pairs = DETAIL_ORDER.flatMap((key) => {
    const value = refusal.details[key];
    return value === undefined ? [] : [`${key}=${printable(String(value))}`];
  });
  const details = pairs.length === 0 ? '' : `${pairs.join(' ')} — `;
  return `${refusal.prefix}: ${refusal.code}: ${details}${refusal.says}`;
}

/** Details never break the line's grammar, whatever a hostile definition put into a member name. */
function printable(value: string): string {
  return value
    .toWellFormed()
    .slice(0, 200)
    .replace(/[^\x21-\x7e]/gu, encodeURIComponent);
}
