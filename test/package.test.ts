/**
 * package.json against the sources: what others import, run and unpack is there once it is built.
 */

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const at = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
const manifest = JSON.parse(readFileSync(at('package.json'), 'utf8'));

/** The source that is compiled to a file of dist. */
const sourceOf = (built: string): string =>
  built.replace(/^(\.\/)?dist\//, 'src/').replace(/\.(d\.ts|js)$/, '.ts');

describe('package.json', () => {
  it.each(Object.entries<Record<string, string>>(manifest.exports))(
    'exports %s with types and code from one source',
    (_, { types = '', default: code = '' }) => {
      expect(sourceOf(types)).toBe(sourceOf(code));
      expect(existsSync(at(sourceOf(code)))).toBe(true);
    },
  );

  it('has a command that a shell can run', () => {
    const source = readFileSync(at(sourceOf(manifest.bin.headkeeper)), 'utf8');
    expect(source).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  it('packs only what exists', () => {
    const missing = (manifest.files as string[]).filter((file) => !existsSync(at(file)));
    // Built before it is packed.
    expect(missing.filter((file) => file !== 'dist')).toEqual([]);
  });

  it('names one engine version, exactly, which is the one that the rule set names', async () => {
    const { ENGINE } = await import('../src/nsm/engine.ts');
    expect(manifest.dependencies[ENGINE.name]).toBe(ENGINE.version);
  });

  it('has the commands that the README shows', () => {
    const readme = readFileSync(at('README.md'), 'utf8');
    const shown = [...readme.matchAll(/\bnpm (?:run )?(start|test|demo|docs|check|build)\b/g)];
    expect(shown.length).toBeGreaterThan(0);
    for (const [, name = ''] of shown) expect(Object.keys(manifest.scripts)).toContain(name);
  });

  it('asks for the Node that the README names', () => {
    const [floor = ''] = /\d+\.\d+/.exec(manifest.engines.node) ?? [];
    expect(readFileSync(at('README.md'), 'utf8')).toContain(`Node ${floor} or later`);
  });
});
