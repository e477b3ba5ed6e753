/**
 * The rule set: everything that decides validity, under one name and hash (PROTOCOL §5).
 *
 * Two relays with the same hash reach the same verdict on the same history. Nothing local is in
 * it: no quota, no clock, no access list.
 */
import { BUNDLED_LIBRARIES } from '../rules/libraries.ts';
import { RULE_LIMITS } from '../rules/meter.ts';
import { canonicalJson, contentHash, sha256Hex } from './canonical.ts';
import { ENGINE } from './engine.ts';
import { LIMITS } from './kinds.ts';

/** The object whose RFC 8785 text is hashed. */
export const RULE_SET = {
  name: 'headkeeper-2',
  engine: ENGINE,
  features: { timers: true, wildcards: false },
  limits: LIMITS,
  rules: { version: 1, limits: RULE_LIMITS },
  libraries: BUNDLED_LIBRARIES.map(({ name, majors, source }) => ({
    name,
    majors,
    hash: contentHash(source),
  })),
} as const;

/** Name and hash as published in NIP-11, in every state answer and with every verdict. */
export const RULES = { name: RULE_SET.name, hash: sha256Hex(canonicalJson(RULE_SET)) } as const;
