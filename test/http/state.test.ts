/**
 * The state of a machine over HTTP: at its head, at any node, at any time, and not at all when the
 * client has it already.
 */

import { join } from 'node:path';
import Database from 'better-sqlite3';
import { neventEncode, noteEncode } from 'nostr-tools/nip19';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256Hex } from '../../src/nsm/canonical.ts';
import { BUNDLED_RULES as RULES } from '../../src/nsm/rule-set.ts';
import { connect } from '../support/client.ts';
import { startTestRelay } from '../support/start-relay.ts';
import { ALICE, ask, BOB, definition, NOW, publishAll, START, transition } from './job.ts';

const relay = await startTestRelay({}, { now: () => NOW });
const client = await connect(relay.url);
afterAll(() => relay.stop());

const job = definition();
const take = transition(job, 'TAKE', { at: START + 10 });
const begin = transition(job, 'START', { on: take, at: START + 20 });
const note = transition(job, 'NOTE', { on: begin, at: START + 20, data: { text: 'hello' } });
const stale = transition(job, 'PAUSE', { on: begin, at: START + 30 });
const other = definition({ at: START + 1 });
const PATH = `/api/v1/machines/${job.id}/state`;

beforeAll(async () => {
  await publishAll(client, [job, take, begin, note, other]);
  await client.publish(stale);
});

type Shown = { status: string; value: unknown; context: unknown };
type State = { height: number; canonical: string; state_hash: string };

const heightAt = async (query: string) => {
  const { status, json } = await ask<State>(relay, PATH + query);
  return status === 200 ? json.height : status;
};

describe('the state', () => {
  it('has every member clients know, null where there is nothing', async () => {
    const { status, json } = await ask(relay, PATH);
    expect(status).toBe(200);
    expect(json).toEqual({
      machine: job.id,
      head: note.id,
      height: 3,
      status: 'active',
      value: { taken: 'busy' },
      context: { owner: BOB.pubkey, notes: ['hello'] },
      output: null,
      history: {},
      timers: [],
      state_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      finality: 'local',
      final_height: null,
      revision: 4,
      rules: { name: RULES.name, hash: RULES.hash },
      engine_status: 'active',
      links: 'strict',
      next: [
        { type: 'PAUSE', guarded: false },
        { type: 'NOTE', guarded: true },
        { type: 'FINISH', guarded: true },
      ],
    });
  });

  it('comes with the text that is hashed when asked for', async () => {
    const { json } = await ask<State>(relay, `${PATH}?canonical=true`);
    expect(sha256Hex(json.canonical)).toBe(json.state_hash);
  });

  it('comes without that text when not', async () => {
    expect((await ask(relay, `${PATH}?canonical=false`)).json).not.toHaveProperty('canonical');
  });

  it.each([
    ['a note', noteEncode(job.id)],
    ['a nevent', neventEncode({ id: job.id, relays: ['wss://example.com'] })],
  ])('is found when the machine is named by %s', async (_, name) => {
    const { json } = await ask(relay, `/api/v1/machines/${name}/state`);
    expect(json).toMatchObject({ machine: job.id, height: 3 });
  });

  it('has no head before the first transition', async () => {
    const { json } = await ask(relay, `/api/v1/machines/${other.id}/state`);
    expect(json).toMatchObject({ head: null, height: 0, value: 'open', revision: 1 });
  });

  it('is its own projection where no timer is set', async () => {
    const { json } = await ask<Shown>(relay, `${PATH}?projected=true`);
    const { status, value, context } = json;
    expect(json).toMatchObject({ projected: { status, value, context } });
  });
});

describe('the state at a node', () => {
  it.each([
    ['the first transition', take.id, 1],
    ['a transition as a note', noteEncode(begin.id), 2],
    ['the head', note.id, 3],
    ['the machine itself, for the initial state', job.id, 0],
  ])('is that after %s', async (_, at, height) => {
    expect(await heightAt(`?at=${at}`)).toBe(height);
  });

  it('names that node as head and its own types as next', async () => {
    const { json } = await ask(relay, `${PATH}?at=${take.id}`);
    expect(json).toMatchObject({ head: take.id, value: { taken: 'idle' }, revision: 4 });
    expect(json).toHaveProperty('next.0.type', 'START');
  });

  it.each([
    ['evidence', stale.id],
    ['a transition nobody knows', 'f'.repeat(64)],
    ['another machine', other.id],
  ])('is not-found for %s', async (_, at) => {
    expect(await heightAt(`?at=${at}`)).toBe(404);
  });

  it('is refused for what is no id', async () => {
    expect(await heightAt('?at=first')).toBe(400);
  });
});

