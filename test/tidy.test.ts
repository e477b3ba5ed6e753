/**
 * The style of the house, as a test.
 *
 * What Biome can see (function length, parameters, import cycles, formatting) is left to Biome;
 * here stands what it cannot. Three tables: words that do not occur, who may import whom, and
 * checks on whole files. To change the style, change a row.
 */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { importsOf, matches, mentionsIn, readSources, type Source } from './support/sources.ts';

/** A pattern that does not occur in files whose path matches `in`, save those matching `except`. */
type Never = {
  readonly says: string;
  readonly in: RegExp;
  readonly except?: RegExp;
  readonly of: 'text' | 'code' | 'bare';
  readonly pattern: RegExp;
};

const PURE = /^src\/(nostr|nsm|rules)\//;
const SRC = /^src\//;
const TEST = /^test\//;
const ALL = /./;

const NEVER: readonly Never[] = [
  {
    says: 'pure folders know no clock, no chance, no process and no network',
    in: PURE,
    of: 'bare',
    pattern:
      /\b(Date|Math\.random|performance|process|crypto|Buffer|setTimeout|setInterval|fetch)\b/,
  },
  {
    says: 'only the configuration reads the environment',
    in: SRC,
    except: /^src\/config\//,
    of: 'bare',
    pattern: /\bprocess\.env\b/,
  },
  {
    says: 'only the entries of processes end them',
    in: SRC,
    except: /^src\/(main|cli\/demo)\.ts$/,
    of: 'bare',
    pattern: /\bprocess\.(exit|exitCode|abort|kill)\b/,
  },
  {
    says: 'only the store speaks SQL',
    in: SRC,
    except: /^src\/store\//,
    of: 'code',
    pattern: /['"`\n]\s*(SELECT|INSERT (OR \w+ )?INTO|UPDATE \w+ SET|DELETE FROM|PRAGMA) /,
  },
  {
    says: 'only commands and scripts print',
    in: ALL,
    except: /^(src\/cli\/|src\/main\.ts|scripts\/|bench\/)/,
    of: 'bare',
    pattern: /\bconsole\./,
  },
  { says: 'nothing is of type any', in: ALL, of: 'bare', pattern: /\bany\b/ },
  { says: 'nothing is an enum', in: ALL, of: 'bare', pattern: /^\s*(export )?(const )?enum\s/m },
  {
    says: 'nothing is exported by default',
    in: ALL,
    except: /^vitest\.config\.ts$/,
    of: 'bare',
    pattern: /^export default\b/m,
  },
  {
    says: 'the type checker is not silenced without a reason',
    in: ALL,
    of: 'text',
    pattern: /@ts-(ignore|nocheck|expect-error(?! [A-Z]))/,
  },
  {
    says: 'nothing is left to do',
    in: ALL,
    except: /^test\/tidy/,
    of: 'text',
    pattern: /\b(TODO|FIXME|XXX)\b/,
  },
  {
    says: 'no path is of one machine',
    in: ALL,
    except: /^test\/tidy/,
    of: 'text',
    pattern: /(?<![\w.~])\/(home|root|Users|work)\/\w/,
  },
  {
    says: 'no test is skipped, alone or planned',
    in: TEST,
    of: 'bare',
    pattern: /\b(it|test|describe)\.(skip|only|todo|fails|skipIf|runIf)\b/,
  },
  { says: 'nothing is mocked', in: TEST, of: 'bare', pattern: /\bvi\.\w/ },
  {
    says: 'a test title is a sentence about behaviour',
    in: TEST,
    of: 'code',
    pattern: /\b(it|test)(\.each\(.*\))?\(\s*['"`](should|works?|tests?|#\d+)\b/i,
  },
];

/** Folders and files by the start of their path, and the only things they may import. */
const MAY_IMPORT: readonly (readonly [string, readonly string[]])[] = [
  ['src/nostr/', ['src/nostr/', 'src/refusal.ts', '@noble/', 'nostr-tools/']],
  ['src/rules/', ['src/rules/', 'src/refusal.ts', '@noble/']],
  [
    'src/nsm/',
    ['src/nsm/', 'src/rules/', 'src/nostr/', 'src/refusal.ts', '@noble/', 'canonicalize', 'xstate'],
  ],
  ['src/refusal.ts', []],
  ['src/config/', ['src/config/', 'src/config.ts', 'node:', 'nostr-tools/', 'zod', 'jsonc-parser']],
  [
    'src/config.ts',
    ['src/config/values.ts', 'src/config/limits.ts', 'src/config/storage.ts', 'zod'],
  ],
  [
    'src/policy/',
    ['src/policy/', 'src/nostr/', 'src/nsm/kinds.ts', 'src/refusal.ts', 'src/config.ts', 'node:'],
  ],
  [
    'src/verify/',
    [
      'src/verify/',
      'src/nostr/',
      'src/worker.ts',
      'node:',
      '@noble/',
      'koffi',
      'secp256k1',
      'tiny-secp256k1',
    ],
  ],
  [
    'src/store/',
    ['src/store/', 'src/nostr/', 'src/nsm/', 'src/refusal.ts', 'node:', 'better-sqlite3'],
  ],
];

/** A module or folder, and the only files that may import it. */
const IMPORTED_BY: readonly (readonly [string, RegExp])[] = [
  ['xstate', /^(src\/nsm\/engine\.ts|test\/property\/.*)$/],
  ['better-sqlite3', /^(src\/store|test|bench)\//],
  ['ws', /^(src\/(connection|server)\.ts|(src\/(http|sync|cli)|test|bench)\/)/],
  ['commander', /^src\/(main|cli\/[\w-]+-commands)\.ts$/],
  ['src/main.ts', /^$/],
  ['src/cli/', /^(src\/(main\.ts|cli\/)|test\/)/],
  [
    'src/relay.ts',
    /^(src\/(index|assembly|connection|broadcast|stopping|counts|questions)\.ts|(src\/(cli|http|sync|metrics)|test|bench)\/)/,
  ],
];

/** Checks on a whole file; each gives the lines that offend, 0 for the file as such. */
const CHECKS: Readonly<Record<string, (source: Source) => readonly number[]>> = {
  'a file has at most 300 lines': ({ text }) => (text.split('\n').length > 301 ? [0] : []),
  'a line has at most 100 columns, unless it cannot be broken': ({ text }) =>
    linesWhere(text, (line) => [...line].length > 100 && !/\S{80}/.test(line)),
  'a file opens with a block comment': ({ text }) =>
    /^(#!.*\n)?\/\*\*?[\s\S]*?\*\//.test(text) ? [] : [1],
  'a file is named after its job': ({ path }) =>
    /[/-](utils?|helpers?|types|common|misc|shared|manager|service)\.ts$/.test(path) ? [0] : [],
  'an import names its file with .ts': (source) =>
    importsOf(source)
      .filter(({ name }) => name.startsWith('.') && !name.endsWith('.ts'))
      .map(({ line }) => line),
  'an export of src has a comment': (source) => (SRC.test(source.path) ? bareExports(source) : []),
  'a test expects something': (source) => (TEST.test(source.path) ? idleTests(source) : []),
};

const SOURCES = readSources(['src', 'test', 'scripts', 'bench', 'vitest.config.ts']);

describe('the house style', () => {
  it.each(NEVER.map((rule) => [rule.says, rule] as const))('keeps to: %s', (_, rule) => {
    const { in: where, except, of, pattern } = rule;
    const every = new RegExp(pattern, `g${pattern.flags}`);
    const offences = SOURCES.filter(({ path }) => where.test(path) && !except?.test(path)).flatMap(
      (source) =>
        [...source[of].matchAll(every)].map(({ 0: found, index }) => {
          const line = source[of].slice(0, index).split('\n').length;
          return `${source.path}:${line}: ${found.trim()}`;
        }),
    );
    expect(offences).toEqual([]);
  });

  it.each(Object.entries(CHECKS))('keeps to: %s', (_, check) => {
    const offences = SOURCES.flatMap((source) =>
      check(source).map((line) => (line === 0 ? source.path : `${source.path}:${line}`)),
    );
    expect(offences).toEqual([]);
  });
});

describe('imports go one way', () => {
  it.each(MAY_IMPORT)('from %s', (from, allowed) => {
    const offences = SOURCES.filter(({ path }) => path.startsWith(from)).flatMap((source) =>
      importsOf(source)
        .filter(({ target }) => !allowed.some((start) => matches(target, start)))
        .map(({ line, name }) => `${source.path}:${line}: ${name}`),
    );
    expect(offences).toEqual([]);
  });

  it.each(IMPORTED_BY)('to %s', (to, importers) => {
    const offences = SOURCES.filter(({ path }) => !importers.test(path)).flatMap((source) =>
      importsOf(source)
        .filter(({ target }) => matches(target, to))
        .map(({ line, name }) => `${source.path}:${line}: ${name}`),
    );
    expect(offences).toEqual([]);
  });

  it('and reach every file of src from an entry of package.json', () => {
    const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
    const entries = [...manifest.matchAll(/\bdist\/([\w/-]+)\.js/g)].map(
      ([, name]) => `src/${name}.ts`,
    );
    const reached = new Set<string>(entries);
    for (const path of reached) {
      const source = SOURCES.find((known) => known.path === path);
      for (const target of source === undefined ? [] : mentionsIn(source)) reached.add(target);
    }
    const files = SOURCES.map(({ path }) => path).filter((path) => SRC.test(path));
    expect(files.filter((path) => !reached.has(path))).toEqual([]);
    expect(entries.filter((path) => !files.includes(path))).toEqual([]);
  });
});

function linesWhere(text: string, offends: (line: string) => boolean): readonly number[] {
  return text.split('\n').flatMap((line, index) => (offends(line) ? [index + 1] : []));
}

/** Lines of exports that have no comment above; a further overload shares that of the first. */
function bareExports({ text }: Source): readonly number[] {
  const lines = text.split('\n').map((line) => line.trimEnd());
  const named = /^export (?:async |abstract )?(?:function\*?|const|type|class|interface) (\w+)/;
  const commented = new Set<string>();
  return lines.flatMap((line, index) => {
    const name = named.exec(line)?.[1];
    if (name === undefined || commented.has(name)) return [];
    const above = lines.slice(0, index).findLast((other) => !other.startsWith('// biome-ignore'));
    if (!above?.endsWith('*/')) return [index + 1];
    commented.add(name);
    return [];
  });
}

/** Lines of tests before whose end nothing is expected. */
function idleTests({ code }: Source): readonly number[] {
  const starts = [...code.matchAll(/^[ \t]*(?:it|test)(?:\.\w+)?\(/gm)].map(({ index }) => index);
  return starts
    .filter((start, at) => !/expect|fc\.assert/.test(code.slice(start, starts[at + 1])))
    .map((start) => code.slice(0, start).split('\n').length);
}
