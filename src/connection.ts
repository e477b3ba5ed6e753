/**
 * One websocket: verbs in, frames out.
 *
 * Bad input is answered and the connection lives; only what cannot be answered (a frame that is
 * too long or not text) ends it. A subscription sees every event once: stored ones up to the
 * sequence number at its REQ, live ones after it, EOSE in between.
 */
import { randomBytes } from 'node:crypto';
import type { RawData, WebSocket } from 'ws';
import { SUBSCRIPTION_ID_MAX } from './config.ts';
import { type Counts, createCounts } from './counts.ts';
import type { Lane } from './intake.ts';
import { checkAuth } from './nostr/auth.ts';
import { idAsSent, isExpired, type NostrEvent, parseEvent, serializeEvent } from './nostr/event.ts';
import type { Filter } from './nostr/filter.ts';
import {
  authFrame,
  type ClientMessage,
  closedFrame,
  eoseFrame,
  eventFrame,
  noticeFrame,
  okFrame,
  parseMessage,
} from './nostr/message.ts';
import { isReadable } from './policy/guarded.ts';
import { readRequest } from './policy/requests.ts';
import { isRefusal, refusalText, refuse } from './refusal.ts';
import type { Relay } from './relay.ts';
import type { EventRow } from './store/events.ts';
import type { Answer } from './store/query.ts';
import { sendStored } from './stored-answer.ts';
import type { Subscription } from './subscriptions.ts';
import { nodeEventId } from './verify/event-id.ts';
import type { Outcome } from './writer.ts';

/** Above this many bytes in the send queue a stored query waits for the reader. */
const QUEUE_PAUSE_BYTES = 1_048_576;

type Open = Subscription<Connection> & {
  /** Live events that came while stored ones are still being sent; null once EOSE is out. */
  backlog: Live[] | null;
  upTo: number;
  closed: boolean;
};

/** An event to deliver: its JSON is made once for all readers. Ephemeral ones have no bound `n`. */
type Live = { readonly event: NostrEvent; readonly json: string; readonly n: number };

/** What a relay keeps for one client. Made when its websocket opens, useless after `close`. */
export class Connection {
  readonly authenticated = new Set<string>();
  isAlive = true;
  readonly #relay: Relay;
  readonly #socket: WebSocket;
  readonly #address: string;
  readonly #lane: Lane;
  readonly #open = new Map<string, Open>();
  readonly #counts: Counts;
  #challenge: string | undefined;
  #pending = 0;