describe('the state at a time', () => {
  it.each([
    ['the definition', START, 0],
    ['the second before a transition', START + 9, 0],
    ['the second of a transition', START + 10, 1],
    ['two transitions of one second', START + 20, 3],
    ['long after', START + 10_000, 3],
  ])('is that as of %s', async (_, time, height) => {
    expect(await heightAt(`?at_time=${time}`)).toBe(height);
  });

  it('is not-found before the machine began', async () => {
    expect(await heightAt(`?at_time=${START - 1}`)).toBe(404);
  });

  it.each(['?at_time=-1', '?at_time=noon', `?at_time=${START}&at=${take.id}`])(
    'is refused for %s',
    async (query) => {
      expect(await heightAt(query)).toBe(400);
    },
  );
});

describe('the ETag', () => {
  const etagOf = async (query: string) =>
    (await ask(relay, PATH + query)).headers.get('etag') ?? 'none';
  const statusWith = async (query: string, tag: string) =>
    (await ask(relay, PATH + query, { headers: { 'If-None-Match': tag } })).status;

  it('is revision and rule set', async () => {
    expect(await etagOf('')).toBe(`"4-${RULES.hash.slice(0, 16)}"`);
  });

  it.each(['', '?canonical=true', `?at=${take.id}`, `?at_time=${START + 10}`])(
    'spares a client the answer to %j that it has',
    async (query) => {
      const tag = await etagOf(query);
      expect(await statusWith(query, tag)).toBe(304);
      expect(await statusWith(query, `"x", W/${tag}`)).toBe(304);
      expect(await statusWith(query, '"x"')).toBe(200);
    },
  );

  it('differs from question to question', async () => {
    const queries = ['', '?canonical=true', `?at=${take.id}`, `?at_time=${START + 10}`];
    const tags = await Promise.all(queries.map(etagOf));
    expect(new Set(tags).size).toBe(queries.length);
  });

  it('is another one after a transition', async () => {
    const path = `/api/v1/machines/${other.id}/state`;
    const headers = { 'If-None-Match': (await ask(relay, path)).headers.get('etag') ?? '' };
    expect((await ask(relay, path, { headers })).status).toBe(304);
    await publishAll(client, [transition(other, 'TAKE', { by: ALICE })]);
    expect((await ask(relay, path, { headers })).status).toBe(200);
  });
});

describe('a machine that goes no further', () => {
  it('is done, with its output and nothing next', async () => {
    const config = {
      initial: 'a',
      output: { winner: 'nobody' },
      states: { a: { on: { END: 'b' } }, b: { type: 'final' } },
    };
    const short = definition({ config });
    await publishAll(client, [short, transition(short, 'END')]);
    expect((await ask(relay, `/api/v1/machines/${short.id}/state`)).json).toMatchObject({
      status: 'done',
      engine_status: 'done',
      output: { winner: 'nobody' },
      next: [],
    });
  });

  it('is frozen at its head, whatever the engine would do, and was not before', async () => {
    const frozen = await startTestRelay({}, { now: () => NOW });
    await publishAll(await connect(frozen.url), [job, take, begin]);
    await freeze(frozen, begin.id);
    const now = await ask(frozen, PATH);
    const before = await ask(frozen, `${PATH}?at=${take.id}`);
    const next = await ask(frozen, PATH.replace('state', 'next'));
    const dag = await ask(frozen, PATH.replace('state', 'dag'));
    const list = await ask(frozen, '/api/v1/machines?status=frozen');
    await frozen.stop();
    const isFrozen = { status: 'frozen', engine_status: 'active', next: [], revision: 4 };
    expect(now.json).toMatchObject(isFrozen);
    expect(before.json).toMatchObject({ status: 'active', height: 1 });
    expect(next.json).toMatchObject({ head: begin.id, next: [] });
    expect(dag.json).toMatchObject({ frozen: { at: begin.id, cause: 'operator', proof: [] } });
    expect(list.json).toMatchObject({ machines: [{ machine: job.id, status: 'frozen' }] });
  });
});

/** Freezes every machine of a relay, as an operator would. */
async function freeze(
  { dataDir, restart }: { dataDir: string; restart(): Promise<void> },
  at: string,
): Promise<void> {
  const db = new Database(join(dataDir, 'headkeeper.db'));
  const frozen = JSON.stringify({ at, cause: 'operator' });
  db.prepare('UPDATE machine SET frozen = ?, revision = revision + 1').run(frozen);
  db.close();
  await restart();
}
