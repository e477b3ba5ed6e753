/**
 * Plays an example against a relay as a client would: over a websocket, with nostr-tools.
 *
 * The player computes every state itself, by the rules the relay uses, so it can build on the head
 * and state what is so without asking. What the relay answers is compared with the script, what the
 * relay computed with what was computed here. A difference is reported; thrown is only what is no
 * answer, such as a connection that ends or a reply that does not come in time.
 */

import type { NostrEvent } from 'nostr-tools/pure';
import type { Relay } from 'nostr-tools/relay';
import { type Course, eventOf, follow, judgeIn, newCourse, stepIn } from '../examples/course.ts';
import { readExample, scriptNames } from '../examples/example.ts';
import type { SignedStep, StateStep, Step } from '../examples/script.ts';
import { EXAMPLE_START } from '../examples/template.ts';
import type { State } from '../nsm/canonical.ts';
import type { Verdict } from '../nsm/judge.ts';
import type { StateNode } from '../nsm/view.ts';
import { REFUSALS, type RefusalCode } from '../refusal.ts';
import { askForHash, askForState, relayPubkey } from './ask.ts';
import { connectTo, publishTo } from './client.ts';

/** What became of a step. */
export type Report = {
  /** The script that it is a step of. */
  readonly script: string;
  readonly step: Step;
  /** The id of the machine; empty until its definition is accepted. */
  readonly machine: string;
  /** What was done, in a few words. */
  readonly did: string;
  /** What the relay said, a line for each answer. */
  readonly answers: readonly string[];
  /** The state that an accepted definition or transition leads to. */
  readonly reached?: StateNode;
  /** What is not as the script or the rules have it; empty when all is well. */
  readonly differences: readonly string[];
};

/** A course, and the relay it is played against. */
type Play = {
  readonly script: string;
  readonly course: Course;
  readonly relay: Relay;
  readonly self: string;
};

/**
 * Plays the scripts of an example, a report for each step; `start` is what its times count from, in
 * Unix seconds. Throws when the relay is silent.
 */
export async function* play(
  name: string,
  url: string,
  { start = EXAMPLE_START }: { readonly start?: number } = {},
): AsyncGenerator<Report> {
  const self = await relayPubkey(url);
  const relay = await connectTo(url);
  try {
    for (const script of scriptNames(name)) {
      const example = readExample(name, script, start);
      const begun = { script, course: newCourse(example, { start }), relay, self };
      for (const template of example.steps) {
        const step = stepIn(begun.course, template);
        yield 'state' in step ? await read(begun, step) : await send(begun, step);
      }
    }
  } finally {
    relay.close();
  }
}

async function send(play: Play, step: SignedStep): Promise<Report> {
  const { course, relay, script } = play;
  const event = eventOf(course, step);
  const verdict = judgeIn(course, event);
  const { accepted, message, code } = await publishTo(relay, event);
  const answer = accepted ? 'ok' : code;
  const node = accepted ? follow(course, verdict) : undefined;
  const machine = course.definition?.id ?? '';
  const differences = [
    ...(answer === step.expect ? [] : [`expected ${step.expect}`]),
    ...differsFrom(verdict, answer),
    ...namesAnotherHead(message, course),
    ...(node ? await askForHash(relay, machine, node.computed.hash) : []),
  ];
  return {
    ...{ script, step, machine, differences, did: described(step, event) },
    answers: [`OK ${accepted} ${message}`.trimEnd()],
    ...(node && { reached: node }),
  };
}

/** A verdict by the rules against an answer; what a relay refuses by itself is its own business. */
function differsFrom(verdict: Verdict, answer: 'ok' | RefusalCode | undefined): readonly string[] {
  const code = verdict.verdict === 'refused' ? verdict.refusal.code : 'ok';
  const isLocal = answer && answer !== 'ok' && REFUSALS[answer].scope === 'here';
  return isLocal || code === answer ? [] : [`by the rules it is ${code}`];
}

function namesAnotherHead(message: string, { nodes }: Course): readonly string[] {
  const named = / head=([0-9a-f]{64}) /.exec(message)?.[1];
  if (named === undefined || named === nodes.at(-1)?.id) return [];
  return ['the head it names is another'];
}

function described(step: SignedStep, { id, content }: NostrEvent): string {
  const at = step.at === undefined ? '' : ` at +${step.at} s`;
  const on = step.on === undefined ? '' : ` on height ${step.on}`;
  if ('definition' in step) return `publishes machine ${id}`;
  if ('type' in step) return `${step.type}${content && ` ${content}`}${on}${at}`;
  const { status, value } = JSON.parse(content) as Pick<State, 'status' | 'value'>;
  return `states ${JSON.stringify({ status, value })}${on}${at}`;
}

async function read(play: Play, step: StateStep): Promise<Report> {
  const { script, course, relay, self } = play;
  const { definition, nodes } = course;
  const node = nodes.at(-1);
  if (definition === undefined || node === undefined) throw new Error('there is nothing to read');
  const answers = await askForState({ relay, self, definition, node, state: step.state });
  const differences = answers.flatMap(({ asked, difference }) =>
    difference === undefined ? [] : [`${asked}: ${difference}`],
  );
  const agreed = `all say ${JSON.stringify({ head: node.id, ...step.state })}`;
  return {
    ...{ script, step, machine: definition.id },
    did: 'reads the state',
    answers: [...answers.map(({ asked }) => asked), ...(differences.length === 0 ? [agreed] : [])],
    differences,
  };
}