  constructor(relay: Relay, socket: WebSocket, address: string) {
    this.#relay = relay;
    this.#socket = socket;
    this.#address = address;
    this.#lane = relay.intake.openLane();
    this.#counts = createCounts(relay, {
      authenticated: this.authenticated,
      send: (frame) => this.#send(frame),
      fail: (id, fault) => this.#fail(fault, id),
    });
    socket.on('message', (data, isBinary) => {
      this.#guard(() => this.#receive(data, isBinary));
    });
    socket.on('pong', () => {
      this.isAlive = true;
    });
    // ws closes with the right code by itself; without a listener the error would be thrown.
    socket.on('error', () => {});
    socket.on('close', () => this.#forget());
  }

  /** Sends a live event, or keeps it until the stored ones of that subscription are out. */
  deliver(subscription: Subscription<Connection>, { event, json, n }: Live): void {
    const open = this.#open.get(subscription.id);
    if (open !== subscription || n <= open.upTo) return;
    if (!isReadable(event, this.authenticated)) return;
    if (open.backlog) open.backlog.push({ event, json, n });
    else if (!isExpired(event, this.#relay.now())) this.#send(eventFrame(open.id, json));
  }

  ping(): void {
    this.isAlive = false;
    this.#socket.ping();
  }

  /** Ends the connection without a close frame: clients then come back by themselves. */
  terminate(): void {
    this.#socket.terminate();
  }

  /** A fault here costs one answer, never the process or the connection. */
  #guard(work: () => void, subscription?: string): void {
    try {
      work();
    } catch (fault) {
      this.#fail(fault, subscription);
    }
  }

  #fail(err: unknown, subscription?: string): void {
    this.#relay.log.error({ err, client: this.#address }, 'fault');
    const text = refusalText(refuse('internal'));
    if (subscription === undefined) this.#send(noticeFrame(text));
    else this.#refuse(subscription, text);
  }

  #receive(data: RawData, isBinary: boolean): void {
    this.isAlive = true;
    if (isBinary) return this.#send(noticeFrame('invalid: frames are text, not binary'));
    const text = data.toString();
    this.#relay.counters.frames++;
    if (text.trim() === '') return;
    const message = parseMessage(text, { subscriptionIdMax: SUBSCRIPTION_ID_MAX });
    switch (message.verb) {
      case 'EVENT':
        return this.#publish(message.event, data);
      case 'REQ':
        return this.#subscribe(message.subscription, message.filters);
      case 'COUNT':
        return this.#count(message.subscription, message.filters);
      case 'CLOSE':
        this.#counts.stop(message.subscription);
        return this.#unsubscribe(message.subscription);
      case 'AUTH':
        return this.#authenticate(message.event);
      case 'unknown':
        return this.#complain(message);
    }
  }

  #complain({ problem, subscription }: Extract<ClientMessage, { verb: 'unknown' }>): void {
    if (subscription === undefined) return this.#send(noticeFrame(problem));
    // An id too long to be one is cut: the answer must not grow with the question.
    this.#refuse(subscription.slice(0, SUBSCRIPTION_ID_MAX), problem);
  }

  /** Whoever hears CLOSED has no subscription of that id any more. */
  #refuse(id: string, problem: string): void {
    this.#unsubscribe(id);
    this.#send(closedFrame(id, problem));
  }

  #publish(value: unknown, data: RawData): void {
    const event = parseEvent(value);
    const id = idAsSent(value);
    if (isRefusal(event)) {
      const text = refusalText(event);
      return this.#send(id === undefined ? noticeFrame(text) : okFrame(id, false, text));
    }
    const { pendingEventsPerConnectionMax } = this.#relay.config.limits;
    if (!this.#relay.addresses.takeEvent(this.#address, Date.now())) {
      const refusal = refuse('rate-limited', { retry_after: 1 });
      return this.#answer(event, { accepted: false, refusal });
    }
    this.#pending++;
    if (this.#pending >= pendingEventsPerConnectionMax) this.#socket.pause();
    this.#lane.submit({
      event,
      bytes: byteLength(data),
      authenticated: this.authenticated,
      done: (outcome) => {
        this.#pending--;
        if (this.#socket.isPaused && this.#pending <= pendingEventsPerConnectionMax / 2) {
          this.#socket.resume();
        }
        this.#answer(event, outcome);
      },
    });
  }

  #answer({ id }: NostrEvent, outcome: Outcome): void {
    this.#relay.noteOutcome(outcome);
    if (outcome.accepted) return this.#send(okFrame(id, true, outcome.message));
    if (outcome.refusal.prefix === 'auth-required') this.#challengeOnce();
    this.#send(okFrame(id, false, refusalText(outcome.refusal)));
  }

  #subscribe(id: string, values: readonly unknown[]): void {
    const open = [...this.#open.values()].filter((other) => other.id !== id);
    const filters = this.#admit(id, values, open);
    if (!filters) return;
    this.#unsubscribe(id);
    this.#guard(() => this.#startSubscription(id, filters), id);
  }

  /** A count leaves a subscription of the same id alone, unless it is refused. */
  #count(id: string, values: readonly unknown[]): void {
    const filters = this.#admit(id, values, []);
    const problem = filters && this.#counts.start(id, filters);
    if (problem !== undefined) this.#refuse(id, problem);
  }

  /** The filters of a request; undefined when it was refused. */
  #admit(id: string, values: readonly unknown[], open: readonly Open[]) {
    const { config } = this.#relay;
    const filters = readRequest(values, { open, config, authenticated: this.authenticated });
    if (typeof filters !== 'string') return filters;
    if (filters.startsWith('auth-required')) this.#challengeOnce();
    return void this.#refuse(id, filters);
  }

  #startSubscription(id: string, filters: readonly Filter[]): void {
    const { relay, source, upTo } = this.#relay.query(filters, this.authenticated);
    const open: Open = { reader: this, id, filters, backlog: [], upTo, closed: false };
    this.#open.set(id, open);
    relay.subscriptions.add(open);
    const reader = {
      isOpen: () => !open.closed,
      isFull: () => this.#socket.bufferedAmount > QUEUE_PAUSE_BYTES,
      send: (row: EventRow) => this.#send(eventFrame(id, relay.serve(row))),
      end: () => this.#sendEose(open, source),
      fail: (fault: unknown) => this.#fail(fault, id),
    };
    sendStored(source, reader, relay);
  }

  /** EOSE, and what came live while the stored events were sent. */
  #sendEose(open: Open, source: Answer): void {
    const rest = this.#relay.config.answers.eoseHints ? source.rest() : 'unknown';
    this.#send(eoseFrame(open.id, rest === 'unknown' ? undefined : rest));
    const backlog = open.backlog ?? [];
    open.backlog = null;
    for (const live of backlog) this.deliver(open, live);
  }

  #unsubscribe(id: string): void {
    const open = this.#open.get(id);
    if (!open) return;
    open.closed = true;
    this.#open.delete(id);
    this.#relay.subscriptions.remove(open);
  }

  #authenticate(value: unknown): void {
    const event = parseEvent(value);
    const id = idAsSent(value);
    if (isRefusal(event)) {
      const text = refusalText(event);
      return this.#send(id === undefined ? noticeFrame(text) : okFrame(id, false, text));
    }
    const reject = (text: string) => this.#send(okFrame(event.id, false, text));
    if (this.#challenge === undefined) return reject('invalid: this relay has sent no challenge');
    const { publicUrl: relayUrl } = this.#relay;
    const expected = { challenge: this.#challenge, relayUrl, now: this.#relay.now() };
    const problem = checkAuth(event, expected);
    if (problem !== undefined) return reject(problem);
    if (nodeEventId(serializeEvent(event)) !== event.id)
      return reject(refusalText(refuse('bad-id')));
    this.#relay.pool.verify(event.id, event.pubkey, event.sig, (valid) => {
      if (!valid) return reject(refusalText(refuse('bad-signature')));
      this.authenticated.add(event.pubkey);
      this.#send(okFrame(event.id, true, ''));
    });
  }

  /** NIP-42: one challenge for the life of the connection, sent when it is first needed. */
  #challengeOnce(): void {
    if (this.#challenge !== undefined) return;
    this.#challenge = randomBytes(16).toString('hex');
    this.#send(authFrame(this.#challenge));
  }

  #send(frame: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.send(frame);
    if (this.#socket.bufferedAmount > this.#relay.config.limits.sendQueueBytesMax) {
      this.#relay.log.info({ client: this.#address }, 'client.too-slow');
      this.terminate();
    }
  }

  #forget(): void {
    this.#counts.stopAll();
    for (const id of [...this.#open.keys()]) this.#unsubscribe(id);
    this.#relay.forget(this, this.#address);
  }
}

function byteLength(data: RawData): number {
  if (Array.isArray(data)) return data.reduce((total, part) => total + part.byteLength, 0);
  return data.byteLength;
}
