/**
 * The NIP-11 document of a running relay: exactly what is enforced, nothing else.
 */
import { type Config, SUBSCRIPTION_ID_MAX } from '../config.ts';
import { relayInfo } from '../nostr/info.ts';
import { ENGINE } from '../nsm/engine.ts';
import { DEFINITION_KIND, LIMITS, SNAPSHOT_KIND, TRANSITION_KIND } from '../nsm/kinds.ts';
import { RULES_VERSION } from '../nsm/rule-set.ts';
import type { Relay } from '../relay.ts';
import { SOFTWARE, VERSION } from '../version.ts';

/** NIPs with behaviour on the relay's side that is always on. */
const NIPS: readonly number[] = [1, 9, 11, 13, 40, 42, 45, 59, 70];

/** NIPs with behaviour on the relay's side that is switched on. */
export function supportedNips(config: Config): readonly number[] {
  const { admin, negentropy, search, answers, vanish } = config;
  const optional: readonly (readonly [number, boolean])[] = [
    [50, search.enabled],
    [62, vanish.mode === 'redact'],
    [67, answers.eoseHints],
    [77, negentropy.enabled],
    [86, admin.pubkeys.length > 0],
  ];
  const isOn = optional.flatMap(([nip, on]) => (on ? [nip] : []));
  return [...NIPS, ...isOn].sort((a, b) => a - b);
}

/** The document served at `/` for `application/nostr+json`. */
export function infoDocument(relayParts: Relay): Record<string, unknown> {
  const { config, keeper, formerKeys } = relayParts;
  const { rules } = relayParts.machines.view;
  const { relay, limits, access, machines, pow } = config;
  return relayInfo({
    ...relayParts.access.texts(),
    contact: relay.contact,
    pubkey: relay.pubkey,
    self: keeper.pubkey,
    software: SOFTWARE,
    version: VERSION,
    supportedNips: supportedNips(config),
    limitation: {
      max_message_length: limits.messageBytesMax,
      max_subscriptions: limits.subscriptionsMax,
      max_limit: limits.limitMax,
      max_subid_length: SUBSCRIPTION_ID_MAX,
      max_event_tags: limits.tagsMax,
      max_content_length: limits.contentCharactersMax,
      min_pow_difficulty: pow.minimumBits,
      auth_required: access.authRequired,
      restricted_writes: relayParts.access.rules().isRestricted || access.authToWrite,
      created_at_lower_limit: limits.createdAtPastSeconds || undefined,
      created_at_upper_limit: limits.createdAtFutureSeconds,
      default_limit: limits.limitDefault,
    },
    nsm: {
      kinds: [DEFINITION_KIND, TRANSITION_KIND, SNAPSHOT_KIND],
      forks: machines.allowedForks,
      default_forks: machines.forks,
      links: machines.links,
      publishers: machines.publishers,
      transition_max_age: machines.transitionMaxAgeSeconds || undefined,
      limits: { ...LIMITS, chain: limits.chainMax },
      engine: ENGINE,
      libraries: rules.libraries.map(({ name, majors }) => ({ name, majors })),
      rules_language: RULES_VERSION,
      rules: { name: rules.name, hash: rules.hash },
      former_keys: formerKeys.length > 0 ? formerKeys : undefined,
    },
  });
}
