/**
 * What all answers have in common: CORS, methods, problems, NIP-11, and who is let in.
 */

import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, it } from 'vitest';
import { BUNDLED_RULES as RULES } from '../../src/nsm/rule-set.ts';
import { startTestRelay } from '../support/start-relay.ts';
import { ask } from './job.ts';

const relay = await startTestRelay({ relay: { name: 'Tester', description: 'for tests' } });
afterAll(() => relay.stop());

const NIP_11 = { Accept: 'application/nostr+json' };
const NOWHERE = `/api/v1/machines/${'0'.repeat(64)}`;

describe('NIP-11', () => {
  it('is what those who ask for its type get at the root', async () => {
    const { headers, json } = await ask(relay, '/', { headers: NIP_11 });
    expect(headers.get('content-type')).toBe('application/nostr+json');
    expect(json).toMatchObject({
      name: 'Tester',
      description: 'for tests',
      self: relay.self,
      supported_nips: expect.arrayContaining([1, 11, 42]),
      nsm: { kinds: [7500, 7501, 30078], rules: { name: RULES.name, hash: RULES.hash } },
    });
  });

  it('is found among other accepted types, in whatever case', async () => {
    const headers = { Accept: 'text/html, Application/Nostr+JSON;q=0.9' };
    expect((await ask(relay, '/', { headers })).json).toMatchObject({ name: 'Tester' });
  });

  it('tells caches that the root has two answers', async () => {
    expect((await ask(relay, '/', { headers: NIP_11 })).headers.get('vary')).toBe('Accept');
    expect((await ask(relay, '/')).headers.get('vary')).toBe('Accept');
  });

  it('is without a body for HEAD', async () => {
    const { status, headers, text } = await ask(relay, '/', { method: 'HEAD', headers: NIP_11 });
    expect({ status, text }).toEqual({ status: 200, text: '' });
    expect(headers.get('content-type')).toBe('application/nostr+json');
  });
});

describe('CORS', () => {
  it.each(['/', '/healthz', '/api/v1/machines', NOWHERE, '/nowhere'])(
    'lets any page read %s',
    async (path) => {
      const { headers } = await ask(relay, path);
      expect(headers.get('access-control-allow-origin')).toBe('*');
    },
  );

  it('lets pages read the headers that matter', async () => {
    const { headers } = await ask(relay, '/api/v1/machines');
    expect(headers.get('access-control-expose-headers')).toContain('ETag, Link');
  });

  it.each(['/', '/api/v1/validate'])('answers the preflight for %s', async (path) => {
    const { status, headers } = await ask(relay, path, { method: 'OPTIONS' });
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('access-control-allow-headers')).toBe('*');
    expect(headers.get('access-control-allow-methods')).toBe('GET, HEAD, POST, OPTIONS');
  });
});

describe('health', () => {
  it('is told to whoever asks', async () => {
    expect((await ask(relay, '/healthz')).json).toEqual({ status: 'alive' });
    expect((await ask(relay, '/readyz')).json).toEqual({ status: 'ready' });
  });
});

describe('a problem', () => {
  it('is told in the form of RFC 9457, with its code as last part of the type', async () => {
    const { status, headers, json } = await ask(relay, NOWHERE);
    expect(status).toBe(404);
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(json).toEqual({
      type: '/problems/not-found',
      title: 'There is no such thing here',
      status: 404,
      detail: expect.stringContaining('0'.repeat(64)),
      code: 'not-found',
    });
  });

  it.each(['/api/v1/nothing', '/api', '/api/v2/machines', `${NOWHERE}/state`, `${NOWHERE}/else`])(
    'is not-found for %s',
    async (path) => {
      const { status, json } = await ask(relay, path);
      expect({ status, json }).toMatchObject({ status: 404, json: { code: 'not-found' } });
    },
  );

  it('is plain text outside the API', async () => {
    const { status, headers, text } = await ask(relay, '/favicon.ico');
    expect({ status, text }).toEqual({ status: 404, text: 'there is no such path\n' });
    expect(headers.get('content-type')).toMatch(/^text\/plain/);
  });

  it.each(['', '/state', '/next', '/transitions', '/dag'])(
    'is bad-request when the machine of …%s is no id',
    async (path) => {
      const { status, json } = await ask(relay, `/api/v1/machines/xyz${path}`);
      expect({ status, json }).toMatchObject({ status: 400, json: { code: 'bad-request' } });
    },
  );

  it('lists all that is wrong with a query', async () => {
    const { json } = await ask<{ detail: string }>(relay, '/api/v1/machines?limit=0&author=bob');
    expect(json.detail).toMatch(/author: .*; limit: /);
  });

  it.each([
    ['DELETE', '/api/v1/machines', 'GET, HEAD, OPTIONS'],
    ['POST', NOWHERE, 'GET, HEAD, OPTIONS'],
    ['GET', '/api/v1/validate', 'POST, OPTIONS'],
    ['PUT', '/', 'GET, HEAD, OPTIONS'],
  ])('has status 405 when the method is %s for %s', async (method, path, allow) => {
    const { status, headers } = await ask(relay, path, { method });
    expect(status).toBe(405);
    expect(headers.get('allow')).toBe(allow);
  });
});

describe('a fault', () => {
  it('is told as internal and says nothing of its cause', async () => {
    const broken = await startTestRelay();
    const db = new Database(join(broken.dataDir, 'headkeeper.db'));
    db.exec('ALTER TABLE refusal RENAME TO broken');
    db.close();
    const { status, json } = await ask(broken, '/api/v1/refusals');
    await broken.stop();
    expect({ status, json }).toEqual({
      status: 500,
      json: {
        type: '/problems/internal',
        title: 'The relay failed',
        status: 500,
        detail: 'the fault was logged',
        code: 'internal',
        remedy: 'resend',
      },
    });
  });
});

describe('a relay that wants everybody authenticated', () => {
  it('keeps its machines to its websocket and still says who it is', async () => {
    const closed = await startTestRelay({ access: { authRequired: true } });
    const told = await ask(closed, '/api/v1/machines');
    const info = await ask(closed, '/', { headers: NIP_11 });
    const page = await ask(closed, '/');
    await closed.stop();
    expect(told.status).toBe(403);
    expect(told.json).toMatchObject({ code: 'author-not-allowed' });
    expect(told.headers.get('access-control-allow-origin')).toBe('*');
    expect(info.json).toMatchObject({ limitation: { auth_required: true } });
    expect(page.text).not.toContain('newest activity');
  });
});

describe('figures', () => {
  it('are there before anything has happened', async () => {
    const { json } = await ask<Record<string, unknown>>(relay, '/api/v1/stats');
    const nothing = { events: 0, machines: 0, transitions: 0, connections: 0, subscriptions: 0 };
    expect(json).toMatchObject({ ...nothing, pending: 0, frames: 0, accepted: 0, refused: {} });
    const others = ['version', 'uptime_seconds', 'database_bytes', 'verify'];
    const types = others.map((name) => typeof json[name]);
    expect(types).toEqual(['string', 'number', 'number', 'string']);
  });
});
