/**
 * A client of event streams for tests: reads frame by frame, or not at all.
 *
 * Like the client of websockets it never sleeps: what was sent is there or comes, and what was
 * not sent is seen by what came after it.
 */

import { type ClientRequest, type IncomingMessage, request } from 'node:http';

/** A frame of a stream, in its fields. */
export type StreamFrame = {
  readonly event: string;
  readonly id: string | undefined;
  // Test code looks into it at will.
  readonly data: Readonly<Record<string, unknown>>;
};

/** An open stream. */
export type EventStream = {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** The next frame that has data. Rejects when the stream has ended. */
  readonly next: () => Promise<StreamFrame>;
  /** Everything that was sent, until the stream ends. */
  readonly rest: () => Promise<readonly StreamFrame[]>;
  /** The last id that was sent, with data or without; a client comes back with it. */
  readonly lastId: () => string | undefined;
  /** Reads nothing more until `resume`. */
  readonly pause: () => void;
  readonly resume: () => void;
  readonly close: () => void;
};

/** How a client comes. */
export type Following = { readonly lastEventId?: string; readonly paused?: boolean };

type Place = { readonly httpUrl: string };

/** Opens the stream at a path; one that reads nothing yet when `paused`. */
export async function followEvents(
  { httpUrl }: Place,
  path: string,
  { lastEventId, paused = false }: Following = {},
): Promise<EventStream> {
  const headers = lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId };
  const sent = request(httpUrl + path, { headers, agent: false });
  sent.end();
  const response = await answered(sent);
  const reader = readFrames(response);
  if (!paused) response.resume();
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    ...reader,
    pause: () => void response.pause(),
    resume: () => void response.resume(),
    close: () => void sent.destroy(),
  };
}

/** The path of a machine's stream. */
export function eventsOf({ id }: { readonly id: string }): string {
  return `/api/v1/machines/${id}/events`;
}

function answered(sent: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once('response', resolve);
    sent.once('error', reject);
  });
}

type Waiter = { readonly resolve: (frame: StreamFrame) => void; readonly reject: () => void };

function readFrames(response: IncomingMessage) {
  const inbox: StreamFrame[] = [];
  const waiters: Waiter[] = [];
  let text = '';
  let lastId: string | undefined;
  let hasEnded = false;

  const take = (block: string): void => {
    const frame = parseFrame(block);
    lastId = frame?.id ?? lastId;
    if (frame === undefined || frame.event === '') return;
    const waiter = waiters.shift();
    if (waiter) waiter.resolve(frame);
    else inbox.push(frame);
  };

  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    const blocks = (text + chunk).split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) take(block);
  });
  response.pause();
  const ended = new Promise<void>((resolve) => {
    response.on('close', () => {
      hasEnded = true;
      for (const { reject } of waiters.splice(0)) reject();
      resolve();
    });
    // What ends a stream is told by its close.
    response.on('error', () => {});
  });

  const next = (): Promise<StreamFrame> => {
    const frame = inbox.shift();
    if (frame) return Promise.resolve(frame);
    if (hasEnded) return Promise.reject(new Error('the stream has ended'));
    return new Promise((resolve, reject) => {
      waiters.push({ resolve, reject: () => reject(new Error('the stream has ended')) });
    });
  };

  const rest = async (): Promise<readonly StreamFrame[]> => {
    await ended;
    return inbox.splice(0);
  };
  return { next, rest, lastId: () => lastId };
}

/** The fields of a frame; comments have none. */
function parseFrame(block: string): StreamFrame | undefined {
  const fields = new Map(
    block
      .split('\n')
      .filter((line) => !line.startsWith(':'))
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  );
  if (fields.size === 0) return undefined;
  const data = JSON.parse(fields.get('data') ?? '{}') as StreamFrame['data'];
  return { event: fields.get('event') ?? '', id: fields.get('id'), data };
}
