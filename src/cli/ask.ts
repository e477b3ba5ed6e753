/**
 * Asks a relay for the state of a machine in every way it has: by the tags of its keeper snapshot
 * over NIP-01, and over HTTP. All answers must say the same.
 */

import type { Filter } from 'nostr-tools/filter';
import type { Relay } from 'nostr-tools/relay';
import type { StateStep } from '../examples/script.ts';
import type { NostrEvent } from '../nostr/event.ts';
import { canonicalJson, type State } from '../nsm/canonical.ts';
import type { Definition } from '../nsm/definition.ts';
import { activePaths } from '../nsm/enabled.ts';
import { SNAPSHOT_KIND } from '../nsm/kinds.ts';
import type { StateNode } from '../nsm/view.ts';
import { httpUrl, PATIENCE_MS, queryFrom } from './client.ts';

/** Whom is asked about what, and what was computed here. */
export type Question = {
  readonly relay: Relay;
  /** The relay's own key. */
  readonly self: string;
  readonly definition: Definition;
  readonly node: StateNode;
  /** What the script expects. */
  readonly state: StateStep['state'];
};

/** What a relay says of a machine, however it was asked. */
type Told = Omit<Required<StateStep['state']>, 'context'> & {
  readonly head: string | null;
  readonly context: State['context'];
};

/** What was asked, for people, and what is wrong with the answer, if anything. */
export type Answer = { readonly asked: string; readonly difference?: string };

/** Asks over NIP-01 and HTTP; an answer each. Throws when the relay gives none. */
export async function askForState(question: Question): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (const filter of filtersFor(question)) answers.push(await askByFilter(question, filter));
  answers.push(await askOverHttp(question));
  return answers;
}

/** What is wrong with the hash a relay gives for the head of a machine; nothing, or a sentence. */
export async function askForHash(
  relay: Relay,
  machine: string,
  hash: string,
): Promise<readonly string[]> {
  const { state } = await getState(relay, machine);
  if (state === undefined || state.state_hash === hash) return [];
  return [`another state hash: ${state.state_hash}`];
}

/** The pubkey with which the relay at an address signs (NIP-11). */
export async function relayPubkey(url: string): Promise<string> {
  const headers = { Accept: 'application/nostr+json' };
  const response = await fetch(httpUrl(url), { headers, signal: AbortSignal.timeout(PATIENCE_MS) });
  const { self } = (await response.json()) as { readonly self: string };
  return self;
}

/** A text in which ids and keys are cut to eight digits. */
export function shortened(text: string): string {
  return text.replace(/\b([0-9a-f]{8})[0-9a-f]{56}\b/g, '$1…');
}

function filtersFor({ self, definition, node, state }: Question): readonly Filter[] {
  const base = { kinds: [SNAPSHOT_KIND], authors: [self] };
  return [
    { ...base, '#e': [definition.id] },
    { ...base, '#s': activePaths(node.computed.state).slice(0, 1) },
    { ...base, '#p': [definition.pubkey] },
    ...state.next.slice(0, 1).map((type) => ({ ...base, '#n': [type] })),
  ];
}

async function askByFilter(question: Question, filter: Filter): Promise<Answer> {
  const events = await queryFrom(question.relay, [filter]);
  const { id } = question.definition;
  const snapshot = events.find(({ tags }) =>
    tags.some(([name, value]) => name === 'e' && value === id),
  );
  const asked = `REQ ${JSON.stringify(filter)}`;
  if (snapshot === undefined) return { asked, difference: 'no keeper snapshot' };
  return compared(asked, toldBySnapshot(snapshot), question);
}

async function askOverHttp(question: Question): Promise<Answer> {
  const { relay, definition, node } = question;
  const { asked, status: code, state } = await getState(relay, definition.id);
  if (state === undefined) return { asked, difference: `status ${code}` };
  if (state.state_hash !== node.computed.hash)
    return { asked, difference: `another state hash: ${state.state_hash}` };
  const { head, height, status, value, context, next } = state;
  const told = { head, height, status, value, context, next: next.map(typeOf) };
  return compared(asked, told, question);
}

async function getState({ url }: Relay, machine: string) {
  const path = `/api/v1/machines/${machine}/state`;
  const response = await fetch(httpUrl(url) + path, { signal: AbortSignal.timeout(PATIENCE_MS) });
  const state = response.ok ? ((await response.json()) as HttpState) : undefined;
  return { asked: `GET ${path}`, status: response.status, state };
}

type HttpState = Omit<Told, 'next'> & {
  readonly next: readonly { readonly type: string }[];
  readonly state_hash: string;
};

const typeOf = ({ type }: HttpState['next'][number]): string => type;

function toldBySnapshot({ tags, content }: NostrEvent): Told {
  const all = (name: string) =>
    tags.filter(([other]) => other === name).map(([, value = '']) => value);
  const { value, context } = JSON.parse(content) as Pick<Told, 'value' | 'context'>;
  return {
    head: all('transition')[0] ?? null,
    height: Number(all('height')[0]),
    status: all('status')[0] ?? '',
    value,
    context,
    next: all('n'),
  };
}

function compared(asked: string, told: Told, { node, state }: Question): Answer {
  const { context = {}, ...rest } = state;
  const some = Object.entries(told.context).filter(([name]) => Object.hasOwn(context, name));
  const expected = canonicalJson({ ...rest, context, head: node.id });
  const answer = canonicalJson({ ...told, context: Object.fromEntries(some) });
  return answer === expected ? { asked } : { asked, difference: `${answer}, not ${expected}` };
}
