/**
 * Commands, scripts and log lines that documents and deploy files name, against those there are.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readSources } from './support/sources.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const MAIN = ['src/main.ts', 'src/cli/upkeep-commands.ts'].map(read).join('\n');
const COMMANDS = new Set([...MAIN.matchAll(/\.command\('(\w+)'/g)].map(([, name]) => name));
const FLAGS = new Set([...MAIN.matchAll(/\.option\('(--[\w-]+)/g)].map(([, name]) => name));
const SCRIPTS = Object.keys(JSON.parse(read('package.json')).scripts);

const PAGES = ['.', 'docs', 'deploy/systemd', 'deploy/compose', 'deploy/prometheus'].flatMap(
  (folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => /\.(md|yml|yaml|service|socket)$/.test(name))
      .map((name) => join(folder, name)),
);

/** What a page shows to be typed, a line each. */
function shown(path: string): readonly string[] {
  const text = read(path);
  const spans = [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
  const blocks = [...text.matchAll(/^```\w*\n([\s\S]*?)^```/gm)].map(([, code = '']) => code);
  const indented = text.split('\n').filter((line) => /^ {4}\S/.test(line));
  const lines = path.endsWith('.md') ? [...spans, ...blocks, ...indented] : [text];
  return lines.flatMap((part) => part.split('\n'));
}

const called = (line: string): readonly string[] =>
  [...line.matchAll(/\b(?:npx headkeeper|headkeeper|dist\/main\.js) ([a-z]+\b.*)/g)].map(
    ([, rest = '']) => rest,
  );

describe('commands', () => {
  it.each(PAGES)('that %s shows are there, with the flags they are given', (path) => {
    for (const rest of shown(path).flatMap(called)) {
      const [name = ''] = rest.split(' ');
      // Prose goes on after the name of the program.
      if (!/^[a-z]+$/.test(name) || (!COMMANDS.has(name) && !/--/.test(rest))) continue;
      expect(COMMANDS, rest).toContain(name);
      for (const [flag] of rest.matchAll(/--[a-z][\w-]*/g)) expect(FLAGS, rest).toContain(flag);
    }
  });

  it.each(PAGES)('of npm that %s shows are scripts of package.json', (path) => {
    const named = shown(path).flatMap((line) => [...line.matchAll(/\bnpm run ([\w:]+)/g)]);
    expect(named.map(([, name]) => name).filter((name) => !SCRIPTS.includes(`${name}`))).toEqual(
      [],
    );
  });
});

describe('log lines', () => {
  it('that the page for operators explains are logged', () => {
    const table = read('docs/operating.md').split('| line | means |')[1]?.split('\n\n')[0] ?? '';
    const names = [...table.matchAll(/`([\w.-]+)`(?=.*\|.*\|)/g)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(5);
    const logged = readSources(['src'])
      .map(({ code }) => code)
      .join('\n');
    expect(names.filter((name) => !logged.includes(`'${name}'`))).toEqual([]);
  });
});
