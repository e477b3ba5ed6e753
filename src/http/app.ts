/**
 * Routes of the HTTP side: NIP-11, health, the API and the landing page.
 */
import { Hono } from 'hono';
import type { Relay } from '../relay.ts';
import { infoDocument } from './info.ts';

const CORS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers': '*',
  'Access-Control-Allow-Methods': 'GET, HEAD, POST, OPTIONS',
};

/** The HTTP application of a relay. */
export function createApp(relay: Relay): Hono {
  const app = new Hono();
  app.use(async (context, next) => {
    if (context.req.method === 'OPTIONS') return context.body(null, 204, CORS);
    await next();
    for (const [name, value] of Object.entries(CORS)) context.res.headers.set(name, value);
    return undefined;
  });
  app.get('/', (context) => {
    const wantsInfo = (context.req.header('accept') ?? '').includes('application/nostr+json');
    if (!wantsInfo) return context.text('Headkeeper');
    return context.body(JSON.stringify(infoDocument(relay)), 200, {
      'Content-Type': 'application/nostr+json',
    });
  });
  app.get('/healthz', (context) => context.json({ status: 'alive' }));
  app.get('/readyz', (context) =>
    relay.isReady() ? context.json({ status: 'ready' }) : context.json({ status: 'busy' }, 503),
  );
  return app;
}
