/**
 * Events over a socket (NIP-01): their form, id and signature, what of each kind is kept, and who
 * hears of them. What replaces what is in nip-01-replacement.test.ts.
 */

import { beforeEach, describe, expect, it } from 'vitest';
import { eventId, type NostrEvent } from '../../src/nostr/event.ts';
import { verdictOf } from '../support/answers.ts';
import type { Client, Sent } from '../support/client.ts';
import { C, NOW, note, R, X, Z } from '../support/machines.ts';
import { testKey } from '../support/sign.ts';
import { setStage } from '../support/stage.ts';

const stage = setStage();
const SOUND = note(1, 'sound', { tags: [['t', 'sound']] });
const HEX = 'ab'.repeat(32);

/** What makes an event be none, as changes to a sound one. */
const MALFORMED: readonly (readonly [string, object])[] = [
  ['its id is in upper case', { id: SOUND.id.toUpperCase() }],
  ['its pubkey is missing', { pubkey: undefined }],
  ['its pubkey is null', { pubkey: null }],
  ['its pubkey is empty', { pubkey: '' }],
  ['its pubkey is in upper case', { pubkey: SOUND.pubkey.toUpperCase() }],
  ['its pubkey is not hex', { pubkey: 'g'.repeat(64) }],
  ['its pubkey is one digit short', { pubkey: SOUND.pubkey.slice(1) }],
  ['its pubkey is one digit long', { pubkey: `${SOUND.pubkey}0` }],
  ['its pubkey is an npub', { pubkey: `npub1${'q'.repeat(58)}` }],
  ['its created_at is missing', { created_at: undefined }],
  ['its created_at is null', { created_at: null }],
  ['its created_at is a text', { created_at: String(NOW) }],
  ['its created_at is negative', { created_at: -1 }],
  ['its created_at is a fraction', { created_at: Math.PI }],
  ['its created_at is beyond 2^53', { created_at: 2 ** 53 }],
  ['its kind is missing', { kind: undefined }],
  ['its kind is null', { kind: null }],
  ['its kind is a text', { kind: '1' }],
  ['its kind is negative', { kind: -1 }],
  ['its kind is a fraction', { kind: Math.PI }],
  ['its kind is 65536', { kind: 65_536 }],
  ['its tags are missing', { tags: undefined }],
  ['its tags are null', { tags: null }],
  ['its tags are an object', { tags: {} }],
  ['a tag is null', { tags: [null] }],
  ['a tag is a text', { tags: ['t'] }],
  ['a tag has an empty name', { tags: [['', 'x']] }],
  ['a tag has null for a name', { tags: [[null, 'x']] }],
  ['a tag has null for a value', { tags: [['t', null]] }],
  ['a tag has null after its name', { tags: [['d', null, 'x']] }],
  ['a tag holds a number', { tags: [['t', 1]] }],
  ['a tag holds a list', { tags: [['t', ['x']]] }],
  ['a tag holds half a surrogate pair', { tags: [['t', '\ud800']] }],
  ['its content is missing', { content: undefined }],
  ['its content is null', { content: null }],
  ['its content is an object', { content: {} }],
  ['its content holds half a surrogate pair', { content: 'x\udc00' }],
  ['its sig is missing, as in an unsigned rumor', { sig: undefined }],
  ['its sig is null', { sig: null }],
  ['its sig is empty', { sig: '' }],
  ['its sig is in upper case', { sig: SOUND.sig.toUpperCase() }],
  ['its sig is not hex', { sig: 'g'.repeat(128) }],
  ['its sig is one digit short', { sig: SOUND.sig.slice(1) }],
  ['its sig is one digit long', { sig: `${SOUND.sig}0` }],
];

/** The answer to an event in short. */
const answerTo = async (event: Sent): Promise<string> =>
  verdictOf(await stage.client.publish(event));

