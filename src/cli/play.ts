/**
 * Plays an example against a relay as a client would: over a websocket, with nostr-tools.
 *
 * The player computes every state itself, by the rules the relay uses, so it can build on the head
 * and state what is so without asking. What the relay answers is compared with the script, what the
 * relay computed with what was computed here. A difference is reported; thrown is only what is no
 * answer, such as a connection that ends or a reply that does not come in time.
 */

import { createHash } from 'node:crypto';
import { type EventTemplate, finalizeEvent, getPublicKey, type NostrEvent } from 'nostr-tools/pure';
import { Relay, useWebSocketImplementation } from 'nostr-tools/relay';
import { WebSocket } from 'ws';
import type { State } from '../nsm/canonical.ts';
import { type Definition, parseDefinition } from '../nsm/definition.ts';
import { advance } from '../nsm/judge.ts';
import { DEFINITION_KIND, SNAPSHOT_KIND, TRANSITION_KIND } from '../nsm/kinds.ts';
import { snapshotContent } from '../nsm/snapshot.ts';
import { parseTransition } from '../nsm/transition.ts';
import type { StateNode } from '../nsm/view.ts';
import { isRefusal, REFUSALS } from '../refusal.ts';
import { askForState, PATIENCE_MS, relayPubkey } from './ask.ts';
import {
  type Example,
  readExample,
  type SignedStep,
  type StateStep,
  type Step,
} from './example.ts';

// Node 20 has no WebSocket of its own.
useWebSocketImplementation(WebSocket);

/** What became of a step. */
export type Report = {
  readonly step: Step;
  /** The id of the machine; empty until its definition is accepted. */
  readonly machine: string;
  /** What was done, in a few words. */
  readonly did: string;
  /** What the relay said, a line for each answer. */
  readonly answers: readonly string[];
  /** What is not as the script or the rules have it; empty when all is well. */
  readonly differences: readonly string[];
};

/** A play as far as it has come. */
type Play = {
  readonly example: Example;
  readonly relay: Relay;
  readonly self: string;
  /** Undefined until the definition is published. */
  definition: Definition | undefined;
  /** The accepted transitions by height, after the initial state. */
  readonly nodes: StateNode[];
  /** `created_at` of what is signed now. */
  clock: number;
};

/** Plays an example, a report for each step. Throws when the relay does not answer. */
export async function* play(name: string, url: string): AsyncGenerator<Report> {
  const end = Math.floor(Date.now() / 1_000);
  const example = readExample(name, { pubkeyOf: (part) => getPublicKey(keyOf(part)), end });
  const self = await relayPubkey(url);
  const relay = await Relay.connect(url, { timeout: PATIENCE_MS });
  const started = { example, relay, self, definition: undefined, nodes: [], clock: example.start };
  try {
    for (const step of example.steps) {
      yield 'state' in step ? await read(started, step) : await send(started, step);
    }
  } finally {
    relay.close();
  }
}

/** The key of a part is known to everybody: whoever watches a play can go on with it. */
function keyOf(part: string): Uint8Array {
  return createHash('sha256').update(`headkeeper example: ${part}`).digest();
}

async function send(play: Play, step: SignedStep): Promise<Report> {
  play.clock = step.at === undefined ? play.clock : play.example.start + step.at;
  const prior = play.nodes.at(step.on ?? -1);
  const event = finalizeEvent(templateFor(play, step, prior), keyOf(step.by));
  const { accepted, message } = await publish(play.relay, event);
  const verdict = accepted ? 'ok' : codeOf(message);
  const differences = [
    ...(verdict === step.expect ? [] : [`expected ${step.expect}`]),
    ...(accepted ? follow(play, event, prior) : namesAnotherHead(message, play)),
  ];
  const answer = `OK ${accepted} ${message}`.trimEnd();
  const machine = play.definition?.id ?? '';
  return { step, machine, did: described(step, event), answers: [answer], differences };
}

function templateFor(play: Play, step: SignedStep, prior: StateNode | undefined): EventTemplate {
  const { clock: created_at, example, definition } = play;
  if ('definition' in step) {
    const { definition: tags } = step;
    return { kind: DEFINITION_KIND, created_at, tags, content: example.content };
  }
  if (definition === undefined || prior === undefined)
    throw new Error('a script begins with the definition and builds on what has happened');
  const link = prior.id === null ? [] : [['transition', prior.id]];
  if ('type' in step) {
    const tags = [['e', definition.id], ['t', step.type], ...link];
    const content = step.data === undefined ? '' : JSON.stringify(step.data);
    return { kind: TRANSITION_KIND, created_at, tags, content };
  }
  const truth = JSON.parse(snapshotContent(prior.computed.state)) as object;
  const d = definition.custodian?.d ?? 'state';
  const tags = [['d', d], ['e', definition.id], ...link];
  const content = JSON.stringify({ ...truth, ...step.snapshot });
  return { kind: SNAPSHOT_KIND, created_at, tags, content };
}

/** The relay's OK. nostr-tools rejects for a refusal as it does for a broken connection. */
async function publish(relay: Relay, event: NostrEvent) {
  try {
    return { accepted: true, message: await relay.publish(event) };
  } catch (error) {
    const { message } = error as Error;
    if (codeOf(message) === undefined) throw error;
    return { accepted: false, message };
  }
}

/** The code in the text of an `OK false` (PROTOCOL §12). */
function codeOf(message: string): string | undefined {
  const code = /^[a-z-]+: ([a-z-]+): /.exec(message)?.[1];
  return code !== undefined && Object.hasOwn(REFUSALS, code) ? code : undefined;
}

/** Computes what an accepted event leads to; says why if by the rules here it should not be. */
function follow(play: Play, event: NostrEvent, prior: StateNode | undefined): readonly string[] {
  if (event.kind === DEFINITION_KIND) {
    const definition = parseDefinition(event);
    if (isRefusal(definition)) return [`refused here as ${definition.code}`];
    const { createdAt, initial: computed } = definition;
    play.definition = definition;
    play.nodes.push({ id: null, height: 0, createdAt, computed });
  }
  if (event.kind === TRANSITION_KIND && play.definition && prior) {
    const transition = parseTransition(event);
    const computed = isRefusal(transition)
      ? transition
      : advance(play.definition, prior, transition);
    if (isRefusal(computed)) return [`refused here as ${computed.code}`];
    const height = prior.height + 1;
    play.nodes.length = height;
    play.nodes.push({ id: event.id, height, createdAt: event.created_at, computed });
  }
  return [];
}

function namesAnotherHead(message: string, { nodes }: Play): readonly string[] {
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
  const { relay, self, definition, nodes } = play;
  const node = nodes.at(-1);
  if (definition === undefined || node === undefined) throw new Error('there is nothing to read');
  const answers = await askForState({ relay, self, definition, node, state: step.state });
  const differences = answers.flatMap(({ asked, difference }) =>
    difference === undefined ? [] : [`${asked}: ${difference}`],
  );
  const agreed = `all say ${JSON.stringify({ head: node.id, ...step.state })}`;
  return {
    step,
    machine: definition.id,
    did: 'reads the state',
    answers: [...answers.map(({ asked }) => asked), ...(differences.length === 0 ? [agreed] : [])],
    differences,
  };
}
