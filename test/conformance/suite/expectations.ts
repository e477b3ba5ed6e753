/**
 * What the tests by URL expect, in words a report can print: each throws one line that says what
 * the relay did instead.
 *
 * Events are called by their content. Texts of relays differ, so only what NIP-01 fixes is looked
 * at: verbs, ids, true and false.
 */

import type { NostrEvent } from '../../../src/nostr/event.ts';
import {
  type Answer,
  type Client,
  type FilterJson,
  type Frame,
  isOk,
  isVerb,
} from '../../support/client.ts';

/** Throws unless it holds. */
export function expect(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise);
}

/** Sends what should be an event; a NOTICE is an answer too, and means no. */
export async function submit(client: Client, event: Readonly<Record<string, unknown>>) {
  client.send(['EVENT', event]);
  return await answerTo(client, String(event['id']));
}

/** Sends an event as text, and waits for the answer to its id. */
export async function submitText(client: Client, id: string, text: string): Promise<Answer> {
  client.send(`["EVENT",${text}]`);
  return await answerTo(client, id);
}

async function answerTo(client: Client, id: string): Promise<Answer> {
  const isAnswer = (frame: Frame) => isOk(id)(frame) || isVerb('NOTICE')(frame);
  const [verb, first, accepted, message] = await client.nextFrame(isAnswer);
  if (verb === 'NOTICE') return { accepted: false, message: `NOTICE ${first}` };
  return { accepted: accepted === true, message: String(message) };
}

/** Publishes events one after the other, all of which have to be taken. */
export async function take(client: Client, ...events: readonly NostrEvent[]): Promise<void> {
  for (const event of events) {
    const { accepted, message } = await submit(client, event);
    expect(accepted, `refused ${nameOf(event)}: ${message}`);
  }
}

/** Publishes something that has to be refused, by its id. */
export async function refuse(
  client: Client,
  event: Readonly<Record<string, unknown>>,
): Promise<string> {
  const { accepted, message } = await submit(client, event);
  expect(!accepted, 'took it');
  return message;
}

/** Asks, and expects exactly these events, in any order. */
export async function find(
  client: Client,
  filters: FilterJson | readonly FilterJson[],
  ...expected: readonly NostrEvent[]
): Promise<void> {
  const found = await client.query(...[filters].flat());
  expectEvents(found, expected);
}

/** Asks, and expects exactly these events, newest first and by id within a second. */
export async function findInOrder(
  client: Client,
  filters: FilterJson | readonly FilterJson[],
  ...expected: readonly NostrEvent[]
): Promise<void> {
  const found = await client.query(...[filters].flat());
  expectEvents(found, expected);
  const order = [...expected].sort(newestFirst);
  expect(
    order.every((event, i) => event.id === found[i]?.id),
    `order was ${namesOf(found)}, not ${namesOf(order)}`,
  );
}

/** Expects exactly these events, each once and as it was signed. */
export function expectEvents(found: readonly NostrEvent[], expected: readonly NostrEvent[]): void {
  const sorted = (events: readonly NostrEvent[]) =>
    events.map((event) => JSON.stringify(sevenOf(event))).sort();
  const same = JSON.stringify(sorted(found)) === JSON.stringify(sorted(expected));
  expect(same, `found ${namesOf(found)}, not ${namesOf(expected)}`);
}

/** Every unread frame about a subscription. */
export async function about(client: Client, id: string): Promise<readonly Frame[]> {
  return (await client.unread()).filter(([, subject]) => subject === id);
}

/** The events among frames. */
export function eventsIn(frames: readonly Frame[]): readonly NostrEvent[] {
  return frames.filter(isVerb('EVENT')).map(([, , event]) => event as NostrEvent);
}

/** Expects that a frame is answered somehow, if only with silence, and the connection lives. */
export async function survives(client: Client, raw: unknown): Promise<readonly Frame[]> {
  client.send(raw);
  const said = await client.unread();
  client.send(['REQ', 'still there', { ids: ['0'.repeat(64)], limit: 1 }]);
  await client.nextFrame(([verb, id]) => verb === 'EOSE' && id === 'still there');
  client.send(['CLOSE', 'still there']);
  return said;
}

/** Newest first, then the lowest id. */
export function newestFirst(a: NostrEvent, b: NostrEvent): number {
  return b.created_at - a.created_at || (a.id < b.id ? -1 : 1);
}

const nameOf = ({ content, id, kind }: NostrEvent): string =>
  `${content === '' ? id.slice(0, 8) : JSON.stringify(content.slice(0, 30))} (kind ${kind})`;
const namesOf = (events: readonly NostrEvent[]): string =>
  events.length === 0 ? 'nothing' : events.slice(0, 8).map(nameOf).join(', ');

function sevenOf(event: NostrEvent) {
  const { id, pubkey, created_at, kind, tags, content, sig } = event;
  return { id, pubkey, created_at, kind, tags, content, sig };
}
