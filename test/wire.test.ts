/**
 * What a client receives of frames that were sent together: each whole and in order, over a real
 * socket.
 */

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { createWire, type Wire } from '../src/wire.ts';

let server: WebSocketServer;
let client: WebSocket;
let wire: Wire;

beforeAll(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  const connected = new Promise<Wire>((resolve) => {
    server.on('connection', (socket, request) => resolve(createWire(socket, request.socket)));
  });
  await once(server, 'listening');
  client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  wire = await connected;
  if (client.readyState !== client.OPEN) await once(client, 'open');
});
afterAll(() => {
  client.terminate();
  server.close();
});

/** What the client hears until so many messages have come. */
function received(count: number): Promise<string[]> {
  const texts: string[] = [];
  return new Promise((resolve) => {
    const hear = (data: Buffer, isBinary: boolean) => {
      texts.push(isBinary ? 'binary' : data.toString());
      if (texts.length < count) return;
      client.off('message', hear);
      resolve(texts);
    };
    client.on('message', hear);
  });
}

describe('frames', () => {
  // Where the head of a frame changes its form, in bytes; with letters of one, two and four.
  const LENGTHS = [0, 1, 125, 126, 127, 65_535, 65_536, 200_000];

  it.each(['x', 'é', '☂', '😀'])(
    'of every length arrive as they were sent, in order: %s',
    async (c) => {
      const texts = LENGTHS.map((length) => c.repeat(Math.ceil(length / Buffer.byteLength(c))));
      const heard = received(texts.length * 2);
      expect(wire.send(texts)).toBe(true);
      for (const text of texts) wire.send([text]);
      expect(await heard).toEqual([...texts, ...texts]);
    },
  );

  it('come before the close frame that follows them, and none after it', async () => {
    const heard = received(2);
    const closed = once(client, 'close');
    wire.send(['one', 'two']);
    wire.socket.close(4000, 'enough');
    expect(wire.send(['three'])).toBe(false);
    expect(await heard).toEqual(['one', 'two']);
    expect((await closed)[0]).toBe(4000);
  });
});
