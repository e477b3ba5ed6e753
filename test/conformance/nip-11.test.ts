/**
 * The relay information document (NIP-11): who gets it, and that the relay does what it says.
 *
 * Every limit is read from the document and tried out at its very value and just beyond.
 */

import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ConfigInput } from '../../src/config.ts';
import { leadingZeroBits } from '../../src/nostr/pow.ts';
import { ask } from '../http/job.ts';
import { verdictOf } from '../support/answers.ts';
import { authenticate } from '../support/authenticate.ts';
import { type Client, connect } from '../support/client.ts';
import { C, NOW, note, type Said, Z } from '../support/machines.ts';
import { setStage } from '../support/stage.ts';
import { startTestRelay, type TestRelay } from '../support/start-relay.ts';

const HEADERS = { Accept: 'application/nostr+json' };

type Limitation = Readonly<Record<string, number | boolean>>;
type Document = Readonly<Record<string, unknown>> & { readonly limitation: Limitation };

const documentOf = async (relay: TestRelay): Promise<Document> =>
  (await ask<Document>(relay, '/', { headers: HEADERS })).json;

const limits = {
  eventBytesMax: 300_000,
  messageBytesMax: 301_024,
  contentCharactersMax: 65_536,
  tagsMax: 100,
  subscriptionsMax: 3,
  limitDefault: 4,
  limitMax: 6,
  createdAtFutureSeconds: 120,
  createdAtPastSeconds: 604_800,
};
const stage = setStage({ limits });
let client: Client;
let limitation: Limitation;

beforeAll(async () => {
  ({ limitation } = await documentOf(stage.relay));
  for (let i = 0; i < 8; i++) await stage.client.publish(note(1, `${i}`, { at: NOW - i }));
});
beforeEach(async () => {
  client = await stage.another();
});

const limit = (name: string): number => Number(limitation[name]);
const answerTo = async (content: string, said: Said = {}): Promise<string> =>
  verdictOf(await client.publish(note(1, content, said)));

describe('the document', () => {
  it.each([
    'application/nostr+json',
    'APPLICATION/NOSTR+JSON',
    'text/html;q=0.5, application/nostr+json;q=0.9, */*;q=0.1',
  ])('is for who accepts %s', async (accept) => {
    const { status, headers, json } = await ask<Document>(stage.relay, '/', {
      headers: { Accept: accept },
    });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/nostr+json');
    expect(json['supported_nips']).toContain(11);
  });

  it.each(['text/html', '*/*', 'application/json', 'text/html,application/xhtml+xml'])(
    'is not for who accepts %s',
    async (accept) => {
      const { headers, text } = await ask(stage.relay, '/', { headers: { Accept: accept } });
      expect(headers.get('content-type')).toMatch(/^text\/html/);
      expect(text).not.toContain('supported_nips');
    },
  );

  it.each(['GET', 'HEAD', 'OPTIONS'])('may be asked for from any page: %s', async (method) => {
    const { status, headers } = await ask(stage.relay, '/', { method, headers: HEADERS });
    expect(status).toBe(method === 'OPTIONS' ? 204 : 200);
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('access-control-allow-headers')).toBe('*');
    expect(headers.get('access-control-allow-methods')).toContain('GET');
  });

  it('names the NIPs that these tests are about, and no other', async () => {
    const { supported_nips } = await documentOf(stage.relay);
    expect(supported_nips).toEqual([1, 9, 11, 13, 40, 42, 45, 59, 70, 77]);
  });

  it('names the NIPs that are switched on, once they are', async () => {
    const relay = await startTestRelay({
      ...{ search: { enabled: true }, vanish: { mode: 'redact' } },
      ...{ answers: { eoseHints: true }, negentropy: { enabled: false } },
    });
    const { supported_nips } = await documentOf(relay);
    await relay.stop();
    expect(supported_nips).toEqual([1, 9, 11, 13, 40, 42, 45, 50, 59, 62, 67, 70]);
  });

  it('has members of the form that NIP-11 gives them, and none that it dropped', async () => {
    const { supported_nips, limitation, nsm, ...texts } = await documentOf(stage.relay);
    expect(texts).toEqual({
      name: expect.stringMatching(/^.{1,29}$/),
      self: expect.stringMatching(/^[0-9a-f]{64}$/),
      software: expect.stringMatching(/^https:\/\//),
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    });
    expect(texts['self']).toBe(stage.relay.self);
    expect([typeof limitation, typeof nsm]).toEqual(['object', 'object']);
    expect(Array.isArray(supported_nips)).toBe(true);
  });
});

describe('the limits in the document', () => {
  it('are all tried here', () => {
    expect(Object.keys(limitation).sort()).toEqual([
      'auth_required',
      'created_at_lower_limit',
      'created_at_upper_limit',
      'default_limit',
      'max_content_length',
      'max_event_tags',
      'max_limit',
      'max_message_length',
      'max_subid_length',
      'max_subscriptions',
      'min_pow_difficulty',
      'payment_required',
      'restricted_writes',
    ]);
  });

  it('are said to be off when they are', () => {
    expect(limitation).toMatchObject({
      min_pow_difficulty: 0,
      auth_required: false,
      payment_required: false,
      restricted_writes: false,
    });
  });
});