describe('an event is refused by its own id when', () => {
  it.each(MALFORMED)('%s (bad-event)', async (_, change) => {
    expect(await answerTo({ ...SOUND, ...change })).toBe('invalid: bad-event:');
  });

  it.each<readonly [string, object]>([
    ['it is not the hash', { id: HEX }],
    ['the content is another', { content: 'unsound' }],
    ['a tag is another', { tags: [['t', 'unsound']] }],
    ['the kind is another', { kind: 2 }],
    ['the time is another', { created_at: NOW - 1 }],
    ['the pubkey is another', { pubkey: X.pubkey }],
  ])('%s (bad-id)', async (_, change) => {
    expect(await answerTo({ ...SOUND, ...change })).toBe('invalid: bad-id:');
  });

  it.each<readonly [string, string]>([
    ['the signature is all zeros', '0'.repeat(128)],
    ['the signature is all ones', 'f'.repeat(128)],
    ['the signature is of another event', note(1, 'other').sig],
    ['the signature is of another key', note(1, 'sound', { ...SOUND, by: X }).sig],
  ])('%s (bad-signature)', async (_, sig) => {
    expect(await answerTo({ ...SOUND, sig })).toBe('invalid: bad-signature:');
  });

  it('the pubkey is no point of the curve (bad-signature)', async () => {
    const off = { ...SOUND, pubkey: 'ff'.repeat(32) };
    expect(await answerTo({ ...off, id: eventId(off) })).toBe('invalid: bad-signature:');
  });

  it.each<readonly [string, number]>([
    ['created_at is 901 seconds ahead', NOW + 901],
    ['created_at is a day ahead', NOW + 86_400],
    ['created_at is in milliseconds', NOW * 1_000],
  ])('%s (time-out-of-range)', async (_, at) => {
    const event = note(1, 'ahead', { at });
    expect(await answerTo(event)).toBe('invalid: time-out-of-range: limit=900');
  });
});

describe('an event is kept, and served as it was signed, when', () => {
  it.each<readonly [string, string]>([
    ['its content is empty', ''],
    ['its content needs all seven escapes', 'a\nb"c\\d\re\tf\bg\fh'],
    ['its content holds other control characters', '\u0000\u0001\u000b\u001f\u007f'],
    ['its content holds what some escape', '/<&>\u2028\u2029\ufeff'],
    ['its content holds no characters of Unicode', '\ufdd1\u{10fff2}\uffff'],
    ['its content holds emoji', '🤙é👩‍👩‍👧'],
    ['its content looks like SQL', "'); DROP TABLE event; --"],
    ['its content looks like JSON', '{"id":"x"}'],
  ])('%s', async (_, content) => {
    const event = note(1, content, { at: NOW - 10 });
    expect(await answerTo(event)).toBe('ok');
    const [served] = await stage.client.query({ ids: [event.id] });
    expect(JSON.stringify(served)).toBe(JSON.stringify(event));
  });

  it.each<readonly [string, readonly (readonly string[])[]]>([
    ['its tags are empty', [[], []]],
    ['a tag has a name alone', [['d'], ['t'], ['-x']]],
    ['a tag has an empty value', [['d', '']]],
    ['a tag is there twice', Array(2).fill(['t', 'a'])],
    ['a tag has many elements', [['e', HEX, '', 'root', '', 'x', '\u0000']]],
    ['a tag is long', [['x', 'y'.repeat(5_000)]]],
    ['an e tag is no id', [['e', 'not an id']]],
  ])('%s', async (_, tags) => {
    const event = note(1, 'tags', { tags });
    expect(await answerTo(event)).toBe('ok');
    const [served] = await stage.client.query({ ids: [event.id] });
    expect(JSON.stringify(served)).toBe(JSON.stringify(event));
  });

  it.each<readonly [string, number]>([
    ['it is 900 seconds ahead', NOW + 900],
    ['it is a minute ahead', NOW + 60],
    ['it is a week old', NOW - 604_800],
    ['it is of 1999', 923_000_000],
    ['it is of the first second', 0],
  ])('%s', async (_, at) => {
    const event = note(1, 'of another time', { at });
    expect(await answerTo(event)).toBe('ok');
    expect(await stage.client.query({ ids: [event.id] })).toEqual([event]);
  });

  it('it has further members, which are dropped', async () => {
    const event = note(1, 'with more');
    const more = { seen: true, relays: ['x'], id_: 1 };
    const text = JSON.stringify({ ...more, ...event });
    stage.client.send(`["EVENT",{"__proto__":{"kind":2},${text.slice(1)}]`);
    expect((await stage.client.nextFrame(([verb]) => verb === 'OK'))[2]).toBe(true);
    const [served] = await stage.client.query({ ids: [event.id] });
    expect(JSON.stringify(served)).toBe(JSON.stringify(event));
  });

  it('its JSON was written with other escapes than those that are hashed', async () => {
    const event = note(1, 'a/é');
    const text = JSON.stringify(event).replace('a/é', '\\u0061\\/\\u00e9');
    stage.client.send(`["EVENT",${text}]`);
    const ok = await stage.client.nextFrame(([verb]) => verb === 'OK');
    expect(ok).toEqual(['OK', event.id, true, '']);
    expect(await stage.client.query({ ids: [event.id] })).toEqual([event]);
  });
});

