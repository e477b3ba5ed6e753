/**
 * Reads an example: the config of a machine, and a script of who does what to it.
 *
 * Both are templates. `{{name}}` stands for the pubkey of whoever plays that part and `"{{+60}}"`
 * for a time, in seconds after the start, so that an example can be played at any time and by
 * anybody. A script is JSON lines; a line is one step, and what it does is told by which of
 * `definition`, `type`, `snapshot` and `state` it has.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { REFUSALS, type RefusalCode } from '../refusal.ts';

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
  /** What the relay says of the machine when it is asked. */
  state: z.strictObject({
    status: z.string(),
    value: z.json(),
    height: z.int(),
    next: z.array(z.string()),
  }),
});

const step = z.union([definitionStep, transitionStep, snapshotStep, stateStep]);

/** One line of a script. */
export type Step = z.output<typeof step>;

/** A step that sends an event. */
export type SignedStep = Exclude<Step, z.output<typeof stateStep>>;

/** A step that reads the state. */
export type StateStep = z.output<typeof stateStep>;

/** A machine and its script, filled in for one play. */
export type Example = {
  /** The content of the definition. */
  readonly content: string;
  readonly steps: readonly Step[];
  /** When the first step happens, in Unix seconds. */
  readonly start: number;
};

/** What templates are filled in with: a pubkey for each part, and when the last step happens. */
export type Casting = {
  readonly pubkeyOf: (name: string) => string;
  /** Unix seconds. The first step is dated back, so that no play has to wait. */
  readonly end: number;
};

/** The names of the examples, sorted. */
export function exampleNames(): readonly string[] {
  const entries = readdirSync(EXAMPLES, { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
}

/** Reads an example and fills it in. Throws, naming the line, when its script is malformed. */
export function readExample(name: string, { pubkeyOf, end }: Casting): Example {
  const read = (file: string): string => readFileSync(join(EXAMPLES, name, file), 'utf8');
  const steps = parseScript(read('script.jsonl'), `${name}/script.jsonl`);
  const start = end - Math.max(0, ...steps.map((step) => ('by' in step && step.at) || 0));
  const fillIn = (text: string): string =>
    text
      .replace(/"\{\{\+(\d+)\}\}"/g, (_, seconds: string) => String(start + Number(seconds)))
      .replace(/\{\{([\w-]+)\}\}/g, (_, part: string) => pubkeyOf(part));
  const content = JSON.stringify(JSON.parse(fillIn(read('definition.json'))));
  return { content, steps: JSON.parse(fillIn(JSON.stringify(steps))), start };
}

function parseScript(text: string, file: string): readonly Step[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const parsed = step.safeParse(JSON.parse(line));
    if (parsed.success) return [parsed.data];
    throw new Error(`${file}:${index + 1}: ${z.prettifyError(parsed.error)}`);
  });
}
