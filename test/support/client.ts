/**
 * A Nostr client for tests: says anything, hears everything, and never sleeps.
 *
 * Every frame of the relay goes to the first waiter it satisfies, or into the inbox until somebody
 * asks for it, so nothing is lost and nothing is read twice. That a frame did *not* come is seen
 * after a ping: the relay answers in order, so what was not there before its pong was not sent.
 */

import { type RawData, WebSocket } from 'ws';
import type { NostrEvent } from '../../src/nostr/event.ts';

/** A message of the relay: `['OK', id, true, '']`. */
export type Frame = readonly [verb: string, ...rest: readonly unknown[]];

/** A filter as clients write it; it need not be a valid one. */
export type FilterJson = Readonly<Record<string, unknown>>;

/** What is sent as an event; it need not be a valid one. */
export type Sent = Readonly<Record<string, unknown>> & { readonly id: string };

/** The answer to an EVENT. */
export type Answer = { readonly accepted: boolean; readonly message: string };

/** How a connection ended: the code of its close frame, 1006 without one. */
export type Ending = { readonly code: number };

/** An open subscription. */
export type ClientSubscription = {
  /** Its next event, stored or live. */
  readonly next: () => Promise<NostrEvent>;
  /** Its stored events, which are those before EOSE. Rejects when the relay closes it. */
  readonly stored: () => Promise<readonly NostrEvent[]>;
  readonly close: () => void;
};

/** A connected client. */
export type Client = {
  /** Sends an event, which may be anything with an id, and waits for its OK. */
  readonly publish: (event: Sent) => Promise<Answer>;
  /** What is stored, as one answers: newest first. Rejects when the relay refuses to say. */
  readonly query: (...filters: readonly FilterJson[]) => Promise<NostrEvent[]>;
  readonly subscribe: (id: string, ...filters: readonly FilterJson[]) => ClientSubscription;
  /** Sends text or bytes as they are, anything else as JSON. */
  readonly send: (raw: unknown) => void;
  /** The first unread frame that satisfies `predicate`, as soon as it is there. */
  readonly nextFrame: (predicate?: (frame: Frame) => boolean) => Promise<Frame>;
  /** Every unread frame the relay has sent up to now. */
  readonly unread: () => Promise<readonly Frame[]>;
  /** Resolves when the connection ends, whoever ends it. */
  readonly ended: Promise<Ending>;
  readonly close: () => Promise<void>;
  /** The socket below: to pause reading, or to break the connection. */
  readonly socket: WebSocket;
};

type Waiter = {
  readonly accepts: (frame: Frame) => boolean;
  readonly resolve: (frame: Frame) => void;
  readonly reject: (reason: Error) => void;
};

/** How a client behaves where it may choose. */
export type ClientManners = {
  /** A client that does not answer pings seems dead. */
  readonly answersPings?: boolean;
  /** A frame that does not come within this time does not come. */
  readonly patienceMs?: number;
  /** How long to listen after a pong, for relays that answer pings before what came earlier. */
  readonly quietMs?: number;
};

/** Connects to `ws://…`. Rejects when the relay turns the connection away, naming the status. */
export async function connect(url: string, manners: ClientManners = {}): Promise<Client> {
  const { answersPings = true } = manners;
  const socket = new WebSocket(url, { perMessageDeflate: false, autoPong: answersPings });
  const { nextFrame, unread, ended } = readFrames(socket, manners);
  await opened(socket);

  const send = (raw: unknown): void => {
    const isRaw = typeof raw === 'string' || raw instanceof Uint8Array;
    socket.send(isRaw ? raw : JSON.stringify(raw));
  };

  const stored = async (id: string): Promise<NostrEvent[]> => {
    const events: NostrEvent[] = [];
    for (;;) {
      const [verb, , subject] = await nextFrame(isAbout(id));
      if (verb === 'EOSE') return events;
      if (verb === 'CLOSED') throw new Error(`CLOSED ${subject}`);
      events.push(subject as NostrEvent);
    }
  };

  let queries = 0;
  return {
    publish: async (event) => {
      send(['EVENT', event]);
      const [, , accepted, message] = await nextFrame(isOk(event.id));
      return { accepted: accepted === true, message: String(message) };
    },
    query: async (...filters) => {
      const id = `query ${++queries}`;
      send(['REQ', id, ...filters]);
      const events = await stored(id);
      send(['CLOSE', id]);
      return events;
    },
    subscribe: (id, ...filters) => {
      send(['REQ', id, ...filters]);
      return {
        next: async () => {
          const [, , event] = await nextFrame((frame) => isAbout(id)(frame) && isEvent(frame));
          return event as NostrEvent;
        },
        stored: () => stored(id),
        close: () => send(['CLOSE', id]),
      };
    },
    ...{ send, nextFrame, unread, ended, socket },
    close: async () => {
      socket.close();
      await ended;
    },
  };
}

