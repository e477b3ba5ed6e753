/**
 * One websocket: verbs in, frames out.
 *
 * Bad input is answered and the connection lives; only what cannot be answered (a frame that is
 * too long or not text) ends it. A subscription sees every event once: stored ones up to the
 * sequence number at its REQ, live ones after it, EOSE in between.
 */
import type { RawData } from 'ws';
import { type Authentication, createAuthentication } from './authentication.ts';
import { type Backlog, createBacklog } from './backlog.ts';
import { SUBSCRIPTION_ID_MAX } from './config.ts';
import { type Counts, createCounts } from './counts.ts';
import type { Lane } from './intake.ts';
import { countSent, verbLabel } from './metrics/count.ts';
import { idAsSent, isExpired, type NostrEvent, parseEvent } from './nostr/event.ts';
import type { Filter } from './nostr/filter.ts';
import {
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
import { createReadGate, type ReadGate } from './read-gate.ts';
import { isRefusal, refusalText, refuse } from './refusal.ts';
import type { Relay } from './relay.ts';
import type { EventRow } from './store/events.ts';
import { sendStored } from './stored-answer.ts';
import type { Live, Subscription } from './subscriptions.ts';
import { type NegentropySessions, negentropySessions } from './sync/negentropy-sessions.ts';
import type { Wire } from './wire.ts';
import type { Outcome } from './writer.ts';

type Open = Subscription<Connection> & {
  readonly backlog: Backlog;
  /** Stored events are told up to here, live ones from here on. */
  upTo: number;
  closed: boolean;
};

/** What a relay keeps for one client. Made when its websocket opens, useless after `close`. */
export class Connection {
  readonly authenticated: ReadonlySet<string>;
  readonly address: string;
  isAlive = true;
  readonly #relay: Relay;
  readonly #wire: Wire;
  readonly #lane: Lane;
  readonly #gate: ReadGate;
  readonly #authentication: Authentication;
  readonly #open = new Map<string, Open>();
  readonly #counts: Counts;
  readonly #negentropy: NegentropySessions;
  #heardMs = performance.now();

  constructor(relay: Relay, wire: Wire, address: string) {
    this.#relay = relay;
    this.#wire = wire;
    this.address = address;
    this.#lane = relay.intake.openLane();
    this.#gate = createReadGate(wire.socket, relay.config.limits.pendingEventsPerConnectionMax);
    const send = (frame: string) => this.#send(frame);
    this.#authentication = createAuthentication({ relay, send, ...this.#gate });
    this.authenticated = this.#authentication.keys;
    const client = { send, authenticated: this.authenticated };
    this.#counts = createCounts(relay, { ...client, fail: (id, fault) => this.#fail(fault, id) });
    const challenge = () => this.#authentication.challenge();
    this.#negentropy = negentropySessions({ relay, ...client, challenge });
    wire.socket.on('message', (data, isBinary) => this.#guard(() => this.#receive(data, isBinary)));
    wire.socket.on('pong', () => {
      this.isAlive = true;
    });
    // ws closes with the right code by itself; without a listener the error would be thrown.
    wire.socket.on('error', () => {});
    wire.socket.on('close', () => this.#forget());
  }

  /** Sends a live event, or keeps it until the stored ones of that subscription are out. */
  deliver(subscription: Subscription<Connection>, live: Live): void {
    const open = this.#open.get(subscription.id);
    if (open !== subscription || live.n <= open.upTo) return;
    if (!isReadable(live.event, this.authenticated)) return;
    open.backlog.take(live);
    if (open.backlog.length() > 0) this.#boundQueue(this.waiting());
  }

  /** Bytes that wait for the client to read; of live events behind stored ones, characters. */
  waiting(): number {
    let bytes = this.#wire.socket.bufferedAmount;
    for (const { backlog } of this.#open.values()) bytes += backlog.length();
    return bytes;
  }

  /** Ends a connection whose client does not keep up. */
  giveUp(): void {
    this.#relay.log.info({ client: this.address }, 'client.too-slow');
    this.#relay.metrics.count('nsm_slow_readers_total');
    this.terminate();
  }

  /** Whether nothing was asked for so many seconds, and nothing is to be told; 0 is never. */
  isIdle(nowMs: number, seconds: number): boolean {
    const isQuiet = this.#open.size === 0 && this.#gate.isEmpty();
    return seconds > 0 && isQuiet && nowMs - this.#heardMs > seconds * 1_000;
  }

  ping(): void {
    this.isAlive = false;
    this.#wire.socket.ping();
  }

  /** Ends the connection without a close frame: clients then come back by themselves. */
  terminate(): void {
    this.#wire.socket.terminate();
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
    this.#relay.log.error({ err, client: this.address }, 'fault');
    const text = refusalText(refuse('internal'));
    if (subscription === undefined) this.#send(noticeFrame(text));
    else this.#refuse(subscription, text);
  }

  #receive(data: RawData, isBinary: boolean): void {
    this.isAlive = true;
    this.#heardMs = performance.now();
    if (isBinary) return this.#send(noticeFrame('invalid: frames are text, not binary'));
    const text = data.toString();
    this.#relay.counters.frames++;
    if (text.trim() === '') return;
    const message = parseMessage(text, { subscriptionIdMax: SUBSCRIPTION_ID_MAX });
    this.#relay.metrics.count('nostr_client_messages_total', verbLabel(message.verb));
    if (this.#isTooMany(message)) return this.#turnDown(message);
    switch (message.verb) {
      case 'EVENT':
        return this.#publish(message.event, Buffer.byteLength(text));
      case 'REQ':
        return this.#subscribe(message.subscription, message.filters);
      case 'COUNT':
        return this.#count(message.subscription, message.filters);
      case 'CLOSE':
        this.#counts.stop(message.subscription);
        return this.#unsubscribe(message.subscription);
      case 'AUTH':
        return this.#authentication.answer(message.event);
      case 'NEG-OPEN':
      case 'NEG-MSG':
      case 'NEG-CLOSE':
        return this.#negentropy.receive(message);
      case 'unknown':
        return this.#complain(message);
    }
  }

  /** An event is counted as one, in `#publish`; to close is always allowed. */
  #isTooMany({ verb }: ClientMessage): boolean {
    const isFree = verb === 'EVENT' || verb === 'CLOSE';
    return !isFree && !this.#relay.addresses.takeRequest(this.address, this.#heardMs);
  }

  #turnDown(message: ClientMessage): void {
    const problem = 'rate-limited: too many requests from this address';
    const id = message.verb === 'AUTH' ? idAsSent(message.event) : undefined;
    if (id !== undefined) return this.#send(okFrame(id, false, problem));
    const named = 'subscription' in message ? { subscription: message.subscription } : {};
    this.#complain({ ...named, verb: 'unknown', problem } as const);
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

  #publish(value: unknown, bytes: number): void {
    const event = parseEvent(value);
    const id = idAsSent(value);
    if (isRefusal(event)) {
      const text = refusalText(event);
      return this.#send(id === undefined ? noticeFrame(text) : okFrame(id, false, text));
    }
    const isOperator = this.authenticated.has(this.#relay.keeper.pubkey);
    if (!isOperator && !this.#relay.addresses.takeEvent(this.address, this.#heardMs)) {
      const refusal = refuse('rate-limited', { retry_after: 1 });
      return this.#answer(event, { accepted: false, refusal });
    }
    this.#gate.begin();
    this.#lane.submit({
      event,
      bytes,
      authenticated: this.authenticated,
      done: (outcome) => {
        this.#gate.end();
        this.#answer(event, outcome);
      },
    });
  }

  #answer({ id }: NostrEvent, outcome: Outcome): void {
    this.#relay.noteOutcome(outcome);
    if (outcome.accepted) return this.#send(okFrame(id, true, outcome.message));
    if (outcome.refusal.prefix === 'auth-required') this.#authentication.challenge();
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
    if (filters.startsWith('auth-required')) this.#authentication.challenge();
    return void this.#refuse(id, filters);
  }

  #startSubscription(id: string, filters: readonly Filter[]): void {
    const relay = this.#relay;
    const backlog = createBacklog(({ event, json }) => {
      if (!isExpired(event, relay.now())) this.#send(eventFrame(id, json));
    });
    const open: Open = { reader: this, id, filters, upTo: 0, backlog, closed: false };
    const frameOf = (row: EventRow) => eventFrame(id, relay.serve(row));
    this.#open.set(id, open);
    relay.subscriptions.add(open);
    relay.query(filters, this.authenticated, ({ source, upTo, hint }) => {
      open.upTo = upTo;
      sendStored(source, relay, {
        isOpen: () => !open.closed,
        isFull: this.#wire.isFull,
        send: (rows) => this.#send(...rows.map(frameOf)),
        end: (rows) => {
          this.#send(...rows.map(frameOf), eoseFrame(id, hint()));
          backlog.release(upTo);
        },
        fail: (fault: unknown) => this.#fail(fault, id),
      });
    });
  }

  #unsubscribe(id: string): void {
    const open = this.#open.get(id);
    if (!open) return;
    open.closed = true;
    this.#open.delete(id);
    this.#relay.subscriptions.remove(open);
  }

  #send(...frames: readonly string[]): void {
    if (!this.#wire.send(frames)) return;
    countSent(this.#relay.metrics, frames);
    this.#boundQueue(this.#wire.socket.bufferedAmount);
  }

  #boundQueue(bytes: number): void {
    if (bytes > this.#relay.config.limits.sendQueueBytesMax) this.giveUp();
    else this.#relay.sendBudget.note(this, bytes);
  }

  #forget(): void {
    this.#authentication.leave();
    this.#counts.stopAll();
    for (const id of [...this.#open.keys()]) this.#unsubscribe(id);
    this.#negentropy.end();
    this.#relay.forget(this, this.address);
  }
}