describe('of an author and a kind', () => {
  /** What is left of an older and a newer event without a `d`; both are answered with true. */
  const leftOf = async (kind: number): Promise<readonly string[]> => {
    const by = testKey(`author of ${kind}`);
    const older = note(kind, 'older', { by, at: NOW - 10 });
    const newer = note(kind, 'newer', { by });
    expect([await answerTo(older), await answerTo(newer)].map((said) => said.slice(0, 2))).toEqual([
      'ok',
      'ok',
    ]);
    const left = await stage.client.query({ authors: [by.pubkey] });
    return left.map(({ content }) => content);
  };

  it.each([1, 2, 4, 6, 7, 44, 45, 64, 78, 443, 999, 1_000, 9_999, 40_000, 65_535])(
    'all are kept of the regular kind %i',
    async (kind) => {
      expect(await leftOf(kind)).toEqual(['newer', 'older']);
    },
  );

  it.each([0, 3, 10_000, 10_002, 10_050, 19_999])(
    'the latest is kept of the replaceable kind %i',
    async (kind) => {
      expect(await leftOf(kind)).toEqual(['newer']);
    },
  );

  it.each([30_000, 30_023, 39_999])(
    'the latest is kept of the addressable kind %i',
    async (kind) => {
      expect(await leftOf(kind)).toEqual(['newer']);
    },
  );

  it.each([20_000, 21_059, 23_195, 29_999])(
    'none is kept of the ephemeral kind %i',
    async (kind) => {
      expect(await leftOf(kind)).toEqual([]);
    },
  );
});

describe('an event that is taken', () => {
  let reader: Client;

  beforeEach(async () => {
    reader = await stage.another();
  });

  /** A subscription of the reader to an author that has got its EOSE. */
  const listenTo = async (pubkey: string) => {
    const subscription = reader.subscribe('live', { authors: [pubkey] });
    await subscription.stored();
    return subscription;
  };
  const heard = async (): Promise<readonly NostrEvent[]> =>
    (await reader.unread()).map(([, , event]) => event as NostrEvent);

  it('is sent to whoever waits for it, its publisher too', async () => {
    await listenTo(Z.pubkey);
    const event = note(1, 'for all');
    reader.send(['EVENT', event]);
    expect(await reader.nextFrame()).toEqual(['OK', event.id, true, '']);
    expect(await reader.unread()).toEqual([['EVENT', 'live', event]]);
  });

  it('is true again as a duplicate, and nobody hears of it again', async () => {
    await listenTo(C.pubkey);
    const event = note(1, 'once', { by: C });
    expect(await answerTo(event)).toBe('ok');
    expect(await answerTo(event)).toBe('ok duplicate');
    expect(await heard()).toEqual([event]);
    expect(await stage.client.query({ ids: [event.id] })).toEqual([event]);
  });

  it('is kept and sent once when it comes from several at the same time', async () => {
    await listenTo(R.pubkey);
    const event = note(1, 'from all sides', { by: R });
    const others = await Promise.all([stage.another(), stage.another(), stage.another()]);
    const answers = await Promise.all(others.map((other) => other.publish(event)));
    expect(answers.map(verdictOf).sort()).toEqual(['ok', 'ok duplicate', 'ok duplicate']);
    expect(await heard()).toEqual([event]);
    expect(await stage.client.query({ ids: [event.id] })).toEqual([event]);
  });

  it('is only passed on if it is ephemeral, every time', async () => {
    await listenTo(X.pubkey);
    const event = note(25_000, 'now', { by: X });
    expect(await answerTo(event)).toBe('ok');
    expect(await heard()).toEqual([event]);
    expect(await answerTo(event)).toBe('ok');
    expect(await heard()).toEqual([event]);
    expect(await stage.client.query({ ids: [event.id] })).toEqual([]);
  });

  it('is true without a word if it is ephemeral and nobody listens', async () => {
    expect(await stage.client.publish(note(23_195, 'hello?'))).toEqual({
      accepted: true,
      message: '',
    });
  });

  it('is not heard of if it is refused', async () => {
    await listenTo(Z.pubkey);
    expect(await answerTo({ ...note(1, 'forged'), sig: SOUND.sig })).toMatch(/bad-signature/);
    expect(await answerTo({ ...note(25_000, 'forged'), sig: SOUND.sig })).toMatch(/bad-signature/);
    expect(await heard()).toEqual([]);
  });
});
