/**
 * An operator's own libraries: the JSON files in a folder (see nsm/library.ts).
 *
 * A file that is wrong stops the start, since machines may depend on it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isLibraryProblem, parseLibrary } from './nsm/library.ts';
import { BUNDLED_LIBRARIES, type NamedLibrary } from './rules/libraries.ts';

/** The libraries in a folder; none for an empty name. Throws with everything that is wrong. */
export function loadLibraries(folder: string): readonly NamedLibrary[] {
  if (folder === '') return [];
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  const libraries: NamedLibrary[] = [];
  const problems: string[] = [];
  const seen = new Set(BUNDLED_LIBRARIES.flatMap(keysOf));
  for (const path of files.sort().map((file) => join(folder, file))) {
    const library = parseLibrary(readFileSync(path, 'utf8'));
    if (isLibraryProblem(library)) {
      problems.push(`${path}${library.path}: ${library.message}`);
      continue;
    }
    const twice = keysOf(library).filter((key) => seen.has(key));
    problems.push(...twice.map((key) => `${path}: there is a ${key} already`));
    for (const key of keysOf(library)) seen.add(key);
    libraries.push(library);
  }
  if (problems.length > 0) throw new Error(problems.join('; '));
  return libraries;
}

function keysOf({ name, majors }: NamedLibrary): string[] {
  return majors.map((major) => `${name}@${major}`);
}
