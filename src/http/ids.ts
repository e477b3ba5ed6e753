/**
 * Ids and keys as people paste them: hex, or what NIP-19 makes of them.
 */
import { decode } from 'nostr-tools/nip19';
import { isHex64 } from '../nostr/event.ts';

/** The id of an event, from hex, `note1…` or `nevent1…`; 64 lower-case hex or undefined. */
export function parseEventId(text: string): string | undefined {
  const decoded = decodeEntity(text);
  if (decoded?.type === 'note') return decoded.data;
  return decoded?.type === 'nevent' ? decoded.data.id : parseHex(text);
}

/** A public key, from hex, `npub1…` or `nprofile1…`; 64 lower-case hex or undefined. */
export function parsePubkey(text: string): string | undefined {
  const decoded = decodeEntity(text);
  if (decoded?.type === 'npub') return decoded.data;
  return decoded?.type === 'nprofile' ? decoded.data.pubkey : parseHex(text);
}

function parseHex(text: string): string | undefined {
  const hex = text.toLowerCase();
  return isHex64(hex) ? hex : undefined;
}

function decodeEntity(text: string): ReturnType<typeof decode> | undefined {
  if (!/^n[a-z]+1/.test(text)) return undefined;
  try {
    return decode(text);
  } catch {
    return undefined;
  }
}
