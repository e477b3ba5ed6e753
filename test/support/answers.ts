/**
 * What a relay's answers mean, in a form that tests can write down in one line.
 */

import type { NostrEvent } from '../../src/nostr/event.ts';
import type { Answer, Client } from './client.ts';

/** Where a machine stands, as its keeper snapshot has it. */
export type Held = {
  /** The id of the head, null at the initial state. */
  readonly head: string | null;
  readonly height: number;
  readonly status: string;
  readonly value: unknown;
};

/** A machine that goes on, at a head or, with null, at its initial state. */
export function standing(head: NostrEvent | null, height: number, value: string): Held {
  return { head: head?.id ?? null, height, status: 'active', value };
}

const REFUSED = /^([a-z-]+: [a-z-]+:)(?: ((?:[a-z_]+=\S+ )+)—)? \S.*$/su;
const ACCEPTED = /^(?:([a-z-]+): \S.*)?$/su;
const KEYS = ['head', 'height', 'missing', 'path', 'limit', 'retry_after', 'conflict'];

/**
 * An answer without its sentence: `ok`, `ok duplicate`, `invalid: stale-head: head=… height=1`.
 * Throws when the text breaks the grammar of PROTOCOL §12.
 */
export function verdictOf({ accepted, message }: Answer): string {
  if (accepted) {
    const said = ACCEPTED.exec(message);
    if (said === null) throw new Error(`not the text of OK true: ${message}`);
    return said[1] === undefined ? 'ok' : `ok ${said[1]}`;
  }
  const [, reason, details = ''] = REFUSED.exec(message) ?? [];
  const keys = details
    .trim()
    .split(' ')
    .map((pair) => pair.split('=', 1)[0] ?? '');
  const inOrder = KEYS.filter((key) => keys.includes(key));
  if (reason === undefined || (details !== '' && keys.join() !== inOrder.join())) {
    throw new Error(`not the text of OK false: ${message}`);
  }
  return `${reason} ${details}`.trim();
}

/** The machine's keeper snapshot, undefined where there is none. */
export async function keeperSnapshotOf(
  client: Client,
  self: string,
  machine: string,
): Promise<NostrEvent | undefined> {
  const [event, ...more] = await client.query({
    kinds: [30078],
    authors: [self],
    '#e': [machine],
  });
  if (more.length > 0) throw new Error('a machine has one keeper snapshot');
  return event;
}

/** Where a machine stands according to its keeper snapshot, null where there is none. */
export async function heldBy(client: Client, self: string, machine: string): Promise<Held | null> {
  const event = await keeperSnapshotOf(client, self, machine);
  if (event === undefined) return null;
  const tag = (name: string) => event.tags.find((entry) => entry[0] === name)?.[1];
  const { value } = JSON.parse(event.content) as { value: unknown };
  const status = tag('status') ?? '';
  return { head: tag('transition') ?? null, height: Number(tag('height')), status, value };
}

/** `ok`, or nothing but the code of the refusal. */
export function codeOf(answer: Answer): string {
  return answer.accepted ? 'ok' : (verdictOf(answer).split(': ')[1] ?? '').replace(/:.*$/, '');
}
