/**
 * Access and abuse over real sockets: who is taken for whom, what each may do, who is sent away.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { codeOf } from '../support/answers.ts';
import { askForChallenge, proveKey, sendAuth } from '../support/authenticate.ts';
import { type Client, connect, isOk } from '../support/client.ts';
import { C, NOW, note, R, X, Z } from '../support/machines.ts';
import { setStage } from '../support/stage.ts';
import { startTestRelay, type TestRelay } from '../support/start-relay.ts';

/** What a connection with such headers comes to: `open`, or the status it is turned away with. */
async function knock(url: string, headers: Readonly<Record<string, string>>) {
  const socket = new WebSocket(url, { headers });
  const status = await new Promise<string | number>((resolve) => {
    socket.on('open', () => resolve('open'));
    socket.on('unexpected-response', (_, { statusCode = 0 }) => resolve(statusCode));
    socket.on('error', () => {});
  });
  return { status, socket };
}

// What takes heartbeats begins before the other tests.
let calm: TestRelay;
let idle: Client;
let listening: Client;
beforeAll(async () => {
  calm = await startTestRelay({ limits: { heartbeatSeconds: 1, idleSeconds: 1 } });
  [idle, listening] = [await connect(calm.url), await connect(calm.url)];
  await listening.subscribe('live', { kinds: [1], limit: 0 }).stored();
});
afterAll(async () => {
  await listening.close();
  await calm.stop();
});

describe('behind a proxy that is trusted', () => {
  const limits = { connectionsPerAddressMax: 1 };
  const trustedProxies = ['127.0.0.1', '10.0.0.0/8'];
  const xff = setStage({ listen: { proxyHeader: 'x-forwarded-for', trustedProxies }, limits });
  const forwarded = setStage({ listen: { proxyHeader: 'forwarded', trustedProxies }, limits });

  it('clients are told apart by the right-most address that is no proxy', async () => {
    const { url } = xff.relay;
    const first = await knock(url, { 'x-forwarded-for': '192.0.2.1' });
    const other = await knock(url, { 'x-forwarded-for': '192.0.2.2, 10.0.0.5' });
    const forged = await knock(url, { 'x-forwarded-for': '198.51.100.7, 192.0.2.1' });
    expect([first.status, other.status, forged.status]).toEqual(['open', 'open', 429]);
    for (const { socket } of [first, other]) socket.terminate();
  });

  it('the standard header serves as well', async () => {
    const { url } = forwarded.relay;
    const first = await knock(url, { forwarded: 'for="[2001:db8::1]:99";proto=https' });
    const same = await knock(url, { forwarded: 'for=192.0.2.9, for="[2001:db8::2]"' });
    expect([first.status, same.status]).toEqual(['open', 429]);
    first.socket.terminate();
  });
});

describe('without a trusted proxy', () => {
  const stage = setStage({ limits: { connectionsPerAddressMax: 1 } });

  it('no header makes two clients of one', async () => {
    const { status } = await knock(stage.relay.url, {
      'x-forwarded-for': '192.0.2.1',
      forwarded: 'for=192.0.2.1',
    });
    expect(status).toBe(429);
  });
});

describe('requests beyond the rate of an address', () => {
  const stage = setStage({ rate: { requestsPerSecond: 2 } });

  it('are answered with CLOSED, NOTICE or OK false, and closing is always allowed', async () => {
    const { client } = stage;
    for (const id of ['a', 'b', 'c']) client.send(['REQ', id, { limit: 0 }]);
    client.send(['AUTH', note(22_242)]);
    client.send(['NONSENSE']);
    client.send(['CLOSE', 'a']);
    const frames = await client.unread();
    const limited = expect.stringMatching(/^rate-limited: \S/);
    expect(frames).toContainEqual(['CLOSED', 'c', limited]);
    expect(frames).toContainEqual(['OK', note(22_242).id, false, limited]);
    expect(frames).toContainEqual(['NOTICE', limited]);
    expect(codeOf(await client.publish(note(1)))).toBe('ok');
  });

  it('get HTTP 429 and when to come back; health is always told', async () => {
    const { httpUrl } = stage.relay;
    const get = (path: string) => fetch(httpUrl + path);
    const answers = await Promise.all(Array.from({ length: 8 }, () => get('/api/v1/machines')));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]?.headers.get('retry-after')).toBe('1');
    expect(await refused[0]?.json()).toMatchObject({ code: 'rate-limited' });
    const probes = await Promise.all(Array.from({ length: 8 }, () => get('/healthz')));
    expect(probes.map(({ status }) => status)).toEqual(Array(8).fill(200));
  });
});

