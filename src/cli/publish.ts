/**
 * `publish`: sends events to a relay, in order.
 *
 * With `--rebase` a transition that came too late is put on top of the head that the refusal names
 * and signed again: with a key where one is given, else by whoever reads the unsigned event from
 * stdout and answers with the signed one on stdin.
 */

import { createInterface } from 'node:readline';
import { finalizeEvent, getPublicKey } from 'nostr-tools/pure';
import type { Relay } from 'nostr-tools/relay';
import { readSigningKey } from '../config/signing-key.ts';
import { type NostrEvent, parseEvent, type UnsignedEvent } from '../nostr/event.ts';
import { rebaseTransition } from '../nsm/builders.ts';
import { TRANSITION_KIND } from '../nsm/kinds.ts';
import { isRefusal } from '../refusal.ts';
import { type Ok, publishTo, queryFrom, withRelay } from './client.ts';
import { readEvents } from './input.ts';
import { answered, Unable } from './outcome.ts';

/** What `publish` may be told. */
export type PublishFlags = {
  readonly relay: string;
  readonly rebase?: boolean;
  /** The path of a file with the key to sign again with. */
  readonly keyFile?: string;
};

/** Signs a rebased transition anew. */
type Sign = (event: UnsignedEvent) => Promise<NostrEvent>;

/** How often a transition is rebased: on a busy machine the head may have moved again. */
const REBASES_MAX = 5;

/** 0 when every event was accepted, 1 when one was refused, 2 when a relay or a key is missing. */
export function publish(
  files: readonly string[],
  { relay: url, rebase = false, keyFile }: PublishFlags,
): Promise<number> {
  return answered(async () => {
    const events = files.flatMap(readEvents);
    const sign = rebase ? signer(keyFile, files.includes('-')) : null;
    return withRelay(url, (relay) => sendAll(relay, events, sign));
  });
}

async function sendAll(
  relay: Relay,
  events: readonly NostrEvent[],
  sign: Sign | null,
): Promise<number> {
  let refused = 0;
  for (const event of events) {
    const { accepted } = await send(relay, event, sign);
    if (!accepted) refused += 1;
  }
  return refused === 0 ? 0 : 1;
}

/** Sends an event, and again on top of the head as long as that has moved. */
async function send(relay: Relay, event: NostrEvent, sign: Sign | null): Promise<Ok> {
  let sent = event;
  for (let rebases = 0; ; rebases++) {
    const ok = await publishTo(relay, sent);
    console.log(`OK ${ok.accepted} ${sent.id} ${ok.message}`.trimEnd());
    if (sign === null || rebases === REBASES_MAX || !isLate(sent, ok)) return ok;
    sent = await sign(await rebased(relay, sent, ok));
  }
}

function isLate({ kind }: NostrEvent, { code }: Ok): boolean {
  return kind === TRANSITION_KIND && (code === 'stale-head' || code === 'link-missing');
}

/** The transition on top of the head that a refusal names. */
async function rebased(relay: Relay, event: NostrEvent, { message }: Ok): Promise<UnsignedEvent> {
  const id = / head=([0-9a-f]{64}) /.exec(message)?.[1];
  const createdAt = Math.floor(Date.now() / 1_000);
  // A machine without transitions has no head to name; there the link itself is what is wrong.
  if (id === undefined) {
    return rebaseTransition(event, { head: { id: null, createdAt: 0 }, createdAt });
  }
  const [found] = await queryFrom(relay, [{ ids: [id] }]);
  if (found === undefined) throw new Unable(`${relay.url}: it does not serve the head ${id}`);
  return rebaseTransition(event, { head: { id, createdAt: found.created_at }, createdAt });
}

/** Signs with the key, or asks for a signature over stdout and stdin. */
function signer(keyFile: string | undefined, isStdinRead: boolean): Sign {
  const key = readSigningKey({ file: keyFile });
  if (key !== undefined && 'problem' in key) throw new Unable(key.problem);
  if (key === undefined) return asker(isStdinRead);
  const secret = Buffer.from(key.secret, 'hex');
  const pubkey = getPublicKey(secret);
  return async (event) => {
    if (event.pubkey !== pubkey) throw new Unable(`the key is not that of ${event.pubkey}`);
    const { kind, created_at, content, tags } = event;
    return finalizeEvent({ kind, created_at, content, tags: tags.map((tag) => [...tag]) }, secret);
  };
}

function asker(isStdinRead: boolean): Sign {
  if (isStdinRead) throw new Unable('stdin holds the events, so it cannot be asked to sign');
  let lines: AsyncIterator<string> | undefined;
  return async (event) => {
    console.log(JSON.stringify(event));
    lines ??= createInterface(process.stdin)[Symbol.asyncIterator]();
    const { value, done } = await lines.next();
    if (done) throw new Unable('no signed event came on stdin');
    return signedFrom(value);
  };
}

function signedFrom(line: string): NostrEvent {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new Unable('what came on stdin is not JSON');
  }
  const event = parseEvent(value);
  if (isRefusal(event)) throw new Unable(`what came on stdin: ${event.says}`);
  return event;
}
