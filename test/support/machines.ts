/**
 * The machine that the conformance tests are about, and the people who drive it.
 *
 * A delivery: created –ACCEPT→ accepted –START_TRANSIT→ in_transit –DELIVER→ delivered –CONFIRM→
 * completed, or created –CANCEL→ canceled. Guards are those of the AtoB library; in `accepted`
 * there are further types that try out what a step may do. Every machine is a new one with a
 * custodian's coordinate of its own, so that tests can share a relay. Time stands still at `NOW`.
 */

import type { NostrEvent } from '../../src/nostr/event.ts';
import type { Client } from './client.ts';
import { signEvent, testKey } from './sign.ts';

/** Somebody who signs. */
export type Person = ReturnType<typeof testKey>;

/** The clock of the relays in these tests, in Unix seconds. */
export const NOW = 1_800_000_000;

/** Creator of every machine and its custodian. */
export const C: Person = testKey('creator');
/** Executor: the one who accepts. */
export const X: Person = testKey('executor');
/** Receiver. */
export const R: Person = testKey('receiver');
/** A stranger. */
export const Z: Person = testKey('stranger');

/** What an event says beyond its kind; the rest has defaults. */
export type Said = {
  readonly by?: Person;
  readonly at?: number;
  readonly tags?: readonly (readonly string[])[];
};

/** A definition's content; a text is taken as it is. */
export type Content = string | object;

/** An event of any kind, by the stranger and of now unless it says otherwise. */
export function note(kind: number, content: Content = '', said: Said = {}): NostrEvent {
  const { by = Z, at = NOW, tags = [] } = said;
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  return signEvent({ kind, created_at: at, tags, content: text }, by.secret);
}

/** Context of the delivery machine before anybody accepted. */
export const INITIAL_CONTEXT = {
  creatorPubKey: C.pubkey,
  executorPubKey: null,
  inputterPubKey: null,
  notes: [],
  receiverPubKey: R.pubkey,
} as const;

/** The states of the delivery machine. */
export const DELIVERY_STATES = {
  created: {
    on: {
      ACCEPT: { target: 'accepted', guard: 'isNotCreator', actions: 'assignExecutor' },
      CANCEL: { target: 'canceled', guard: 'isCreator' },
    },
  },
  accepted: {
    on: {
      START_TRANSIT: { target: 'in_transit', guard: 'isExecutor' },
      NOTE: { actions: 'appendNote' },
      PING: 'accepted',
      PING2: { actions: 'assignExecutor' },
    },
  },
  in_transit: { on: { DELIVER: 'delivered' } },
  delivered: { on: { CONFIRM: { target: 'completed', guard: 'isReceiver' } } },
  completed: { type: 'final' },
  canceled: { type: 'final' },
} as const;

/** The config of the delivery machine. */
export const DELIVERY = {
  id: 'delivery',
  initial: 'created',
  context: INITIAL_CONTEXT,
  states: DELIVERY_STATES,
  meta: {
    nsm: { v: 1, actions: { appendNote: [{ push: ['notes', { var: 'data.note' }] }] } },
  },
} as const;

/** The tag that names the engine, as the AtoB client writes it, with its role. */
export const ENGINE_TAG = ['engine', 'npm:xstate@^5.18.0', 'state-machine'] as const;

let coordinates = 0;

/** A definition by the creator; without `tags` it has an engine and a custodian's coordinate. */
export function define(content: Content = DELIVERY, said: Said = {}): NostrEvent {
  const state = ['state', `30078:${C.pubkey}:contract-${++coordinates}`];
  return note(7500, content, { by: C, at: NOW - 200, tags: [ENGINE_TAG, state], ...said });
}

/** What a transition says; without `on` it builds on the initial state. */
export type Move = Said & {
  readonly on?: NostrEvent | string | null;
  readonly data?: Content;
};

/** A transition of a machine; `tags` come after those it has anyway. */
export function move(machine: NostrEvent, type: string, said: Move = {}): NostrEvent {
  const { on = null, data = '', tags = [] } = said;
  const named = [['e', machine.id], ['t', type], ...linkTo(on), ...tags];
  return note(7501, data, { by: X, ...said, tags: named });
}

/** What a snapshot says; `d` is the custodian's coordinate unless it is another's. */
export type Claim = Said & { readonly on?: NostrEvent | string | null; readonly d?: string };

/** A snapshot of a machine, by its custodian and at his coordinate unless it says otherwise. */
export function claim(machine: NostrEvent, content: Content, said: Claim = {}): NostrEvent {
  const { on = null, d = coordinateOf(machine), tags = [] } = said;
  const named = [['d', d], ['e', machine.id], ...linkTo(on), ...tags];
  return note(30078, content, { by: C, ...said, tags: named });
}

/** The `d` that a definition's `state` tag names. */
export function coordinateOf({ tags }: NostrEvent): string {
  const value = tags.find(([name]) => name === 'state')?.[1] ?? '';
  return value.split(':').slice(2).join(':');
}

/** A persisted snapshot of the delivery machine, as XState writes it. */
export function persisted(value: string, context: object = {}, status = 'active'): object {
  const whole = { ...INITIAL_CONTEXT, ...context };
  return { status, value, context: whole, historyValue: {}, children: {} };
}

/** A delivery machine on a relay, accepted by X a hundred seconds ago. */
export type Accepted = { readonly machine: NostrEvent; readonly first: NostrEvent };

/** Publishes a new delivery machine; `config` may differ from the usual one. */
export async function publishMachine(client: Client, config?: Content): Promise<NostrEvent> {
  const machine = define(config);
  await publishAll(client, [machine]);
  return machine;
}

/** Publishes a new delivery machine and its first transition. */
export async function publishAccepted(client: Client, config?: Content): Promise<Accepted> {
  const machine = define(config);
  const first = move(machine, 'ACCEPT', { at: NOW - 100 });
  await publishAll(client, [machine, first]);
  return { machine, first };
}

/** Publishes events in order. Throws when one is refused. */
export async function publishAll(client: Client, events: readonly NostrEvent[]): Promise<void> {
  for (const event of events) {
    const { accepted, message } = await client.publish(event);
    if (!accepted) throw new Error(message);
  }
}

function linkTo(on: NostrEvent | string | null): readonly (readonly string[])[] {
  if (on === null) return [];
  return [['transition', typeof on === 'string' ? on : on.id]];
}
