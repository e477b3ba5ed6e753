/**
 * The 53-bit hash under which single-letter tags are indexed.
 *
 * Not cryptographic: a collision costs a row that the reader drops after comparing its tags, no
 * more than an event that really carries the tag would.
 */

/** Hash of a letter and a value, as a non-negative safe integer. */
export function tagHash(letter: string, value: string): number {
  let a = 0xdeadbeef ^ letter.charCodeAt(0);
  let b = 0x41c6ce57 ^ letter.charCodeAt(0);
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return 4294967296 * (2097151 & b) + (a >>> 0);
}

/** Hashes of all indexed tags of an event, without repeats (NIP-01: the second element only). */
export function tagHashes(tags: readonly (readonly string[])[]): Set<number> {
  const hashes = new Set<number>();
  for (const [name, value] of tags) {
    if (name?.length === 1 && /[A-Za-z]/.test(name) && value !== undefined) {
      hashes.add(tagHash(name, value));
    }
  }
  return hashes;
}
