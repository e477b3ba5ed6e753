/**
 * Events of machines for tests of the pure core, which sees no signature.
 *
 * Ids are true hashes, signatures are not there: whoever judges has had them checked before. People
 * are letters' worth of hex, so that a failing test can be read.
 */

import { eventId, type NostrEvent } from '../../src/nostr/event.ts';
import { type Definition, parseDefinition } from '../../src/nsm/definition.ts';
import { isRefusal, type Refusal } from '../../src/refusal.ts';

/** When the definitions of tests are made, in Unix seconds. */
export const START = 1_700_000_000;

export const ALICE = 'a1'.repeat(32);
export const BOB = 'b2'.repeat(32);
export const CAROL = 'c3'.repeat(32);

const NO_SIGNATURE = '0'.repeat(128);

/** What an event says beyond its kind; the rest has defaults. */
export type Said = {
  readonly by?: string;
  readonly at?: number;
  readonly tags?: readonly (readonly string[])[];
};

/** An event with its true id. */
export function event(kind: number, content: string, said: Said = {}): NostrEvent {
  const { by: pubkey = ALICE, at: created_at = START, tags = [] } = said;
  const unsigned = { pubkey, created_at, kind, tags, content };
  return { id: eventId(unsigned), ...unsigned, sig: NO_SIGNATURE };
}

/** A definition from a config, or from a text that may be anything. */
export function definitionEvent(config: unknown, said: Said = {}): NostrEvent {
  return event(7500, typeof config === 'string' ? config : JSON.stringify(config), said);
}

/** What a transition says; without `on` it builds on the initial state. */
export type Move = Said & {
  readonly type: string;
  readonly on?: string | null;
  /** An object, or the very text of the content. */
  readonly data?: unknown;
};

/** A transition of a machine. */
export function transitionEvent(machine: string, move: Move): NostrEvent {
  const { type, on = null, data = '', tags = [] } = move;
  const link = on === null ? [] : [['transition', on]];
  const content = typeof data === 'string' ? data : JSON.stringify(data);
  return event(7501, content, { ...move, tags: [['e', machine], ['t', type], ...link, ...tags] });
}

/** A snapshot of a machine at a head; `content` is an object or the very text. */
export function snapshotEvent(
  machine: string,
  content: unknown,
  said: Said & { readonly on?: string | null; readonly d?: string } = {},
): NostrEvent {
  const { on = null, d = 'mine', tags = [] } = said;
  const link = on === null ? [] : [['transition', on]];
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  return event(30078, text, { ...said, tags: [['d', d], ['e', machine], ...link, ...tags] });
}

/** The definition a config makes. Throws when it is refused. */
export function definitionOf(config: unknown, said: Said = {}): Definition {
  const definition = parseDefinition(definitionEvent(config, said));
  if (isRefusal(definition)) {
    throw new Error(`${definition.code} at ${definition.details.path}: ${definition.says}`);
  }
  return definition;
}

/** How a config is refused, undefined when it is not. */
export function refusalOf(config: unknown, said: Said = {}): Refusal | undefined {
  const definition = parseDefinition(definitionEvent(config, said));
  return isRefusal(definition) ? definition : undefined;
}

/** Code and place of the refusal of a config: `code` or `code /path`, `hosted` without one. */
export function verdictOn(config: unknown, said: Said = {}): string {
  const refusal = refusalOf(config, said);
  if (refusal === undefined) return 'hosted';
  const { path } = refusal.details;
  return path === undefined ? refusal.code : `${refusal.code} ${path}`;
}
