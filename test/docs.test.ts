/**
 * Documents against the code: what is generated is up to date, what is linked exists, what the
 * notices and the changelog must name is named.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { DOCUMENTS } from '../scripts/documents.ts';
import { METHODS } from '../src/admin/methods.ts';
import { loadConfig } from '../src/config/load.ts';
import { OPTIONS, type Option } from '../src/config/options.ts';
import { makeConfig } from '../src/config.ts';
import { isLibraryProblem, parseLibrary } from '../src/nsm/library.ts';
import { lint } from '../src/nsm/lint.ts';
import { BUNDLE_PROBLEMS } from '../src/nsm/proof-lines.ts';
import { REFUSALS } from '../src/refusal.ts';
import { compileRules, isRuleProblem } from '../src/rules/compile.ts';
import { OPERATORS } from '../src/rules/operators.ts';
import { readSources } from './support/sources.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOREIGN = /^(node_modules|dist|data|coverage|\.git)$/;

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const PAGES = markdownIn('');

/** Whole numbers that bound nothing. */
const UNBOUNDED: readonly string[] = ['listen.port', 'verify.workers'];

describe('generated documents', () => {
  it.each(Object.entries(DOCUMENTS))('%s is what `npm run docs` writes', (path, make) => {
    expect(read(path)).toBe(make());
  });

  it('include an example of a configuration that is all defaults', () => {
    const readFile = (): string => read('config.example.json');
    expect(loadConfig({ readFile, env: {} })).toMatchObject({ config: makeConfig() });
  });

  it('list no option that nothing reads', () => {
    const readers = readSources(['src']).filter(({ path }) => !path.startsWith('src/config'));
    const isRead = ({ steps }: Option): boolean =>
      readers.some(({ bare }) => new RegExp(`\\b${steps.at(-1)}\\b`).test(bare));
    expect(OPTIONS.filter((option) => !isRead(option)).map(({ path }) => path)).toEqual([]);
  });

  it('explain every problem that a proof bundle can have', () => {
    const table = read('docs/proofs.md').split('## Problems')[1] ?? '';
    const named = [...table.matchAll(/`([a-z-]+)`/g)].map(([, code]) => code);
    expect(named.sort()).toEqual(Object.keys(BUNDLE_PROBLEMS).sort());
  });

  it('list every bound once, with a default and what happens at it', () => {
    const page = read('docs/limits.md');
    const rows = [...page.matchAll(/^\| `([\w.]+)` \| ([\d,]+) \| \S.* \| \S.* \|$/gm)];
    const numbers = OPTIONS.filter(({ schema }) => schema.type === 'integer');
    const bounds = numbers.map(({ path }) => path).filter((path) => !UNBOUNDED.includes(path));
    expect(rows.map(([, path]) => path).sort()).toEqual(bounds.sort());
    for (const [, path, standard = ''] of rows) {
      const option = numbers.find((known) => known.path === path);
      expect(Number(standard.replaceAll(',', '')), path).toBe(option?.schema.default);
    }
    const [, profile = '{}'] = /```json\n([\s\S]*?)```/.exec(page) ?? [];
    expect(makeConfig(JSON.parse(profile)).quotas.definitionsPerDay).toBe(10);
  });

  it('name in docs/limits.md no code of a refusal that there is not', () => {
    const codes = [...read('docs/limits.md').matchAll(/`([a-z]+(?:-[a-z]+)*)`/g)];
    const known = [...Object.keys(REFUSALS), 'retry'];
    expect(codes.map(([, code = '']) => code).filter((code) => !known.includes(code))).toEqual([]);
  });

  it('include every refusal once', () => {
    const named = [...read('docs/refusals.md').matchAll(/^\| <a id="([^"]+)"/gm)];
    expect(named.map(([, code]) => code)).toEqual(Object.keys(REFUSALS));
  });
});

describe('the guide for machine authors', () => {
  const blocks = [...read('docs/writing-machines.md').matchAll(/^```json\n([\s\S]*?)^```/gm)];
  const sources = blocks.map(([, code = '']) => code);

  it.each(sources.map((code, i) => [i + 1, code] as const))(
    'shows in block %i a machine, or rules, that a relay takes',
    (_, code) => {
      const shown = JSON.parse(code);
      const problems = 'states' in shown ? lint(code).problems : rulesProblems(shown, code);
      expect(problems).toEqual([]);
    },
  );

  it('has such blocks, and no operator that does not exist', () => {
    expect(sources.length).toBeGreaterThan(5);
    const table = read('docs/writing-machines.md').split('### Operators')[1] ?? '';
    const rows = [...(table.split('<!-- end -->')[0] ?? '').matchAll(/^\| `([^`]+)` \|/gm)];
    const names = [...OPERATORS.keys(), 'var', 'lit', 'is'];
    expect(rows.map(([, name]) => name).sort()).toEqual(names.sort());
  });

  function rulesProblems(rules: object, code: string): readonly unknown[] {
    if ('version' in rules) return [parseLibrary(code)].filter(isLibraryProblem);
    const compiled = compileRules({ v: 1, ...rules });
    return isRuleProblem(compiled) ? [compiled] : [];
  }
});

describe('the page about management', () => {
  it('names every method, and none that there is not', () => {
    const rows = read('docs/management.md').match(/^\| `.*$/gm) ?? [];
    const named = rows.flatMap((row) => (row.split(' | ')[0] ?? '').match(/`[a-z]+`/g) ?? []);
    const methods = ['supportedmethods', ...Object.keys(METHODS)];
    expect(named.map((name) => name.slice(1, -1)).sort()).toEqual(methods.sort());
  });
});

describe('links', () => {
  it.each(PAGES)('of %s lead to files and headings that exist', (page) => {
    const links = [...prose(read(page)).matchAll(/\]\(<?([^)\s>]+)>?\)/g)].map(([, to = '']) => to);
    const dead = links.filter((link) => !/^[a-z]+:/.test(link) && !leadsSomewhere(page, link));
    expect(dead).toEqual([]);
  });
});

describe('documents', () => {
  it.each(PAGES)('like %s name no path of one machine', (page) => {
    expect(read(page)).not.toMatch(/(?<![\w.~])\/(home|root|Users|work)\/\w/);
  });

  it('name every package that is installed with the relay, and its licence', () => {
    const { dependencies, optionalDependencies } = JSON.parse(read('package.json'));
    const notice = read('NOTICE');
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      expect(notice, name).toMatch(new RegExp(`^${name} +[\\w.-]+ `, 'm'));
    }
  });

  it('say what changed in the version of package.json', () => {
    const { version } = JSON.parse(read('package.json'));
    expect(read('CHANGELOG.md')).toContain(`## ${version}`);
  });
});

function markdownIn(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return FOREIGN.test(entry.name) ? [] : markdownIn(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

/** A page without its code, in which brackets are no links. */
const prose = (page: string): string =>
  page.replace(/^(```|~~~)[\s\S]*?^\1/gm, '').replace(/`[^`\n]+`/g, '');

function leadsSomewhere(page: string, link: string): boolean {
  const [path = '', anchor] = decodeURIComponent(link).split('#');
  const target = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(ROOT, target))) return false;
  return anchor === undefined || !target.endsWith('.md') || anchorsOf(read(target)).has(anchor);
}

/** Ids given in the page, and those that are made of headings: lower case, hyphens, no signs. */
function anchorsOf(page: string): ReadonlySet<string> {
  const ids = [...page.matchAll(/<a id="([^"]+)"/g)].map(([, id = '']) => id);
  const headings = [...page.matchAll(/^#+ +(.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-'),
  );
  return new Set([...ids, ...headings]);
}
