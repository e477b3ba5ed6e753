/**
 * Events over a socket: their form, their id, their signature, and the OK that each gets (NIP-01).
 */

import { describe, expect, it } from 'vitest';
import { eventId } from '../../src/nostr/event.ts';
import { verdictOf } from '../support/answers.ts';
import { isOk, type Sent } from '../support/client.ts';
import { NOW, note, X } from '../support/machines.ts';
import { setStage } from '../support/stage.ts';

const stage = setStage();
const submit = async (event: Sent): Promise<string> => verdictOf(await stage.client.publish(event));
const find = (...ids: readonly string[]) => stage.client.query({ ids });

const HEX = 'ab'.repeat(32);
const LONE_SURROGATE = '\ud800';

describe('an event with a string id gets OK false with that very id when', () => {
  it.each<readonly [title: string, members: object]>([
    ['its id is in upper case', { id: HEX.toUpperCase() }],
    ['its pubkey is null', { pubkey: null }],
    ['its pubkey is missing', { pubkey: undefined }],
    ['its pubkey is in upper case', { pubkey: HEX.toUpperCase() }],
    ['its pubkey has 63 digits', { pubkey: HEX.slice(1) }],
    ['its pubkey has 65 digits', { pubkey: `${HEX}a` }],
    ['its pubkey is not hex', { pubkey: 'g'.repeat(64) }],
    ['its time is negative', { created_at: -1 }],
    ['its time is a fraction', { created_at: 3.14 }],
    ['its time is a string', { created_at: String(NOW) }],
    ['its time is null', { created_at: null }],
    ['its kind is negative', { kind: -1 }],
    ['its kind is a fraction', { kind: 3.14 }],
    ['its kind is above 65535', { kind: 65_536 }],
    ['its kind is a string', { kind: '1' }],
    ['its tags are null', { tags: null }],
    ['a tag is null', { tags: [null] }],
    ['the name of a tag is null', { tags: [[null, 'x']] }],
    ['the name of a tag is empty', { tags: [['', 'x']] }],
    ['the value of a tag is null', { tags: [['d', null, 'x']] }],
    ['the value of a tag is a number', { tags: [['t', 1]] }],
    ['its content is null', { content: null }],
    ['its content is missing', { content: undefined }],
    ['its content is half a surrogate pair', { content: LONE_SURROGATE }],
    ['a tag holds half a surrogate pair', { tags: [['t', LONE_SURROGATE]] }],
    ['its signature is null, as that of a rumor is', { sig: null }],
    ['its signature has 127 digits', { sig: 'a'.repeat(127) }],
    ['its signature is in upper case', { sig: 'A'.repeat(128) }],
  ])('%s (bad-event)', async (_, members) => {
    expect(await submit({ ...note(1), ...members } as Sent)).toBe('invalid: bad-event:');
  });
});

describe('an event without a readable id gets a NOTICE when', () => {
  it.each<readonly [title: string, event: unknown]>([
    ['there is none', undefined],
    ['it is empty', {}],
    ['it is null', null],
    ['it is a list', [note(1)]],
    ['its id is null', { ...note(1), id: null }],
    ['its id is missing', { ...note(1), id: undefined }],
    ['its id is empty', { ...note(1), id: '' }],
    ['its id has 63 digits', { ...note(1), id: HEX.slice(1) }],
    ['its id has 65 digits', { ...note(1), id: `${HEX}a` }],
    ['its id is not hex', { ...note(1), id: 'g'.repeat(64) }],
  ])('%s', async (_, event) => {
    stage.client.send(['EVENT', ...(event === undefined ? [] : [event])]);
    expect(await stage.client.nextFrame()).toEqual(['NOTICE', expect.stringMatching(/^invalid: /)]);
  });
});

describe('an id', () => {
  it.each([
    ['the seven escapes', 'a\nb"c\\d\re\tf\bg\fh', []],
    ['other control characters', '\u0000\u0001\u000b\u001f\u007f', []],
    ['characters that Unicode leaves out', '\ufdd1\u{10fff2}', []],
    ['emoji and accents', '🤙é / <&> \u2028\u2029', []],
    ['empty tags', '', [[], []]],
    ['a tag with an empty value', '', [['d', '']]],
    [
      'tags in many languages',
      '',
      [
        ['t', 'ключ'],
        ['t', '鍵', 'third'],
      ],
    ],
  ])('holds over %s, and the event is served as it came', async (_, content, tags) => {
    const event = note(1, content, { tags });
    expect(await submit(event)).toBe('ok');
    expect(await find(event.id)).toEqual([event]);
  });

  it('that is not the hash is refused by that id (bad-id)', async () => {
    expect(await submit({ ...note(1), id: HEX })).toBe('invalid: bad-id:');
    expect(await find(HEX)).toEqual([]);
  });

  it('is worth nothing under the signature of somebody else (bad-signature)', async () => {
    const event = { ...note(1, 'mine'), sig: note(1, 'mine', { by: X }).sig };
    expect(await submit(event)).toBe('invalid: bad-signature:');
    expect(await submit({ ...note(1, 'mine'), sig: '0'.repeat(128) })).toBe(
      'invalid: bad-signature:',
    );
    expect(await find(event.id)).toEqual([]);
  });

  it('needs a pubkey that is a point of the curve (bad-signature)', async () => {
    const off = { ...note(1, 'off the curve'), pubkey: 'ff'.repeat(32) };
    expect(await submit({ ...off, id: eventId(off) })).toBe('invalid: bad-signature:');
  });
});

describe('an event', () => {
  it('loses members that are not its own', async () => {
    const event = note(1, 'seven members');
    expect(await submit({ ...event, relays: ['wss://elsewhere.example'] })).toBe('ok');
    expect(await find(event.id)).toEqual([event]);
  });

  it('is answered in four elements, whether it is taken or not', async () => {
    const event = note(1, 'four elements');
    for (const sent of [event, event, { ...event, sig: '0'.repeat(128), content: 'x' }]) {
      stage.client.send(['EVENT', sent]);
      const frame = await stage.client.nextFrame(isOk(event.id));
      expect(frame).toEqual(['OK', event.id, expect.any(Boolean), expect.any(String)]);
    }
  });

  it('is taken once, and known after that (duplicate)', async () => {
    const event = note(1, 'once');
    expect(await submit(event)).toBe('ok');
    expect(await submit(event)).toBe('ok duplicate');
    expect(await find(event.id)).toEqual([event]);
  });

  it('in milliseconds is out of range (time-out-of-range)', async () => {
    const event = note(1, '', { at: NOW * 1_000 });
    expect(await submit(event)).toBe('invalid: time-out-of-range: limit=900');
  });

  it('may be as old as it likes', async () => {
    const past = [NOW - 7 * 86_400, NOW - 365 * 86_400, 915_148_800, 0];
    const events = past.map((at) => note(1, 'old', { at }));
    for (const event of events) expect(await submit(event)).toBe('ok');
    expect(await find(...events.map(({ id }) => id))).toEqual(events);
  });
});
