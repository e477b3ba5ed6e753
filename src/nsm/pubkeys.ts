/**
 * Pubkeys in a context (PROTOCOL §3.5): an npub or upper-case hex would never match an author,
 * which bricks a contract or, under a negated guard, opens it to everybody.
 */
import { isHex64 } from '../nostr/event.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { isObject, type Json, type JsonObject } from '../rules/json.ts';

import { pointer } from './strict-json.ts';

/** Members at any depth named …pubkey(s) that hold anything but 64-hex, null or lists of 64-hex. */
export function pubkeyProblems(value: JsonObject | readonly Json[], path: string): Refusal[] {
  return Object.entries(value).flatMap(([name, member]) => {
    const at = path + pointer(name);
    if (!Array.isArray(value) && /pubkeys?$/i.test(name)) {
      return isPubkeys(member) ? [] : [refuse('pubkey-format', { path: at })];
    }
    return Array.isArray(member) || isObject(member) ? pubkeyProblems(member, at) : [];
  });
}

/** Every string in a value that has the form of a pubkey, repeats included. */
export function pubkeysIn(value: Json): string[] {
  if (typeof value === 'string') return isHex64(value) ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap((member) => pubkeysIn(member as Json));
}

function isPubkeys(value: Json | undefined): boolean {
  if (value === null || isHex64(value)) return true;
  return Array.isArray(value) && value.every((item) => isHex64(item));
}
