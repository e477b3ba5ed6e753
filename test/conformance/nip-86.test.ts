/**
 * Management of a relay over HTTP (NIP-86): every method, effective with the next event, and kept
 * over a restart. Here keys, roles and events; nip-86-relay.test.ts has the relay itself,
 * nip-86-machines.test.ts its machines, nip-98.test.ts who may call.
 */

import { beforeEach, describe, expect, it } from 'vitest';
import { call, manage, OPERATOR } from '../support/administer.ts';
import { codeOf } from '../support/answers.ts';
import { C, NOW, note, R, X, Z } from '../support/machines.ts';
import { setStage } from '../support/stage.ts';
import type { TestRelay } from '../support/start-relay.ts';

const admin = { pubkeys: [OPERATOR.pubkey] };
const stage = setStage({ admin });
const strict = setStage({
  admin,
  kinds: { mode: 'strict', allow: [1, 3], deny: [9] },
  access: { allowAuthors: [C.pubkey, X.pubkey], denyAuthors: [R.pubkey] },
});

let relay: TestRelay;
beforeEach(() => {
  relay = stage.relay;
});

let sent = 0;
const say = async (by = Z, kind = 1, on = stage): Promise<string> =>
  codeOf(await on.client.publish(note(kind, `${++sent}`, { by })));

const failing = async (...named: readonly [string, ...unknown[]]) => {
  const { status, error } = await call(relay, named);
  expect(status).toBe(200);
  return error;
};

describe('supportedmethods', () => {
  it('lists every other method, and nothing that is not known', async () => {
    const names = (await manage(relay, 'supportedmethods')) as string[];
    expect(names).toEqual(expect.arrayContaining([...NIP_86, ...OURS]));
    expect(names).toHaveLength(NIP_86.length + OURS.length);
    for (const name of names) {
      expect(await failing(name, ...Array(9).fill({})), name).toMatch(/params|input/i);
    }
    expect(await failing('signevent')).toMatch(/does not know/);
    expect(await failing('constructor')).toMatch(/does not know/);
  });
});

describe('keys', () => {
  it('are banned and let in again', async () => {
    expect(await say()).toBe('ok');
    expect(await manage(relay, 'banpubkey', Z.pubkey, 'spam')).toBe(true);
    expect(await say()).toBe('author-not-allowed');
    expect(await say(X)).toBe('ok');
    expect(await manage(relay, 'listbannedpubkeys')).toEqual([
      { pubkey: Z.pubkey, reason: 'spam' },
    ]);
    expect(await manage(relay, 'unbanpubkey', Z.pubkey)).toBe(true);
    expect(await manage(relay, 'listbannedpubkeys')).toEqual([]);
    expect(await say()).toBe('ok');
  });

  it('that are allowed leave the ban list, and shut nobody out', async () => {
    await manage(relay, 'banpubkey', Z.pubkey);
    expect(await manage(relay, 'allowpubkey', Z.pubkey, 'a friend')).toBe(true);
    expect(await manage(relay, 'listbannedpubkeys')).toEqual([]);
    expect(await manage(relay, 'listallowedpubkeys')).toEqual([
      { pubkey: Z.pubkey, reason: 'a friend' },
    ]);
    expect([await say(), await say(X)]).toEqual(['ok', 'ok']);
    await manage(relay, 'banpubkey', Z.pubkey);
    expect(await manage(relay, 'listallowedpubkeys')).toEqual([]);
    await manage(relay, 'unbanpubkey', Z.pubkey);
  });

  it('are let in where only some may write', async () => {
    relay = strict.relay;
    expect(await say(Z, 1, strict)).toBe('author-not-allowed');
    await manage(relay, 'allowpubkey', Z.pubkey);
    expect(await say(Z, 1, strict)).toBe('ok');
    expect(await manage(relay, 'unallowpubkey', Z.pubkey)).toBe(true);
    expect(await say(Z, 1, strict)).toBe('author-not-allowed');
  });

  it('that the configuration names are its own business', async () => {
    relay = strict.relay;
    expect(await failing('allowpubkey', R.pubkey)).toMatch(/access\.denyAuthors/);
    expect(await failing('unbanpubkey', R.pubkey)).toMatch(/access\.denyAuthors/);
    expect(await failing('unallowpubkey', C.pubkey)).toMatch(/access\.allowAuthors/);
    expect(await manage(relay, 'listbannedpubkeys')).toEqual([
      { pubkey: R.pubkey, reason: 'in the configuration' },
    ]);
    expect(await manage(relay, 'listallowedpubkeys')).toHaveLength(2);
  });

  it('are hex, and not the key of the relay', async () => {
    expect(await failing('banpubkey', 'npub1xyz')).toMatch(/64 lower-case hex/);
    expect(await failing('banpubkey')).toMatch(/params/);
    expect(await failing('banpubkey', relay.self)).toMatch(/relay itself/);
  });
});

