/**
 * The open event streams: each hands over frames as fast as its client reads them.
 *
 * A stream has no queue. It asks for what comes next when the client has taken what came before;
 * one that has lost its place in the feed, or has not read for two beats, is told so by a `dropped`
 * event and ended. Who does not even read that within two beats loses the connection.
 */
import type { Relay } from '../relay.ts';
import { type Feed, noticeFrame } from './feed.ts';

/** Why a stream was ended from here. */
export type DropReason = 'too-slow' | 'not-shown' | 'shutting-down';

/** One open stream. */
export type EventStream = {
  readonly machine: string;
  readonly address: string;
  /** Says that the relay is still here; gives up who does not read. */
  readonly beat: () => void;
  /** Ends the stream, with a last event that says why. */
  readonly drop: (reason: DropReason) => void;
  /** To be called when the connection has ended. */
  readonly leave: () => void;
  readonly body: ReadableStream<Uint8Array>;
};

/** What a stream is to read, and for whom. */
export type Reading = {
  readonly machine: string;
  readonly address: string;
  readonly feed: Feed;
  /** The number in the feed after which to begin. */
  readonly from: number;
  /** Frames to send before what is in the feed. */
  readonly past: Iterator<Uint8Array>;
  /** Ends the connection, read or not. */
  readonly end: () => void;
};

/** Beats without a read before a stream is given up, and once more before it is cut off. */
const MISSED_BEATS_MAX = 2;
const STILL_HERE = new TextEncoder().encode(': still here\n\n');

/** Opens a stream, which has its place among the relay's until `leave`. */
export function openStream(relay: Relay, reading: Reading): EventStream {
  const { machine, address, feed } = reading;
  const cursor = cursorOf(reading);
  const valve = createValve(cursor.next);
  let isDropped = false;
  let missedBeats = 0;

  const drop = (reason: DropReason): void => {
    if (isDropped) return;
    isDropped = true;
    missedBeats = 0;
    feed.readers.delete(notify);
    valve.finish(noticeFrame('dropped', { machine, reason }));
    if (reason === 'too-slow') relay.metrics.count('nsm_slow_readers_total');
    relay.log.info({ machine, reason }, 'stream.dropped');
  };
  // Whether it can go on is seen now, not when it asks: it may never ask.
  const notify = (): void => (cursor.isLost() ? drop('too-slow') : valve.open());

  const stream: EventStream = {
    ...{ machine, address, drop, body: valve.body },
    beat: () => {
      missedBeats = !isDropped && valve.isAsked() ? 0 : missedBeats + 1;
      const isOver = missedBeats >= MISSED_BEATS_MAX;
      if (!isOver) valve.open(STILL_HERE);
      else if (isDropped) reading.end();
      else drop('too-slow');
    },
    leave: () => {
      isDropped = true;
      feed.readers.delete(notify);
      if (relay.streams.delete(stream)) relay.addresses.disconnect(address);
    },
  };
  relay.streams.add(stream);
  feed.readers.add(notify);
  return stream;
}

/**
 * Ends the streams that would not be opened now: of machines that are hidden, to addresses that are
 * blocked, and all of them where nobody is answered any more.
 */
export function endForbidden({ streams, access, config }: Relay): void {
  const { isHidden, isBlocked } = access.rules();
  for (const { machine, address, drop } of streams) {
    const isForbidden = isHidden(machine) || isBlocked(address);
    if (isForbidden || config.access.authRequired) drop('not-shown');
  }
}

/** A place in what is to be read. */
function cursorOf({ feed, from, past }: Reading) {
  let at = from;
  return {
    /** What comes next; nothing when all was read, or what follows is gone. */
    next: (): readonly Uint8Array[] => {
      const { value, done } = past.next();
      if (!done) return [value];
      const { frames, upTo } = feed.after(at) ?? { frames: [], upTo: at };
      at = upTo;
      return frames;
    },
    isLost: (): boolean => !feed.holds(at),
  };
}

/** A body that is filled when its reader asks, and waits when there is nothing. */
function createValve(next: () => readonly Uint8Array[]) {
  let sink: ReadableStreamDefaultController<Uint8Array> | undefined;
  let asked: (() => void) | undefined;
  let isFinished = false;

  const fill = (frames: readonly Uint8Array[]): void => {
    if (frames.length === 0) return;
    for (const frame of frames) sink?.enqueue(frame);
    asked?.();
    asked = undefined;
  };

  const body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        sink = controller;
      },
      pull: () =>
        new Promise<void>((resolve) => {
          asked = resolve;
          fill(next());
        }),
      cancel: () => {
        isFinished = true;
        asked = undefined;
      },
    },
    // Nothing is taken before it is asked for.
    { highWaterMark: 0 },
  );

  return {
    body,
    /** True while the reader waits. */
    isAsked: (): boolean => asked !== undefined,
    /** Hands over what there is, or this, if the reader waits. */
    open: (frame?: Uint8Array): void => {
      if (!isFinished && asked) fill(frame ? [frame] : next());
    },
    /** Ends the body with one last frame. */
    finish: (frame: Uint8Array): void => {
      if (isFinished) return;
      isFinished = true;
      sink?.enqueue(frame);
      sink?.close();
      asked?.();
    },
  };
}
