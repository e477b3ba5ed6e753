/**
 * What a relay adds to a verdict: each local reason, from a dry run and from the socket alike.
 */

import { afterAll, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../src/nostr/event.ts';
import { parseDefinition } from '../src/nsm/definition.ts';
import { snapshotContent } from '../src/nsm/snapshot.ts';
import { isRefusal } from '../src/refusal.ts';
import { ALICE, ask, BOB, definition, NOW, publishAll, START, transition } from './http/job.ts';
import { connect } from './support/client.ts';
import { signEvent } from './support/sign.ts';
import { startTestRelay } from './support/start-relay.ts';

const relay = await startTestRelay(
  {
    kinds: { mode: 'strict', allow: [1] },
    machines: { publishers: 'designated', custodian: 'refuse', allowedForks: ['head-only'] },
    limits: { chainMax: 1 },
  },
  { now: () => NOW },
);
const open = await startTestRelay({}, { now: () => NOW });
afterAll(() => Promise.all([relay.stop(), open.stop()]));

/** The code with which an event is refused, after a dry run has said the same. */
async function codeOf(event: NostrEvent, at = relay): Promise<string> {
  const body = JSON.stringify({ event });
  const { json } = await ask<{ message: string }>(at, '/api/v1/validate', { method: 'POST', body });
  const client = await connect(at.url);
  const { message } = await client.publish(event);
  await client.close();
  expect(json.message).toBe(message);
  return message.split(': ')[1] ?? 'accepted';
}

const sign = (kind: number, tags: string[][], said: { content?: string; at?: number } = {}) =>
  signEvent({ kind, created_at: said.at ?? NOW, tags, content: said.content ?? '' }, BOB.secret);

const job = definition({ tags: [['state', `30078:${ALICE.pubkey}:jobs`]] });
const take = transition(job, 'TAKE');

/** A true snapshot of the initial state, by Bob, who is not the custodian. */
function snapshot(at = NOW): NostrEvent {
  const parsed = parseDefinition(job);
  if (isRefusal(parsed)) throw new Error(parsed.says);
  const content = snapshotContent(parsed.initial.state);
  return sign(
    30078,
    [
      ['d', 'mine'],
      ['e', job.id],
    ],
    { content, at },
  );
}

describe('a strict relay', () => {
  it('refuses what its own rules leave out (quota, not-custodian, kind-not-accepted)', async () => {
    await publishAll(await connect(relay.url), [job, take]);
    expect(await codeOf(transition(job, 'START', { on: take }))).toBe('quota');
    expect(await codeOf(snapshot())).toBe('not-custodian');
    expect(await codeOf(sign(30078, [['d', 'app']]))).toBe('kind-not-accepted');
  });

  it('refuses to host what it shall not (machine-not-hosted, unsupported-feature)', async () => {
    const asked = definition({ tags: [['state', `30078:${relay.self}:jobs`]] });
    expect(await codeOf(asked)).toBe('machine-not-hosted');
    expect(await codeOf(definition({ tags: [['forks', 'dag']] }))).toBe('unsupported-feature');
  });

  it('does not refuse an endorsement', async () => {
    const { kind, tags, content, created_at } = snapshot();
    const endorsement = signEvent({ kind, tags, content, created_at }, ALICE.secret);
    expect(await codeOf(endorsement)).toBe('accepted');
  });
});

describe('any relay', () => {
  it('refuses what its author replaced or deleted (have-newer, deleted)', async () => {
    await publishAll(await connect(open.url), [job, snapshot()]);
    expect(await codeOf(snapshot(NOW - 1), open)).toBe('have-newer');
    const note = sign(1, [], { content: 'hello' });
    await publishAll(await connect(open.url), [sign(5, [['e', note.id]])]);
    expect(await codeOf(note, open)).toBe('deleted');
  });

  it('refuses to delete a record (append-only)', async () => {
    expect(await codeOf(sign(5, [['e', job.id]], { at: START }), open)).toBe('append-only');
  });

  it('serves as custodian of one machine at an address (machine-not-hosted)', async () => {
    const tags = [['state', `30078:${open.self}:jobs`]];
    await publishAll(await connect(open.url), [definition({ tags })]);
    const twice = definition({ tags: [...tags, ['title', 'another']] });
    expect(await codeOf(twice, open)).toBe('machine-not-hosted');
  });
});
