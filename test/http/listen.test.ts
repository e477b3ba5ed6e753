/**
 * The port of a relay: bound before it is ready, and plain websockets once it is.
 */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { makeConfig } from '../../src/config.ts';
import { type BoundPort, bindPort } from '../../src/http/listen.ts';
import { startTestRelay } from '../support/start-relay.ts';

describe('a port that is bound while its relay is still starting', () => {
  let port: BoundPort;
  let url: string;
  beforeEach(async () => {
    port = await bindPort(makeConfig({ listen: { port: 0 } }), undefined);
    url = port.url.replace('ws', 'http');
  });
  afterEach(() => port.close());

  it('tells a supervisor that the relay lives, and everybody else to come again', async () => {
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    for (const path of ['/readyz', '/', '/api/v1/machines']) {
      const { status, headers } = await fetch(url + path);
      expect([status, headers.get('retry-after')]).toEqual([503, '1']);
    }
  });
});

describe('a websocket', () => {
  it('waits for a relay that is still starting, and is let go when it does not start', async () => {
    const port = await bindPort(makeConfig({ listen: { port: 0 } }), undefined);
    const socket = new WebSocket(port.url);
    const failed = new Promise((resolve) => socket.once('error', resolve));
    while (port.early.length === 0) await new Promise(setImmediate);
    expect(socket.readyState).toBe(socket.CONNECTING);
    await port.close();
    expect(await failed).toBeInstanceOf(Error);
  });

  it('is not compressed, even for a client that offers to', async () => {
    const relay = await startTestRelay();
    const socket = new WebSocket(relay.url, { perMessageDeflate: true });
    await new Promise((resolve) => socket.once('open', resolve));
    expect(socket.extensions).toBe('');
    socket.terminate();
    await relay.stop();
  });
});
