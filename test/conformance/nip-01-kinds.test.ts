/**
 * How long a relay keeps an event of each kind, and which of several versions (NIP-01).
 *
 * Every test has an author of its own, so what stands at an address is what the test put there.
 */

import { describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { verdictOf } from '../support/answers.ts';
import { C, NOW, note, type Person, publishAll } from '../support/machines.ts';
import { testKey } from '../support/sign.ts';
import { setStage } from '../support/stage.ts';

const stage = setStage();

let authors = 0;
const newAuthor = (): Person => testKey(`author ${++authors}`);
const submit = async (event: NostrEvent): Promise<string> =>
  verdictOf(await stage.client.publish(event));
const find = (...events: readonly NostrEvent[]): Promise<NostrEvent[]> =>
  stage.client.query({ ids: events.map(({ id }) => id) });
const allBy = ({ pubkey }: Person): Promise<NostrEvent[]> =>
  stage.client.query({ authors: [pubkey] });

describe('a kind is kept', () => {
  const tags = [['d', 'same']];

  it.each([1, 2, 4, 44, 45, 62, 999, 1_000, 9_999, 40_000, 65_535])(
    'for good when it is regular or nobody says otherwise: %i',
    async (kind) => {
      const by = newAuthor();
      const two = [note(kind, 'b', { by, tags }), note(kind, 'a', { by, tags, at: NOW - 1 })];
      await publishAll(stage.client, two);
      expect(await allBy(by)).toEqual(two);
    },
  );

  it.each([0, 3, 10_000, 19_999, 30_000, 39_999])(
    'until there is a newer one when it is replaceable or addressable: %i',
    async (kind) => {
      const by = newAuthor();
      const older = note(kind, 'a', { by, tags, at: NOW - 1 });
      const newer = note(kind, 'b', { by, tags });
      await publishAll(stage.client, [older, newer]);
      expect(await allBy(by)).toEqual([newer]);
      expect(await find(older)).toEqual([]);
      expect(await submit(older)).toBe('duplicate: have-newer:');
      expect(await submit(newer)).toBe('ok duplicate');
    },
  );

  it.each([20_000, 21_059, 29_999])('for nobody when it is ephemeral: %i', async (kind) => {
    const event = note(kind, 'gone', { tags: [['p', C.pubkey]] });
    expect(await stage.client.publish(event)).toEqual({ accepted: true, message: '' });
    expect(await find(event)).toEqual([]);
    expect(await stage.client.query({ kinds: [kind] })).toEqual([]);
  });

  it('in no way at all when it is an AUTH sent as an EVENT (bad-event)', async () => {
    const listener = await stage.another();
    const live = listener.subscribe('auth', { kinds: [22_242] });
    await live.stored();
    const event = note(22_242, '', { tags: [['challenge', 'x']] });
    expect(await submit(event)).toBe('invalid: bad-event:');
    expect(await find(event)).toEqual([]);
    expect(await listener.unread()).toEqual([]);
  });
});

describe('of several versions', () => {
  it.each([0, 10_001, 30_001])(
    'made in one second the one with the lowest id stays, whichever came first: kind %i',
    async (kind) => {
      for (const lowestFirst of [true, false]) {
        const by = newAuthor();
        const versions = ['a', 'b', 'c'].map((word) => note(kind, word, { by }));
        const byId = [...versions].sort((a, b) => (a.id < b.id ? -1 : 1));
        const verdicts = [];
        for (const event of lowestFirst ? byId : byId.toReversed()) {
          verdicts.push(await submit(event));
        }
        const newer = 'duplicate: have-newer:';
        expect(verdicts).toEqual(lowestFirst ? ['ok', newer, newer] : ['ok', 'ok', 'ok']);
        expect(await allBy(by)).toEqual(byId.slice(0, 1));
      }
    },
  );

  it('an older one that comes late changes nothing (have-newer)', async () => {
    const by = newAuthor();
    const newest = note(0, '{}', { by });
    await publishAll(stage.client, [newest]);
    expect(await submit(note(0, '{}', { by, at: NOW - 1 }))).toBe('duplicate: have-newer:');
    expect(await allBy(by)).toEqual([newest]);
  });

  it('those of other authors, kinds and d are others', async () => {
    const [by, other] = [newAuthor(), newAuthor()];
    const tags = [['d', 'a']];
    const events = [
      note(30_000, '', { by, tags }),
      note(30_001, '', { by, tags, at: NOW - 1 }),
      note(30_000, '', { by, tags: [['d', 'A']], at: NOW - 2 }),
      note(30_000, '', { by, tags: [['d', 'a '], tags[0] ?? []], at: NOW - 3 }),
    ];
    const others = note(30_000, '', { by: other, tags });
    await publishAll(stage.client, [...events, others]);
    expect(await allBy(by)).toEqual(events);
    expect(await allBy(other)).toEqual([others]);
  });
});

describe('the address of an addressable event', () => {
  it.each<readonly [title: string, tags: readonly string[][]]>([
    ['no d', []],
    ['a d without a value', [['d']]],
    ['an empty d', [['d', '']]],
    [
      'an empty d before another one',
      [
        ['d', ''],
        ['d', 'x'],
      ],
    ],
    [
      'other tags only',
      [
        ['t', 'x'],
        ['D', 'x'],
      ],
    ],
  ])('is the empty one with %s', async (_, tags) => {
    const by = newAuthor();
    const older = note(30_000, 'older', { by, tags: [['d', '']], at: NOW - 1 });
    const newer = note(30_000, 'newer', { by, tags });
    await publishAll(stage.client, [older, newer]);
    expect(await allBy(by)).toEqual([newer]);
  });

  it('is that of its first d', async () => {
    const by = newAuthor();
    const tags = [
      ['d', 'x'],
      ['d', ''],
    ];
    const first = note(30_000, 'x', { by, tags });
    const empty = note(30_000, '', { by, at: NOW - 1 });
    await publishAll(stage.client, [first, empty]);
    expect(await allBy(by)).toEqual([first, empty]);
  });

  it('does not exist for a replaceable one, whose d means nothing', async () => {
    const by = newAuthor();
    const older = note(10_003, '', { by, tags: [['d', 'a']], at: NOW - 1 });
    const newer = note(10_003, '', { by, tags: [['d', 'b']] });
    await publishAll(stage.client, [older, newer]);
    expect(await allBy(by)).toEqual([newer]);
  });
});
