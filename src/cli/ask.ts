/**
 * Asks a relay for the state of a machine in every way it has: by the tags of its keeper snapshot
 * over NIP-01, and over HTTP. All answers must say the same.
 */

import type { Filter } from 'nostr-tools/filter';
import type { NostrEvent } from 'nostr-tools/pure';
import type { Relay } from 'nostr-tools/relay';
import { canonicalJson } from '../nsm/canonical.ts';
import type { Definition } from '../nsm/definition.ts';
import { activePaths } from '../nsm/enabled.ts';
import { SNAPSHOT_KIND } from '../nsm/kinds.ts';
import type { StateNode } from '../nsm/view.ts';
import type { StateStep } from './example.ts';

/** How long a relay may take to answer anything, in milliseconds. */
export const PATIENCE_MS = 5_000;

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
type Told = StateStep['state'] & { readonly head: string | null };

/** What was asked, for people, and what is wrong with the answer, if anything. */
export type Answer = { readonly asked: string; readonly difference?: string };

/** Asks over NIP-01 and HTTP; an answer each. Throws when the relay gives none. */
export async function askForState(question: Question): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (const filter of filtersFor(question)) answers.push(await askByFilter(question, filter));
  answers.push(await askOverHttp(question));
  return answers;
}

/** The pubkey with which the relay at an address signs (NIP-11). */
export async function relayPubkey(url: string): Promise<string> {
  const headers = { Accept: 'application/nostr+json' };
  const response = await fetch(httpUrl(url), { headers, signal: AbortSignal.timeout(PATIENCE_MS) });
  const { self } = (await response.json()) as { readonly self: string };
  return self;
}

/** The HTTP address beside a websocket address, without a slash at its end. */
export function httpUrl(url: string): string {
  return url.replace(/^ws/, 'http').replace(/\/+$/, '');
}

/** A text in which ids and keys are cut to eight digits. */
export function shortened(text: string): string {
  return text.replace(/\b([0-9a-f]{8})[0-9a-f]{56}\b/g, '$1…');
}

function filtersFor({ self, definition, node, state }: Question): readonly Filter[] {
  const base = { kinds: [SNAPSHOT_KIND], authors: [self] };
  return [
    { ...base, '#e': [definition.id] },
    { ...base, '#s': activePaths(definition.machine, node.computed.state).slice(0, 1) },
    { ...base, '#p': [definition.pubkey] },
    ...state.next.slice(0, 1).map((type) => ({ ...base, '#n': [type] })),
  ];
}

async function askByFilter(question: Question, filter: Filter): Promise<Answer> {
  const events = await query(question.relay, filter);
  const { id } = question.definition;
  const snapshot = events.find(({ tags }) =>
    tags.some(([name, value]) => name === 'e' && value === id),
  );
  const asked = `REQ ${JSON.stringify(filter)}`;
  if (snapshot === undefined) return { asked, difference: 'no keeper snapshot' };
  return compared(asked, toldBySnapshot(snapshot), question);
}

function query(relay: Relay, filter: Filter): Promise<readonly NostrEvent[]> {
  const events: NostrEvent[] = [];
  return new Promise((resolve, reject) => {
    const subscription = relay.subscribe([filter], {
      eoseTimeout: PATIENCE_MS,
      onevent: (event) => void events.push(event),
      oneose: () => {
        resolve(events);
        subscription.close();
      },
      onclose: (reason) => reject(new Error(`the subscription was closed: ${reason}`)),
    });
  });
}

async function askOverHttp(question: Question): Promise<Answer> {
  const path = `/api/v1/machines/${question.definition.id}/state`;
  const url = httpUrl(question.relay.url) + path;
  const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
  const asked = `GET ${path}`;
  if (!response.ok) return { asked, difference: `status ${response.status}` };
  const { state_hash, next, ...state } = (await response.json()) as HttpState;
  if (state_hash !== question.node.computed.hash)
    return { asked, difference: `another state hash: ${state_hash}` };
  const { head, height, status, value } = state;
  return compared(asked, { head, height, status, value, next: next.map(typeOf) }, question);
}

type HttpState = Omit<Told, 'next'> & {
  readonly next: readonly { readonly type: string }[];
  readonly state_hash: string;
};

const typeOf = ({ type }: HttpState['next'][number]): string => type;

function toldBySnapshot({ tags, content }: NostrEvent): Told {
  const all = (name: string) =>
    tags.filter(([other]) => other === name).map(([, value = '']) => value);
  const { value } = JSON.parse(content) as { readonly value: Told['value'] };
  return {
    head: all('transition')[0] ?? null,
    height: Number(all('height')[0]),
    status: all('status')[0] ?? '',
    value,
    next: all('n'),
  };
}

function compared(asked: string, told: Told, { node, state }: Question): Answer {
  const expected = canonicalJson({ ...state, head: node.id });
  const answer = canonicalJson(told);
  return answer === expected ? { asked } : { asked, difference: `${answer}, not ${expected}` };
}
