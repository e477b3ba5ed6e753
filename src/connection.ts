/**
 * One websocket: verbs in, frames out.
 *
 * Bad input is answered and the connection lives; only what cannot be answered (a frame that is
 * too long or not text) ends it. A subscription sees every event once: stored ones up to the
 * sequence number at its REQ, live ones after it, EOSE in between.
 */
import { randomBytes } from 'node:crypto';
import type { RawData, WebSocket } from 'ws';
import { authenticate } from './authentication.ts';
import { SUBSCRIPTION_ID_MAX } from './config.ts';
import type { Lane } from './intake.ts';
import { secondsSince, verbLabel, verbOf } from './metrics/count.ts';
import { idAsSent, type NostrEvent, parseEvent } from './nostr/event.ts';
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
import type { OpenSubscription } from './open-subscription.ts';
import { isReadable } from './policy/guarded.ts';
import { readFilters, refuseRequest } from './policy/requests.ts';
import { isRefusal, refusalText, refuse } from './refusal.ts';
import type { Relay } from './relay.ts';
import type { Answer } from './store/query.ts';
import type { Live, Subscription } from './subscriptions.ts';
import type { Outcome } from './writer.ts';

/** Rows sent before others get their turn. */
const ROWS_PER_TURN = 200;
/** Above this many bytes in the send queue a stored query waits for the reader. */
const QUEUE_PAUSE_BYTES = 1_048_576;

/** What a relay keeps for one client. Made when its websocket opens, useless after `close`. */
export class Connection {
  readonly authenticated = new Set<string>();
  isAlive = true;
  readonly #relay: Relay;
  readonly #socket: WebSocket;
  readonly #address: string;
  readonly #lane: Lane;
  readonly #open = new Map<string, OpenSubscription>();
  #challenge: string | undefined;
  #pending = 0;

  constructor(relay: Relay, socket: WebSocket, address: string) {
    this.#relay = relay;
    this.#socket = socket;
    this.#address = address;
    this.#lane = relay.intake.openLane();
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
    if (open.backlog === null) return this.#send(eventFrame(open.id, json));
    open.backlog.push(json);
    open.backlogLength += json.length;
    this.#letGoAbove(open.backlogLength);
  }

  /** Bytes that wait for the client to read. */
  get queuedBytes(): number {
    return this.#socket.bufferedAmount;
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
    } catch (err) {
      this.#relay.log.error({ err, client: this.#address }, 'fault');
      const text = refusalText(refuse('internal'));
      if (subscription === undefined) this.#send(noticeFrame(text));
      else this.#refuse(subscription, text);
    }
  }

  #receive(data: RawData, isBinary: boolean): void {
    this.isAlive = true;
    if (isBinary) return this.#send(noticeFrame('invalid: frames are text, not binary'));
    const text = data.toString();
    this.#relay.counters.frames++;
    if (text.trim() === '') return;
    const message = parseMessage(text, { subscriptionIdMax: SUBSCRIPTION_ID_MAX });
    this.#relay.metrics.count('nostr_client_messages_total', verbLabel(message.verb));
    switch (message.verb) {
      case 'EVENT':
        return this.#publish(message.event, data);
      case 'REQ':
        return this.#subscribe(message.subscription, message.filters);
      case 'COUNT':
        return this.#refuse(message.subscription, 'unsupported: COUNT is not offered');
      case 'CLOSE':
        return this.#unsubscribe(message.subscription);
      case 'AUTH':
        return authenticate(this.#relay, message.event, {
          ...{ challenge: this.#challenge, authenticated: this.authenticated },
          send: (frame) => this.#send(frame),
        });
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
    const { config } = this.#relay;
    const filters = readFilters(values, config.limits);
    if (typeof filters === 'string') return this.#refuse(id, filters);
    const open = [...this.#open.values()].filter((other) => other.id !== id);
    const problem = refuseRequest(filters, { open, config, authenticated: this.authenticated });
    if (problem !== undefined) {
      if (problem.startsWith('auth-required')) this.#challengeOnce();
      return this.#refuse(id, problem);
    }
    this.#unsubscribe(id);
    this.#guard(() => this.#startSubscription(id, filters), id);
  }

  #startSubscription(id: string, filters: readonly Filter[]): void {
    const startedMs = performance.now();
    const { relay, source, upTo } = this.#relay.query(filters, this.authenticated);
    const open: OpenSubscription = {
      reader: this,
      id,
      filters,
      backlog: [],
      backlogLength: 0,
      upTo,
      closed: false,
      startedMs,
    };
    this.#open.set(id, open);
    relay.subscriptions.add(open);
    this.#sendStored(open, source);
  }

  /** Sends stored events in turns, then EOSE, then what came live in between. */
  #sendStored(open: OpenSubscription, source: Answer): void {
    source.resume();
    for (let sent = 0; !open.closed; sent++) {
      const row = source.head();
      if (row === undefined) return this.#sendEose(open);
      const isFull = this.#socket.bufferedAmount > QUEUE_PAUSE_BYTES;
      if (row === null || sent >= ROWS_PER_TURN || isFull) {
        // A full queue empties at the reader's pace: look again a little later.
        const goOn = () => this.#guard(() => this.#sendStored(open, source), open.id);
        if (isFull) setTimeout(goOn, 20);
        else setImmediate(goOn);
        return;
      }
      source.next();
      this.#send(eventFrame(open.id, this.#relay.serve(row)));
    }
  }

  #sendEose(open: OpenSubscription): void {
    this.#relay.metrics.observe('nsm_eose_duration_seconds', secondsSince(open.startedMs));
    this.#send(eoseFrame(open.id));
    const backlog = open.backlog ?? [];
    open.backlog = null;
    for (const json of backlog) this.#send(eventFrame(open.id, json));
  }

  #unsubscribe(id: string): void {
    const open = this.#open.get(id);
    if (!open) return;
    open.closed = true;
    this.#open.delete(id);
    this.#relay.subscriptions.remove(open);
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
    this.#relay.metrics.count('nostr_relay_messages_total', verbOf(frame));
    this.#letGoAbove(this.#socket.bufferedAmount);
  }

  /** Ends the connection of a reader for whom too much waits. */
  #letGoAbove(waiting: number): void {
    const { config, log, metrics } = this.#relay;
    if (waiting <= config.limits.sendQueueBytesMax) return;
    log.info({ client: this.#address }, 'client.too-slow');
    metrics.count('nsm_slow_readers_total');
    this.terminate();
  }

  #forget(): void {
    for (const id of [...this.#open.keys()]) this.#unsubscribe(id);
    this.#relay.forget(this, this.#address);
  }
}

function byteLength(data: RawData): number {
  if (Array.isArray(data)) return data.reduce((total, part) => total + part.byteLength, 0);
  return data.byteLength;
}
