/**
 * Who and what this relay takes: the lists of the configuration and those an operator keeps.
 *
 * A ban wins over whatever allows. The rules are made anew from the lists whenever one changes, so
 * that an event meets all of the old ones or all of the new ones.
 */
import type { Config } from '../config.ts';
import { VANISH_KIND } from '../nostr/vanish.ts';
import { DEFINITION_KIND, SNAPSHOT_KIND, TRANSITION_KIND } from '../nsm/kinds.ts';
import { rangesOf } from './address.ts';

/** What an operator has put on lists over NIP-86: hex, kinds in decimal, addresses and ranges. */
export type AccessLists = {
  readonly [list in
    | 'allowedAuthors'
    | 'bannedAuthors'
    | 'allowedKinds'
    | 'disallowedKinds'
    | 'blockedAddresses'
    | 'hiddenMachines']: readonly string[];
};

/** The rules in force. */
export type AccessRules = {
  readonly mayWrite: (pubkey: string) => boolean;
  readonly takesKind: (kind: number) => boolean;
  /** Whether nobody at an address, in normal form, is answered. */
  readonly isBlocked: (address: string) => boolean;
  /** Whether a machine is neither shown nor moved. */
  readonly isHidden: (machine: string) => boolean;
  /** Whether an event belongs to a machine that is hidden; tags may be the JSON text of a row. */
  readonly isOfHidden: (event: Belonging) => boolean;
  /** True when writers are expected to know beforehand that they may (NIP-11). */
  readonly isRestricted: boolean;
};

type Belonging = {
  readonly id: string | Buffer;
  readonly kind: number;
  readonly tags: string | readonly (readonly string[])[];
};

/** Kinds that strict mode always takes. */
export const STRICT_KINDS: readonly number[] = [DEFINITION_KIND, TRANSITION_KIND, SNAPSHOT_KIND, 5];

const NAMING_KINDS: readonly number[] = [TRANSITION_KIND, SNAPSHOT_KIND];

/** Nothing on any list. */
export const NO_LISTS: AccessLists = {
  ...{ allowedAuthors: [], bannedAuthors: [], allowedKinds: [], disallowedKinds: [] },
  ...{ blockedAddresses: [], hiddenMachines: [] },
};

/** The rules that a configuration and lists make together. */
export function accessRules({ access, kinds, vanish }: Config, lists: AccessLists): AccessRules {
  const allowed = new Set([...access.allowAuthors, ...lists.allowedAuthors]);
  const denied = new Set([...access.denyAuthors, ...lists.bannedAuthors]);
  // Allowing one more key must not shut out everybody else on a relay that is open.
  const isClosed = access.onlyAllowed || access.allowAuthors.length > 0;
  const isStrict = kinds.mode === 'strict';
  // Whoever wants to vanish may say so on a closed relay too (NIP-62).
  const always = vanish.mode === 'redact' ? [...STRICT_KINDS, VANISH_KIND] : STRICT_KINDS;
  const taken = new Set([...always, ...kinds.allow, ...lists.allowedKinds.map(Number)]);
  const refused = new Set([...kinds.deny, ...lists.disallowedKinds.map(Number)]);
  const hidden = new Set(lists.hiddenMachines);
  return {
    mayWrite: (pubkey) => !denied.has(pubkey) && (!isClosed || allowed.has(pubkey)),
    takesKind: (kind) => !refused.has(kind) && (!isStrict || taken.has(kind)),
    isBlocked: rangesOf(lists.blockedAddresses).has,
    isHidden: (machine) => hidden.has(machine),
    isOfHidden: (event) => hidden.size > 0 && belongsTo(event, hidden),
    isRestricted: isClosed || isStrict,
  };
}

function belongsTo(event: Belonging, machines: ReadonlySet<string>): boolean {
  // Id and tags of a stored event are read when they are looked at, and that costs something.
  if (event.kind === DEFINITION_KIND) {
    const { id } = event;
    return machines.has(typeof id === 'string' ? id : id.toString('hex'));
  }
  if (!NAMING_KINDS.includes(event.kind)) return false;
  const { tags } = event;
  const list = typeof tags === 'string' ? (JSON.parse(tags) as string[][]) : tags;
  return list.some(([name, value]) => name === 'e' && value !== undefined && machines.has(value));
}
