/**
 * The way out to one client: frames sent within one turn of the event loop leave in one write.
 *
 * A system call costs more than a short frame. Nothing is held longer than the turn, and no more
 * than a write's worth: what is held counts as waiting for the reader.
 */
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';

/** Above this many bytes what is held is written at once. */
const HELD_BYTES_MAX = 65_536;

/** A websocket, and how frames are given to it. */
export type Wire = {
  readonly socket: WebSocket;
  /** False when the socket is not open any more. */
  readonly send: (frame: string) => boolean;
};

/** The way out of a websocket that lies on a stream. */
export function createWire(socket: WebSocket, stream: Duplex): Wire {
  let isHolding = false;
  const release = (): void => {
    isHolding = false;
    stream.uncork();
  };
  return {
    socket,
    send: (frame) => {
      if (socket.readyState !== socket.OPEN) return false;
      if (!isHolding) {
        isHolding = true;
        stream.cork();
        process.nextTick(release);
      } else if (stream.writableLength > HELD_BYTES_MAX) {
        stream.uncork();
        stream.cork();
      }
      socket.send(frame);
      return true;
    },
  };
}
