/**
 * One port for websockets and HTTP: upgrades on `/` only, everything else is the HTTP app's.
 *
 * The port is bound before anything that may take its time, so a supervisor sees a relay that lives
 * and clients one that is about to come: their websockets wait for it. One that stops accepts
 * nothing more at once, so that behind a supervisor's socket connections wait for the next one.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { ListenOptions } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import { WebSocketServer } from 'ws';
import type { Config } from '../config.ts';
import { Connection } from '../connection.ts';
import { drawCurves } from '../metrics/curves.ts';
import type { Relay } from '../relay.ts';
import { createWire } from '../wire.ts';
import { createApp } from './app.ts';
import { addressReader } from './client-address.ts';

/** A bound port. */
export type Listener = {
  /** `ws://host:port`, with the port that was bound. */
  readonly url: string;
  /** Takes no further connections. */
  readonly refuseNew: () => void;
  /** Resolves when the port is free again. */
  readonly close: () => Promise<void>;
};

/** A websocket that was asked for, as node tells of it. */
type Upgrade = readonly [request: IncomingMessage, socket: Duplex, head: Buffer];

/** A port that is bound, and answers that it is not ready. */
export type BoundPort = {
  readonly server: Server;
  /** Websockets that wait until it is. */
  readonly early: readonly Upgrade[];
  /** `ws://host:port`, with the port that was bound. */
  readonly url: string;
  /** Takes no more connections; resolves when those there are have ended. */
  readonly refuse: () => Promise<void>;
  /** Ends what is not a websocket that was taken, too. */
  readonly close: () => Promise<void>;
};

/** Most websockets that wait for a relay to be ready; further ones are told to come again. */
const EARLY_MAX = 1_000;

/**
 * Binds the configured address, or takes over a socket by its descriptor. Requests that come
 * before `serve` are told to come again, websockets wait for it. Rejects when the address is taken.
 */
export async function bindPort({ listen }: Config, fd: number | undefined): Promise<BoundPort> {
  const { host, port } = listen;
  const server = createServer((request, response) => {
    const isAlive = request.url === '/healthz';
    response.writeHead(isAlive ? 200 : 503, { 'Retry-After': '1', Connection: 'close' });
    response.end(isAlive ? '{"status":"alive"}' : 'the relay is starting\n');
  });
  const early: Upgrade[] = [];
  server.on('upgrade', (...upgrade) => {
    const [, socket] = upgrade;
    if (early.length >= EARLY_MAX) return rejectUpgrade(socket, '503 Service Unavailable');
    socket.on('error', () => {});
    early.push(upgrade);
  });
  await bind(server, fd === undefined ? { host, port } : { fd });
  let closed: Promise<void> | undefined;
  const refuse = (): Promise<void> => {
    closed ??= new Promise((resolve) => server.close(() => resolve()));
    return closed;
  };
  return {
    ...{ server, early, refuse },
    url: `ws://${host.includes(':') ? `[${host}]` : host}:${boundPort(server)}`,
    close: () => {
      const ended = refuse();
      for (const [, socket] of early) socket.destroy();
      server.closeAllConnections();
      return ended;
    },
  };
}

/** Serves the relay on a bound port. */
export function serve(relay: Relay, { server, url, early, refuse, close }: BoundPort): Listener {
  const addressOf = addressReader(relay.config.listen);
  const curves = drawCurves(relay);
  const app = createApp(relay, curves);
  server.removeAllListeners('request').removeAllListeners('upgrade');
  server.on('request', getRequestListener(app.fetch));
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: relay.config.limits.messageBytesMax,
    perMessageDeflate: false,
  });
  let isOpen = true;
  server.on('upgrade', (request, socket, head) => {
    const problem = isOpen ? refuseUpgrade(relay, request) : '503 Service Unavailable';
    if (problem) return rejectUpgrade(socket, problem);
    const address = addressOf(request);
    if (relay.access.rules().isBlocked(address)) return rejectUpgrade(socket, '403 Forbidden');
    if (!relay.addresses.connect(address)) return rejectUpgrade(socket, '429 Too Many Requests');
    sockets.handleUpgrade(request, socket, head, (websocket) => {
      relay.metrics.count('nsm_connections_total');
      const wire = createWire(websocket, socket);
      relay.connections.add(new Connection(relay, wire, address));
    });
  });
  for (const upgrade of early) server.emit('upgrade', ...upgrade);
  const heartbeat = setInterval(() => beat(relay), relay.config.limits.heartbeatSeconds * 1_000);
  return {
    url,
    refuseNew: () => {
      isOpen = false;
      clearInterval(heartbeat);
      curves.stop();
      void refuse();
      for (const { drop } of relay.streams) drop('shutting-down');
    },
    close,
  };
}

function refuseUpgrade(relay: Relay, request: IncomingMessage): string | undefined {
  const path = (request.url ?? '').split('?', 1)[0];
  if (path !== '/') return '404 Not Found';
  const { connections, streams, config } = relay;
  const isFull = connections.size + streams.size >= config.limits.connectionsMax;
  return isFull ? '503 Service Unavailable' : undefined;
}

function rejectUpgrade(socket: Duplex, status: string): void {
  socket.on('error', () => {});
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** Pings everybody; who did not answer the last ping is gone, and who is idle may go. */
function beat(relay: Relay): void {
  const now = performance.now();
  for (const connection of relay.connections) {
    if (connection.isAlive && !connection.isIdle(now, relay.config.limits.idleSeconds))
      connection.ping();
    else connection.terminate();
  }
  for (const stream of relay.streams) stream.beat();
  relay.feeds.refresh();
  relay.feeds.sweep();
}

function bind(server: Server, where: ListenOptions | { readonly fd: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function boundPort(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
