/**
 * The way out to one client: frames sent within one turn of the event loop leave in one write.
 *
 * A system call costs more than a short frame, and a write of many pieces more than one of few:
 * frames given together become one piece. Nothing is held longer than the turn, and no more than a
 * write's worth: what is held counts as waiting for the reader.
 */
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';

/** Above this many bytes what is held is written at once. */
const HELD_BYTES_MAX = 65_536;
/** Above this many bytes that wait for the client, nothing that can wait is sent. */
const FULL_BYTES = 1_048_576;
/** The first byte of a whole frame of text (RFC 6455 §5.2). */
const TEXT = 0x81;

/** A websocket, and how frames are given to it. */
export type Wire = {
  readonly socket: WebSocket;
  /** Sends texts, each a frame; false when the socket is not open any more. */
  readonly send: (texts: readonly string[]) => boolean;
  /** True while the client has enough to read. */
  readonly isFull: () => boolean;
};

/** The way out of a websocket without extensions that lies on a stream. */
export function createWire(socket: WebSocket, stream: Duplex): Wire {
  let isHolding = false;
  const release = (): void => {
    isHolding = false;
    stream.uncork();
  };
  return {
    socket,
    send: (texts) => {
      if (socket.readyState !== socket.OPEN) return false;
      if (!isHolding) {
        isHolding = true;
        stream.cork();
        process.nextTick(release);
      } else if (stream.writableLength > HELD_BYTES_MAX) {
        stream.uncork();
        stream.cork();
      }
      stream.write(framed(texts));
      return true;
    },
    isFull: () => stream.writableLength > FULL_BYTES,
  };
}

/** Texts as frames from a server, one behind the other. */
function framed(texts: readonly string[]): Buffer {
  const lengths = texts.map((text) => Buffer.byteLength(text));
  const bytes = Buffer.allocUnsafe(
    lengths.reduce((sum, length) => sum + headLength(length) + length, 0),
  );
  let at = 0;
  texts.forEach((text, i) => {
    at = writeHead(bytes, at, lengths[i] ?? 0);
    at += bytes.write(text, at);
  });
  return bytes;
}

function headLength(length: number): number {
  if (length < 126) return 2;
  return length < 65_536 ? 4 : 10;
}

/** Writes type and length of a frame; returns where its text begins. */
function writeHead(bytes: Buffer, at: number, length: number): number {
  bytes[at] = TEXT;
  if (length < 126) {
    bytes[at + 1] = length;
    return at + 2;
  }
  if (length < 65_536) {
    bytes[at + 1] = 126;
    return bytes.writeUInt16BE(length, at + 2);
  }
  bytes[at + 1] = 127;
  return bytes.writeUIntBE(length, bytes.writeUInt32BE(0, at + 2), 4);
}
