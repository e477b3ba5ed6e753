/**
 * The TypeScript of this repository, as text to look through.
 *
 * Comments and strings are blanked by a pattern, not by a parser: right for this code, in which no
 * expression within a template holds another template. Lines and columns stay where they are.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A file: as it is, without comments (`code`), and without the insides of strings too (`bare`). */
export type Source = {
  readonly path: string;
  readonly text: string;
  readonly code: string;
  readonly bare: string;
};

/** An import: the name as written, and the file (or package) it leads to, seen from the root. */
export type Import = { readonly name: string; readonly target: string; readonly line: number };

/** All TypeScript files at those paths or, for folders, below them. */
export function readSources(starts: readonly string[]): readonly Source[] {
  const paths = starts.filter((start) => existsSync(join(ROOT, start))).flatMap(filesAt);
  return paths
    .filter((path) => path.endsWith('.ts'))
    .map((path) => {
      const text = readFileSync(join(ROOT, path), 'utf8');
      return { path, text, code: blank(text, /^\//), bare: blank(text, /^/) };
    });
}

/** What a file imports, at its head or later on. */
export function importsOf({ path, code }: Source): readonly Import[] {
  const found = code.matchAll(
    /(?:^(?:(?:import|export)\b[^'\n]*|\}) from |^import |\bimport\()'([^']+)'/gm,
  );
  return [...found].map(({ 1: name = '', index }) => ({
    name,
    target: name.startsWith('.') ? fileAt(path, name) : name,
    line: code.slice(0, index).split('\n').length,
  }));
}

/** Files that a source names in any string, as imports and starts of workers do. */
export function mentionsIn({ path, code }: Source): readonly string[] {
  const found = code.matchAll(/'(\.{1,2}\/[^']+\.ts)'/g);
  return [...found].map(({ 1: name = '' }) => fileAt(path, name));
}

/** Whether a target is `start` or below it: a file, a package, a folder or scope with its slash. */
export const matches = (target: string, start: string): boolean =>
  target === start || target.startsWith(/[/:]$/.test(start) ? start : `${start}/`);

const fileAt = (path: string, name: string): string => normalize(join(dirname(path), name));

function filesAt(start: string): readonly string[] {
  if (start.endsWith('.ts')) return [start];
  const names = readdirSync(join(ROOT, start), { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => !name.split(sep).includes('node_modules'))
    .map((name) => `${start}/${name}`);
}

/** `text` with its comments and strings blanked, as far as they match `which`. */
function blank(text: string, which: RegExp): string {
  const strings = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/;
  const tokens = new RegExp(`${strings.source}|//.*|/\\*[\\s\\S]*?\\*/`, 'g');
  return text.replace(tokens, (token) =>
    which.test(token) ? token.replace(/[^\n]/g, ' ') : token,
  );
}
