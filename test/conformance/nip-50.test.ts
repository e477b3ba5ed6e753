/**
 * Search in contents (NIP-50): relevance first, then the limit; off unless it is switched on.
 */

import { beforeEach, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { authenticate } from '../support/authenticate.ts';
import { type Client, connect, type FilterJson } from '../support/client.ts';
import { NOW, note, publishAll, R, X, Z } from '../support/machines.ts';
import { setStage } from '../support/stage.ts';
import { startTestRelay } from '../support/start-relay.ts';

const stage = setStage({ search: { enabled: true } });
let client: Client;
let kind = 3_000;

beforeEach(async () => {
  client = await stage.another();
  kind++;
});

const say = (content: string, ago = 0): NostrEvent => note(kind, content, { at: NOW - ago });
const contents = async (...filters: readonly FilterJson[]): Promise<string[]> =>
  (await client.query(...filters.map((filter) => ({ kinds: [kind], ...filter })))).map(
    ({ content }) => content,
  );

describe('a search', () => {
  it('finds contents with all of its words, whatever their case, accents and order', async () => {
    const texts = ['Der Käse IST reif', 'reif ist er', 'käsereif'];
    await publishAll(client, texts.map(say));
    expect(await contents({ search: 'kase reif' })).toEqual(['Der Käse IST reif']);
    expect(await contents({ search: 'REIF' })).toEqual(['reif ist er', 'Der Käse IST reif']);
    expect(await contents({ search: 'nichts' })).toEqual([]);
  });

  it('finds characters of scripts that have no blanks', async () => {
    await publishAll(client, [say('今日は良い天気です'), say('今晩は', 1)]);
    expect(await contents({ search: '天気' })).toEqual(['今日は良い天気です']);
  });

  it('gives the most relevant first, and cuts after that', async () => {
    const long = `fox ${'and so on '.repeat(40)}`;
    await publishAll(client, [say(long), say('a fox', 100), say('fox fox fox', 200)]);
    expect(await contents({ search: 'fox' })).toEqual(['fox fox fox', 'a fox', long]);
    expect(await contents({ search: 'fox', limit: 1 })).toEqual(['fox fox fox']);
  });

  it('goes with every other condition', async () => {
    const tagged = note(kind, 'one fox', { by: X, at: NOW - 5, tags: [['t', 'a']] });
    await publishAll(client, [tagged, say('two fox', 1)]);
    for (const narrow of [{ authors: [X.pubkey] }, { '#t': ['a'] }, { until: NOW - 2 }]) {
      expect(await contents({ search: 'fox', ...narrow })).toEqual(['one fox']);
    }
    expect(await contents({ ids: [tagged.id], search: 'fox' })).toEqual(['one fox']);
    expect(await contents({ ids: [tagged.id], search: 'hen' })).toEqual([]);
  });

  it('may stand in several filters, each in its own order, each event once', async () => {
    await publishAll(client, [say('hen hen hen', 9), say('hen fox', 5), say('fox')]);
    const all = await contents({ search: 'hen' }, { search: 'fox' }, { since: 0 });
    expect(all).toEqual(['hen hen hen', 'hen fox', 'fox']);
  });

  it('passes over extensions, and without words asks for nothing in particular', async () => {
    await publishAll(client, [say('a fox'), say('a hen', 1)]);
    expect(await contents({ search: 'fox include:spam language:en' })).toEqual(['a fox']);
    expect(await contents({ search: 'sentiment:positive' })).toEqual(['a fox', 'a hen']);
  });

  it('does not fail on what looks like a query', async () => {
    await publishAll(client, [say('fox NOT hen " AND * (')]);
    for (const search of ['"', 'fox"', 'NOT hen', 'fox*', '(fox', 'words:x fox', '^fox', '-fox']) {
      expect(await contents({ search })).toEqual(['fox NOT hen " AND * (']);
    }
  });

  it('is told what comes live', async () => {
    await client.subscribe('a', { kinds: [kind], search: 'fox' }).stored();
    const fox = say('the Fox');
    await publishAll(stage.client, [say('the hen'), fox]);
    expect(await client.unread()).toEqual([['EVENT', 'a', fox]]);
  });
});

describe('what a search finds', () => {
  it('can be counted', async () => {
    await publishAll(client, [say('fox 1'), say('fox 2'), say('hen')]);
    client.send(['COUNT', 'c', { kinds: [kind], search: 'fox' }, { kinds: [kind], search: '2' }]);
    expect(await client.unread()).toEqual([['COUNT', 'c', { count: 2 }]]);
  });

  it('is nothing that was deleted or replaced', async () => {
    const gone = say('a fox');
    await publishAll(client, [gone, note(5, '', { tags: [['e', gone.id]] })]);
    expect(await contents({ search: 'fox' })).toEqual([]);
    const profiles = ['old fox', 'new hen'].map((text, i) => note(10_777, text, { at: NOW + i }));
    await publishAll(client, profiles);
    expect(await contents({ kinds: [10_777], search: 'fox' })).toEqual([]);
  });

  it('tells strangers nothing of what is not for them', async () => {
    const secret = note(1059, `secret${kind}`, { by: Z, tags: [['p', R.pubkey]] });
    await publishAll(client, [secret]);
    const asked = { kinds: [1, 1059], search: `secret${kind}` };
    expect(await contents(asked)).toEqual([]);
    expect(await contents({ ...asked, ids: [secret.id] })).toEqual([]);
    client.send(['COUNT', 'c', asked]);
    expect(await client.unread()).toEqual([['COUNT', 'c', { count: 0 }]]);
    await authenticate(client, stage.relay.url, R);
    expect(await contents({ ...asked, ids: [secret.id] })).toEqual([]);
    expect(await contents({ kinds: [1059], ids: [secret.id] })).toEqual([`secret${kind}`]);
  });

  it('is not told when the search is no text, or too long', async () => {
    for (const search of [1, null, ['fox'], 'x'.repeat(257), '\ud800']) {
      client.send(['REQ', 'a', { search }]);
      const closed = ['CLOSED', 'a', expect.stringMatching(/^invalid: \S/)];
      expect(await client.unread()).toEqual([closed]);
    }
  });
});

describe('a relay that begins to search', () => {
  it('finds what was stored before, and forgets the index when it no longer does', async () => {
    const relay = await startTestRelay({}, { now: () => NOW });
    const first = await connect(relay.url);
    const events = Array.from({ length: 45 }, (_, i) => note(1, `fox ${i}`, { at: NOW - i }));
    await publishAll(first, events);
    await relay.restart(undefined, { search: { enabled: true } });
    const second = await connect(relay.url);
    await publishAll(second, [note(1, 'fox of today')]);
    let found: readonly NostrEvent[] = [];
    while (found.length < 46) found = await second.query({ search: 'fox' });
    expect(found).toHaveLength(46);
    await relay.restart(undefined, { search: { enabled: false } });
    const third = await connect(relay.url);
    await expect(third.query({ search: 'fox' })).rejects.toThrow('unsupported');
    await relay.restart(undefined, { search: { enabled: true } });
    const fourth = await connect(relay.url);
    while ((await fourth.query({ search: 'fox' })).length < 46);
    await relay.stop();
    expect(found.map(({ id }) => id)).toContain(events[44]?.id);
  });
});
