/**
 * The Dockerfile as text: what it copies from the repository.
 */

import { readFileSync } from 'node:fs';

/** Paths that a Dockerfile copies from its context; not those from an earlier stage. */
export function copiedPaths(path: URL): readonly string[] {
  const text = readFileSync(path, 'utf8').replace(/\\\n/g, ' ');
  const copies = [...text.matchAll(/^COPY (?!--from)(.+)$/gm)];
  return copies.flatMap(([, words = '']) => words.trim().split(/\s+/).slice(0, -1));
}
