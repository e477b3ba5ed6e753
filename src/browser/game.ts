/**
 * A play of an example in the page: keys, the course it has taken, and what the relay said.
 *
 * The rules run here too, so that the page knows what can be sent next at the time of the story;
 * whether something is taken is the relay's word alone.
 */
import { finalizeEvent, generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import { follow, judgeIn, newCourse, stepIn, templateOf } from '../examples/course.ts';
import type { SignedStep, Step } from '../examples/script.ts';
import { parseTemplate } from '../examples/template.ts';
import { type NextType, nextTypes } from '../nsm/next.ts';
import { createPublisher, type Ok } from './publish.ts';

/** An example as it is written. */
export type Example = { readonly definition: string; readonly steps: readonly Step[] };

/** What one part can send now. */
export type Part = { readonly name: string; readonly next: readonly NextType[] };

/** A play as far as it has come. */
export type Game = {
  readonly steps: readonly Step[];
  /** Does a step of the script, or another of the same form. */
  readonly play: (step: Step) => Promise<Ok>;
  /** The id of the machine; undefined before it is published. */
  readonly machine: () => string | undefined;
  readonly parts: () => readonly Part[];
  /** The payload with which the script has a part send a type; empty where it has none. */
  readonly payloadFor: (part: string, type: string) => string;
  /** The time of the story, in Unix seconds. */
  readonly clock: () => number;
  /** Lets time pass in the story, though never beyond the present. */
  readonly wait: (seconds: number) => void;
};

/** How long the story may take longer than its script, in seconds: there is no future to sign. */
const ROOM = 3 * 86_400;

/** Begins a play with new keys. */
export function newGame({ definition, steps }: Example): Game {
  const keys = new Map<string, Uint8Array>();
  const keyOf = (part: string): Uint8Array => {
    const key = keys.get(part) ?? generateSecretKey();
    keys.set(part, key);
    return key;
  };
  const longest = Math.max(0, ...steps.map((step) => ('at' in step && step.at) || 0));
  const start = now() - longest - ROOM;
  const content = parseTemplate(definition, { keyOf, start });
  const course = newCourse({ content }, { start, keyOf });
  const publish = createPublisher();
  const names = [...new Set(steps.flatMap((step) => ('by' in step ? [step.by] : [])))];

  const send = async (step: SignedStep): Promise<Ok> => {
    const event = finalizeEvent(templateOf(course, step), keyOf(step.by));
    const verdict = judgeIn(course, event);
    const ok = await publish(event);
    if (ok.accepted) follow(course, verdict);
    return ok;
  };

  return {
    steps,
    play: (template) => {
      const step = stepIn(course, template);
      return 'state' in step ? readState(course.definition?.id ?? '') : send(step);
    },
    machine: () => course.definition?.id,
    parts: () => {
      const node = course.nodes.at(-1);
      const { definition: machine, clock: at } = course;
      if (!machine || !node) return [];
      const nextFor = (name: string) =>
        nextTypes(machine, node, { by: getPublicKey(keyOf(name)), at });
      return names.map((name) => ({ name, next: nextFor(name) }));
    },
    payloadFor: (part, type) => {
      const found = steps.find((step) => 'type' in step && step.by === part && step.type === type);
      const step = found && stepIn(course, found);
      return step && 'type' in step && step.data !== undefined ? JSON.stringify(step.data) : '';
    },
    clock: () => course.clock,
    wait: (seconds) => {
      course.clock = Math.min(course.clock + seconds, now());
    },
  };
}

const now = (): number => Math.floor(Date.now() / 1_000);

/** What the relay says of the state when it is asked. */
async function readState(machine: string): Promise<Ok> {
  const answer = await fetch(`/api/v1/machines/${machine}/state`);
  const { value, status, height } = await answer.json();
  return { accepted: answer.ok, message: `${JSON.stringify(value)}, ${status}, height ${height}` };
}
