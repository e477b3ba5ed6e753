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
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { getPublicKey } from 'nostr-tools/pure';
import { z } from 'zod';
import { sha256Hex } from '../nsm/canonical.ts';
import { REFUSALS, type RefusalCode } from '../refusal.ts';

/** When every example begins, in Unix seconds: long ago, so that no play has to wait. */
export const EXAMPLE_START = 1_700_000_000;

const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url));

const outcome = z.custom<'ok' | RefusalCode>(
  (value) => value === 'ok' || (typeof value === 'string' && Object.hasOwn(REFUSALS, value)),
  'neither "ok" nor the code of a refusal',
);

const told = {
  /** What happens, in a sentence for people. */
  say: z.string().optional(),
};

const signed = {
  ...told,
  /** Whose key signs it. */
  by: z.string(),
  /** `created_at` in seconds after the start; without it that of the step before. */
  at: z.int().min(0).optional(),
  /** The height of the transition it builds on, 0 for none; without it the head. */
  on: z.int().min(0).optional(),
  /** What the relay answers. */
  expect: outcome.default('ok'),
};

const definitionStep = z.strictObject({
  ...signed,
  /** The tags of the definition's event. */
  definition: z.array(z.array(z.string())),
});

const transitionStep = z.strictObject({
  ...signed,
  type: z.string(),
  data: z.json().optional(),
});

const snapshotStep = z.strictObject({
  ...signed,
  /** What the snapshot claims otherwise than it is; nothing for a right one. */
  snapshot: z.record(z.string(), z.json()),
});

const stateStep = z.strictObject({
  ...told,
  /** What the relay says of the machine when it is asked; of the context, some members. */
  state: z.strictObject({
    status: z.string(),
    value: z.json(),
    height: z.int(),
    next: z.array(z.string()),
    context: z.record(z.string(), z.json()).optional(),
  }),
});

const step = z.union([definitionStep, transitionStep, snapshotStep, stateStep]);

/** One line of a script. */
export type Step = z.output<typeof step>;

/** A step that sends an event. */
export type SignedStep = Exclude<Step, z.output<typeof stateStep>>;

/** A step that reads the state. */
export type StateStep = z.output<typeof stateStep>;

/** A machine and one script of it. The steps are templates still: see `fillIn`. */
export type Example = {
  /** The content of the definition. */
  readonly content: string;
  readonly steps: readonly Step[];
};

/** What the names in a template stand for besides people. */
export type Values = {
  /** The id of the machine; undefined where there is none yet. */
  readonly machine?: string | undefined;
  /** The id of the transition at a height; undefined where there is none. */
  readonly idAt?: (height: number) => string | undefined;
};

/** The secret key of a part; made of its name, so known to everybody. */
export function partKey(part: string): Uint8Array {
  return sha256(utf8ToBytes(`headkeeper example: ${part}`));
}

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

/** Reads an example with one of its scripts. Throws, naming the line, when it is malformed. */
export function readExample(name: string, script: string): Example {
  const read = (file: string): string => readFileSync(join(EXAMPLES, name, file), 'utf8');
  const steps = parseScript(read(`${script}.jsonl`), `${name}/${script}.jsonl`);
  return { content: parseTemplate(read('definition.json')), steps };
}

/** The content of a definition from its template. */
export function parseTemplate(text: string): string {
  return JSON.stringify(fillIn(JSON.parse(text), {}));
}

/**
 * Puts what is meant in the place of every `{{…}}` in a JSON value: `{{name}}` is a pubkey,
 * `"{{+60}}"` a time, `{{machine}}` and `{{@2}}` are ids, `{{sha256 …}}` is the hash of a text in
 * which everything is filled in. Throws for an id that does not exist yet.
 */
export function fillIn<Template>(template: Template, values: Values): Template {
  return fillValue(template, values) as Template;
}

function fillValue(value: unknown, values: Values): unknown {
  if (typeof value === 'string') {
    const seconds = /^\{\{\+(\d+)\}\}$/.exec(value)?.[1];
    return seconds === undefined ? fillText(value, values) : EXAMPLE_START + Number(seconds);
  }
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => fillValue(item, values));
  const members = Object.entries(value).map(([name, item]) => [
    fillText(name, values),
    fillValue(item, values),
  ]);
  return Object.fromEntries(members);
}

/** From the inside out, for a hash may be of a text that holds names. */
function fillText(text: string, values: Values): string {
  const filled = text.replace(/\{\{([^{}]+)\}\}/g, (_, name: string) => meaningOf(name, values));
  return filled === text ? text : fillText(filled, values);
}

function meaningOf(name: string, { machine, idAt }: Values): string {
  if (name.startsWith('sha256 ')) return sha256Hex(name.slice('sha256 '.length));
  const height = /^@(\d+)$/.exec(name)?.[1];
  if (height === undefined && name !== 'machine') return getPublicKey(partKey(name));
  const id = height === undefined ? machine : idAt?.(Number(height));
  if (id === undefined) throw new Error(`{{${name}}} does not exist yet`);
  return id;
}

/** The steps of a script, templates as they are. Throws, naming the line, at a malformed one. */
export function parseScript(text: string, file: string): readonly Step[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const parsed = step.safeParse(JSON.parse(line));
    if (parsed.success) return [parsed.data];
    throw new Error(`${file}:${index + 1}: ${z.prettifyError(parsed.error)}`);
  });
}
