/**
 * Kind 7501 by itself: tags and payload (PROTOCOL §4.2).
 */

import { describe, expect, it } from 'vitest';
import { parseTransition } from '../../src/nsm/transition.ts';
import { isRefusal } from '../../src/refusal.ts';
import type { Json } from '../../src/rules/json.ts';
import { ALICE, BOB, event, START } from './machine-events.ts';

const MACHINE = 'e0'.repeat(32);
const PRIOR = 'f0'.repeat(32);
const E = ['e', MACHINE];
const T = ['t', 'GO'];
const LINK = ['transition', PRIOR];

/** Code and place of a refusal, or `fine`. */
function read(tags: readonly (readonly string[])[], content = ''): string {
  const transition = parseTransition(event(7501, content, { tags }));
  if (!isRefusal(transition)) return 'fine';
  const { code, details } = transition;
  return details.path === undefined ? code : `${code} ${details.path}`;
}

const payload = (content: string): string => read([E, T], content);
const nested = (depth: number): string => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;

describe('a transition', () => {
  it('is what its tags and its content say', () => {
    const said = { by: BOB, at: START + 5, tags: [E, T, LINK] };
    const sent = event(7501, '{"sum":5}', said);
    expect(parseTransition(sent)).toEqual({
      ...{ id: sent.id, machine: MACHINE, prior: PRIOR, type: 'GO', author: BOB },
      ...{ createdAt: START + 5, payload: { sum: 5 } },
    });
  });

  it('builds on the initial state without a link, and carries null without content', () => {
    const bare = parseTransition(event(7501, '', { tags: [E, T] }));
    expect(bare).toMatchObject({ prior: null, payload: null });
  });

  it.each<[string, string[][], string]>([
    ['no e', [T], 'machine-ref'],
    ['two e', [E, E, T], 'machine-ref'],
    ['an e without a value', [['e'], T], 'machine-ref'],
    ['an upper-case id', [['e', MACHINE.toUpperCase()], T], 'machine-ref'],
    ['a short id', [['e', MACHINE.slice(1)], T], 'machine-ref'],
    ['a note for an id', [['e', 'note1xyz'], T], 'machine-ref'],
    ['hint and marker after the id', [['e', MACHINE, 'wss://x', 'root'], T], 'fine'],
    [
      'other references by q, a and E',
      [E, T, ['q', PRIOR], ['a', `1:${ALICE}:`], ['E', PRIOR]],
      'fine',
    ],
    ['no t', [E], 'event-type'],
    ['two t', [E, T, ['t', 'STOP']], 'event-type'],
    ['one t twice', [E, T, T], 'event-type'],
    ['a t without a value', [E, ['t']], 'event-type'],
    ['two links', [E, T, LINK, LINK], 'link-shape'],
    ['a link without a value', [E, T, ['transition']], 'link-shape'],
    ['an empty link', [E, T, ['transition', '']], 'link-shape'],
    ['a link that is no id', [E, T, ['transition', 'null']], 'link-shape'],
    ['a link with a hint', [E, T, [...LINK, 'wss://x']], 'fine'],
    ['an expiration', [E, T, ['expiration', '1']], 'expiring'],
    ['no e, no t and a bad link', [['transition', 'x']], 'machine-ref'],
    ['no t and a bad link', [E, ['transition', 'x']], 'event-type'],
  ])('with %s is judged by its tags', (_, tags, verdict) => {
    expect(read(tags)).toBe(verdict);
  });
});

describe('the type of a transition', () => {
  it.each(['A', 'PAY.IN', 'a:b-c_d', '0', 'x'.repeat(64), 'toString', 'xstate', 'nsm', 'doneX.'])(
    'may be %s',
    (type) => {
      expect(read([E, ['t', type]])).toBe('fine');
    },
  );

  it.each([
    ...['', ' ', 'GO ', 'é', 'a/b', 'a\nb', '*', 'PAY.*', 'x'.repeat(65), 'GO\u0000'],
    ...[
      'xstate.init',
      'xstate.stop',
      'xstate.after.1000.m.a',
      'xstate.done.state.m',
      'xstate.route',
    ],
    ...['xstate.error.actor.x', 'xstate.', 'done.x', 'error.x', 'nsm.x'],
  ])('may not be %j', (type) => {
    expect(read([E, ['t', type]])).toBe('event-type');
  });
});

describe('the payload of a transition', () => {
  it.each<[string, string]>([
    ['{}', 'fine'],
    [' {"a":1}\n', 'fine'],
    ['{"a":"é🤙"}', 'fine'],
    ['{"deep":{"type":1,"inputterPubKey":2}}', 'fine'],
    ['on my way', 'payload-json'],
    [' ', 'payload-json'],
    ['{', 'payload-json'],
    ['{"a":1,"a":1}', 'payload-json'],
    ['{"a":1,"\\u0061":1}', 'payload-json'],
    ['null', 'payload-shape'],
    ['[]', 'payload-shape'],
    ['"abc"', 'payload-shape'],
    ['5', 'payload-shape'],
    ['{"type":"STOP"}', 'payload-shape /type'],
    ['{"\\u0074ype":null}', 'payload-shape /type'],
    [`{"inputterPubKey":"${ALICE}"}`, 'payload-shape /inputterPubKey'],
    ['{"a":{"__proto__":1}}', 'forbidden-key /a/__proto__'],
    ['{"constructor":1}', 'forbidden-key /constructor'],
    ['{"a":[1e400]}', 'number-range /a/0'],
    ['{"a":9007199254740992}', 'number-range /a'],
    ['{"a":1.5}', 'fine'],
    ['{"a":"\\ud800"}', 'unicode /a'],
  ])('%s is judged', (content, verdict) => {
    expect(payload(content)).toBe(verdict);
  });

  it('may have 8 KiB, looked at before anything else', () => {
    const of = (bytes: number) => `{"a":"${'x'.repeat(bytes - 8)}"}`;
    expect(payload(of(8_192))).toBe('fine');
    expect(payload(of(8_193))).toBe('payload-limits');
    expect(payload(`{"a":"${'é'.repeat(4_093)}"}`)).toBe('payload-limits');
    expect(payload('['.repeat(10_000))).toBe('payload-limits');
  });

  it('may be nested 8 brackets deep', () => {
    expect(payload(nested(8))).toBe('fine');
    expect(payload(nested(9))).toBe('too-deep');
    expect(payload('['.repeat(4_000))).toBe('too-deep');
  });

  it('is frozen all the way down', () => {
    const parsed = parseTransition(event(7501, '{"a":{"b":[1]}}', { tags: [E, T] }));
    const isFrozen = (value: Json): boolean =>
      Object.isFrozen(value) && Object.values<Json>(Object(value)).every(isFrozen);
    expect(isRefusal(parsed) || isFrozen(parsed.payload)).toBe(true);
    expect(parsed).toMatchObject({ payload: { a: { b: [1] } } });
  });
});
