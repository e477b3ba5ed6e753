/**
 * The strict form of an event, its id, and how its fields come back after a round trip.
 */

import { schnorr } from '@noble/curves/secp256k1.js';
import { hexToBytes } from '@noble/hashes/utils.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  eventId,
  idAsSent,
  isHex64,
  parseEvent,
  serializeEvent,
  type UnsignedEvent,
} from '../../src/nostr/event.ts';
import { eventJson } from '../../src/nostr/message.ts';
import { isRefusal } from '../../src/refusal.ts';
import { eventArbitrary } from '../support/arbitraries.ts';
import { signEvent, testKey } from '../support/sign.ts';

const A = 'a'.repeat(64);
const VALID = {
  id: 'b'.repeat(64),
  pubkey: A,
  created_at: 1_700_000_000,
  kind: 1,
  tags: [['t', 'x']],
  content: '',
  sig: '0'.repeat(128),
};

const unsigned = (fields: Partial<UnsignedEvent>): UnsignedEvent => ({
  pubkey: A,
  created_at: 1_700_000_000,
  kind: 1,
  tags: [],
  content: '',
  ...fields,
});

/** Why the event is refused, or undefined when it is taken. */
function problemWith(fields: Record<string, unknown>): string | undefined {
  const parsed = parseEvent(JSON.parse(JSON.stringify({ ...VALID, ...fields })));
  if (!isRefusal(parsed)) return undefined;
  expect(parsed.code).toBe('bad-event');
  return parsed.says;
}

describe('the id of an event', () => {
  it.each([
    [{}, '57353dc6509d696afd511d4600cf178896de06197ed63326af3e99c7b5c4a4b2'],
    [
      { content: 'a\nb"c\\d\re\tf\bg\fh' },
      '8dc777028820fa46f5a5beb047d9c7ab0ee5b3c6de66f48d00527c870975cd1d',
    ],
    [
      { content: '\u0000\u0001\u000b\u001f\u007f' },
      'd3feffc184de31b824de2b851224307c34879634417e5de7f451362b0a119a17',
    ],
    [
      { content: '\ufdd1\u{10fff2}' },
      'd11145886315fe3ede220bde2813eaf2537a7b15f3dac595ca6350775ebae346',
    ],
    [{ content: '🤙é' }, '00641d9042186e521e6ed4fbda2076cfbc9e0f5ecca5604c9f397ff58b072f93'],
    [{ tags: [[], []] }, 'ec8b880c87e8d7e0e19113970209c6cc84c0b4893990ba4cf9e166e6ed50e342'],
    [{ tags: [['d', '']] }, '648a7b2e6da08c6e5e6f690d7dd4e1f94a87696f5476f50a12d786d560447d85'],
    [
      {
        kind: 7501,
        tags: [
          ['e', 'b'.repeat(64)],
          ['t', 'START'],
          ['transition', 'c'.repeat(64)],
        ],
        content: '{"x":1}',
      },
      'fcafbe6663dcb3928dfd4e2343e51b1064fee612f2ca4cc631900350d9e25b72',
    ],
  ])('is the known one for %j', (fields, id) => {
    expect(eventId(unsigned(fields))).toBe(id);
  });

  it('is over text that leaves slashes, separators and DEL as they are', () => {
    const content = '/<&\u2028\u2029\u007f';
    const expected = `[0,"${A}",1700000000,1,[],"${content}"]`;
    expect(serializeEvent(unsigned({ content }))).toBe(expected);
  });

  it('belongs to a signature that an independent implementation verifies', () => {
    const { secret, pubkey } = testKey('alice');
    const event = signEvent({ created_at: 5, kind: 1, tags: [], content: 'hello' }, secret);
    expect(event.pubkey).toBe(pubkey);
    const [sig, id, key] = [event.sig, event.id, event.pubkey].map(hexToBytes);
    expect(sig && id && key && schnorr.verify(sig, id, key)).toBe(true);
  });
});

