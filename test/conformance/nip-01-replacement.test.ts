/**
 * Which of several versions is kept (NIP-01): the newest, and of one second that with the lowest
 * id, in whatever order they arrive.
 *
 * Every test has an author of its own, so what is found is what the test sent.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { verdictOf } from '../support/answers.ts';
import { NOW, note, type Person, publishAll } from '../support/machines.ts';
import { testKey } from '../support/sign.ts';
import { setStage } from '../support/stage.ts';

const stage = setStage();

let authors = 0;
const newAuthor = (): Person => testKey(`author ${++authors}`);

const submit = async (event: NostrEvent): Promise<string> =>
  verdictOf(await stage.client.publish(event));
const allBy = ({ pubkey }: Person): Promise<NostrEvent[]> =>
  stage.client.query({ authors: [pubkey] });
const d = (...values: readonly string[]) => values.map((value) => ['d', value]);

/** Versions of one second, the lowest id first. */
const tied = (kind: number, by: Person): readonly NostrEvent[] =>
  ['x', 'y', 'z']
    .map((content) => note(kind, content, { by }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));

/** A kind, and tags that may make an address of it. */
type At = readonly [kind: number, tags?: readonly (readonly string[])[]];

const KINDS = [0, 3, 10_002, 19_999, 30_000, 39_999];

describe('of two versions', () => {
  it.each(KINDS)('the newer one replaces the older one: kind %i', async (kind) => {
    const by = newAuthor();
    const older = note(kind, 'older', { by, at: NOW - 1, tags: [['t', 'old']] });
    const newer = note(kind, 'newer', { by });
    expect([await submit(older), await submit(newer)]).toEqual(['ok', 'ok']);
    expect(await allBy(by)).toEqual([newer]);
    expect(await stage.client.query({ ids: [older.id] })).toEqual([]);
    expect(await stage.client.query({ '#t': ['old'] })).toEqual([]);
  });

  it.each(KINDS)('the older one is refused if it comes later: kind %i', async (kind) => {
    const by = newAuthor();
    const newer = note(kind, 'newer', { by });
    expect(await submit(newer)).toBe('ok');
    expect(await submit(note(kind, 'older', { by, at: NOW - 1 }))).toBe('duplicate: have-newer:');
    expect(await allBy(by)).toEqual([newer]);
  });

  it.each(KINDS)('the one replaced is refused when it comes again: kind %i', async (kind) => {
    const by = newAuthor();
    const older = note(kind, 'older', { by, at: NOW - 1 });
    const newer = note(kind, 'newer', { by });
    await publishAll(stage.client, [older, newer]);
    expect(await submit(older)).toBe('duplicate: have-newer:');
    expect(await submit(newer)).toBe('ok duplicate');
    expect(await allBy(by)).toEqual([newer]);
  });
});

describe('of versions of one second the lowest id', () => {
  it.each(KINDS)('stays when it comes first: kind %i', async (kind) => {
    const by = newAuthor();
    const [lowest, ...others] = tied(kind, by);
    await publishAll(stage.client, lowest ? [lowest] : []);
    for (const other of others) expect(await submit(other)).toBe('duplicate: have-newer:');
    expect(await allBy(by)).toEqual([lowest]);
  });

  it.each(KINDS)('replaces the others when it comes last: kind %i', async (kind) => {
    const by = newAuthor();
    const versions = tied(kind, by);
    await publishAll(stage.client, versions.toReversed());
    expect(await allBy(by)).toEqual(versions.slice(0, 1));
  });
});

describe('a version is sent to subscribers', () => {
  it('when it replaces another, and not when it is superseded already', async () => {
    const by = newAuthor();
    const reader = await stage.another();
    await reader.subscribe('live', { authors: [by.pubkey] }).stored();
    const versions = [-2, 0, -1].map((ago) => note(10_003, `of ${ago}`, { by, at: NOW + ago }));
    for (const version of versions) await submit(version);
    expect(await reader.unread()).toEqual([
      ['EVENT', 'live', versions[0]],
      ['EVENT', 'live', versions[1]],
    ]);
  });
});