/** True for the OK about an event. */
export function isOk(id: string): (frame: Frame) => boolean {
  return ([verb, subject]) => verb === 'OK' && subject === id;
}

/** True for EVENT, EOSE and CLOSED of a subscription. */
function isAbout(subscription: string): (frame: Frame) => boolean {
  return ([verb, id]) => ['EVENT', 'EOSE', 'CLOSED'].includes(verb) && id === subscription;
}

/** True for a frame of that verb. */
export function isVerb(wanted: string): (frame: Frame) => boolean {
  return ([verb]) => verb === wanted;
}

const isEvent = isVerb('EVENT');

/** The frames of a socket, kept until they are asked for. */
function readFrames(socket: WebSocket, { patienceMs = 8_000, quietMs = 0 }: ClientManners) {
  const inbox: Frame[] = [];
  const waiters: Waiter[] = [];
  let ending: Ending | undefined;

  const ended = new Promise<Ending>((resolve) => {
    socket.on('close', (code) => {
      ending = { code };
      for (const { reject } of waiters.splice(0)) reject(new Error(`closed with ${code}`));
      resolve(ending);
    });
  });
  // What ends a connection is told by its close; see also `opened`.
  socket.on('error', () => {});
  socket.on('message', (data: RawData) => {
    const frame = parseFrame(data.toString());
    const at = waiters.findIndex(({ accepts }) => accepts(frame));
    if (at < 0) inbox.push(frame);
    else waiters.splice(at, 1)[0]?.resolve(frame);
  });

  const nextFrame = (accepts: (frame: Frame) => boolean = () => true): Promise<Frame> => {
    const at = inbox.findIndex(accepts);
    const [frame] = at < 0 ? [] : inbox.splice(at, 1);
    if (frame) return Promise.resolve(frame);
    if (ending) return Promise.reject(new Error(`closed with ${ending.code}`));
    return waitFor(accepts, { waiters, inbox, patienceMs });
  };

  const unread = async (): Promise<readonly Frame[]> => {
    const pong = new Promise((resolve) => socket.once('pong', resolve));
    socket.ping();
    await Promise.race([pong, ended]);
    if (quietMs > 0) await new Promise((resolve) => setTimeout(resolve, quietMs));
    return inbox.splice(0);
  };

  return { nextFrame, unread, ended };
}

type Waiting = {
  readonly waiters: Waiter[];
  readonly inbox: readonly Frame[];
  readonly patienceMs: number;
};

function waitFor(accepts: Waiter['accepts'], waiting: Waiting): Promise<Frame> {
  const { waiters, inbox, patienceMs } = waiting;
  return new Promise((resolve, reject) => {
    const giveUp = setTimeout(() => {
      waiters.splice(waiters.indexOf(waiter), 1);
      const heard = JSON.stringify(inbox.slice(0, 5)).slice(0, 1_000);
      reject(new Error(`the relay did not say what was expected, but ${heard}`));
    }, patienceMs);
    const settle = () => clearTimeout(giveUp);
    const waiter: Waiter = {
      accepts,
      resolve: (frame) => {
        settle();
        resolve(frame);
      },
      reject: (reason) => {
        settle();
        reject(reason);
      },
    };
    waiters.push(waiter);
  });
}

/** A message; what is none becomes one of the verb UNREADABLE, which nobody waits for. */
function parseFrame(text: string): Frame {
  try {
    const frame: unknown = JSON.parse(text);
    if (Array.isArray(frame) && typeof frame[0] === 'string') return frame as unknown as Frame;
  } catch {}
  return ['UNREADABLE', text];
}

function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
    socket.once('unexpected-response', (request, { statusCode }) => {
      request.destroy();
      reject(new Error(`HTTP ${statusCode}`));
    });
  });
}
