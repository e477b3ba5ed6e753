/**
 * Deletion (NIP-09): what an author deletes is gone and stays away, whatever came first, and what
 * others ask for has no effect.
 *
 * Every test has an author of its own. That machines are append-only is in machines-record.test.ts.
 */

import { beforeEach, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { verdictOf } from '../support/answers.ts';
import { authenticate } from '../support/authenticate.ts';
import type { Client } from '../support/client.ts';
import { NOW, note, type Person, type Said, Z } from '../support/machines.ts';
import { testKey } from '../support/sign.ts';
import { setStage } from '../support/stage.ts';

const stage = setStage();
let client: Client;
let authors = 0;
/** The author of this test. */
let by: Person;

beforeEach(async () => {
  client = await stage.another();
  by = testKey(`author ${++authors}`);
});

const submit = async (event: NostrEvent): Promise<string> => verdictOf(await client.publish(event));
const find = (...events: readonly NostrEvent[]): Promise<NostrEvent[]> =>
  client.query({ ids: events.map(({ id }) => id) });
/** A deletion of ids and addresses, by this test's author unless it says otherwise. */
const deletionOf = (targets: readonly (NostrEvent | string)[], said: Said = {}): NostrEvent => {
  const tags = targets.map((target) =>
    typeof target === 'string' ? ['a', target] : ['e', target.id],
  );
  return note(5, 'no longer', { by, tags, ...said });
};
const at = (kind: number, d = '', { pubkey } = by): string => `${kind}:${pubkey}:${d}`;
/** An addressable event of this test's author, so many seconds old. */
const version = (content: string, ago: number, d = 'x'): NostrEvent =>
  note(30_000, content, { by, at: NOW - ago, tags: [['d', d]] });

describe('a deletion by id', () => {
  it.each([1, 0, 10_003, 30_000, 9_999])('removes an event for good: kind %i', async (kind) => {
    const event = note(kind, 'x', { by, at: NOW - 10, tags: [['t', `${kind} ${authors}`]] });
    const deletion = deletionOf([event]);
    expect([await submit(event), await submit(deletion)]).toEqual(['ok', 'ok']);
    expect(await client.query({ authors: [by.pubkey] })).toEqual([deletion]);
    expect(await client.query({ '#t': [`${kind} ${authors}`] })).toEqual([]);
    expect(await submit(event)).toBe('blocked: deleted:');
    expect(await find(event)).toEqual([]);
  });

  it.each([
    ['in the same second', 0],
    ['dated before its target', 100],
  ])('counts %s', async (_, ago) => {
    const event = note(1, '', { by });
    await submit(event);
    expect(await submit(deletionOf([event], { at: NOW - ago }))).toBe('ok');
    expect(await find(event)).toEqual([]);
    expect(await submit(event)).toBe('blocked: deleted:');
  });

  it('takes several ids, some twice, some unknown, some none', async () => {
    const [a, b, kept] = ['a', 'b', 'kept'].map((content) => note(1, content, { by }));
    if (!(a && b && kept)) throw new Error('there are three');
    for (const event of [a, b, kept]) await submit(event);
    const ids = [a.id, a.id, 'f'.repeat(64), 'no id', '', b.id];
    const tags = [...ids.map((id) => ['e', id]), ['e'], ['k', '1']];
    expect(await submit(note(5, '', { by, tags }))).toBe('ok');
    expect(await find(a, b, kept)).toEqual([kept]);
  });

  it('that comes first keeps its target out, which nobody hears of', async () => {
    const event = note(1, 'too late', { by });
    const deletion = deletionOf([event]);
    await submit(deletion);
    await client.subscribe('live', { authors: [by.pubkey] }).stored();
    expect(await submit(event)).toBe('blocked: deleted:');
    expect(await client.unread()).toEqual([]);
    expect(await find(event, deletion)).toEqual([deletion]);
  });

  it('is sent to subscribers and served like any other event', async () => {
    await client.subscribe('live', { kinds: [5], authors: [by.pubkey] }).stored();
    const deletion = deletionOf([note(1, 'of nothing', { by })]);
    await submit(deletion);
    expect(await client.unread()).toEqual([['EVENT', 'live', deletion]]);
    expect(await submit(deletion)).toBe('ok duplicate');
  });

  it('may name nothing at all', async () => {
    expect(await submit(deletionOf([]))).toBe('ok');
  });
});

describe('a deletion by address', () => {
  it.each([
    ['before it', 10],
    ['in its very second', 0],
  ])('removes the version %s', async (_, ago) => {
    const event = version('gone', ago);
    const deletion = deletionOf([at(30_000, 'x')]);
    expect([await submit(event), await submit(deletion)]).toEqual(['ok', 'ok']);
    expect(await find(event, deletion)).toEqual([deletion]);
    expect(await submit(event)).toBe('blocked: deleted:');
  });

  it('leaves a newer version alone', async () => {
    const [old, young] = [version('old', 300), version('young', 60)];
    expect([await submit(old), await submit(young)]).toEqual(['ok', 'ok']);
    expect(await submit(deletionOf([at(30_000, 'x')], { at: NOW - 180 }))).toBe('ok');
    expect(await find(young)).toEqual([young]);
  });

  it('that comes first keeps out what is as old, and lets newer versions in', async () => {
    const deletion = deletionOf([at(30_000, 'x')], { at: NOW - 100 });
    expect(await submit(deletion)).toBe('ok');
    expect(await submit(version('older', 101))).toBe('blocked: deleted:');
    expect(await submit(version('as old', 100))).toBe('blocked: deleted:');
    expect(await submit(version('newer', 99))).toBe('ok');
  });

  it('is not undone by one of an earlier time', async () => {
    await submit(deletionOf([at(30_000, 'x')], { at: NOW - 100 }));
    await submit(deletionOf([at(30_000, 'x')], { at: NOW - 200 }));
    expect(await submit(version('between', 150))).toBe('blocked: deleted:');
  });

  it.each([0, 3, 10_002])('removes a replaceable event: kind %i', async (kind) => {
    const event = note(kind, '', { by, at: NOW - 1 });
    expect([await submit(event), await submit(deletionOf([at(kind)]))]).toEqual(['ok', 'ok']);
    expect(await find(event)).toEqual([]);
    expect(await submit(note(kind, 'newer', { by, at: NOW + 1 }))).toBe('ok');
  });

  it('takes a d with colons', async () => {
    const event = version('gone', 10, 'a:b::c');
    await submit(event);
    await submit(deletionOf([at(30_000, 'a:b::c')]));
    expect(await find(event)).toEqual([]);
  });

  it('leaves other addresses alone', async () => {
    const events = [
      version('d', 10, 'X'),
      version('no d', 10, ''),
      note(30_024, 'kind', { by, at: NOW - 10, tags: [['d', 'x']] }),
    ];
    const other = note(30_000, '', { at: NOW - 10, tags: [['d', 'x']], by: testKey('bystander') });
    for (const event of [...events, other]) await submit(event);
    await submit(deletionOf([at(30_000, 'x')]));
    expect(await find(...events, other)).toHaveLength(4);
  });

  it.each([
    ['has no last colon', () => `10002:${by.pubkey}`],
    ['has a kind that is no number', () => `x:${by.pubkey}:`],
    ['is empty', () => ''],
  ])('has no effect when the address %s', async (_, address) => {
    const event = note(10_002, '', { by, at: NOW - 1 });
    expect([await submit(event), await submit(deletionOf([address()]))]).toEqual(['ok', 'ok']);
    expect(await find(event)).toEqual([event]);
  });
});

describe('a deletion by a stranger', () => {
  it('has no effect on what is stored', async () => {
    const [event, addressed] = [note(1, '', { by }), version('x', 10)];
    for (const one of [event, addressed]) await submit(one);
    const deletion = deletionOf([event, addressed, at(30_000, 'x')], { by: Z });
    expect(await submit(deletion)).toBe('ok');
    expect(await find(event, addressed)).toEqual([event, addressed]);
  });

  it('has no effect on what comes later', async () => {
    const [event, addressed] = [note(1, '', { by }), version('x', 10)];
    await submit(deletionOf([event, addressed, at(30_000, 'x')], { by: Z }));
    expect([await submit(event), await submit(addressed)]).toEqual(['ok', 'ok']);
    expect(await find(event, addressed)).toEqual([event, addressed]);
  });

  it('does not stand in the way of the author’s own', async () => {
    const event = note(1, '', { by });
    await submit(deletionOf([event], { by: Z }));
    await submit(event);
    await submit(deletionOf([event]));
    expect(await find(event)).toEqual([]);
    expect(await submit(event)).toBe('blocked: deleted:');
  });
});

describe('a deletion of a deletion', () => {
  it.each(['after it', 'before it'])('has no effect when it comes %s', async (when) => {
    const event = note(1, '', { by });
    const deletion = deletionOf([event]);
    const undo = deletionOf([deletion]);
    const both = when === 'after it' ? [deletion, undo] : [undo, deletion];
    for (const one of [event, ...both]) expect(await submit(one)).toBe('ok');
    expect(await find(event, ...both)).toHaveLength(2);
    expect(await submit(event)).toBe('blocked: deleted:');
  });
});

describe('what is deleted', () => {
  it('stays away after a restart, by whatever it was named and whatever came first', async () => {
    const [event, unseen, addressed] = [
      note(1, 'a', { by }),
      note(1, 'b', { by }),
      version('c', 9),
    ];
    const stranger = note(1, 'd', { by: testKey('bystander') });
    for (const one of [event, addressed]) await submit(one);
    await submit(deletionOf([event, unseen, stranger, at(30_000, 'x')]));
    await stage.relay.restart();
    client = await stage.another();
    for (const one of [event, unseen, addressed]) {
      expect(await submit(one)).toBe('blocked: deleted:');
    }
    expect(await submit(stranger)).toBe('ok');
    expect(await submit(version('newer', -1))).toBe('ok');
  });
});

describe('a gift wrap (NIP-59)', () => {
  const wrapFor = ({ pubkey }: Person, content: string): NostrEvent =>
    note(1059, content, { by: testKey('used once'), tags: [['p', pubkey]] });

  it('is deleted for good by the one it is for', async () => {
    const wrap = wrapFor(by, 'for me');
    expect([await submit(wrap), await submit(deletionOf([wrap]))]).toEqual(['ok opaque', 'ok']);
    expect(await submit(wrap)).toBe('blocked: deleted:');
    await authenticate(client, stage.relay.url, by);
    expect(await find(wrap)).toEqual([]);
  });

  it('is not deleted by others', async () => {
    const [wrap, later] = [wrapFor(by, 'for one'), wrapFor(by, 'for one, later')];
    await submit(wrap);
    expect(await submit(deletionOf([wrap, later], { by: Z }))).toBe('ok');
    expect(await submit(later)).toBe('ok opaque');
    await authenticate(client, stage.relay.url, by);
    expect(await find(wrap, later)).toHaveLength(2);
  });
});
