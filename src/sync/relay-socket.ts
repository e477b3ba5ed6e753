/**
 * The client side of a relay, ours or another's: publishes, asks, listens and reconciles.
 *
 * Answers are matched to questions by id; whatever waits when the connection ends, or is not
 * answered in time, is rejected with `RelayLost`. A challenge (NIP-42) is answered at once, if
 * there is a key to answer with.
 */
import { WebSocket } from 'ws';
import { type NostrEvent, parseEvent, type UnsignedEvent } from '../nostr/event.ts';
import { eventJson } from '../nostr/message.ts';
import { isRefusal } from '../refusal.ts';

/** A filter as it goes over the wire. */
export type WireFilter = Readonly<Record<string, unknown>>;

/** A relay that is not there, does not answer, or refuses to talk. */
export class RelayLost extends Error {}

/** The answer to an event. */
export type Ok = { readonly accepted: boolean; readonly message: string };

/** The answer to a message of a reconciliation (NIP-77). */
export type NegAnswer = { readonly message: string } | { readonly error: string };

/** A connection to a relay. */
export type RelaySocket = {
  readonly url: string;
  /** Sends an event; events are sent in the order of the calls. */
  readonly publish: (event: NostrEvent) => Promise<Ok>;
  /** What is stored, up to EOSE; what is no event is left out. */
  readonly query: (filter: WireFilter) => Promise<readonly NostrEvent[]>;
  /** Stored and live events, until the connection ends. */
  readonly listen: (filter: WireFilter, hear: (event: NostrEvent) => void) => void;
  /** Says NEG-OPEN, or NEG-MSG when there is no filter. */
  readonly reconcile: (id: string, message: string, filter?: WireFilter) => Promise<NegAnswer>;
  readonly endReconciliation: (id: string) => void;
  /** Resolves when the relay has taken or refused our key; at once if it never asked for one. */
  readonly authenticated: () => Promise<void>;
  /** Resolves when the connection is gone. */
  readonly ended: Promise<void>;
  readonly close: () => void;
};

/** How to connect. */
export type ConnectOptions = {
  /** Signs an event as whoever we are to that relay. */
  readonly sign?: (event: UnsignedEvent) => NostrEvent;
  readonly pubkey?: string;
  /** The address that AUTH has to name, if it is another. */
  readonly authUrl?: string;
};

const CONNECT_MS = 10_000;
const ANSWER_MS = 60_000;
const AUTH_KIND = 22_242;

type Waiting = {
  readonly resolve: (frame: readonly unknown[]) => void;
  readonly reject: (reason: Error) => void;
};

/** Connects to a relay. Rejects with `RelayLost`. */
export async function connectRelay(
  url: string,
  options: ConnectOptions = {},
): Promise<RelaySocket> {
  const socket = new WebSocket(url, { perMessageDeflate: false, handshakeTimeout: CONNECT_MS });
  await opened(socket, url);
  const wire = questions(socket, url);
  const { ask, send, events } = wire;
  let challenged: Promise<unknown> = Promise.resolve();
  let asked = 0;

  wire.onChallenge((challenge) => {
    const { sign, pubkey, authUrl = url } = options;
    if (sign === undefined || pubkey === undefined) return;
    const tags = [
      ['relay', authUrl],
      ['challenge', challenge],
    ];
    const created_at = Math.floor(Date.now() / 1_000);
    const event = sign({ pubkey, created_at, kind: AUTH_KIND, tags, content: '' });
    challenged = ask(`OK ${event.id}`, `["AUTH",${eventJson(event)}]`).catch(() => undefined);
  });

  const stored = async (filter: WireFilter): Promise<readonly NostrEvent[] | string> => {
    const id = `q${++asked}`;
    const found: NostrEvent[] = [];
    events.set(id, (event) => void found.push(event));
    try {
      const [verb, , reason] = await ask(id, JSON.stringify(['REQ', id, filter]));
      if (verb === 'CLOSED') return String(reason);
      send(JSON.stringify(['CLOSE', id]));
      return found;
    } finally {
      events.delete(id);
    }
  };

  return {
    url,
    publish: async (event) => {
      const frame = await ask(`OK ${event.id}`, `["EVENT",${eventJson(event)}]`);
      return { accepted: frame[2] === true, message: String(frame[3] ?? '') };
    },
    query: async (filter) => {
      let found = await stored(filter);
      if (typeof found === 'string' && found.startsWith('auth-required')) {
        await challenged;
        found = await stored(filter);
      }
      if (typeof found === 'string') throw new RelayLost(`${url}: ${found}`);
      return found;
    },
    listen: (filter, hear) => {
      const id = `l${++asked}`;
      events.set(id, hear);
      send(JSON.stringify(['REQ', id, filter]));
    },
    reconcile: async (id, message, filter) => {
      const frame = filter ? ['NEG-OPEN', id, filter, message] : ['NEG-MSG', id, message];
      const [verb, , said] = await ask(`NEG ${id}`, JSON.stringify(frame));
      return verb === 'NEG-MSG' ? { message: String(said) } : { error: String(said) };
    },
    endReconciliation: (id) => send(JSON.stringify(['NEG-CLOSE', id])),
    authenticated: async () => void (await challenged),
    ended: wire.ended,
    close: () => socket.close(),
  };
}

