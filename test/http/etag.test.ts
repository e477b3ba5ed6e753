/**
 * Answers that a client has already: told so, as long as it is true.
 */

import { describe, expect, it } from 'vitest';
import { etagOf } from '../../src/http/etag.ts';
import { move, NOW, publishAccepted, publishAll, Z } from '../support/machines.ts';
import { setStage } from '../support/stage.ts';
import { ask } from './job.ts';

const stage = setStage();
const PARTS = ['', '/state', '/next', '/transitions', '/dag', '/proof'];

const get = (path: string, known = '') =>
  ask(stage.relay, path, { headers: known === '' ? {} : { 'If-None-Match': known } });

describe('an answer about a machine', () => {
  it.each(PARTS)('at …%s has a tag, and is not told again while it is the same', async (part) => {
    const { machine, first } = await publishAccepted(stage.client);
    const path = `/api/v1/machines/${machine.id}${part}`;
    const whole = await get(path);
    const tag = whole.headers.get('etag') ?? '';
    expect(tag).toMatch(/^"[\w-]+"$/);
    expect(whole.headers.get('cache-control')).toBe('no-cache');
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
      const again = await get(path, known);
      expect([again.status, again.text, again.headers.get('etag')]).toEqual([304, '', tag]);
      expect(again.headers.get('access-control-allow-origin')).toBe('*');
    }
    expect((await get(path, '"other"')).status).toBe(200);
    await publishAll(stage.client, [move(machine, 'START_TRANSIT', { on: first })]);
    const after = await get(path, tag);
    expect(after.status).toBe(200);
    expect(after.headers.get('etag')).not.toBe(tag);
  });

  it('has another tag when only what is beside the chain has changed', async () => {
    const { machine, first } = await publishAccepted(stage.client);
    await publishAll(stage.client, [move(machine, 'START_TRANSIT', { on: first })]);
    const path = `/api/v1/machines/${machine.id}`;
    const tagOf = async (part: string) => (await get(path + part)).headers.get('etag');
    const before = await Promise.all(['', '/dag', '/state'].map(tagOf));
    await stage.client.publish(move(machine, 'NOTE', { on: first, data: { note: 'late' } }));
    const after = await Promise.all(['', '/dag', '/state'].map(tagOf));
    expect(after.map((tag, i) => tag === before[i])).toEqual([false, false, true]);
  });
});

describe('a listing', () => {
  it.each(['/api/v1/machines', '/api/v1/refusals'])('at %s has a tag too', async (path) => {
    const { machine, first } = await publishAccepted(stage.client);
    const tag = (await get(path)).headers.get('etag') ?? '';
    expect((await get(path, tag)).status).toBe(304);
    const denied = move(machine, 'START_TRANSIT', { on: first, by: Z, at: NOW - 1 });
    const allowed = move(machine, 'START_TRANSIT', { on: first });
    for (const event of [denied, allowed]) await stage.client.publish(event);
    expect((await get(path, tag)).status).toBe(200);
  });
});

describe('a tag', () => {
  it('tells texts apart, and where one ends and the next begins', () => {
    const tags = [etagOf('a', 'b'), etagOf('ab'), etagOf('a', 'c'), etagOf('', 'ab')];
    expect(new Set(tags).size).toBe(4);
    expect(etagOf('a', 'b')).toBe(etagOf('a', 'b'));
  });
});
