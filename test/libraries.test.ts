/**
 * An operator's libraries (PROTOCOL §13): what a folder may hold, what is told of what it may not,
 * and what they do to the rule set.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadLibraries } from '../src/libraries.ts';
import { contentHash } from '../src/nsm/canonical.ts';
import { isLibraryProblem, parseLibrary } from '../src/nsm/library.ts';
import { BUNDLED_RULES, makeRuleSet } from '../src/nsm/rule-set.ts';

const NAME = '@acme/escrow';
const GUARDS = { isPaid: { '>=': [{ var: 'ctx.paid' }, { var: 'ctx.price' }] } };
const ESCROW = { name: NAME, version: '1.2.0', v: 1, guards: GUARDS };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'headkeeper-libraries-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (file: string, content: object | string): void =>
  writeFileSync(
    join(folder, file),
    typeof content === 'string' ? content : JSON.stringify(content),
  );

const problemOf = (content: unknown): string => {
  const result = parseLibrary(typeof content === 'string' ? content : JSON.stringify(content));
  return isLibraryProblem(result) ? `${result.path} ${result.message}` : 'fine';
};

describe('a library', () => {
  it('stands for the major of its version, and is hashed without name and version', () => {
    const library = parseLibrary(JSON.stringify(ESCROW));
    if (isLibraryProblem(library)) throw new Error(library.message);
    expect(library).toMatchObject({ name: NAME, majors: [1] });
    expect(contentHash(library.source)).toBe(contentHash({ v: 1, guards: GUARDS }));
    expect([...library.library.guards.keys()]).toEqual(['isPaid']);
  });

  it.each([
    ['no JSON', '{', ' not acceptable JSON'],
    ['a list', [], ' not a JSON object'],
    ['no name', { ...ESCROW, name: undefined }, '/name not the name of a package of rules'],
    ['the name of the interpreter', { ...ESCROW, name: 'xstate' }, /^\/name /],
    ['a name with spaces', { ...ESCROW, name: 'my rules' }, /^\/name /],
    ['no version', { ...ESCROW, version: undefined }, '/version not of the form 1.2.3'],
    ['half a version', { ...ESCROW, version: '1.2' }, /^\/version /],
    ['a range', { ...ESCROW, version: '^1.2.0' }, /^\/version /],
    ['another language', { ...ESCROW, v: 2 }, /^\/v /],
    ['members nobody knows', { ...ESCROW, code: 'x' }, /^\/code /],
    ['a forbidden name', '{"__proto__":1}', /not acceptable JSON/],
    ['a member twice', '{"v":1,"v":1}', /not acceptable JSON/],
    ['an unknown operator', { ...ESCROW, guards: { a: { eval: 'x' } } }, /^\/guards\/a/],
    ['a float', { ...ESCROW, guards: { a: { '<': [1, 2.5] } } }, /^\/guards\/a\/<\/1 /],
    ['malformed operations', { ...ESCROW, actions: { a: [{ call: 1 }] } }, /^\/actions\/a\/0/],
  ])('is refused for %s, with the place', (_, content, says) => {
    expect(problemOf(content)).toMatch(says instanceof RegExp ? says : new RegExp(`^${says}$`));
  });
});

describe('a folder', () => {
  it('gives its JSON files, and nothing else in it is read', () => {
    write('escrow.json', ESCROW);
    write('escrow-2.json', { ...ESCROW, version: '2.0.0' });
    write('README.md', 'no JSON');
    const found = loadLibraries(folder).map(({ name, majors }) => [name, ...majors]);
    expect(found).toEqual([
      [NAME, 2],
      [NAME, 1],
    ]);
  });

  it('is none when it is not named', () => {
    expect(loadLibraries('')).toEqual([]);
  });

  it('that is not there is an error', () => {
    expect(() => loadLibraries(join(folder, 'elsewhere'))).toThrow(/ENOENT/);
  });

  it('is refused with everything that is wrong in it, each with its file', () => {
    write('a.json', '{');
    write('b.json', { ...ESCROW, guards: { isPaid: { nope: 1 } } });
    write('c.json', ESCROW);
    const says = (problem: RegExp) => expect(() => loadLibraries(folder)).toThrow(problem);
    says(/a\.json: not acceptable JSON; .*b\.json\/guards\/isPaid/);
  });

  it.each([
    ['of its own', { ...ESCROW, version: '1.9.9' }, '@acme/escrow@1'],
    ['that is bundled', { ...ESCROW, name: '@atob/protocol-library' }, '@atob/protocol-library@1'],
  ])('may not define a major %s twice', (_, library, key) => {
    write('a.json', ESCROW);
    write('b.json', library);
    expect(() => loadLibraries(folder)).toThrow(`b.json: there is a ${key} already`);
  });
});

describe('the rule set', () => {
  const rulesOf = (files: Readonly<Record<string, object>>) => {
    for (const [file, content] of Object.entries(files)) write(file, content);
    return makeRuleSet(loadLibraries(folder));
  };

  it('has them by name, major and hash, and another hash with them', () => {
    const { content, hash } = rulesOf({ 'a.json': ESCROW });
    expect(content.libraries).toHaveLength(2);
    expect(content.libraries[1]).toMatchObject({ name: NAME, majors: [1] });
    expect(hash).not.toBe(BUNDLED_RULES.hash);
  });

  it('is the same whatever the files are called', () => {
    const other = { ...ESCROW, name: '@acme/other' };
    const { hash } = rulesOf({ 'a.json': ESCROW, 'b.json': other });
    expect(rulesOf({ 'a.json': other, 'b.json': ESCROW }).hash).toBe(hash);
  });

  it('is another when a library means something else, not when its minor version is', () => {
    const { hash } = rulesOf({ 'a.json': ESCROW });
    expect(rulesOf({ 'a.json': { ...ESCROW, version: '1.3.0' } }).hash).toBe(hash);
    expect(rulesOf({ 'a.json': { ...ESCROW, version: '2.0.0' } }).hash).not.toBe(hash);
    expect(rulesOf({ 'a.json': { ...ESCROW, guards: { isPaid: true } } }).hash).not.toBe(hash);
  });
});
