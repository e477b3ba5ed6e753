/**
 * Search (NIP-50): what a query asks for, what a text holds, and how well the one fits the other.
 *
 * Both are cut into the same words: letters and digits, in lower case and without accents; scripts
 * that put no blanks between words are cut into characters. An event is found when its content has
 * every word. The same functions fill the index, judge live events and rank what was found.
 */

/** What a client searches for: words that must all occur. None is found in everything. */
export type Search = { readonly words: readonly string[] };

/** Longest search of a filter, in UTF-16 units, and most words that it may have. */
export const SEARCH_LIMITS = { length: 256, words: 16 } as const;

/** As much of a content is looked at, in UTF-16 units. */
const CONTENT_MAX = 20_000;
/** Longer words are keys and encodings, which nobody searches for. */
const WORD_MAX = 64;

const UNSPACED =
  '[\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}]';
const WORD = new RegExp(`${UNSPACED}|(?:(?!${UNSPACED})[\\p{L}\\p{N}])+`, 'gu');
/** `key:value` is an extension, ignored where it is not known; an address is none. */
const EXTENSION = /^[a-z][\w-]*:(?!\/\/)\S+$/i;

/** The words of a text, in order; only its first 20,000 UTF-16 units are looked at. */
export function wordsOf(text: string): string[] {
  const plain = text
    .slice(0, CONTENT_MAX)
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase();
  return (plain.match(WORD) ?? []).filter(({ length }) => length <= WORD_MAX);
}

/** What a `search` asks for; words beyond the sixteenth are passed over, extensions too. */
export function parseSearch(text: string): Search {
  const terms = text.split(/\s+/u).filter((term) => !EXTENSION.test(term));
  return { words: [...new Set(wordsOf(terms.join(' ')))].slice(0, SEARCH_LIMITS.words) };
}

/** Encrypted or kept from others: direct messages, seals, wraps, key packs (NIP-04, NIP-59). */
const UNSEARCHED: ReadonlySet<number> = new Set([4, 13, 1059, 7502, 21059]);

/** True for kinds that searches look into. */
export function isSearched(kind: number): boolean {
  return !UNSEARCHED.has(kind);
}

/** True if an event is of a kind that is searched and its content has every word. */
export function isFound(
  { words }: Search,
  { kind, content }: { readonly kind: number; readonly content: string },
): boolean {
  if (words.length === 0) return true;
  if (!isSearched(kind)) return false;
  const held = new Set(wordsOf(content));
  return words.every((word) => held.has(word));
}

/** How well a content fits: more for words that come often, less for a long text (as in BM25). */
export function relevance({ words }: Search, content: string): number {
  const held = wordsOf(content);
  const counts = new Map(words.map((word) => [word, 0]));
  for (const word of held) {
    const count = counts.get(word);
    if (count !== undefined) counts.set(word, count + 1);
  }
  const damping = 1.2 * (0.25 + (0.75 * held.length) / USUAL_WORDS);
  let score = 0;
  for (const count of counts.values()) score += (count * 2.2) / (count + damping);
  return score;
}

/** The length of an ordinary note, in words. */
const USUAL_WORDS = 40;
