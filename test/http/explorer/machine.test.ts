/**
 * The page of a machine as HTML: complete without script, and the same as what the API says.
 */

import { npubEncode } from 'nostr-tools/nip19';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, connect } from '../../support/client.ts';
import { signEvent } from '../../support/sign.ts';
import { startTestRelay } from '../../support/start-relay.ts';
import { ALICE, ask, BOB, definition, JOB, NOW, publishAll, START, transition } from '../job.ts';

const relay = await startTestRelay({}, { now: () => NOW });
const closed = await startTestRelay({ access: { authRequired: true } }, { now: () => NOW });
let client: Client;
afterAll(async () => {
  await client.close();
  await Promise.all([relay.stop(), closed.stop()]);
});

const job = definition({ tags: [['title', 'Paint the fence']] });
const take = transition(job, 'TAKE', { by: BOB, at: START + 10 });
const begin = transition(job, 'START', { by: BOB, at: START + 20, on: take });
const note = transition(job, 'NOTE', { on: begin, at: START + 30, data: { text: 'half' } });
const late = transition(job, 'PAUSE', { on: take, at: START + 40 });

beforeAll(async () => {
  client = await connect(relay.url);
  const content = JSON.stringify({ name: 'Bob the painter' });
  const profile = signEvent({ kind: 0, created_at: START, tags: [], content }, BOB.secret);
  await publishAll(client, [profile, job, take, begin, note]);
  await client.publish(late);
});

/** What stands in a part of a page, without its tags. */
function partOf(html: string, name: string): string {
  const [, part = ''] = new RegExp(
    `data-part="${name}"([\\s\\S]*?)</(?:section|header|form)>`,
  ).exec(html) ?? [''];
  return part
    .slice(part.indexOf('>') + 1)
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');
}

const page = async (query = ''): Promise<string> =>
  (await ask(relay, `/machines/${job.id}${query}`)).text;

describe('the page of a machine', () => {
  it('says where it is', async () => {
    expect(partOf(await page(), 'head')).toMatch(
      /Paint the fence.* taken\.busy .*active.*height 3/,
    );
  });

  it('says what can happen next, and by whom', async () => {
    const next = partOf(await page(), 'next');
    expect(next).toMatch(/PAUSE anybody/);
    expect(next).toMatch(/NOTE if isLong anybody with the right payload/);
    expect(next).toMatch(/FINISH if isOwner Bob the painter/);
    expect(next).not.toContain('TAKE');
  });

  it('says which transition set what', async () => {
    const context = partOf(await page(), 'context');
    expect(context).toMatch(/owner Bob the painter TAKE height 1/);
    expect(context).toMatch(/notes \[&quot;half&quot;\] NOTE height 3/);
  });

  it('names who has a profile, and shows the npub of who has none', async () => {
    const text = await page();
    expect(text).toContain(`title="${npubEncode(BOB.pubkey)}"><bdi>Bob the painter</bdi>`);
    expect(text).toContain(`>${npubEncode(ALICE.pubkey).slice(0, 9)}…`);
  });

  it('has what was refused beside the path, with why', async () => {
    const text = await page();
    expect(text).toMatch(new RegExp(`<li class="evidence" data-id="${late.id}">`));
    expect(partOf(text, 'history')).toMatch(/PAUSE .* stale-head signed twice/);
    expect(text).toContain('href="/problems/stale-head"');
  });

  it('is as of any node, by height and by id, as the API has it', async () => {
    for (const [height, { id }] of [job, take, begin, note].entries()) {
      const [byHeight, byId] = [await page(`?height=${height}`), await page(`?at=${id}`)];
      const at = height === 0 ? '' : `?at=${id}`;
      expect(byHeight.replaceAll(at, '')).toBe(byId.replaceAll(at, ''));
      const { json } = await ask<{ value: unknown; state_hash: string; next: { type: string }[] }>(
        relay,
        `/api/v1/machines/${job.id}/state?at=${id}`,
      );
      expect(partOf(byId, 'proof')).toContain(json.state_hash);
      const types = [...byId.matchAll(/<code class="event"><bdi>(\w+)/g)].map(([, type]) => type);
      const came = height === 0 ? [] : types.slice(-1);
      expect(types).toEqual([...json.next.map(({ type }) => type), ...came]);
    }
  });

  it('can be asked for in the ways of the API, and says what is not there', async () => {
    const status = async (path: string): Promise<number> => (await ask(relay, path)).status;
    expect(await status(`/machines/${job.id}?height=4`)).toBe(404);
    expect(await status(`/machines/${job.id}?height=-1`)).toBe(400);
    expect(await status(`/machines/${job.id}?at=${late.id}`)).toBe(404);
    expect(await status(`/machines/${take.id}`)).toBe(404);
    expect(await status('/machines/none')).toBe(400);
    expect(await status('/machines?status=odd')).toBe(400);
    expect(await status('/problems/no-such-code')).toBe(404);
    expect(await status('/assets/package.json')).toBe(404);
  });

  it('is for those who authenticate where only they are answered', async () => {
    for (const path of [`/machines/${job.id}`, '/machines', '/refusals', '/play']) {
      expect((await ask(closed, path)).status).toBe(403);
    }
  });
});

