/**
 * What is for operators alone: who asks from this very machine, and who has signed that he may.
 *
 * What a proxy passes on comes from this machine too, so a request that says it was passed on
 * counts as a stranger's.
 */
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { isOfficial } from '../admin/methods.ts';
import { type NostrEvent, serializeEvent } from '../nostr/event.ts';
import { checkHttpAuth, type HttpRequest, readAuthorization } from '../nostr/http-auth.ts';
import type { Relay } from '../relay.ts';
import { nodeEventId } from '../verify/event-id.ts';

const PASSED_ON = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'] as const;

/** True for a request from the machine that the relay runs on. */
export function isLocal({ env, req }: Context): boolean {
  if (PASSED_ON.some((name) => req.header(name) !== undefined)) return false;
  const { incoming } = env as Partial<HttpBindings>;
  const address = incoming?.socket.remoteAddress ?? '';
  return /^(127\.|::1$|::ffff:127\.)/.test(address);
}

/** The event by which an official allows a request (NIP-98), or why none does. */
export async function authorise(
  relay: Relay,
  context: Context,
  request: Omit<HttpRequest, 'now'>,
): Promise<NostrEvent | string> {
  const event = readAuthorization(context.req.header('authorization'));
  if (typeof event === 'string') return event;
  const { now, pool } = relay;
  const wrong = checkHttpAuth(event, { ...request, now: now() });
  if (wrong !== undefined) return wrong;
  if (nodeEventId(serializeEvent(event)) !== event.id) return 'the id is not the hash of the event';
  if (!isOfficial(relay, event.pubkey)) return 'this key does not manage this relay';
  const { id, pubkey, sig } = event;
  const isValid = await new Promise((resolve) => pool.verify(id, pubkey, sig, resolve));
  return isValid ? event : 'the signature does not verify';
}
