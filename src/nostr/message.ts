/**
 * The frames of NIP-01, NIP-42, NIP-45 and NIP-77: client messages in, relay messages out.
 *
 * Reading never throws and judges only the envelope; events and filters pass through as unknown.
 * Writing is compact JSON without leading whitespace, because clients look for the subscription id
 * at the start of the text before they parse it.
 */

import type { NostrEvent } from './event.ts';

/**
 * What a client said. A message of verb `unknown` is to be answered with `problem` (which carries
 * its NIP-01 prefix): by CLOSED where a subscription id could be read, else by NOTICE.
 */
export type ClientMessage =
  | { readonly verb: 'EVENT'; readonly event: unknown }
  | { readonly verb: 'REQ'; readonly subscription: string; readonly filters: readonly unknown[] }
  | { readonly verb: 'COUNT'; readonly subscription: string; readonly filters: readonly unknown[] }
  | { readonly verb: 'CLOSE'; readonly subscription: string }
  | { readonly verb: 'AUTH'; readonly event: unknown }
  | NegentropyMessage
  | { readonly verb: 'unknown'; readonly problem: string; readonly subscription?: string };

/** What a client says to reconcile its events with the relay's (NIP-77); `message` is hex. */
export type NegentropyMessage =
  | {
      readonly verb: 'NEG-OPEN';
      readonly id: string;
      readonly filter: unknown;
      readonly message: string;
    }
  | { readonly verb: 'NEG-MSG'; readonly id: string; readonly message: string }
  | { readonly verb: 'NEG-CLOSE'; readonly id: string };

type Query = Extract<ClientMessage, { readonly verb: 'REQ' | 'COUNT' }>;

/**
 * The message in a text frame. `subscriptionIdMax` is in characters, as NIP-01 counts, and any
 * character may appear. Elements beyond those a verb has are ignored.
 */
export function parseMessage(
  text: string,
  limits: { readonly subscriptionIdMax: number },
): ClientMessage {
  const frame = parseJson(text);
  if (!Array.isArray(frame)) return { verb: 'unknown', problem: 'invalid: not a JSON array' };

  const [verb, subject, ...rest]: readonly unknown[] = frame;
  switch (verb) {
    case 'EVENT':
    case 'AUTH':
      return { verb, event: subject };
    case 'REQ':
    case 'COUNT':
      if (typeof subject !== 'string') return noSubscription(verb);
      return checkQuery({ verb, subscription: subject, filters: rest }, limits.subscriptionIdMax);
    case 'CLOSE':
      if (typeof subject !== 'string') return noSubscription(verb);
      return { verb, subscription: subject };
    case 'NEG-OPEN':
    case 'NEG-MSG':
    case 'NEG-CLOSE':
      return readNegentropy(verb, [subject, ...rest], limits.subscriptionIdMax);
    default:
      return { verb: 'unknown', problem: 'invalid: this relay does not know that verb' };
  }
}

/** The answer to EVENT and AUTH; always four elements, and `message` may be empty only for true. */
export function okFrame(id: string, accepted: boolean, message: string): string {
  return JSON.stringify(['OK', id, accepted, message]);
}

/** An event for a subscription; `json` comes from `eventJson`, made once however many get it. */
export function eventFrame(subscription: string, json: string): string {
  return `["EVENT",${JSON.stringify(subscription)},${json}]`;
}

/** The end of the stored events of a subscription, and whether these were all (NIP-67). */
export function eoseFrame(subscription: string, hint?: 'finish' | 'more'): string {
  return JSON.stringify(['EOSE', subscription, ...(hint === undefined ? [] : [[hint]])]);
}

/** A subscription refused or ended by the relay; `reason` begins with a prefix of NIP-01. */
export function closedFrame(subscription: string, reason: string): string {
  return JSON.stringify(['CLOSED', subscription, reason]);
}

/** A sentence for people. */
export function noticeFrame(text: string): string {
  return JSON.stringify(['NOTICE', text]);
}

/** The challenge a client has to sign (NIP-42). */
export function authFrame(challenge: string): string {
  return JSON.stringify(['AUTH', challenge]);
}

/** What is said in answer to COUNT; `hll` is 512 hex digits. */
export type Counted = {
  readonly count: number;
  readonly approximate?: boolean;
  readonly hll?: string;
};

/** The answer to COUNT (NIP-45). */
export function countFrame(query: string, { count, ...extra }: Counted): string {
  return JSON.stringify(['COUNT', query, { count, ...extra }]);
}

/** The next message of a reconciliation (NIP-77), in hex. */
export function negMsgFrame(id: string, message: string): string {
  return JSON.stringify(['NEG-MSG', id, message]);
}

/** A reconciliation refused or ended by the relay; `max` is how many records it would take. */
export function negErrFrame(id: string, reason: string, max?: number): string {
  return JSON.stringify(['NEG-ERR', id, reason, ...(max === undefined ? [] : [max])]);
}

/** The seven fields in order, as JSON: the one form in which events are sent and stored. */
export function eventJson(event: NostrEvent): string {
  const { id, pubkey, created_at, kind, tags, content, sig } = event;
  return JSON.stringify({ id, pubkey, created_at, kind, tags, content, sig });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function checkQuery(query: Query, subscriptionIdMax: number): ClientMessage {
  const { subscription, filters } = query;
  if (subscription === '' || isLonger(subscription, subscriptionIdMax)) {
    const problem = `invalid: a subscription id has 1 to ${subscriptionIdMax} characters`;
    return { verb: 'unknown', problem, subscription };
  }
  if (filters.length === 0) {
    return { verb: 'unknown', problem: 'invalid: at least one filter is needed', subscription };
  }
  return query;
}

/** What cannot be told by NEG-ERR, because its id is no id, is told by NOTICE. */
function readNegentropy(
  verb: NegentropyMessage['verb'],
  [id, first, second]: readonly unknown[],
  idMax: number,
): ClientMessage {
  if (typeof id !== 'string' || id === '' || isLonger(id, idMax)) {
    return { verb: 'unknown', problem: `invalid: ${verb} needs an id of 1 to ${idMax} characters` };
  }
  if (verb === 'NEG-CLOSE') return { verb, id };
  const message = verb === 'NEG-OPEN' ? second : first;
  if (typeof message !== 'string') {
    return { verb: 'unknown', problem: `invalid: ${verb} needs a message in hex` };
  }
  return verb === 'NEG-OPEN' ? { verb, id, filter: first, message } : { verb, id, message };
}

/** Counts characters, not UTF-16 units, but never walks through a text that is hopelessly long. */
function isLonger(text: string, charactersMax: number): boolean {
  return text.length > 2 * charactersMax || [...text].length > charactersMax;
}

function noSubscription(verb: string): ClientMessage {
  return { verb: 'unknown', problem: `invalid: ${verb} needs a subscription id` };
}
