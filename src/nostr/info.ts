/**
 * The relay information document (NIP-11), built from plain values.
 *
 * Every field is optional, and a field without a value is left out rather than sent empty. What the
 * document advertises must be what the relay enforces: callers pass the very values they enforce.
 */

/** `limitation` as NIP-11 names it: bytes, but characters of content; seconds relative to now. */
export type Limitation = {
  readonly max_message_length?: number | undefined;
  readonly max_subscriptions?: number | undefined;
  readonly max_limit?: number | undefined;
  readonly max_subid_length?: number | undefined;
  readonly max_event_tags?: number | undefined;
  readonly max_content_length?: number | undefined;
  readonly min_pow_difficulty?: number | undefined;
  readonly auth_required?: boolean | undefined;
  readonly payment_required?: boolean | undefined;
  readonly restricted_writes?: boolean | undefined;
  readonly created_at_lower_limit?: number | undefined;
  readonly created_at_upper_limit?: number | undefined;
  readonly default_limit?: number | undefined;
};

/** What a relay says about itself. */
export type RelayInfo = {
  /** NIP-11 advises fewer than 30 characters. */
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  /** A URI. */
  readonly contact?: string | undefined;
  /** The operator's key, 64 hex. */
  readonly pubkey?: string | undefined;
  readonly icon?: string | undefined;
  /** The relay's own key, 64 hex. */
  readonly self?: string | undefined;
  /** A URL. */
  readonly software?: string | undefined;
  readonly version?: string | undefined;
  readonly supportedNips: readonly number[];
  readonly limitation: Limitation;
  /** What this relay enforces of Nostr State Machines (PROTOCOL §5); not part of NIP-11. */
  readonly nsm?: Readonly<Record<string, unknown>> | undefined;
};

/** The NIP-11 document: the NIPs sorted and listed once, `payment_required` false unless told. */
export function relayInfo(info: RelayInfo): Record<string, unknown> {
  const { supportedNips, limitation, nsm, ...texts } = info;
  return present({
    name: texts.name,
    description: texts.description,
    icon: texts.icon,
    pubkey: texts.pubkey,
    self: texts.self,
    contact: texts.contact,
    supported_nips: [...new Set(supportedNips)].sort((a, b) => a - b),
    software: texts.software,
    version: texts.version,
    limitation: present({ payment_required: false, ...limitation }),
    nsm,
  });
}

function present(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(fields);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined && value !== ''));
}