describe('a chart as a file', () => {
  it('is an image of the present state, or of another, that allows no script', async () => {
    const path = `/api/v1/machines/${job.id}/chart.svg`;
    const { headers, text } = await ask(relay, path);
    expect(headers.get('content-type')).toBe('image/svg+xml');
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'unsafe-inline'",
    );
    expect(text).toMatch(/^<svg class="chart" xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    const activeIn = (svg: string) =>
      [...svg.matchAll(/class="state \w+ active" data-path="([^"]*)"/g)].map(([, found]) => found);
    expect(activeIn(text)).toEqual(['taken', 'taken.busy']);
    const before = await ask(relay, `${path}?at=${job.id}`);
    expect(activeIn(before.text)).toEqual(['open']);
  });

  it('has every state and transition of the machine', async () => {
    const { text } = await ask(relay, `/api/v1/machines/${job.id}/chart.svg`);
    for (const name of ['open', 'taken', 'idle', 'busy', 'done', 'TAKE', 'FINISH', 'PAUSE']) {
      expect(text).toContain(`>${name}</text>`);
    }
    expect(text).toContain('>NOTE if isLong do note</text>');
    expect(Object.keys(JOB.states)).toHaveLength(3);
  });
});

describe('the list of machines', () => {
  it('is searched by words, state, next event, people and status', async () => {
    const finds = async (query: string): Promise<boolean> =>
      (await ask(relay, `/machines?${query}`)).text.includes(`/machines/${job.id}"`);
    const queries = ['q=fence', 'state=taken.busy', 'type=PAUSE', 'status=active', 'q=+fence+'];
    const people = [`participant=${npubEncode(BOB.pubkey)}`, `author=${ALICE.pubkey}`];
    for (const query of [...queries, ...people]) expect(await finds(query), query).toBe(true);
    for (const query of ['q=hedge', 'state=open', 'type=TAKE', 'status=done']) {
      expect(await finds(query), query).toBe(false);
    }
    expect(await finds(`author=${BOB.pubkey}`)).toBe(false);
  });

  it('keeps what was asked for in its fields, as text', async () => {
    const { text } = await ask(relay, '/machines?q=%22%3E%3Cb%3E&status=done');
    expect(text).toContain('value="&quot;&gt;&lt;b&gt;"');
    expect(text).toContain('<option selected>done</option>');
  });
});

describe('refusals', () => {
  it('are listed with a link to what their code means', async () => {
    const { text } = await ask(relay, `/refusals?machine=${job.id}`);
    expect(text).toContain('href="/problems/stale-head"');
    const { text: says } = await ask(relay, '/problems/stale-head');
    expect(says).toContain('Fetch the head named in the message and sign again on top of it.');
  });
});
