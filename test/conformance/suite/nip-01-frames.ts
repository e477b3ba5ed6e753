/**
 * NIP-01: frames as such. Clients keep much state in a connection, so nothing that can be answered
 * may end it.
 */

import { isVerb } from '../../support/client.ts';
import { type Case, type Chapter, optional, required } from './case.ts';
import { about, eventsIn, expect, expectEvents, survives, take } from './expectations.ts';
import { draft } from './peer.ts';

/** What is no message. */
const NONSENSE: readonly (readonly [string, string])[] = [
  ['is empty', ''],
  ['is not JSON', 'hello'],
  ['is JSON cut short', '["REQ","a",{"kinds":[1]'],
  ['is an object', '{"verb":"REQ"}'],
  ['is null', 'null'],
  ['is an empty list', '[]'],
  ['has a verb that nobody knows', '["SUBSCRIBE","a",{}]'],
  ['has a verb of the relay', '["EOSE","a"]'],
  ['has a verb that every object has', '["constructor","a"]'],
  ['is a REQ without anything', '["REQ"]'],
  ['is a REQ whose subscription id is a number', '["REQ",1,{}]'],
  ['is a CLOSE without anything', '["CLOSE"]'],
  ['is an EVENT without anything', '["EVENT"]'],
  ['is an EVENT of null', '["EVENT",null]'],
  ['is an EVENT of an empty object', '["EVENT",{}]'],
  ['is an AUTH without anything', '["AUTH"]'],
];

const outlives = ([says, frame]: (typeof NONSENSE)[number]): Case =>
  required(`lives when a frame ${says}`, async ({ another }) => {
    await survives(await another(), frame);
  });

/** Subscription ids that NIP-01 allows, or nearly. */
const IDS: readonly (readonly [Case['need'], string, string])[] = [
  ['required', 'of one character', 'x'],
  ['required', 'of 64 characters', 'x'.repeat(64)],
  ['optional', 'of 64 characters beyond the first plane', '🤙'.repeat(64)],
  ['optional', 'with quotes and backslashes', '"\\"],["EVENT'],
  ['optional', 'with control characters', '\u0000\n\u001f'],
];

const takesId = ([need, says, id]: (typeof IDS)[number]): Case => {
  const define = need === 'required' ? required : optional;
  return define(`gives back a subscription id ${says}`, async ({ another, newcomer }) => {
    const [client, event] = [await another(), draft(1, says, { by: newcomer() })];
    await take(client, event);
    client.send(['REQ', id, { ids: [event.id] }]);
    const frames = await about(client, id);
    expectEvents(eventsIn(frames), [event]);
    expect(frames.some(isVerb('EOSE')), 'no EOSE came');
  });
};

const refusesId = (says: string, id: string): Case =>
  required(`opens no subscription by an id that ${says}, says so, and lives`, async (peer) => {
    const said = await survives(await peer.another(), ['REQ', id, { kinds: [1], limit: 1 }]);
    expect(
      said.some(([verb]) => verb === 'CLOSED' || verb === 'NOTICE'),
      'it said nothing',
    );
  });

/** The tests of frames. */
export const FRAMES: Chapter = {
  title: 'NIP-01: frames',
  cases: [
    ...NONSENSE.map(outlives),
    optional('answers a frame that is no message with NOTICE', async ({ another }) => {
      const said = await survives(await another(), 'hello');
      expect(said.some(isVerb('NOTICE')), 'no NOTICE came');
    }),
    optional('answers in frames of JSON without blanks at the start', async ({ another }) => {
      const client = await another();
      const text = new Promise<string>((resolve) =>
        client.socket.once('message', (data) => resolve(data.toString())),
      );
      client.send(['REQ', 'a', { kinds: [1], limit: 0 }]);
      await client.nextFrame(isVerb('EOSE'));
      expect(/^\["[A-Z]+","a"/.test(await text), `it began ${(await text).slice(0, 10)}`);
    }),
    optional('takes white space around and inside a message', async ({ another }) => {
      const said = await survives(await another(), ' [ "REQ" ,\n"a", { "limit" : 0 } ]\r\n');
      expect(said.some(isVerb('EOSE')), 'no EOSE came');
    }),
    required('serves others when a frame is longer than it takes', async (peer) => {
      const client = await peer.another();
      client.send('x'.repeat(1_500_000));
      await Promise.race([client.ended, client.unread()]);
      await survives(await peer.another(), ['CLOSE', 'never opened']);
    }),
    ...IDS.map(takesId),
    refusesId('is empty', ''),
    refusesId('has 65 characters', 'x'.repeat(65)),
    refusesId('has 100,000 characters', 'x'.repeat(100_000)),
    required('lives when a subscription that never was is closed', async ({ another }) => {
      const said = await survives(await another(), ['CLOSE', 'never opened']);
      expect(!said.some(isVerb('NOTICE')), 'a NOTICE came');
    }),
    required('answers a COUNT, if only with CLOSED', async ({ another }) => {
      const client = await another();
      const said = await survives(client, ['COUNT', 'a', { kinds: [1], limit: 1 }]);
      expect(
        said.some(([verb]) => ['COUNT', 'CLOSED', 'NOTICE'].includes(verb)),
        'it said nothing',
      );
    }),
  ],
};
