/**
 * Frames as such (NIP-01): what is no message, and where messages are taken at all.
 *
 * Whatever can be answered is answered and the connection lives; clients keep much state in one,
 * so only a frame that cannot be read ends it. Each test has a connection of its own.
 */

import { beforeEach, describe, expect, it } from 'vitest';
import { type Client, connect, isOk } from '../support/client.ts';
import { note } from '../support/machines.ts';
import { setStage } from '../support/stage.ts';

const stage = setStage();
let client: Client;

beforeEach(async () => {
  client = await stage.another();
});

/** What the relay says to a frame, and that it goes on listening. */
async function hears(raw: unknown): Promise<readonly unknown[]> {
  client.send(raw);
  const said = await client.unread();
  await client.query({ ids: [] });
  return said;
}

const NOTICE = ['NOTICE', expect.stringMatching(/^invalid: \S/)];

describe('a frame is answered with a NOTICE, and the connection lives, when it', () => {
  it.each([
    ['is not JSON', 'hello'],
    ['is JSON cut short', '["REQ","a",{"kinds":[1]'],
    ['holds a literal line feed in a string', '["REQ","a\n",{}]'],
    ['is an object', '{"verb":"REQ"}'],
    ['is a string', '"EVENT"'],
    ['is a number', '42'],
    ['is null', 'null'],
    ['is an empty list', '[]'],
    ['has a verb that nobody knows', '["SUBSCRIBE","a",{}]'],
    ['has a verb in lower case', '["req","a",{}]'],
    ['has a verb that is a list', '[["REQ"],"a",{}]'],
    ['has a verb of the relay', '["EOSE","a"]'],
    ['has a verb that every object has', '["constructor","a"]'],
    ['is nested a hundred thousand deep', '['.repeat(100_000)],
    ['is binary', new TextEncoder().encode('["REQ","a",{}]')],
    ['is a REQ without anything', '["REQ"]'],
    ['is a REQ whose subscription id is a number', '["REQ",1,{}]'],
    ['is a REQ whose subscription id is null', '["REQ",null,{}]'],
    ['is a COUNT without anything', '["COUNT"]'],
    ['is a CLOSE without anything', '["CLOSE"]'],
    ['is an EVENT without anything', '["EVENT"]'],
    ['is an EVENT of null', '["EVENT",null]'],
    ['is an EVENT of a text', '["EVENT","x"]'],
    ['is an EVENT of a list', '["EVENT",[]]'],
    ['is an EVENT of an empty object', '["EVENT",{}]'],
    ['is an EVENT whose id is a number', '["EVENT",{"id":5}]'],
    ['is an EVENT whose id is empty', '["EVENT",{"id":""}]'],
    ['is an EVENT whose id is too long', `["EVENT",{"id":"${'a'.repeat(65)}"}]`],
    ['is an EVENT whose id is not hex', `["EVENT",{"id":"${'g'.repeat(64)}"}]`],
    ['is an EVENT whose id is too short', `["EVENT",{"id":"${'a'.repeat(63)}"}]`],
    ['is an AUTH without anything', '["AUTH"]'],
    ['is an AUTH of the challenge alone', '["AUTH","0123456789abcdef"]'],
  ])('%s', async (_, raw) => {
    expect(await hears(raw)).toEqual([NOTICE]);
  });
});

describe('a frame', () => {
  it.each([
    ['that is empty', ''],
    ['that is a lone line feed', '\n'],
    ['of white space', ' \t\r\n '],
  ])('%s is passed over', async (_, raw) => {
    expect(await hears(raw)).toEqual([]);
  });

  it('may have white space around and inside its JSON', async () => {
    expect(await hears(' [ "REQ" ,\n"a", { "limit" : 0 } ]\r\n')).toEqual([['EOSE', 'a']]);
  });

  it('may have more elements than its verb asks for', async () => {
    const event = note(1, 'more elements');
    client.send(['EVENT', event, 'more', { and: 'more' }]);
    expect(await client.nextFrame(isOk(event.id))).toEqual(['OK', event.id, true, '']);
    client.send(['REQ', 'a', { ids: [event.id] }]);
    client.send(['CLOSE', 'a', 'more']);
    expect(await client.unread()).toEqual([
      ['EVENT', 'a', event],
      ['EOSE', 'a'],
    ]);
  });

  it('may come in pieces', async () => {
    client.socket.send('["REQ","a",', { fin: false });
    client.socket.send('{"limit":0}', { fin: false });
    client.socket.send(']', { fin: true });
    expect(await client.unread()).toEqual([['EOSE', 'a']]);
  });

  it('gets the id of its event back even if nothing else in it can be read', async () => {
    const id = 'b'.repeat(64);
    const no = ['OK', id, false, expect.stringMatching(/^invalid: bad-event: \S/)];
    expect(await hears(['EVENT', { id }])).toEqual([no]);
  });

  it('is answered in the order in which it came', async () => {
    for (const id of ['a', 'b', 'c']) client.send(['REQ', id, { limit: 0 }]);
    client.send('nonsense');
    expect(await client.unread()).toEqual([['EOSE', 'a'], ['EOSE', 'b'], ['EOSE', 'c'], NOTICE]);
  });
});

describe('a connection', () => {
  it('hears nothing it did not ask for', async () => {
    expect(await client.unread()).toEqual([]);
  });

  it('ends with 1009 when a frame is too long, and only that connection', async () => {
    client.send('x'.repeat(262_145));
    expect(await client.ended).toEqual({ code: 1009 });
    expect(await stage.client.query({ ids: [] })).toEqual([]);
  });

  it('ends with 1007 when a frame is not UTF-8, and only that connection', async () => {
    client.socket.send(Uint8Array.of(0x5b, 0xff, 0x5d), { binary: false });
    expect(await client.ended).toEqual({ code: 1007 });
    expect(await stage.client.query({ ids: [] })).toEqual([]);
  });

  it.each(['/ws', '/index.html', '/api/v1/machines', '//', '/%2f'])(
    'is turned away at %s with HTTP 404',
    async (path) => {
      await expect(connect(stage.relay.url + path)).rejects.toThrow('HTTP 404');
    },
  );

  it('is taken at the root, whatever the query', async () => {
    const other = await connect(`${stage.relay.url}/?token=x`);
    expect(await other.query({ ids: [] })).toEqual([]);
    await other.close();
  });
});
