/**
 * A library of rules as its file has it: a table in the rules language, under a name and a version.
 *
 * `{"name": "@acme/escrow", "version": "1.2.0", "v": 1, "guards": {…}, "actions": {…}}`. It is data
 * like every rule: checked as a definition's own rules are, metered, hashed into the rule set. No
 * code is ever loaded. Definitions name it by package and major: `["engine","@acme/escrow@1"]`.
 */
import { isObject, ownMember } from '../rules/json.ts';
import { type NamedLibrary, nameLibrary } from '../rules/libraries.ts';
import { LIMITS } from './kinds.ts';
import { isJsonProblem, parseStrictJson } from './strict-json.ts';

/** What is wrong with a library; `path` is a JSON pointer into its file. */
export type LibraryProblem = { readonly path: string; readonly message: string };

const NAME = /^(@[a-z0-9._-]{1,64}\/)?[a-z0-9._-]{1,64}$/;
const VERSION = /^(\d{1,9})\.\d{1,9}\.\d{1,9}$/;

/** The library in the text of a file, for `makeRuleSet`, or the first thing wrong with it. */
export function parseLibrary(text: string): NamedLibrary | LibraryProblem {
  const parsed = parseStrictJson(text, LIMITS.definitionDepth);
  if (isJsonProblem(parsed)) return { path: parsed.path ?? '', message: 'not acceptable JSON' };
  const { value } = parsed;
  if (!isObject(value)) return { path: '', message: 'not a JSON object' };
  const name = ownMember(value, 'name');
  if (typeof name !== 'string' || !NAME.test(name) || name === 'xstate') {
    return { path: '/name', message: 'not the name of a package of rules' };
  }
  const major = VERSION.exec(String(ownMember(value, 'version')))?.[1];
  if (major === undefined) return { path: '/version', message: 'not of the form 1.2.3' };
  const { name: _, version: __, ...source } = value;
  return nameLibrary(name, [Number(major)], source);
}

/** True for what is wrong among the results of `parseLibrary`. */
export function isLibraryProblem(result: NamedLibrary | LibraryProblem): result is LibraryProblem {
  return 'message' in result;
}
