/**
 * What the tests of the HTTP side have in common: one machine, its events, and a way to ask.
 *
 * A job is opened by anybody, taken by one who then is its owner, worked on with notes, and
 * finished by the owner. Times count from `START`; relays under test have their clock at `NOW`.
 */

import type { NostrEvent } from '../../src/nostr/event.ts';
import type { Client } from '../support/client.ts';
import { signEvent, testKey } from '../support/sign.ts';

/** When definitions are made, and what time it is; Unix seconds. */
export const START = 1_700_000_000;
export const NOW = START + 1_000;

export const ALICE = testKey('alice');
export const BOB = testKey('bob');

type Key = typeof ALICE;
type Tags = readonly (readonly string[])[];

/** The content of a job. */
export const JOB = {
  id: 'job',
  initial: 'open',
  context: { owner: null, notes: [] },
  meta: {
    nsm: {
      v: 1,
      guards: {
        isOwner: { '==': [{ var: 'by' }, { var: 'ctx.owner' }] },
        isLong: { '>': [{ len: { var: 'data.text' } }, 2] },
      },
      actions: {
        take: [{ set: ['owner', { var: 'by' }] }],
        note: [{ push: ['notes', { var: 'data.text' }] }],
      },
    },
  },
  states: {
    open: { on: { TAKE: { target: 'taken', actions: 'take' } } },
    taken: {
      initial: 'idle',
      states: { idle: { on: { START: 'busy' } }, busy: { on: { PAUSE: 'idle' } } },
      on: {
        NOTE: { guard: 'isLong', actions: 'note' },
        FINISH: { guard: 'isOwner', target: 'done' },
      },
    },
    done: { type: 'final' },
  },
} as const;

/** What a definition says beyond its content. */
export type DefinitionSaid = {
  readonly by?: Key;
  readonly at?: number;
  readonly tags?: Tags;
  readonly config?: unknown;
};

/** A definition, of a job if not of something else. */
export function definition(said: DefinitionSaid = {}): NostrEvent {
  const { by = ALICE, at = START, tags = [], config = JOB } = said;
  const content = JSON.stringify(config);
  return signEvent({ kind: 7500, created_at: at, tags, content }, by.secret);
}

/** A transition of a machine, by Bob if by nobody else; without `on` it is a first one. */
export function transition(
  { id }: NostrEvent,
  type: string,
  said: { by?: Key; at?: number; on?: NostrEvent | string; data?: unknown } = {},
): NostrEvent {
  const { by = BOB, at = START + 10, on, data } = said;
  const link = on === undefined ? [] : [['transition', typeof on === 'string' ? on : on.id]];
  const tags = [['e', id], ['t', type], ...link];
  const content = data === undefined ? '' : JSON.stringify(data);
  return signEvent({ kind: 7501, created_at: at, tags, content }, by.secret);
}

/** Publishes events one after another. Throws at the first that is refused. */
export async function publishAll(client: Client, events: readonly NostrEvent[]): Promise<void> {
  for (const event of events) {
    const { accepted, message } = await client.publish(event);
    if (!accepted) throw new Error(`${event.kind} ${event.id}: ${message}`);
  }
}

/** An answer over HTTP; `json` is an empty object when the body is something else. */
export type Told<Body> = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Body;
};

/** The path of the page after an answer, undefined on the last. */
export function nextPage({ headers }: { readonly headers: Headers }): string | undefined {
  return /^<(.*)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1];
}

/** What a relay answers at a path; who names the type of the body vouches for it. */
export async function ask<Body = unknown>(
  { httpUrl }: { readonly httpUrl: string },
  path: string,
  init: RequestInit = {},
): Promise<Told<Body>> {
  const response = await fetch(httpUrl + path, init);
  const { status, headers } = response;
  const text = await response.text();
  const isJson = /\/(\w+\+)?json\b/.test(headers.get('content-type') ?? '') && text !== '';
  return { status, headers, text, json: (isJson ? JSON.parse(text) : {}) as Body };
}
