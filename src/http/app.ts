/**
 * The HTTP side of a relay: which path is answered by whom.
 *
 * The table of reads is the API. Everything about all answers (CORS, content policy, problems,
 * wrong methods, faults) is here and nowhere else; what an answer says is in the file it names.
 */
import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Curves } from '../metrics/curves.ts';
import type { Relay } from '../relay.ts';
import { administrator } from './admin.ts';
import { addressReader } from './client-address.ts';
import { showDag } from './dag.ts';
import { followMachine } from './events.ts';
import { explorerPages } from './explorer/explorer.ts';
import { showLanding } from './explorer/landing.ts';
import { infoDocument } from './info.ts';
import { listMachines, showMachine } from './machines.ts';
import { showMetrics } from './metrics.ts';
import { showNext } from './next.ts';
import { openApi } from './openapi/document.ts';
import { isProblem, type Problem, problem, problemResponse } from './problem.ts';
import { showProof } from './proof.ts';
import { listRefusals } from './refusals.ts';
import type { Answer } from './request.ts';
import { showState } from './state.ts';
import { statsSince } from './stats.ts';
import { listTransitions } from './transitions.ts';
import { validator } from './validate.ts';

/** What answers GET, path by path; `startedMs` as `performance.now` told it. */
const readsSince = (startedMs: number): Readonly<Record<string, Answer>> => ({
  '/': showRoot,
  '/healthz': (_, context) => context.json({ status: 'alive' }),
  '/readyz': ({ isReady }, context) =>
    isReady() ? context.json({ status: 'ready' }) : context.json({ status: 'busy' }, 503),
  '/metrics': showMetrics,
  '/openapi.json': openApi(),
  '/api/v1/machines': listMachines,
  '/api/v1/machines/:id': showMachine,
  '/api/v1/machines/:id/state': showState,
  '/api/v1/machines/:id/next': showNext,
  '/api/v1/machines/:id/transitions': listTransitions,
  '/api/v1/machines/:id/dag': showDag,
  '/api/v1/machines/:id/proof': showProof,
  '/api/v1/machines/:id/events': followMachine,
  '/api/v1/refusals': listRefusals,
  '/api/v1/stats': statsSince(startedMs),
});

const HEADERS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers': '*',
  'Access-Control-Allow-Methods': 'GET, HEAD, POST, OPTIONS',
  'Access-Control-Expose-Headers': 'ETag, Link, Retry-After',
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

const PREFLIGHT = { ...HEADERS, 'Access-Control-Max-Age': '86400' };
/** Where pages may manage the relay: the star does not stand for Authorization (Fetch standard). */
const MANAGED = { ...PREFLIGHT, 'Access-Control-Allow-Headers': '*, Authorization' };

/** The HTTP application of a relay. */
export function createApp(relay: Relay, curves: Curves): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  const reply = async (context: Context, answer: Answer): Promise<Response> => {
    const given = await answer(relay, context);
    return isProblem(given) ? problemFor(context, given) : given;
  };

  const isManaged = relay.config.admin.pubkeys.length > 0;
  app.use(async (context, next) => {
    const { method } = context.req;
    if (method === 'OPTIONS') return context.body(null, 204, isManaged ? MANAGED : PREFLIGHT);
    await next();
    const { headers } = context.res;
    for (const [name, value] of Object.entries(HEADERS)) {
      if (!headers.has(name)) headers.set(name, value);
    }
    return undefined;
  });
  app.use(turnAway(relay));
  app.use('/api/*', async (_, next) => {
    if (!relay.config.access.authRequired) return next();
    const detail = 'this relay answers only those who authenticate, on its websocket';
    return problemResponse(problem('author-not-allowed', detail));
  });
  if (isManaged) {
    const administer = administrator();
    app.post('/', limitBody(relay), (context) => reply(context, administer));
  }
  const reads = { ...readsSince(performance.now()), ...explorerPages(curves) };
  for (const [path, answer] of Object.entries(reads)) {
    app.get(path, (context) => reply(context, answer));
    app.all(path, (context) => problemFor(context, wrongMethod('GET, HEAD, OPTIONS')));
  }
  const validate = validator();
  app.post('/api/v1/validate', limitBody(relay), (context) => reply(context, validate));
  app.all('/api/v1/validate', (context) => problemFor(context, wrongMethod('POST, OPTIONS')));
  app.notFound((context) => problemFor(context, problem('not-found', 'there is no such path')));
  app.onError((err, context) => {
    relay.log.error({ err, path: context.req.path }, 'fault');
    return problemFor(context, problem('internal', 'the fault was logged'));
  });
  return app;
}

/** The API tells of problems in JSON; elsewhere a line of text does. */
function problemFor({ req }: Context, found: Problem): Response {
  if (/^\/api(\/|$)/.test(req.path)) return problemResponse(found);
  return new Response(`${found.detail}\n`, { status: found.status, headers: found.headers });
}

/** Probes of health are answered whoever asks, however often. */
const ALWAYS_ANSWERED: readonly string[] = ['/healthz', '/readyz'];

/** Those whose address is blocked, and those who ask too much. */
function turnAway(relay: Relay): MiddlewareHandler<{ readonly Bindings: HttpBindings }> {
  const addressOf = addressReader(relay.config.listen);
  const { access, addresses } = relay;
  return async (context, next) => {
    const { path, method } = context.req;
    if (ALWAYS_ANSWERED.includes(path)) return next();
    const address = addressOf(context.env.incoming);
    // An operator who has blocked himself can still undo it.
    const isOperators = path === '/' && method === 'POST';
    if (access.rules().isBlocked(address) && !isOperators) {
      return problemFor(context, problem('author-not-allowed', 'this address is blocked'));
    }
    if (addresses.takeRequest(address, performance.now())) return next();
    const headers = { 'Retry-After': '1' };
    return problemFor(context, problem('rate-limited', 'too many requests', { headers }));
  };
}

function wrongMethod(allow: string): Problem {
  const detail = `this path takes ${allow}`;
  return problem('bad-request', detail, { status: 405, headers: { Allow: allow } });
}

function limitBody({ config }: Relay) {
  const maxSize = config.limits.httpBodyBytesMax;
  // What is left of the body is not read, so nothing can follow it on this connection.
  const headers = { Connection: 'close' };
  const onError = () =>
    problemResponse(problem('event-too-large', `a body has at most ${maxSize} bytes`, { headers }));
  return bodyLimit({ maxSize, onError });
}

/** NIP-11 for those who ask for it by its type, else the page for people. */
function showRoot(relay: Relay, context: Context): Response | Promise<Response> {
  const accept = (context.req.header('accept') ?? '').toLowerCase();
  context.header('Vary', 'Accept');
  if (!accept.includes('application/nostr+json')) return showLanding(relay, context);
  return context.body(JSON.stringify(infoDocument(relay)), 200, {
    'Content-Type': 'application/nostr+json',
  });
}
