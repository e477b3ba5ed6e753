/**
 * AUTH (NIP-42): an event that answers the challenge of its connection adds its key to those that
 * the connection may act for.
 */
import { checkAuth } from './nostr/auth.ts';
import { idAsSent, parseEvent, serializeEvent } from './nostr/event.ts';
import { noticeFrame, okFrame } from './nostr/message.ts';
import { isRefusal, refusalText, refuse } from './refusal.ts';
import type { Relay } from './relay.ts';
import { nodeEventId } from './verify/event-id.ts';

/** What of a connection an authentication is about. */
export type Authenticating = {
  /** The challenge that was sent, if one was. */
  readonly challenge: string | undefined;
  /** Keys that have authenticated. */
  readonly authenticated: Set<string>;
  readonly send: (frame: string) => void;
};

/** Answers an AUTH with OK, or with NOTICE where it has no id to name. */
export function authenticate(relay: Relay, value: unknown, asked: Authenticating): void {
  const { challenge, authenticated, send } = asked;
  const event = parseEvent(value);
  const id = idAsSent(value);
  if (isRefusal(event)) {
    const text = refusalText(event);
    return send(id === undefined ? noticeFrame(text) : okFrame(id, false, text));
  }
  const reject = (text: string) => send(okFrame(event.id, false, text));
  if (challenge === undefined) return reject('invalid: this relay has sent no challenge');
  const problem = checkAuth(event, { challenge, relayUrl: relay.publicUrl, now: relay.now() });
  if (problem !== undefined) return reject(problem);
  if (nodeEventId(serializeEvent(event)) !== event.id) return reject(refusalText(refuse('bad-id')));
  return relay.pool.verify(event.id, event.pubkey, event.sig, (valid) => {
    if (!valid) return reject(refusalText(refuse('bad-signature')));
    authenticated.add(event.pubkey);
    return send(okFrame(event.id, true, ''));
  });
}
