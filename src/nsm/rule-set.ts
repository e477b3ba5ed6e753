/**
 * The rule set: everything that decides validity, under one name and hash (PROTOCOL §5).
 *
 * Two relays with the same hash reach the same verdict on the same history. Nothing local is in
 * it: no quota, no clock, no access list. Libraries that an operator adds are part of it.
 */
import { BUNDLED_LIBRARIES, type NamedLibrary } from '../rules/libraries.ts';
import { RULE_LIMITS } from '../rules/meter.ts';
import { canonicalJson, contentHash, sha256Hex } from './canonical.ts';
import { ENGINE } from './engine.ts';
import { LIMITS } from './kinds.ts';

/** The version of the rules language (PROTOCOL §13). */
export const RULES_VERSION = 1;

/** Everything that decides validity. */
export type RuleSetContent = {
  readonly name: string;
  readonly engine: typeof ENGINE;
  readonly features: { readonly timers: boolean; readonly wildcards: boolean };
  readonly limits: typeof LIMITS;
  readonly rules: { readonly version: number; readonly limits: typeof RULE_LIMITS };
  readonly libraries: readonly {
    readonly name: string;
    readonly majors: readonly number[];
    readonly hash: string;
  }[];
};

/** A rule set: name and hash as published, and the libraries its definitions may use. */
export type RuleSet = {
  readonly name: string;
  readonly hash: string;
  /** The object whose RFC 8785 text is hashed. */
  readonly content: RuleSetContent;
  readonly libraries: readonly NamedLibrary[];
};

/**
 * The rule set of this version with an operator's libraries besides the bundled ones. Their order
 * makes no difference, since definitions name what they use.
 */
export function makeRuleSet(added: readonly NamedLibrary[] = []): RuleSet {
  const libraries = [...BUNDLED_LIBRARIES, ...[...added].sort(byName)];
  const content: RuleSetContent = {
    name: 'headkeeper-2',
    engine: ENGINE,
    features: { timers: true, wildcards: false },
    limits: LIMITS,
    rules: { version: RULES_VERSION, limits: RULE_LIMITS },
    libraries: libraries.map(({ name, majors, source }) => ({
      name,
      majors,
      hash: contentHash(source),
    })),
  };
  return { name: content.name, hash: sha256Hex(canonicalJson(content)), content, libraries };
}

function byName(a: NamedLibrary, b: NamedLibrary): number {
  const [x = 0] = a.majors;
  const [y = 0] = b.majors;
  return a.name === b.name ? x - y : a.name < b.name ? -1 : 1;
}

/** The rule set of a relay without libraries of its own. */
export const BUNDLED_RULES = makeRuleSet();
