/**
 * The examples of the API's document: one scene, played to a relay whose key and clock are fixed,
 * and the answers to every operation. What differs from run to run is replaced.
 */

import { nip19 } from 'nostr-tools';
import { makeCursor } from '../../src/http/cursor.ts';
import { OPERATIONS, type OperationId } from '../../src/http/openapi/operations.ts';
import type { Recorded } from '../../src/http/openapi/recorded.ts';
import { connect } from '../support/client.ts';
import {
  C,
  claim,
  DELIVERY,
  define,
  ENGINE_TAG,
  move,
  NOW,
  persisted,
  publishAll,
  X,
  Z,
} from '../support/machines.ts';
import { testKey } from '../support/sign.ts';
import { startTestRelay, type TestRelay } from '../support/start-relay.ts';

const STREAM_FRAMES = 3;

const described = [
  ENGINE_TAG,
  ['state', `30078:${C.pubkey}:delivery`],
  ['title', 'Bread for the harbour'],
  ['description', 'Two loaves before noon'],
];
const machine = define(DELIVERY, { tags: described });
const first = move(machine, 'ACCEPT', { at: NOW - 100 });
const second = move(machine, 'START_TRANSIT', { on: first, at: NOW - 50 });
const rival = move(machine, 'NOTE', { on: first, data: { note: 'late' }, at: NOW - 40 });
const endorsed = claim(machine, persisted('accepted', { executorPubKey: X.pubkey }), { on: first });
const third = move(machine, 'DELIVER', { on: second });
const { sig: _, id: __, ...unsigned } = third;

type Asked = {
  readonly operation: OperationId;
  readonly name: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly body?: unknown;
};

const id = machine.id;
const ASKED: readonly Asked[] = [
  {
    operation: 'listMachines',
    name: 'inTransit',
    parameters: { state: 'in_transit', participant: nip19.npubEncode(X.pubkey), limit: '1' },
  },
  { operation: 'showMachine', name: 'byHex', parameters: { id } },
  { operation: 'showState', name: 'now', parameters: { id } },
  { operation: 'showState', name: 'then', parameters: { id, at: first.id, canonical: 'true' } },
  { operation: 'showNext', name: 'forKey', parameters: { id, as: X.pubkey } },
  {
    operation: 'listTransitions',
    name: 'firstPage',
    parameters: { id: nip19.noteEncode(id), limit: '1' },
  },
  { operation: 'showDag', name: 'withEvidence', parameters: { id: nip19.neventEncode({ id }) } },
  { operation: 'followMachine', name: 'again', parameters: { id, last_event_id: '0.0.0.1' } },
  { operation: 'validate', name: 'accepted', parameters: {}, body: { event: third } },
  { operation: 'validate', name: 'unsigned', parameters: {}, body: { event: unsigned } },
  { operation: 'validate', name: 'stale', parameters: {}, body: { event: rival } },
  { operation: 'listRefusals', name: 'ofMachine', parameters: { machine: id } },
  { operation: 'showStats', name: 'now', parameters: {} },
];

/** Plays the scene and asks everything. */
export async function recordExamples(): Promise<readonly Recorded[]> {
  const secretKey = Buffer.from(testKey('relay').secret).toString('hex');
  const relay = await startTestRelay({ relay: { secretKey } }, { now: () => NOW });
  const client = await connect(relay.url);
  await publishAll(client, [machine, first, second, endorsed]);
  await client.publish(rival);
  await client.publish(move(machine, 'CONFIRM', { on: second, by: Z }));
  const recorded: Recorded[] = [];
  for (const asked of ASKED) recorded.push({ ...asked, answer: await answerTo(relay, asked) });
  const nowhere = { operation: 'problem', name: 'notFound', parameters: { id: '0'.repeat(64) } };
  const problem = await fetch(`${relay.httpUrl}/api/v1/machines/${nowhere.parameters.id}`);
  recorded.push({ ...nowhere, answer: await problem.json() });
  await client.close();
  await relay.stop();
  return recorded;
}

async function answerTo({ httpUrl }: TestRelay, asked: Asked): Promise<unknown> {
  const { method, path } = OPERATIONS[asked.operation];
  const query = new URLSearchParams(asked.parameters);
  const named = path.replace('{id}', asked.parameters['id'] ?? '');
  query.delete('id');
  const body = asked.body === undefined ? {} : { body: JSON.stringify(asked.body) };
  const response = await fetch(`${httpUrl}${named}?${query}`, { method, ...body });
  if (asked.operation === 'followMachine') return framesOf(response);
  const answer = (await response.json()) as Record<string, unknown>;
  if (asked.operation === 'showStats') return withoutTheMoment(answer);
  // A cursor holds a sequence number; which ones keeper snapshots take is a matter of time.
  const isCursor = typeof answer['next'] === 'string';
  return isCursor ? { ...answer, next: makeCursor('transitions', [1, 2]) } : answer;
}

/** The beginning of a stream; the name of this run of the relay is in its ids. */
async function framesOf({ body }: Response): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk);
    if (text.split('\n\n').length > STREAM_FRAMES) break;
  }
  return text.replace(/^id: \w+x\w+\./gm, 'id: run1x0.');
}

function withoutTheMoment(stats: Record<string, unknown>) {
  const moment = { uptime_seconds: 60, database_bytes: 300_000, streams: 1 };
  return { ...stats, ...moment, version: '1.0.0', verify: 'wasm' };
}

/** The file that holds the examples. */
export function recordedFile(examples: readonly Recorded[]): string {
  const lines = examples.map((one) => {
    const text = JSON.stringify(one).replaceAll('\\', '\\\\').replaceAll("'", "\\'");
    return `  '${text}',\n`;
  });
  return `${HEAD}${lines.join('')}].map((line) => JSON.parse(line) as Recorded);\n`;
}

const HEAD = `/**
 * What a relay answered when every operation of the API was tried: the examples of its document.
 *
 * Recorded, not written: \`npx vitest run test/http/openapi.test.ts -u\` records it anew. That test
 * fails when a relay answers anything else.
 */

/** An operation, what it was asked and what it answered; \`problem\` stands for all of them. */
export type Recorded = {
  readonly operation: string;
  readonly name: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly answer: unknown;
};

/** One line for each example. */
export const EXAMPLES: readonly Recorded[] = [
`;
