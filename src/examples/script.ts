/**
 * The script of an example: who does what to a machine, and what comes of it.
 *
 * JSON lines; a line is one step, and what it does is told by which of `definition`, `type`,
 * `snapshot` and `state` it has.
 */

import { z } from 'zod';
import { REFUSALS, type RefusalCode } from '../refusal.ts';

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

/** The steps of a script, templates as they are. Throws, naming the line, at a malformed one. */
export function parseScript(text: string, file: string): readonly Step[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const parsed = step.safeParse(JSON.parse(line));
    if (parsed.success) return [parsed.data];
    throw new Error(`${file}:${index + 1}: ${z.prettifyError(parsed.error)}`);
  });
}
