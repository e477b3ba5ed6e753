/**
 * docs/architecture.md against the tree: whoever looks for a file finds it there, and what it names
 * exists.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readSources } from './support/sources.ts';

const PAGE = readFileSync(new URL('../docs/architecture.md', import.meta.url), 'utf8');
const SRC = readdirSync(new URL('../src', import.meta.url), { withFileTypes: true });

describe('docs/architecture.md', () => {
  it('says what every file and folder at the top of src is for', () => {
    const names = SRC.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
    expect(names.filter((name) => !PAGE.includes(`\`${name}\``))).toEqual([]);
  });

  it('names no file that does not exist', () => {
    const files = readSources(['src', 'test', 'scripts']).map(({ path }) => path);
    const named = [...PAGE.matchAll(/`((?:[\w-]+\/)*[\w-]+\.ts)`/g)].map(([, name = '']) => name);
    const isThere = (name: string) => files.some((path) => `/${path}`.endsWith(`/${name}`));
    expect(named.filter((name) => !isThere(name))).toEqual([]);
  });

  it('has at most 250 lines', () => {
    expect(PAGE.split('\n').length).toBeLessThanOrEqual(251);
  });
});
