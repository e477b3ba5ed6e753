/**
 * Frames from clients and frames to clients.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEvent } from '../../src/nostr/event.ts';
import {
  authFrame,
  closedFrame,
  countFrame,
  eoseFrame,
  eventFrame,
  eventJson,
  noticeFrame,
  okFrame,
  parseMessage,
} from '../../src/nostr/message.ts';
import { eventArbitrary } from '../support/arbitraries.ts';

const LIMITS = { subscriptionIdMax: 64 };
const ID = 'a'.repeat(64);
const parse = (message: unknown) => parseMessage(JSON.stringify(message), LIMITS);

describe('reading a message', () => {
  it.each([
    [['EVENT', { id: 1 }], { verb: 'EVENT', event: { id: 1 } }],
    [['EVENT', null], { verb: 'EVENT', event: null }],
    [['EVENT'], { verb: 'EVENT', event: undefined }],
    [['AUTH', { kind: 22_242 }], { verb: 'AUTH', event: { kind: 22_242 } }],
    [['REQ', 's', {}], { verb: 'REQ', subscription: 's', filters: [{}] }],
    [['REQ', 's', { a: 1 }, 2], { verb: 'REQ', subscription: 's', filters: [{ a: 1 }, 2] }],
    [['COUNT', 's', {}], { verb: 'COUNT', subscription: 's', filters: [{}] }],
    [['CLOSE', 's'], { verb: 'CLOSE', subscription: 's' }],
    [['CLOSE', 's', 'more'], { verb: 'CLOSE', subscription: 's' }],
  ])('understands %j', (message, expected) => {
    expect(parse(message)).toEqual(expected);
  });

  it('takes whitespace around and inside the JSON', () => {
    expect(parseMessage(' [ "CLOSE" ,\n"s" ] ', LIMITS)).toEqual({
      verb: 'CLOSE',
      subscription: 's',
    });
  });

  it.each(['', '\n', ' ', 'x', '{', '["REQ","s",{}', '["EVENT",{"content":"\n"}]', '\u0000'])(
    'answers text that is not JSON by a NOTICE: %j',
    (text) => {
      expect(parseMessage(text, LIMITS)).toEqual({
        verb: 'unknown',
        problem: 'invalid: not a JSON array',
      });
    },
  );

  it.each([
    ...[null, 1, 'EVENT', {}, { 0: 'EVENT' }, [], [null], [['EVENT']], ['event', {}], ['OK']],
    ...[['NEG-OPEN', 's', {}], ['__proto__', 's'], ['constructor'], [{ verb: 'EVENT' }]],
    ...[
      ['REQ'],
      ['REQ', 1, {}],
      ['REQ', null, {}],
      ['REQ', {}],
      ['CLOSE'],
      ['CLOSE', 1],
      ['COUNT'],
    ],
  ])('answers %j by a NOTICE', (message) => {
    const { verb, ...rest } = parse(message);
    expect(verb).toBe('unknown');
    expect(Object.keys(rest)).toEqual(['problem']);
  });

  it.each(['REQ', 'COUNT'])('closes a %s without filters', (verb) => {
    expect(parse([verb, 's'])).toEqual({
      verb: 'unknown',
      problem: 'invalid: at least one filter is needed',
      subscription: 's',
    });
  });
});

describe('a subscription id', () => {
  it.each([
    'x',
    ' ',
    'x'.repeat(64),
    '🤙'.repeat(64),
    '<forced-ping>:1',
    'quote"back\\slash',
    'line\nbreak\u0000',
    '__proto__',
  ])('may be %j', (subscription) => {
    expect(parse(['REQ', subscription, {}])).toMatchObject({ verb: 'REQ', subscription });
  });

  it.each(['', 'x'.repeat(65), `${'🤙'.repeat(64)}x`, 'x'.repeat(100_000)])(
    'of the wrong length is closed under the id that was sent (%#)',
    (subscription) => {
      expect(parse(['REQ', subscription, {}])).toEqual({
        verb: 'unknown',
        problem: 'invalid: a subscription id has 1 to 64 characters',
        subscription,
      });
      expect(parse(['COUNT', subscription, {}])).toMatchObject({ verb: 'unknown', subscription });
    },
  );
});

describe('reading whatever may arrive', () => {
  const verbs = fc.constantFrom('EVENT', 'REQ', 'COUNT', 'CLOSE', 'AUTH', 'NEG-OPEN', '');
  const envelope = fc
    .tuple(verbs, fc.array(fc.jsonValue(), { maxLength: 3 }))
    .map(([verb, rest]) => JSON.stringify([verb, ...rest]));

  it('never throws, and always has a prefixed problem or a verb', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json(), envelope), (text) => {
        const message = parseMessage(text, LIMITS);
        if (message.verb === 'unknown') expect(message.problem).toMatch(/^invalid: ./);
        if (message.verb === 'REQ') expect(message.filters).not.toEqual([]);
      }),
    );
  });

  it('does not fall over deep nesting', () => {
    const deep = '['.repeat(60_000) + ']'.repeat(60_000);
    expect(parseMessage(deep, LIMITS).verb).toBe('unknown');
    expect(parseMessage(`["EVENT",${deep}]`, LIMITS).verb).toBe('EVENT');
  });
});

describe('writing a message', () => {
  it.each([
    [okFrame(ID, true, ''), `["OK","${ID}",true,""]`],
    [okFrame(ID, false, 'invalid: "x"'), `["OK","${ID}",false,"invalid: \\"x\\""]`],
    [eventFrame('s"', '{"id":1}'), '["EVENT","s\\"",{"id":1}]'],
    [eoseFrame('s\n'), '["EOSE","s\\n"]'],
    [closedFrame('s', 'error: x'), '["CLOSED","s","error: x"]'],
    [noticeFrame('é'), '["NOTICE","é"]'],
    [authFrame('c'), '["AUTH","c"]'],
    [countFrame('s', { count: 3 }), '["COUNT","s",{"count":3}]'],
    [eoseFrame('s', 'more'), '["EOSE","s",["more"]]'],
  ])('gives %s', (frame, expected) => {
    expect(frame).toBe(expected);
  });

  it('sends the seven fields in order, whatever order the object has', () => {
    fc.assert(
      fc.property(eventArbitrary, (event) => {
        const reversed = Object.fromEntries(Object.entries(event).reverse());
        const json = eventJson({ ...event, ...reversed });
        expect(Object.keys(JSON.parse(json)).join()).toBe(
          'id,pubkey,created_at,kind,tags,content,sig',
        );
        expect(eventJson({ ...reversed, ...event })).toBe(json);
      }),
    );
  });

  it('puts an event into a frame from which it can be read again', () => {
    fc.assert(
      fc.property(fc.string(), eventArbitrary, (subscription, event) => {
        const frame = JSON.parse(eventFrame(subscription, eventJson(event)));
        expect(frame).toHaveLength(3);
        expect(frame.slice(0, 2)).toEqual(['EVENT', subscription]);
        expect(parseEvent(frame[2])).toEqual(event);
      }),
    );
  });
});
