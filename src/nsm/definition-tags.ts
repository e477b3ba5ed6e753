/**
 * The tags of a definition (PROTOCOL §2, §3.6, §3.7, §3.9): engine, custodian and fork mode.
 */
import type { NostrEvent } from '../nostr/event.ts';
import { isHex64, parseAddress } from '../nostr/event.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { BUNDLED_LIBRARIES, type NamedLibrary } from '../rules/libraries.ts';
import { SNAPSHOT_KIND } from './kinds.ts';

/** How forks are treated (PROTOCOL §7). */
export type ForkMode = 'head-only' | 'dag' | 'void';

/** The designated custodian: the coordinate 30078:<pubkey>:<d> of the `state` tag. */
export type Custodian = { readonly pubkey: string; readonly d: string };

const MODES: readonly string[] = ['head-only', 'dag', 'void'];
const VERSION = /^[~^]?v?(\d{1,9})(\.(\d{1,9}|x)){0,2}$/;

/** The coordinate a definition names as its custodian's, null when it names none. */
export function parseCustodian(event: NostrEvent): Custodian | null | Refusal {
  const tags = event.tags.filter(([name]) => name === 'state');
  if (tags.length === 0) return null;
  const address = parseAddress(tags[0]?.[1] ?? '');
  const valid = address?.kind === SNAPSHOT_KIND && isHex64(address.pubkey) && address.d !== '';
  if (tags.length > 1 || !valid) return refuse('custodian-tag');
  return { pubkey: address.pubkey, d: address.d };
}

/** The fork mode a definition asks for, null when it leaves the choice to the relay. */
export function parseForks(event: NostrEvent): ForkMode | null | Refusal {
  const tags = event.tags.filter(([name]) => name === 'forks');
  const mode = tags[0]?.[1];
  if (tags.length === 0) return null;
  if (tags.length > 1 || mode === undefined || !MODES.includes(mode)) return refuse('forks-tag');
  return mode as ForkMode;
}

/**
 * The libraries a definition's names are looked up in after its own rules, in order: the named
 * ones or, only if none is named, the bundled ones (the AtoB client names none).
 */
export function parseEngines(
  event: NostrEvent,
  known: readonly NamedLibrary[],
): readonly NamedLibrary[] | Refusal {
  const libraries: NamedLibrary[] = [];
  for (const [name, reference = '', ...roles] of event.tags) {
    if (name !== 'engine') continue;
    const library = parseEngine(reference, roles, known);
    if (isRefusal(library)) return library;
    if (library !== null) libraries.push(library);
  }
  return libraries.length > 0 ? libraries : BUNDLED_LIBRARIES;
}

/** A library, or null for the interpreter itself. */
function parseEngine(
  reference: string,
  roles: readonly string[],
  known: readonly NamedLibrary[],
): NamedLibrary | null | Refusal {
  const shown = reference.slice(0, 80);
  const bare = reference.replace(/^npm:/, '');
  const at = bare.lastIndexOf('@');
  const name = at > 0 ? bare.slice(0, at) : bare;
  const major = VERSION.exec(at > 0 ? bare.slice(at + 1) : '')?.[1];
  if (name === 'xstate') {
    const interprets = roles.length === 0 || roles.includes('state-machine');
    if (major === '5' && interprets) return null;
    return refuse('unsupported-engine', {}, `this relay runs xstate 5, not ${shown}`);
  }
  const library = known.find(
    (one) => one.name === name && major !== undefined && one.majors.includes(Number(major)),
  );
  if (library) return library;
  return refuse('unsupported-engine', {}, `this relay does not have ${shown}`);
}
