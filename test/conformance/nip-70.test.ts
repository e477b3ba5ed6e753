/**
 * Protected events (NIP-70): only their author may publish them, and has to prove it (NIP-42).
 */

import { beforeEach, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import { verdictOf } from '../support/answers.ts';
import { authenticate } from '../support/authenticate.ts';
import { type Client, isOk } from '../support/client.ts';
import { note, X, Z } from '../support/machines.ts';
import { setStage } from '../support/stage.ts';

const stage = setStage();
let client: Client;
let events = 0;

beforeEach(async () => {
  client = await stage.another();
});

/** A new event of X with this tag. */
const tagged = (...tag: readonly string[]): NostrEvent =>
  note(1, `event ${++events}`, { by: X, tags: [['t', 'x'], tag] });
const submit = async (event: NostrEvent): Promise<string> => verdictOf(await client.publish(event));
const find = ({ id }: NostrEvent): Promise<NostrEvent[]> => stage.client.query({ ids: [id] });

describe('a protected event', () => {
  it('is refused from nobody in particular, after a challenge', async () => {
    const event = tagged('-');
    client.send(['EVENT', event]);
    expect(await client.nextFrame()).toEqual(['AUTH', expect.stringMatching(/\S/)]);
    const ok = await client.nextFrame(isOk(event.id));
    expect(ok).toEqual(['OK', event.id, false, expect.stringMatching(/^auth-required: \S/)]);
    expect(await find(event)).toEqual([]);
  });

  it('is refused from somebody else, and he is not asked again', async () => {
    await authenticate(client, stage.relay.url, Z);
    const event = tagged('-');
    expect(await submit(event)).toBe('restricted: protected:');
    expect(await client.unread()).toEqual([]);
    expect(await find(event)).toEqual([]);
  });

  it('is taken from its author, and served to all', async () => {
    await authenticate(client, stage.relay.url, X);
    const event = tagged('-');
    expect(await submit(event)).toBe('ok');
    expect(await find(event)).toEqual([event]);
  });

  it('is taken from its author under whichever of several keys', async () => {
    await authenticate(client, stage.relay.url, Z, X);
    expect(await submit(tagged('-'))).toBe('ok');
  });

  it('is taken when it was refused before', async () => {
    const event = tagged('-');
    const early = await stage.another();
    expect((await early.publish(event)).accepted).toBe(false);
    await authenticate(client, stage.relay.url, X);
    expect(await submit(event)).toBe('ok');
  });

  it('may have more in its tag', async () => {
    expect(await submit(tagged('-', 'x', 'y'))).toBe('auth-required: protected:');
  });

  it('may be ephemeral, and is not passed on from somebody else', async () => {
    const event = note(20_000, '', { by: X, tags: [['-']] });
    await stage.client.subscribe('live', { kinds: [20_000] }).stored();
    expect(await submit(event)).toBe('auth-required: protected:');
    expect(await stage.client.unread()).toEqual([]);
    await authenticate(client, stage.relay.url, X);
    expect(await submit(event)).toBe('ok');
    expect(await stage.client.unread()).toEqual([['EVENT', 'live', event]]);
  });
});

describe('a repost of kind', () => {
  const inside = (event: NostrEvent, kind: number) =>
    note(kind, event, { tags: [['e', event.id]] });

  it.each([6, 16])('%i may not carry a protected event, whoever sends it', async (kind) => {
    const repost = inside(tagged('-'), kind);
    expect(await submit(repost)).toBe('restricted: protected:');
    await authenticate(client, stage.relay.url, X, Z);
    expect(await submit(repost)).toBe('restricted: protected:');
    expect(await find(repost)).toEqual([]);
  });

  it.each([6, 16])('%i may carry any other event, or none', async (kind) => {
    expect(await submit(inside(tagged('t', '-'), kind))).toBe('ok');
    expect(await submit(note(kind, ''))).toBe('ok');
    expect(await submit(note(kind, '{"tags":[["-"]]'))).toBe('ok');
  });

  it('1 is none, whatever it quotes', async () => {
    expect(await submit(inside(tagged('-'), 1))).toBe('ok');
  });
});

describe('an event is not protected by', () => {
  it.each<readonly [string, readonly string[]]>([
    ['a tag with - for its value', ['t', '-']],
    ['a tag whose name begins with -', ['-x']],
    ['a dash that is another character', ['–']],
  ])('%s', async (_, tag) => {
    expect(await submit(tagged(...tag))).toBe('ok');
  });

  it('its content', async () => {
    expect(await submit(note(1, '["-"]', { by: X }))).toBe('ok');
  });
});
