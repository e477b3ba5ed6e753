/**
 * `POST /` with `application/nostr+json+rpc`: the management API (NIP-86) behind NIP-98.
 *
 * Who is not authorised learns nothing but why; that is always 401. An authorisation serves for one
 * request: it names the body, it is good for a minute either way, and within that minute it is
 * remembered. What changes something is in the log too, which also holds after a restart.
 */
import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import { type CallAnswer, callMethod } from '../admin/methods.ts';
import type { NostrEvent } from '../nostr/event.ts';
import { HTTP_AUTH_WINDOW } from '../nostr/http-auth.ts';
import { eventJson } from '../nostr/message.ts';
import type { Relay } from '../relay.ts';
import { authorise } from './operators.ts';
import { problem } from './problem.ts';
import type { Answer } from './request.ts';
import { endForbidden } from './streams.ts';

const RPC = 'application/nostr+json+rpc';

/** The answer to management calls; keeps which authorisations were used lately. */
export function administrator(): Answer {
  const used = new Map<string, number>();
  return async (relay, context) => {
    const type = (context.req.header('content-type') ?? '').split(';', 1)[0] ?? '';
    if (type.trim().toLowerCase() !== RPC) {
      return problem('bad-request', `a body of type ${RPC} is expected`, { status: 415 });
    }
    const body = Buffer.from(await context.req.arrayBuffer());
    const payload = createHash('sha256').update(body).digest('hex');
    const asking = { url: relay.publicUrl, method: 'POST', payload };
    const auth = await authorise(relay, context, asking);
    if (typeof auth === 'string') return unauthorised(context, auth);
    if (!takeOnce(relay, used, auth)) return unauthorised(context, 'the event was used before');
    const request = body.toString();
    const asked = readCall(request);
    if (asked === undefined) {
      const error = 'the body is not {"method": …, "params": […]}';
      return reply(context, { error }, 400);
    }
    const { access, connections } = relay;
    const call = { ...asked, request, pubkey: auth.pubkey };
    const answer = callMethod(relay, { ...call, auth: { id: auth.id, json: eventJson(auth) } });
    for (const connection of connections) {
      if (access.rules().isBlocked(connection.address)) connection.terminate();
    }
    endForbidden(relay);
    relay.announce();
    relay.feeds.refresh();
    relay.log.info({ method: call.method, by: call.pubkey, ...errorOf(answer) }, 'admin.call');
    return reply(context, answer);
  };
}

/** False for an authorisation that was used. Only what an official has signed is remembered. */
function takeOnce(
  { store, now }: Relay,
  used: Map<string, number>,
  { id, created_at }: NostrEvent,
): boolean {
  for (const [old, until] of used) if (until < now()) used.delete(old);
  if (used.has(id) || store.administration.isLogged(id)) return false;
  used.set(id, created_at + HTTP_AUTH_WINDOW);
  return true;
}

function readCall(text: string) {
  const call = readJson(text);
  if (typeof call !== 'object' || call === null) return undefined;
  const { method, params = [] } = call as { method?: unknown; params?: unknown };
  return typeof method === 'string' && Array.isArray(params) ? { method, params } : undefined;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unauthorised(context: Context, error: string): Response {
  return context.body(JSON.stringify({ error }), 401, {
    'Content-Type': RPC,
    'WWW-Authenticate': 'Nostr',
  });
}

function reply(context: Context, answer: CallAnswer, status: 200 | 400 = 200): Response {
  return context.body(JSON.stringify(answer), status, { 'Content-Type': RPC });
}

const errorOf = (answer: CallAnswer) => ('error' in answer ? { error: answer.error } : {});
