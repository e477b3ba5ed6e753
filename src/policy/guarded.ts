/**
 * Kinds that only those they are addressed to may read (PROTOCOL §11, NIP-59): gift wraps and key
 * packs. The same rule holds for stored and for live events.
 */
import type { Filter } from '../nostr/filter.ts';

/** Key packs of encrypted machines, gift wraps and ephemeral gift wraps. */
export const GUARDED_KINDS: ReadonlySet<number> = new Set([7502, 1059, 21059]);

/** An event as a reader rule needs it; `tags` parsed, or as the JSON text of a row. */
type Guardable = {
  readonly kind: number;
  readonly tags: string | readonly (readonly string[])[];
};

/** True for kinds whose content is meant for those they are addressed to. */
export function isGuarded(kind: number): boolean {
  return GUARDED_KINDS.has(kind);
}

/** True when a connection with these authenticated keys may see an event. */
export function isReadable(event: Guardable, authenticated: ReadonlySet<string>): boolean {
  if (!isGuarded(event.kind)) return true;
  if (authenticated.size === 0) return false;
  // Only now: reading the tags of a stored event costs something.
  const { tags } = event;
  const list = typeof tags === 'string' ? (JSON.parse(tags) as string[][]) : tags;
  return list.some(
    ([name, value]) => name === 'p' && value !== undefined && authenticated.has(value),
  );
}

/** True for a filter that can match nothing but guarded kinds: worth asking who is there. */
export function wantsOnlyGuarded({ kinds }: Filter): boolean {
  return kinds !== undefined && kinds.size > 0 && [...kinds].every(isGuarded);
}
