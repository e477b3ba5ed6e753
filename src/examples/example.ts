/**
 * Reads an example: the config of a machine, and scripts of who does what to it.
 *
 * Both are templates, so that an example says by name what a signed event says by key, id and hash.
 * A script is JSON lines; a line is one step, and what it does is told by which of `definition`,
 * `type`, `snapshot` and `state` it has. Keys are made of names and the start is always the same,
 * so ids and states are the same in every play.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Example, parseScript } from './script.ts';
import { EXAMPLE_START, parseTemplate } from './template.ts';

const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url));

/** The names of the examples, sorted. */
export function exampleNames(): readonly string[] {
  const entries = readdirSync(EXAMPLES, { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
}

/** The names of an example's scripts: `script` first, then those with other ends. */
export function scriptNames(example: string): readonly string[] {
  const names = readdirSync(join(EXAMPLES, example)).flatMap(
    (file) => /^(.+)\.jsonl$/.exec(file)?.[1] ?? [],
  );
  return ['script', ...names.filter((name) => name !== 'script').sort()];
}

/** What an example is for people: its name and its first paragraph. */
export type ExampleAbout = { readonly title: string; readonly says: string };

/** The heading of an example's README, and the paragraph below it on one line. */
export function exampleAbout(name: string): ExampleAbout {
  const [heading = '', says = ''] = readFile(name, 'README.md').split('\n\n');
  return {
    title: heading.replace(/^# /, ''),
    says: says.replace(/\s+|`/g, (sign) => (sign === '`' ? '' : ' ')).trim(),
  };
}

/** An example as it is written: the template of its definition, and the steps of a script. */
export function exampleTemplate(name: string, script: string) {
  const steps = parseScript(readFile(name, `${script}.jsonl`), `${name}/${script}.jsonl`);
  return { definition: readFile(name, 'definition.json'), steps };
}

const readFile = (name: string, file: string): string =>
  readFileSync(join(EXAMPLES, name, file), 'utf8');

/**
 * Reads an example with one of its scripts; its times count from a start in Unix seconds. Throws,
 * naming the line, when it is malformed.
 */
export function readExample(name: string, script: string, start = EXAMPLE_START): Example {
  const { definition, steps } = exampleTemplate(name, script);
  return { content: parseTemplate(definition, { start }), steps };
}
