/**
 * Authentication on one connection (NIP-42): the challenge, and the keys that answered it.
 *
 * One challenge for the life of the connection, sent when it is first needed; it serves for every
 * key, and a failed answer costs nothing. Keys count from their OK on, until the connection ends.
 */
import { randomBytes } from 'node:crypto';
import { checkAuth } from './nostr/auth.ts';
import { idAsSent, type NostrEvent, parseEvent, serializeEvent } from './nostr/event.ts';
import { authFrame, noticeFrame, okFrame } from './nostr/message.ts';
import type { KeyLimits } from './policy/rate.ts';
import { isRefusal, refusalText, refuse } from './refusal.ts';
import { nodeEventId } from './verify/event-id.ts';
import type { VerifyPool } from './verify/pool.ts';

/** What a connection's authentication works with. */
type AuthenticationParts = {
  readonly relay: {
    readonly publicUrl: string;
    readonly now: () => number;
    readonly pool: VerifyPool;
    readonly keys: KeyLimits;
    readonly config: { readonly limits: { readonly keysPerConnectionMax: number } };
  };
  readonly send: (frame: string) => void;
  /** Called around the check of a signature, so that it counts as something that waits. */
  readonly begin: () => void;
  readonly end: () => void;
};

/** The keys of a connection, and how they come to count. */
export type Authentication = {
  readonly keys: ReadonlySet<string>;
  /** Sends the challenge, unless it was sent. */
  readonly challenge: () => void;
  /** Answers an AUTH, whatever it holds. */
  readonly answer: (value: unknown) => void;
  /** Frees the places of all keys; none counts any more. */
  readonly leave: () => void;
};

/** The authentication of a new connection. */
export function createAuthentication(parts: AuthenticationParts): Authentication {
  const { relay, send } = parts;
  const keys = new Set<string>();
  let challenge: string | undefined;
  let hasLeft = false;

  /** Lets a key count from now on, or says why not. */
  const admit = (pubkey: string): string | undefined => {
    if (keys.has(pubkey) || hasLeft) return undefined;
    const { keysPerConnectionMax } = relay.config.limits;
    if (keys.size >= keysPerConnectionMax) {
      return `rate-limited: at most ${keysPerConnectionMax} keys on one connection`;
    }
    if (!relay.keys.connect(pubkey)) {
      return 'rate-limited: this key is authenticated on too many connections';
    }
    keys.add(pubkey);
    return undefined;
  };

  const check = (event: NostrEvent): string | undefined => {
    if (challenge === undefined) return 'invalid: this relay has sent no challenge';
    const { publicUrl: relayUrl, now } = relay;
    const problem = checkAuth(event, { challenge, relayUrl, now: now() });
    if (problem !== undefined) return problem;
    const isHash = nodeEventId(serializeEvent(event)) === event.id;
    return isHash ? undefined : refusalText(refuse('bad-id'));
  };

  return {
    keys,
    challenge: () => {
      if (challenge !== undefined) return;
      challenge = randomBytes(16).toString('hex');
      send(authFrame(challenge));
    },
    answer: (value) => {
      const event = parseEvent(value);
      const id = idAsSent(value);
      if (isRefusal(event)) {
        const text = refusalText(event);
        return send(id === undefined ? noticeFrame(text) : okFrame(id, false, text));
      }
      const problem = check(event);
      if (problem !== undefined) return send(okFrame(event.id, false, problem));
      parts.begin();
      relay.pool.verify(event.id, event.pubkey, event.sig, (valid) => {
        parts.end();
        const refused = valid ? admit(event.pubkey) : refusalText(refuse('bad-signature'));
        send(okFrame(event.id, refused === undefined, refused ?? ''));
      });
    },
    leave: () => {
      hasLeft = true;
      for (const pubkey of keys) relay.keys.disconnect(pubkey);
      keys.clear();
    },
  };
}
