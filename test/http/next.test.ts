/**
 * What can be sent next, over HTTP. What each answer means is tested with `nsm/next.ts`.
 */

import { npubEncode } from 'nostr-tools/nip19';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../support/client.ts';
import { startTestRelay } from '../support/start-relay.ts';
import { ALICE, ask, BOB, definition, NOW, publishAll, START, transition } from './job.ts';

const relay = await startTestRelay({}, { now: () => NOW });
const client = await connect(relay.url);
afterAll(() => relay.stop());

const job = definition();
const take = transition(job, 'TAKE');
const PATH = `/api/v1/machines/${job.id}/next`;

beforeAll(() => publishAll(client, [job, take]));

/** What the owner is told, and nobody else but for FINISH. */
const answer = (as: string | null, finish: string, note = 'depends') => ({
  machine: job.id,
  head: take.id,
  as,
  next: [
    { type: 'START', enabled: 'yes', guards: [] },
    { type: 'NOTE', enabled: note, guards: ['isLong'] },
    { type: 'FINISH', enabled: finish, guards: ['isOwner'] },
  ],
});

describe('what is next', () => {
  it('is told for a key', async () => {
    const told = await ask(relay, `${PATH}?as=${BOB.pubkey}`);
    expect(told.json).toEqual(answer(BOB.pubkey, 'yes'));
  });

  it('is told for a key that guards keep out', async () => {
    const told = await ask(relay, `${PATH}?as=${npubEncode(ALICE.pubkey)}`);
    expect(told.json).toEqual(answer(ALICE.pubkey, 'no'));
  });

  it('depends on who asks, when nobody does', async () => {
    expect((await ask(relay, PATH)).json).toEqual(answer(null, 'depends'));
  });

  it('is refused for what is no key', async () => {
    expect((await ask(relay, `${PATH}?as=bob`)).status).toBe(400);
  });

  it('is asked as of now', async () => {
    const isLate = { '>=': [{ var: 'at' }, NOW] };
    const config = {
      initial: 'a',
      meta: { nsm: { v: 1, guards: { isLate } } },
      states: { a: { on: { END: { guard: 'isLate', target: 'b' } } }, b: { type: 'final' } },
    };
    const late = definition({ config, at: START });
    await publishAll(client, [late]);
    const told = await ask(relay, `/api/v1/machines/${late.id}/next?as=${BOB.pubkey}`);
    expect(told.json).toMatchObject({ next: [{ type: 'END', enabled: 'yes' }] });
  });
});
