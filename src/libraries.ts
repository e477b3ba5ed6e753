/**
 * An operator's own libraries: JSON files in a folder, in the rules language.
 *
 * `{"name": "@acme/escrow", "version": "1.2.0", "v": 1, "guards": {…}, "actions": {…}}`. They are
 * data like every rule: checked, metered, hashed into the rule set. A file that is wrong stops the
 * start, since machines may depend on it; no code is ever loaded.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonProblem, parseStrictJson } from './nsm/strict-json.ts';
import { isObject, ownMember } from './rules/json.ts';
import { BUNDLED_LIBRARIES, type NamedLibrary, nameLibrary } from './rules/libraries.ts';

const DEPTH_MAX = 64;
const NAME = /^(@[a-z0-9._-]{1,64}\/)?[a-z0-9._-]{1,64}$/;
const VERSION = /^(\d{1,9})\.\d{1,9}\.\d{1,9}$/;

/** The libraries in a folder, by file name; none for an empty name. Throws with every problem. */
export function loadLibraries(folder: string): readonly NamedLibrary[] {
  if (folder === '') return [];
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  const read = files.sort().map((file) => readLibrary(join(folder, file)));
  const libraries = read.filter((library) => typeof library !== 'string');
  const problems = read.filter((library) => typeof library === 'string');
  const seen = new Set(BUNDLED_LIBRARIES.flatMap(keysOf));
  for (const key of libraries.flatMap(keysOf)) {
    if (seen.has(key)) problems.push(`${folder}: ${key} is defined twice`);
    seen.add(key);
  }
  if (problems.length > 0) throw new Error(`libraries: ${problems.join('; ')}`);
  return libraries;
}

function keysOf({ name, majors }: NamedLibrary): string[] {
  return majors.map((major) => `${name}@${major}`);
}

/** A library, or a sentence that says what is wrong with its file. */
function readLibrary(path: string): NamedLibrary | string {
  const parsed = parseStrictJson(readFileSync(path, 'utf8'), DEPTH_MAX);
  if (isJsonProblem(parsed)) return `${path}${parsed.path ?? ''}: not acceptable JSON`;
  const { value } = parsed;
  if (!isObject(value)) return `${path}: not a JSON object`;
  const name = ownMember(value, 'name');
  const major = VERSION.exec(String(ownMember(value, 'version')))?.[1];
  if (typeof name !== 'string' || !NAME.test(name)) return `${path}/name: not a package name`;
  if (major === undefined) return `${path}/version: not of the form 1.2.3`;
  const { name: _, version: __, ...source } = value;
  const library = nameLibrary(name, [Number(major)], source);
  return 'message' in library ? `${path}${library.path}: ${library.message}` : library;
}