/** Questions of a socket, each with a key under which its answer comes. */
function questions(socket: WebSocket, url: string) {
  const waiting = new Map<string, Waiting>();
  const events = new Map<string, (event: NostrEvent) => void>();
  let challenge: (text: string) => void = () => {};

  const ended = new Promise<void>((resolve) => {
    socket.on('close', () => {
      const lost = new RelayLost(`${url}: the connection ended`);
      for (const { reject } of waiting.values()) reject(lost);
      waiting.clear();
      resolve();
    });
  });
  // What ends a connection is told by its close.
  socket.on('error', () => {});
  socket.on('message', (data) => {
    const frame = frameOf(String(data));
    if (frame === undefined) return;
    const [verb, subject, third] = frame;
    if (verb === 'AUTH') return challenge(String(subject));
    if (verb === 'EVENT') {
      const event = parseEvent(third);
      if (!isRefusal(event)) events.get(String(subject))?.(event);
      return;
    }
    const key = answerKey(String(verb), String(subject));
    // A relay that does not know NIP-77 complains of it to nobody in particular.
    const of = verb === 'NOTICE' ? [...waiting.keys()].find((k) => k.startsWith('NEG ')) : key;
    const asked = waiting.get(of ?? '');
    waiting.delete(of ?? '');
    asked?.resolve(verb === 'NOTICE' ? ['NEG-ERR', '', `unsupported: ${subject}`] : frame);
  });

  const ask = (key: string, text: string): Promise<readonly unknown[]> =>
    new Promise((resolve, reject) => {
      if (socket.readyState !== socket.OPEN) {
        return reject(new RelayLost(`${url}: the connection ended`));
      }
      const giveUp = setTimeout(() => {
        waiting.delete(key);
        reject(new RelayLost(`${url}: no answer within ${ANSWER_MS / 1_000} s`));
      }, ANSWER_MS);
      waiting.set(key, {
        resolve: (frame) => {
          clearTimeout(giveUp);
          resolve(frame);
        },
        reject: (reason) => {
          clearTimeout(giveUp);
          reject(reason);
        },
      });
      socket.send(text);
    });

  return {
    ...{ ask, events, ended },
    send: (text: string) => {
      if (socket.readyState === socket.OPEN) socket.send(text);
    },
    onChallenge: (hear: (text: string) => void) => {
      challenge = hear;
    },
  };
}

function answerKey(verb: string, subject: string): string | undefined {
  if (verb === 'OK') return `OK ${subject}`;
  if (verb === 'NEG-MSG' || verb === 'NEG-ERR') return `NEG ${subject}`;
  return verb === 'EOSE' || verb === 'CLOSED' ? subject : undefined;
}

function frameOf(text: string): readonly unknown[] | undefined {
  try {
    const frame: unknown = JSON.parse(text);
    return Array.isArray(frame) ? frame : undefined;
  } catch {
    return undefined;
  }
}

function opened(socket: WebSocket, url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', ({ message }) => reject(new RelayLost(`${url}: ${message}`)));
  });
}