describe('on a connection', () => {
  it('max_message_length is in bytes, and a longer frame ends the connection', async () => {
    const frame = (bytes: number) => {
      const text = '["REQ","é",{"limit":0}]';
      return text + ' '.repeat(bytes - Buffer.byteLength(text));
    };
    client.send(frame(limit('max_message_length')));
    expect(await client.unread()).toEqual([['EOSE', 'é']]);
    client.send(frame(limit('max_message_length') + 1));
    expect(await client.ended).toEqual({ code: 1009 });
  });

  it('max_subscriptions is what one connection may have open', async () => {
    const most = limit('max_subscriptions');
    const open = (id: number) => client.send(['REQ', `${id}`, { limit: 0 }]);
    for (let id = 0; id <= most; id++) open(id);
    const eoses = (await client.unread()).filter(([verb]) => verb === 'EOSE');
    expect(eoses).toHaveLength(most);
    open(most);
    const closed = ['CLOSED', `${most}`, expect.stringMatching(/^rate-limited: \S/)];
    expect(await client.unread()).toEqual([closed]);
    open(0);
    client.send(['CLOSE', '1']);
    open(most);
    expect(await client.unread()).toEqual([
      ['EOSE', '0'],
      ['EOSE', `${most}`],
    ]);
  });

  it('max_limit is what a higher limit is lowered to', async () => {
    const most = limit('max_limit');
    expect(await client.query({ kinds: [1], limit: most + 1 })).toHaveLength(most);
    expect(await client.query({ kinds: [1], limit: most })).toHaveLength(most);
  });

  it('default_limit is that of a filter without one', async () => {
    const usual = limit('default_limit');
    expect(await client.query({ kinds: [1] })).toHaveLength(usual);
    expect(await client.query({})).toHaveLength(usual);
  });

  it('max_subid_length is in characters', async () => {
    const most = limit('max_subid_length');
    client.send(['REQ', 'é'.repeat(most), { limit: 0 }]);
    client.send(['REQ', 'é'.repeat(most + 1), { limit: 0 }]);
    expect((await client.unread()).map(([verb]) => verb)).toEqual(['EOSE', 'CLOSED']);
  });
});

describe('for an event', () => {
  it('max_event_tags is what it may have', async () => {
    const most = limit('max_event_tags');
    const tags = (count: number) => Array<string[]>(count).fill(['t', 'x']);
    expect(await answerTo('', { tags: tags(most) })).toBe('ok');
    const verdict = `invalid: too-many-tags: limit=${most}`;
    expect(await answerTo('', { tags: tags(most + 1) })).toBe(verdict);
  });

  it('max_content_length is in characters', async () => {
    const most = limit('max_content_length');
    expect(await answerTo('🤙'.repeat(most))).toBe('ok');
    const verdict = `invalid: event-too-large: limit=${most}`;
    expect(await answerTo(`${'🤙'.repeat(most)}x`)).toBe(verdict);
  });

  it('created_at_upper_limit is in seconds ahead', async () => {
    const at = NOW + limit('created_at_upper_limit');
    expect(await answerTo('', { at })).toBe('ok');
    expect(await answerTo('', { at: at + 1 })).toMatch(/^invalid: time-out-of-range:/);
  });

  it('created_at_lower_limit is in seconds back', async () => {
    const at = NOW - limit('created_at_lower_limit');
    expect(await answerTo('', { at })).toBe('ok');
    expect(await answerTo('', { at: at - 1 })).toMatch(/^invalid: time-out-of-range:/);
  });
});

describe('min_pow_difficulty', () => {
  const stage = setStage({ pow: { minimumBits: 6 } });

  it('is the work that an event needs (NIP-13)', async () => {
    const bits = Number((await documentOf(stage.relay)).limitation['min_pow_difficulty']);
    const work = (target: number) => {
      for (let nonce = 0; ; nonce++) {
        const event = note(1, '', { tags: [['nonce', `${nonce}`, `${target}`]] });
        if (leadingZeroBits(event.id) === bits) return event;
      }
    };
    expect(verdictOf(await stage.client.publish(work(bits)))).toBe('ok');
    for (const event of [work(0), work(bits + 1), note(1)]) {
      expect(verdictOf(await stage.client.publish(event))).toBe(`pow: pow: limit=${bits}`);
    }
  });
});

describe('auth_required', () => {
  const stage = setStage({ access: { authRequired: true } });

  it('means that nothing is read or written before AUTH', async () => {
    expect((await documentOf(stage.relay)).limitation).toMatchObject({ auth_required: true });
    const event = note(1, 'after AUTH');
    const before = await stage.another();
    expect(verdictOf(await before.publish(event))).toBe('auth-required: author-not-allowed:');
    await expect(before.query({ limit: 1 })).rejects.toThrow(/^CLOSED auth-required: \S/);
    await authenticate(stage.client, stage.relay.url, Z);
    expect(verdictOf(await stage.client.publish(event))).toBe('ok');
    expect(await stage.client.query({ limit: 1 })).toEqual([event]);
  });
});

describe('restricted_writes is true when', () => {
  it.each<readonly [string, ConfigInput]>([
    ['only machines are taken', { kinds: { mode: 'strict' } }],
    ['only some may write', { access: { allowAuthors: [C.pubkey] } }],
    ['one has to authenticate to write', { access: { authToWrite: true } }],
  ])('%s', async (_, deviations) => {
    const relay = await startTestRelay(deviations, { now: () => NOW });
    const { limitation } = await documentOf(relay);
    const client = await connect(relay.url);
    const { accepted } = await client.publish(note(1));
    await client.close();
    await relay.stop();
    expect([limitation['restricted_writes'], accepted]).toEqual([true, false]);
  });
});
