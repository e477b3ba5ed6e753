/**
 * Management of the relay itself (NIP-86): texts, kinds, addresses, and that all of it is kept.
 */

import { describe, expect, it } from 'vitest';
import { call, manage, OPERATOR } from '../support/administer.ts';
import { codeOf } from '../support/answers.ts';
import { connect } from '../support/client.ts';
import { NOW, note, X, Z } from '../support/machines.ts';
import { setStage } from '../support/stage.ts';
import { startTestRelay, type TestRelay } from '../support/start-relay.ts';

const admin = { pubkeys: [OPERATOR.pubkey] };
const stage = setStage({ admin });
const strict = setStage({ admin, kinds: { mode: 'strict', allow: [1, 3], deny: [9] } });

let sent = 0;
const say = async (kind: number, on = stage): Promise<string> =>
  codeOf(await on.client.publish(note(kind, `${++sent}`)));

const failing = async (relay: TestRelay, ...named: readonly [string, ...unknown[]]) => {
  const { status, error } = await call(relay, named);
  expect(status).toBe(200);
  return error;
};

describe('texts', () => {
  it('change in the NIP-11 document at once', async () => {
    const { relay } = stage;
    await manage(relay, 'changerelayname', 'Other <name>');
    await manage(relay, 'changerelaydescription', 'What it is for');
    await manage(relay, 'changerelayicon', 'https://a.example/icon.png');
    const headers = { accept: 'application/nostr+json' };
    expect(await (await fetch(relay.httpUrl, { headers })).json()).toMatchObject({
      name: 'Other <name>',
      description: 'What it is for',
      icon: 'https://a.example/icon.png',
    });
    expect(await (await fetch(relay.httpUrl)).text()).toContain('Other &lt;name&gt;');
  });

  it('keep to the bounds of their options', async () => {
    const { relay } = stage;
    expect(await failing(relay, 'changerelayname', 'x'.repeat(30))).toMatch(/29/);
    expect(await failing(relay, 'changerelayname', '')).toBeTypeOf('string');
    expect(await failing(relay, 'changerelayicon', 'javascript:alert(1)')).toMatch(/https/);
    expect(await failing(relay, 'changerelaydescription', 7)).toMatch(/string/);
  });
});

describe('kinds', () => {
  it('are refused and taken again', async () => {
    const { relay } = stage;
    expect(await manage(relay, 'disallowkind', 7)).toBe(true);
    expect(await say(7)).toBe('kind-not-accepted');
    expect(await manage(relay, 'listdisallowedkinds')).toEqual([7]);
    expect(await manage(relay, 'allowkind', 7)).toBe(true);
    expect(await say(7)).toBe('ok');
    expect(await manage(relay, 'listallowedkinds')).toEqual([7]);
    expect(await manage(relay, 'listdisallowedkinds')).toEqual([]);
  });

  it('are added to those of strict mode', async () => {
    const { relay } = strict;
    expect(await say(7, strict)).toBe('kind-not-accepted');
    await manage(relay, 'allowkind', 7);
    expect(await say(7, strict)).toBe('ok');
    expect(await manage(relay, 'listallowedkinds')).toEqual([1, 3, 5, 7, 7500, 7501, 30_078]);
    await manage(relay, 'disallowkind', 3);
    expect(await say(3, strict)).toBe('kind-not-accepted');
    expect(await manage(relay, 'listallowedkinds')).toEqual([1, 5, 7, 7500, 7501, 30_078]);
    expect(await manage(relay, 'listdisallowedkinds')).toEqual([3, 9]);
    expect(await failing(relay, 'allowkind', 9)).toMatch(/kinds\.deny/);
  });

  it.each([-1, 65_536, 1.5, '1', null])('are whole numbers, not %s', async (kind) => {
    const { relay } = stage;
    expect(await failing(relay, 'allowkind', kind)).toMatch(/params/);
  });
});

describe('addresses', () => {
  it('are blocked at once, for sockets and HTTP, but not for the operator', async () => {
    const { relay } = stage;
    const client = await connect(relay.url);
    expect(await manage(relay, 'blockip', '127.0.0.0/8', 'all of us')).toBe(true);
    expect(await client.ended).toEqual({ code: 1006 });
    await expect(connect(relay.url)).rejects.toThrow('HTTP 403');
    expect((await fetch(`${relay.httpUrl}/api/v1/machines`)).status).toBe(403);
    expect((await fetch(`${relay.httpUrl}/healthz`)).status).toBe(200);
    expect(await manage(relay, 'listblockedips')).toEqual([
      { ip: '127.0.0.0/8', reason: 'all of us' },
    ]);
    expect(await manage(relay, 'unblockip', '127.0.0.0/8')).toBe(true);
    await (await connect(relay.url)).close();
  });

  it('are addresses', async () => {
    const { relay } = stage;
    expect(await failing(relay, 'blockip', 'example.com')).toMatch(/address/);
    await manage(relay, 'blockip', '2001:DB8::0:1');
    expect(await manage(relay, 'listblockedips')).toEqual([{ ip: '2001:db8::1' }]);
    await manage(relay, 'unblockip', '2001:db8:0::1');
    expect(await manage(relay, 'listblockedips')).toEqual([]);
  });
});

describe('what was set', () => {
  it('is there after a restart, with the log of who asked for it', async () => {
    const kept = await startTestRelay({ admin }, { now: () => NOW });
    const event = note(1, 'to be gone');
    await manage(kept, 'banpubkey', Z.pubkey, 'spam');
    await manage(kept, 'banevent', event.id);
    await manage(kept, 'disallowkind', 7);
    await manage(kept, 'blockip', '192.0.2.1');
    await manage(kept, 'changerelayname', 'Kept');
    await manage(kept, 'createrole', 'guest', 'Guest');
    await call(kept, ['changerelayname', 'x'.repeat(30)]);
    await kept.restart();
    const client = await connect(kept.url);
    expect(codeOf(await client.publish(note(1, 'x')))).toBe('author-not-allowed');
    expect(codeOf(await client.publish(note(7, 'x', { by: X })))).toBe('kind-not-accepted');
    await client.close();
    expect(await manage(kept, 'listbannedevents')).toEqual([{ id: event.id }]);
    expect(await manage(kept, 'listblockedips')).toEqual([{ ip: '192.0.2.1' }]);
    expect(await manage(kept, 'listroles')).toHaveLength(1);
    const log = (await manage(kept, 'listlog')) as LogEntry[];
    expect(log.map(({ method }) => method)).toEqual([
      ...['changerelayname', 'createrole', 'changerelayname', 'blockip', 'disallowkind'],
      ...['banevent', 'banpubkey'],
    ]);
    const [failed, made] = log;
    expect(failed).toMatchObject({
      pubkey: OPERATOR.pubkey,
      error: expect.stringMatching(/29/),
      at: NOW,
    });
    expect(made).toMatchObject({ error: null, auth: { kind: 27_235 } });
    expect(JSON.parse(made?.request ?? '')).toMatchObject({ params: ['guest', 'Guest'] });
    const older = (await manage(kept, 'listlog', 2, made?.n)) as LogEntry[];
    expect(older.map(({ n }) => n)).toEqual(log.slice(2, 4).map(({ n }) => n));
    await kept.stop();
  });
});

type LogEntry = { readonly n: number; readonly method: string; readonly request: string };
