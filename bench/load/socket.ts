/**
 * A websocket of the generator, which looks at answers no closer than it has to: reading them all
 * would cost it more than they cost the relay.
 */
import { type RawData, WebSocket } from 'ws';

/** A connection that hands over every frame as text. */
export type Socket = {
  readonly send: (frame: string) => void;
  readonly close: () => void;
  /** Called with every frame; may be replaced. */
  onFrame: (text: string) => void;
};

/** How many times a relay is waited for at most, in ms. */
const PATIENCE_MS = 120_000;

/** Connects; rejects when nobody is there. */
export async function openSocket(url: string): Promise<Socket> {
  const web = new WebSocket(url, { perMessageDeflate: false, skipUTF8Validation: true });
  const socket: Socket = {
    send: (frame) => web.send(frame),
    close: () => web.terminate(),
    onFrame: () => {},
  };
  web.on('message', (data: RawData) => socket.onFrame(data.toString()));
  await new Promise<void>((resolve, reject) => {
    web.once('open', () => resolve());
    web.once('error', reject);
  });
  web.on('error', () => {});
  return socket;
}

/** Connects so many times. */
export function openSockets(url: string, count: number): Promise<readonly Socket[]> {
  return Promise.all(Array.from({ length: count }, () => openSocket(url)));
}

/** Resolves when `start` calls back; rejects when it never does. */
export function inTime(start: (done: () => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = setTimeout(() => reject(new Error('no answer')), PATIENCE_MS);
    start(() => {
      clearTimeout(giveUp);
      resolve();
    });
  });
}