describe('roles', () => {
  it('are made, given, changed, taken and removed', async () => {
    const moderator = ['moderator', 'Moderator', 'keeps order', '#ff0000', 2] as const;
    expect(await manage(relay, 'createrole', ...moderator)).toBe(true);
    expect(await failing('createrole', ...moderator)).toMatch(/there is a role/);
    expect(await manage(relay, 'createrole', 'guest', 'Guest')).toBe(true);
    expect(await manage(relay, 'assignrole', Z.pubkey, 'moderator')).toBe(true);
    expect(await failing('assignrole', Z.pubkey, 'king')).toMatch(/no role/);
    expect(await manage(relay, 'editrole', 'guest', 'Visitor', '', '', 1)).toBe(true);
    expect(await failing('editrole', 'king', 'King')).toMatch(/no role/);
    expect(await manage(relay, 'listroles')).toEqual([
      { id: 'guest', label: 'Visitor', description: '', color: '', order: 1, pubkeys: [] },
      {
        ...{ id: 'moderator', label: 'Moderator', description: 'keeps order', color: '#ff0000' },
        ...{ order: 2, pubkeys: [Z.pubkey] },
      },
    ]);
    expect(await manage(relay, 'unassignrole', Z.pubkey, 'moderator')).toBe(true);
    expect(await manage(relay, 'assignrole', X.pubkey, 'guest')).toBe(true);
    expect(await manage(relay, 'deleterole', 'guest')).toBe(true);
    expect(await failing('deleterole', 'guest')).toMatch(/no role/);
    await manage(relay, 'createrole', 'guest', 'Guest');
    const roles = (await manage(relay, 'listroles')) as { pubkeys: string[] }[];
    expect(roles.flatMap(({ pubkeys }) => pubkeys)).toEqual([]);
  });
});

describe('methods', () => {
  it('are granted to others one by one, and taken back', async () => {
    expect((await call(relay, ['listbannedpubkeys'], { by: X })).status).toBe(401);
    const grant = await manage(relay, 'assignmethod', X.pubkey, 'banpubkey');
    expect(grant).toEqual([true, expect.stringMatching(/\S/)]);
    expect(await call(relay, ['supportedmethods'], { by: X })).toEqual({
      status: 200,
      result: ['banpubkey'],
    });
    expect(await call(relay, ['banpubkey', Z.pubkey], { by: X })).toEqual({
      status: 200,
      result: true,
    });
    expect(await call(relay, ['unbanpubkey', Z.pubkey], { by: X })).toMatchObject({
      error: expect.stringMatching(/may not call/),
    });
    expect(await manage(relay, 'listmethodassignees')).toEqual([
      { pubkey: X.pubkey, methods: ['banpubkey'] },
    ]);
    await manage(relay, 'unbanpubkey', Z.pubkey);
    expect(await manage(relay, 'unassignmethod', X.pubkey, 'banpubkey')).toEqual([true, 'revoked']);
    expect(await manage(relay, 'unassignmethod', X.pubkey, 'banpubkey')).toEqual([
      false,
      expect.stringMatching(/\S/),
    ]);
    expect((await call(relay, ['banpubkey', Z.pubkey], { by: X })).status).toBe(401);
  });

  it('that make others able to grant are not granted', async () => {
    expect(await failing('assignmethod', X.pubkey, 'assignmethod')).toMatch(/no such method/);
    expect(await failing('assignmethod', X.pubkey, '__proto__')).toMatch(/no such method/);
  });
});