describe('events beyond the rate of an author', () => {
  const stage = setStage({ rate: { eventsPerSecondPerAuthor: 1 } });

  it('are refused on whatever connection, and not those of others', async () => {
    const { client } = stage;
    const other = await stage.another();
    const publish = (on: Client, content: string, by: typeof Z) =>
      on.publish(note(1, content, { by })).then(codeOf);
    const codes = await Promise.all([publish(client, 'a', Z), publish(other, 'b', Z)]);
    expect(codes.sort()).toEqual(['ok', 'rate-limited']);
    expect(await publish(client, 'c', R)).toBe('ok');
  });

  it('do not count when the author has not signed them', async () => {
    const { client } = stage;
    const { sig } = note(1, 'another');
    for (let i = 0; i < 5; i++) {
      const forged = { ...note(1, `forged ${i}`, { by: X }), sig };
      expect(codeOf(await client.publish(forged))).toBe('bad-signature');
    }
    expect(codeOf(await client.publish(note(1, 'true', { by: X })))).toBe('ok');
  });
});

describe('a key', () => {
  const stage = setStage({ limits: { connectionsPerKeyMax: 1, keysPerConnectionMax: 2 } });

  const prove = async (client: Client, key: typeof Z, challenge: string) =>
    sendAuth(client, proveKey(key, { challenge, relay: stage.relay.url }));

  it('is authenticated on as many connections as it may be', async () => {
    const [first, second] = [await stage.another(), await stage.another()];
    const [one, two] = [await askForChallenge(first), await askForChallenge(second)];
    expect(await prove(first, Z, one)).toMatchObject({ accepted: true });
    expect(await prove(first, Z, one)).toMatchObject({ accepted: true });
    const refused = { accepted: false, message: expect.stringMatching(/^rate-limited: /) };
    expect(await prove(second, Z, two)).toEqual(refused);
    await first.close();
    // The relay may hear of the end a moment later.
    let answer = await prove(second, Z, two);
    for (let i = 0; i < 100 && !answer.accepted; i++) answer = await prove(second, Z, two);
    expect(answer).toMatchObject({ accepted: true });
  });

  it('finds room on a connection for only so many', async () => {
    const client = await stage.another();
    const challenge = await askForChallenge(client);
    const answers = [];
    for (const key of [X, R, C, X]) answers.push(await prove(client, key, challenge));
    expect(answers.map(({ accepted }) => accepted)).toEqual([true, true, false, true]);
  });
});

describe('lists of the configuration', () => {
  const stage = setStage({ kinds: { deny: [7] }, access: { onlyAllowed: true } });
  const open = setStage({ kinds: { deny: [7] } });

  it('refuse kinds in open mode too', async () => {
    const { client } = open;
    expect(codeOf(await client.publish(note(7)))).toBe('kind-not-accepted');
    expect(codeOf(await client.publish(note(8)))).toBe('ok');
  });

  it('may take nobody, and NIP-11 says so', async () => {
    expect(codeOf(await stage.client.publish(note(1)))).toBe('author-not-allowed');
    const headers = { accept: 'application/nostr+json' };
    const restricted = async (url: string) =>
      (await (await fetch(url, { headers })).json()) as {
        limitation: { restricted_writes: boolean };
      };
    expect((await restricted(stage.relay.httpUrl)).limitation.restricted_writes).toBe(true);
    expect((await restricted(open.relay.httpUrl)).limitation.restricted_writes).toBe(false);
  });
});

describe('a connection', () => {
  it('that asks nothing and hears nothing is closed, one that listens is not', async () => {
    expect(await idle.ended).toEqual({ code: 1006 });
    const event = note(1, '', { at: NOW - 100_000_000 });
    listening.send(['EVENT', event]);
    expect(await listening.nextFrame(isOk(event.id))).toContain(true);
  });
});