describe('a version leaves alone that of', () => {
  it.each<readonly [string, At, At]>([
    ['another kind', [10_004], [10_005]],
    ['another d', [30_000, d('a')], [30_000, d('b')]],
    ['a d in another case', [30_000, d('a')], [30_000, d('A')]],
    ['a d with a blank', [30_000, d('a')], [30_000, d('a ')]],
    ['a d with a colon', [30_000, d('a')], [30_000, d('a:b')]],
    ['an empty d', [30_000, []], [30_000, d('a')]],
    ['another first d', [30_000, d('a', 'b')], [30_000, d('b', 'a')]],
    ['another kind with the same d', [30_000, d('a')], [30_001, d('a')]],
    ['a regular kind with the same d', [1, d('a')], [1, d('a')]],
  ])('%s', async (_, one, other) => {
    const by = newAuthor();
    const older = note(one[0], 'older', { by, at: NOW - 1, tags: one[1] ?? [] });
    const newer = note(other[0], 'newer', { by, tags: other[1] ?? [] });
    await publishAll(stage.client, [older, newer]);
    expect(await allBy(by)).toEqual([newer, older]);
  });

  it.each(KINDS)('another author: kind %i', async (kind) => {
    const [by, other] = [newAuthor(), newAuthor()];
    const [his, hers] = [note(kind, '', { by, at: NOW - 1 }), note(kind, '', { by: other })];
    await publishAll(stage.client, [his, hers]);
    expect([await allBy(by), await allBy(other)]).toEqual([[his], [hers]]);
  });
});

describe('the address of an addressable event', () => {
  it.each<readonly [string, readonly (readonly string[])[]]>([
    ['without a d', []],
    ['whose d has no value', [['d']]],
    ['whose d is empty', d('')],
    ['whose first d is empty', d('', 'x')],
    ['whose first d has no value', [['d'], ['d', 'x']]],
    [
      'with other tags only',
      [
        ['D', 'x'],
        ['t', 'x'],
        ['dd', 'x'],
      ],
    ],
  ])('%s is the empty one', async (_, tags) => {
    const by = newAuthor();
    const older = note(30_000, 'older', { by, at: NOW - 1, tags: d('') });
    const newer = note(30_000, 'newer', { by, tags });
    await publishAll(stage.client, [older, newer]);
    expect(await allBy(by)).toEqual([newer]);
  });

  it('is that of its first d', async () => {
    const by = newAuthor();
    const older = note(30_000, 'older', { by, at: NOW - 1, tags: d('x', 'y') });
    const newer = note(30_000, 'newer', { by, tags: [['t', 'z'], ...d('x', 'z', '')] });
    await publishAll(stage.client, [older, newer]);
    expect(await allBy(by)).toEqual([newer]);
  });

  it('means nothing to a replaceable event', async () => {
    const by = newAuthor();
    const older = note(10_003, 'older', { by, at: NOW - 1, tags: d('a') });
    const newer = note(10_003, 'newer', { by, tags: d('b') });
    await publishAll(stage.client, [older, newer]);
    expect(await allBy(by)).toEqual([newer]);
  });
});

describe('the version that is left', () => {
  it('is the same in whatever order, and however often, they come', async () => {
    const clients = [stage.client, await stage.another(), await stage.another()];
    const version = fc.record({ ago: fc.nat({ max: 2 }), content: fc.constantFrom('x', 'y', 'z') });
    const arrivals = fc.array(version, { minLength: 5, maxLength: 14 });
    await fc.assert(
      fc.asyncProperty(arrivals, async (versions) => {
        const by = newAuthor();
        const sent = versions.map(({ ago, content }) =>
          note(30_000, content, { by, at: NOW - ago }),
        );
        // All at once, on three connections: what is written when is up to the relay.
        await Promise.all(sent.map((event, i) => clients[i % 3]?.publish(event)));
        const best = [...sent].sort(
          (a, b) => b.created_at - a.created_at || (a.id < b.id ? -1 : 1),
        );
        expect(await allBy(by)).toEqual(best.slice(0, 1));
      }),
      { numRuns: 20 },
    );
  });

  it('is still there, and alone, after a restart', async () => {
    const by = newAuthor();
    const [lowest, middle, highest] = tied(10_003, by);
    if (!(lowest && middle && highest)) throw new Error('there are three versions');
    await publishAll(stage.client, [middle]);
    await stage.relay.restart();
    const client = await stage.another();
    expect(verdictOf(await client.publish(highest))).toBe('duplicate: have-newer:');
    expect(verdictOf(await client.publish(lowest))).toBe('ok');
    expect(await client.query({ authors: [by.pubkey] })).toEqual([lowest]);
  });
});
