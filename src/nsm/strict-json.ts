/**
 * JSON as this protocol reads it: parsers of every language must see the same value.
 *
 * Repeated member names, unsafe numbers, lone surrogates and names that JavaScript treats
 * specially are refused, because two honest implementations could read them differently. Depth
 * is counted on the text before anything recursive looks at it.
 */
import { isForbiddenName, type Json } from '../rules/json.ts';

/** Why a text is not acceptable; `path` is a JSON pointer where one is known. */
export type JsonProblem = {
  readonly problem: 'depth' | 'syntax' | 'repeated' | 'unicode' | 'forbidden-key' | 'number';
  readonly path?: string;
};

/** Parses a text strictly. The value is plain JSON, at most `depthMax` brackets deep. */
export function parseStrictJson(text: string, depthMax: number): { value: Json } | JsonProblem {
  if (bracketDepth(text) > depthMax) return { problem: 'depth' };
  if (!text.isWellFormed()) return { problem: 'unicode' };
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return { problem: 'syntax' };
  }
  if (hasRepeatedName(text)) return { problem: 'repeated' };
  return findProblem(value) ?? { value };
}

/** True for a problem among the results of `parseStrictJson`. */
export function isJsonProblem(result: { value: Json } | JsonProblem): result is JsonProblem {
  return 'problem' in result;
}

/** One segment of a JSON pointer, escaped (RFC 6901). */
export function pointer(segment: string | number): string {
  return `/${String(segment).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

function bracketDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) i = endOfString(text, i);
    else if (code === 0x5b || code === 0x7b) deepest = Math.max(deepest, ++depth);
    else if (code === 0x5d || code === 0x7d) depth--;
  }
  return deepest;
}

/** Index of the quote that closes the string opened at `start`, or the end of the text. */
function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (i < text.length && text.charCodeAt(i) !== 0x22) i += text.charCodeAt(i) === 0x5c ? 2 : 1;
  return i;
}

/** Scans a text known to be JSON: `JSON.parse` keeps the last of repeated names silently. */
function hasRepeatedName(text: string): boolean {
  const open: (Set<string> | null)[] = [];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x7b) open.push(new Set());
    else if (code === 0x5b) open.push(null);
    else if (code === 0x7d || code === 0x5d) open.pop();
    else if (code === 0x22) {
      const end = endOfString(text, i);
      const names = open.at(-1);
      if (names && followedByColon(text, end + 1)) {
        const name = JSON.parse(text.slice(i, end + 1)) as string;
        if (names.has(name)) return true;
        names.add(name);
      }
      i = end;
    }
  }
  return false;
}

function followedByColon(text: string, from: number): boolean {
  let i = from;
  while (' \t\n\r'.includes(text.charAt(i)) && i < text.length) i++;
  return text.charCodeAt(i) === 0x3a;
}

/** The first problem in a value, its path counted from there: most texts have none to name. */
function findProblem(value: Json): Required<JsonProblem> | undefined {
  if (typeof value === 'string')
    return value.isWellFormed() ? undefined : { problem: 'unicode', path: '' };
  if (typeof value === 'number')
    return isPortable(value) ? undefined : { problem: 'number', path: '' };
  if (value === null || typeof value === 'boolean') return undefined;
  for (const [name, item] of Object.entries(value)) {
    if (!name.isWellFormed()) return { problem: 'unicode', path: '' };
    if (isForbiddenName(name)) return { problem: 'forbidden-key', path: pointer(name) };
    const found = findProblem(item as Json);
    if (found) return { problem: found.problem, path: pointer(name) + found.path };
  }
  return undefined;
}

function isPortable(value: number): boolean {
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
}