describe('parsing an event', () => {
  it('keeps exactly the seven fields, in the order they are sent in', () => {
    const { sig, ...rest } = VALID;
    const parsed = parseEvent({ sig, extra: 1, ...rest, seen: true });
    expect(parsed).toEqual(VALID);
    expect(Object.keys(parsed)).toEqual(Object.keys(VALID));
  });

  it('drops a __proto__ member like any other', () => {
    const text = JSON.stringify(VALID).replace('{', '{"__proto__":{"content":"forged"},');
    expect(parseEvent(JSON.parse(text))).toEqual(VALID);
  });

  it('never looks for a field in a __proto__ member', () => {
    expect(isRefusal(parseEvent(JSON.parse(`{"__proto__":${JSON.stringify(VALID)}}`)))).toBe(true);
  });

  it.each([null, undefined, true, 1, 'x', [], {}])('refuses %j', (value) => {
    expect(isRefusal(parseEvent(value))).toBe(true);
  });

  it('reads -0 as 0, so that storing and sending change nothing', () => {
    const text = eventJson({ ...VALID, created_at: 0, kind: 0 }).replaceAll(':0,', ':-0,');
    expect(parseEvent(JSON.parse(text))).toEqual({ ...VALID, created_at: 0, kind: 0 });
  });

  it('gives back any event that was written as JSON', () => {
    fc.assert(
      fc.property(eventArbitrary, (event) => {
        expect(parseEvent(JSON.parse(eventJson(event)))).toEqual(event);
      }),
    );
  });

  it('never throws, whatever the JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(isRefusal(parseEvent(value))).toBe(true);
        expect(idAsSent(value)).toBeUndefined();
      }),
    );
  });

  it('refuses rather than throws when any one field is replaced by any JSON', () => {
    const fields = fc.constantFrom(...Object.keys(VALID));
    fc.assert(
      fc.property(fields, fc.jsonValue(), (field, value) => {
        const parsed = parseEvent({ ...VALID, [field]: value });
        if (isRefusal(parsed)) expect(parsed.says).toContain(field);
        else expect(eventJson(parsed)).toBe(JSON.stringify({ ...VALID, [field]: value }));
      }),
    );
  });
});

describe('a malformed field is refused by name:', () => {
  const longHex = ['x', '', null, 1, undefined];
  const cases: readonly (readonly [field: string, values: readonly unknown[]])[] = [
    ['id', [...longHex, 'A'.repeat(64), 'g'.repeat(64), 'a'.repeat(63), 'a'.repeat(65)]],
    ['pubkey', [...longHex, 'A'.repeat(64), 'g'.repeat(64), 'a'.repeat(63), `${A}\n`]],
    ['sig', [...longHex, 'A'.repeat(128), 'g'.repeat(128), '0'.repeat(127), '0'.repeat(129)]],
    ['created_at', [-1, Math.PI, null, '1', undefined, 2 ** 53, 1e300, true]],
    ['kind', [-1, Math.PI, null, '1', undefined, 65_536, 1.5]],
    ['tags', [null, undefined, {}, 'x', [null], ['t'], [{}], [['t'], 1]]],
    ['tags', [[[null]], [[1]], [['d', null, 'x']], [['', 'x']], [['']], [['t', ['x']]]]],
    ['content', [null, undefined, 1, {}, ['x']]],
  ];
  const rows = cases.flatMap(([field, values]) => values.map((value) => [field, value] as const));

  it.each(rows)('%s = %j', (field, value) => {
    expect(problemWith({ [field]: value })).toContain(field);
  });

  it.each([
    ['content', { content: 'a\ud800' }],
    ['content', { content: '\udc00' }],
    ['tags[1]', { tags: [['t', 'x'], ['\ud83e']] }],
    ['tags[0]', { tags: [['t', 'x', '\udd19\ud83e']] }],
  ])('%s with a lone surrogate', (name, fields) => {
    expect(problemWith(fields)).toContain(name);
  });
});

describe('an unusual but correct field is taken:', () => {
  it.each([
    { created_at: 0 },
    { created_at: Number.MAX_SAFE_INTEGER },
    { kind: 0 },
    { kind: 65_535 },
    { tags: [] },
    { tags: [[], []] },
    { tags: [['d']] },
    { tags: [['d', '']] },
    { tags: [['t', '', '']] },
    { tags: [['🤙', 'é', '\u0000']] },
    { content: '\u0000\ufdd1\u{10ffff}🤙' },
  ])('%j', (fields) => {
    expect(problemWith(fields)).toBeUndefined();
  });
});

describe('the id as the client sent it', () => {
  it('is read from an event that is broken in every other way', () => {
    expect(idAsSent({ id: A, kind: 'x' })).toBe(A);
  });

  it('is given back in the case it came in', () => {
    expect(idAsSent({ ...VALID, id: 'AB'.repeat(32) })).toBe('AB'.repeat(32));
  });

  it.each([null, 'x', A, [A], {}, { id: null }, { id: 1 }, { id: 'a' }, { id: 'z'.repeat(64) }])(
    'is not seen in %j',
    (value) => {
      expect(idAsSent(value)).toBeUndefined();
    },
  );
});

describe('64 hex', () => {
  it('is lower-case, of exact length, and a string', () => {
    expect(isHex64('0123456789abcdef'.repeat(4))).toBe(true);
    const others = ['', 'a'.repeat(63), `${'a'.repeat(64)}\n`, 'A'.repeat(64), 'é'.repeat(64), 0];
    expect(others.filter(isHex64)).toEqual([]);
    expect(isHex64(['a'.repeat(64)])).toBe(false);
  });
});
