/**
 * Dry runs: they say what a relay would say to the same event, and leave no trace.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { DEFINITION_KIND } from '../../src/nsm/kinds.ts';
import { connect } from '../support/client.ts';
import { signEvent, testKey } from '../support/sign.ts';
import { startTestRelay } from '../support/start-relay.ts';
import { ALICE, ask, BOB, definition, NOW, publishAll, START, transition } from './job.ts';

const MALLORY = testKey('mallory');
const relay = await startTestRelay(
  { access: { denyAuthors: [MALLORY.pubkey] } },
  { now: () => NOW },
);
const client = await connect(relay.url);
afterAll(() => relay.stop());

const job = definition();
const take = transition(job, 'TAKE');
const note = transition(job, 'NOTE', { on: take, data: { text: 'hello' } });
const UNKNOWN = 'f'.repeat(64);
const LATE = { on: take, at: NOW + 61 };
const BANNED = { on: take, by: MALLORY };

beforeAll(() => publishAll(client, [job, take]));

const post = (body: unknown, to = relay) =>
  ask(to, '/api/v1/validate', {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const validate = async (event: unknown, to = relay) => (await post({ event }, to)).json;

const AT_HEAD = { head: take.id, height: 1 };
const ACCEPTED = { verdict: 'accept', code: null, prefix: null, remedy: null, message: '' };
const NOTED = {
  status: 'active',
  value: { taken: 'idle' },
  context: { owner: BOB.pubkey, notes: ['hello'] },
  state_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
};

describe('an event that would be accepted', () => {
  it('is told with the head it builds on and the state it leads to', async () => {
    expect(await validate(note)).toEqual({ ...ACCEPTED, ...AT_HEAD, state: NOTED });
  });

  it('need not be signed, nor have an id', async () => {
    const { sig: _, ...unsigned } = note;
    const { id: __, ...draft } = unsigned;
    expect(await validate(unsigned)).toMatchObject(ACCEPTED);
    expect(await validate(draft)).toMatchObject({ ...ACCEPTED, state: NOTED });
  });

  it('may be a definition, which begins at its initial state', async () => {
    expect(await validate(definition({ at: START + 1 }))).toMatchObject({
      ...ACCEPTED,
      head: null,
      height: 0,
      state: { status: 'active', value: 'open' },
    });
  });

  it('may be of no machine, and then has no state', async () => {
    const event = signEvent({ kind: 1, created_at: NOW, tags: [], content: 'hi' }, BOB.secret);
    expect(await validate(event)).toEqual({ ...ACCEPTED, head: null, height: null, state: null });
  });

  it('is not stored by that', async () => {
    await validate(note);
    expect(await client.query({ ids: [note.id] })).toEqual([]);
    const { json } = await ask(relay, `/api/v1/machines/${job.id}/state`);
    expect(json).toMatchObject({ head: take.id, revision: 2 });
  });
});

describe('an event that would not be accepted', () => {
  it('is told with code, prefix, remedy and the text of OK', async () => {
    expect(await validate(transition(job, 'PAUSE', { on: take }))).toEqual({
      verdict: 'refuse',
      code: 'no-transition',
      prefix: 'invalid',
      remedy: 'fix',
      message: 'invalid: no-transition: the present state does not take this event type',
      ...AT_HEAD,
      state: null,
    });
  });

  it.each<[string, unknown, object]>([
    ['a stale one', transition(job, 'TAKE', { by: ALICE }), ['link-missing', 'rebase']],
    ['a wrong signature', { ...note, sig: '0'.repeat(128) }, ['bad-signature', 'fix']],
    ['a wrong id', { ...note, id: UNKNOWN }, ['bad-id', 'fix']],
    ['a wrong id without signature', { ...note, id: UNKNOWN, sig: undefined }, ['bad-id', 'fix']],
    ['no event', { kind: 7501 }, ['bad-event', 'fix']],
    ['one from the future', transition(job, 'START', LATE), ['from-future', 'resend']],
    ['a banned author', transition(job, 'START', BANNED), ['author-not-allowed', 'none']],
    ['a definition that cannot start', definition({ config: {} }), ['definition-invalid', 'fix']],
    ['one at the address of a keeper', keeperJob(), ['machine-not-hosted', 'none']],
  ])('is refused: %s', async (_, event, expected) => {
    const { verdict, code, remedy, state } = (await validate(event)) as Record<string, unknown>;
    expect([verdict, state, [code, remedy]]).toEqual(['refuse', null, expected]);
  });

  it('leaves neither evidence nor a remembered refusal', async () => {
    await validate(transition(job, 'TAKE', { by: ALICE }));
    const { json } = await ask(relay, `/api/v1/machines/${job.id}`);
    expect(json).toMatchObject({ counts: { evidence: 0 } });
    expect((await ask(relay, '/api/v1/refusals')).json).toMatchObject({ refusals: [] });
  });
});

describe('an event that came too early', () => {
  it.each<[string, NostrEvent, object]>([
    ['of a machine', transition({ ...job, id: UNKNOWN }, 'TAKE'), { code: 'unknown-machine' }],
    ['on a transition', transition(job, 'START', { on: UNKNOWN }), { code: 'orphan', ...AT_HEAD }],
    ['about a transition', snapshotAt(UNKNOWN), { code: 'snapshot-unknown-head', ...AT_HEAD }],
  ])('is pending: %s that nobody knows', async (_, event, expected) => {
    const told = { verdict: 'pending', remedy: 'resend', state: null, ...expected };
    expect(await validate(event)).toMatchObject(told);
  });
});

describe('an event that is stored', () => {
  it.each([job, take])('is known', async (event) => {
    const told = { verdict: 'known', code: null, remedy: null, state: null, ...AT_HEAD };
    expect(await validate(event)).toMatchObject(told);
  });
});

describe('a dry run agrees with the socket', () => {
  const events = [
    ['a duplicate', take],
    ['a second first transition', transition(job, 'TAKE', { by: ALICE })],
    ['an unhandled type', transition(job, 'PAUSE', { on: take, at: START + 11 })],
    ['a denied guard', transition(job, 'FINISH', { on: take, by: ALICE })],
    ['a failing guard', transition(job, 'NOTE', { on: take })],
    ['an orphan', transition(job, 'START', { on: UNKNOWN })],
    ['a wrong snapshot', snapshotAt(take.id)],
    ['a deletion of a machine', deletionOf(job)],
    ['a definition that cannot start', definition({ config: {}, at: START + 2 })],
    ['a definition', definition({ at: START + 3 })],
    ['a transition', note],
  ] as const;

  it.each(events)('about %s', async (_, event) => {
    const said = (await validate(event)) as { verdict: string; message: string };
    const { accepted, message } = await client.publish(event);
    expect(said.message).toBe(message);
    expect(['accept', 'known'].includes(said.verdict)).toBe(accepted);
  });
});

describe('a body', () => {
  it.each([
    ['no JSON', '{"event":'],
    ['no object', '[]'],
    ['no event', '{}'],
    ['an event that is no object', '{"event":"note1"}'],
    ['nothing', ''],
  ])('is bad-request when it is %s', async (_, body) => {
    const { status, json } = await post(body);
    expect({ status, json }).toMatchObject({ status: 400, json: { code: 'bad-request' } });
  });

  it('has status 413 when it is larger than a body may be', async () => {
    const { status, headers, json } = await post('x'.repeat(2_000_000));
    expect(status).toBe(413);
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(json).toMatchObject({ type: '/problems/event-too-large', code: 'event-too-large' });
  });

  it('has status 413 too when nobody said how large it would be', async () => {
    const body = new Blob(['x'.repeat(2_000_000)]).stream();
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit;
    expect((await ask(relay, '/api/v1/validate', init)).status).toBe(413);
  });
});

describe('many dry runs at a time', () => {
  it('are answered or told to come again, never lost', async () => {
    // Large enough that trying one takes longer than asking for many.
    const names = Array.from({ length: 200 }, (_, i) => `s${i}`);
    const states = Object.fromEntries(
      names.map((name, i) => [name, { on: { A: 's0', B: names[i - 1] ?? 's1', C: 's2' } }]),
    );
    const event = definition({ config: { initial: 's0', states } });
    const answers = await Promise.all(Array.from({ length: 40 }, () => post({ event })));
    const statuses = new Set(answers.map(({ status }) => status));
    expect([...statuses].sort()).toEqual([200, 429]);
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.json).toMatchObject({ code: 'rate-limited', remedy: 'resend' });
    expect(refused?.headers.get('retry-after')).toBe('1');
  });
});

function keeperJob(): NostrEvent {
  return definition({ tags: [['state', `30078:${relay.self}:nsm:jobs`]] });
}

function snapshotAt(head: string): NostrEvent {
  const tags = [
    ['d', 'mine'],
    ['e', job.id],
    ['transition', head],
  ];
  const content = JSON.stringify({ status: 'active', value: 'x', context: {} });
  return signEvent({ kind: 30078, created_at: NOW, tags, content }, BOB.secret);
}

function deletionOf({ id }: NostrEvent): NostrEvent {
  const tags = [
    ['e', id],
    ['k', String(DEFINITION_KIND)],
  ];
  return signEvent({ kind: 5, created_at: NOW, tags, content: '' }, ALICE.secret);
}