describe('events', () => {
  it('are banned, and allowed to come again', async () => {
    const event = note(1, 'unlawful');
    const { client } = stage;
    await client.publish(event);
    expect(await manage(relay, 'banevent', event.id, 'a court said so')).toBe(true);
    expect(await client.query({ ids: [event.id] })).toEqual([]);
    expect(codeOf(await client.publish(event))).toBe('tombstoned');
    expect(await manage(relay, 'listbannedevents')).toEqual([
      { id: event.id, reason: 'a court said so' },
    ]);
    expect(await manage(relay, 'unbanevent', event.id)).toBe(true);
    expect(await manage(relay, 'listbannedevents')).toEqual([]);
    expect(codeOf(await client.publish(event))).toBe('ok');
    expect(await client.query({ ids: [event.id] })).toEqual([event]);
  });

  it('are banned before they come', async () => {
    const event = note(1, 'known from elsewhere');
    await manage(relay, 'banevent', event.id);
    expect(codeOf(await stage.client.publish(event))).toBe('tombstoned');
    expect(await manage(relay, 'allowevent', event.id, 'harmless')).toBe(true);
    expect(await manage(relay, 'listallowedevents')).toEqual([
      { id: event.id, reason: 'harmless' },
    ]);
    expect(codeOf(await stage.client.publish(event))).toBe('ok');
    expect(await manage(relay, 'unallowevent', event.id)).toBe(true);
    expect(await manage(relay, 'listallowedevents')).toEqual([]);
  });

  it('that are replaced by nothing leave their coordinate free', async () => {
    const first = note(10_002, '', { at: NOW - 10 });
    await stage.client.publish(first);
    await manage(relay, 'banevent', first.id);
    const older = note(10_002, '', { at: NOW - 20 });
    expect(codeOf(await stage.client.publish(older))).toBe('ok');
    expect(await stage.client.query({ kinds: [10_002] })).toEqual([older]);
  });

  it('that were reported wait for moderation until somebody decides', async () => {
    const { client } = stage;
    const [bad, odd, gone] = [note(1, 'bad'), note(1, 'odd'), note(1, 'never came')];
    await client.publish(bad);
    await client.publish(odd);
    const report = (id: string, why: string, content = '') =>
      client.publish(
        note(1984, content, {
          by: X,
          tags: [
            ['e', id, why],
            ['p', Z.pubkey],
          ],
        }),
      );
    await report(bad.id, 'illegal', 'look at it');
    await report(odd.id, 'spam');
    await report(gone.id, 'spam');
    const waiting = async () => {
      const list = (await manage(relay, 'listeventsneedingmoderation')) as { id: string }[];
      return list.sort((a, b) => (a.id < b.id ? -1 : 1));
    };
    const both = [
      { id: bad.id, reason: 'illegal: look at it' },
      { id: odd.id, reason: 'spam' },
    ].sort((a, b) => (a.id < b.id ? -1 : 1));
    expect(await waiting()).toEqual(both);
    await manage(relay, 'allowevent', odd.id);
    await manage(relay, 'banevent', bad.id);
    expect(await waiting()).toEqual([]);
  });

  it('are named by an id', async () => {
    expect(await failing('banevent', 'note1xyz')).toMatch(/64 lower-case hex/);
  });
});

const NIP_86 = [
  ...['banpubkey', 'unbanpubkey', 'listbannedpubkeys'],
  ...['allowpubkey', 'unallowpubkey', 'listallowedpubkeys'],
  ...['createrole', 'editrole', 'deleterole', 'assignrole', 'unassignrole'],
  ...['assignmethod', 'unassignmethod', 'listmethodassignees'],
  ...['listeventsneedingmoderation', 'allowevent', 'unallowevent', 'listallowedevents'],
  ...['banevent', 'unbanevent', 'listbannedevents'],
  ...['changerelayname', 'changerelaydescription', 'changerelayicon'],
  ...['allowkind', 'disallowkind', 'listallowedkinds', 'listdisallowedkinds'],
  ...['blockip', 'unblockip', 'listblockedips'],
];

const OURS = [
  ...['listroles', 'listlog', 'listmachines', 'freezemachine', 'unfreezemachine'],
  ...['hidemachine', 'unhidemachine', 'listhiddenmachines'],
];
