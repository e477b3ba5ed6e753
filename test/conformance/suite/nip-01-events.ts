/**
 * NIP-01: what is an event and what is none, by form, id, signature, time and content.
 */

import { eventId } from '../../../src/nostr/event.ts';
import { isOk } from '../../support/client.ts';
import { type Case, type Chapter, optional, required } from './case.ts';
import { expect, find, refuse, submit, submitText, take } from './expectations.ts';
import { literal } from './literal.ts';
import { draft, type Peer, present } from './peer.ts';

const DAY = 86_400;
const YEAR = 365 * DAY;
const NO_HISTORY = 'it is far in the future; events are taken up to 900 seconds ahead';
const HASHED_AS_PARSED = 'JSON is parsed and written again for the hash, as NIP-01 escapes it';

/** Changes to a sound event after which it is none. */
const MALFORMED: readonly (readonly [string, object])[] = [
  ['an id in upper case', { id: 'AB'.repeat(32) }],
  ['an id that is one digit short', { id: 'a'.repeat(63) }],
  ['no pubkey', { pubkey: undefined }],
  ['a pubkey that is null', { pubkey: null }],
  ['a pubkey in upper case', { pubkey: 'AB'.repeat(32) }],
  ['a pubkey that is not hex', { pubkey: 'g'.repeat(64) }],
  ['no created_at', { created_at: undefined }],
  ['a created_at that is null', { created_at: null }],
  ['a created_at that is a text', { created_at: '1700000000' }],
  ['a created_at that is a fraction', { created_at: Math.PI }],
  ['no kind', { kind: undefined }],
  ['a kind that is a text', { kind: '1' }],
  ['a kind that is a fraction', { kind: Math.PI }],
  ['a kind of -1', { kind: -1 }],
  ['a kind of 65536', { kind: 65_536 }],
  ['no tags', { tags: undefined }],
  ['tags that are null', { tags: null }],
  ['a tag that is null', { tags: [null] }],
  ['a tag that is a text', { tags: ['t'] }],
  ['a tag with null for a value', { tags: [['t', null]] }],
  ['a tag with null after its name', { tags: [['d', null, 'x']] }],
  ['a tag that holds a number', { tags: [['t', 1]] }],
  ['no content', { content: undefined }],
  ['a content that is null', { content: null }],
  ['a content that is an object', { content: {} }],
  ['no sig, as an unsigned rumor', { sig: undefined }],
  ['a sig that is null', { sig: null }],
  ['a sig in upper case', { sig: 'AB'.repeat(64) }],
  ['a sig that is one digit short', { sig: 'a'.repeat(127) }],
];

const refusesForm = ([says, change]: (typeof MALFORMED)[number]): Case =>
  required(`refuses an event with ${says}, and lives`, async (peer) => {
    const by = peer.newcomer();
    await refuse(peer.client, { ...draft(1, says, { by }), ...change });
    await find(peer.client, { authors: [by.pubkey] });
  });

const writable = (kind: number, tester: number): Case =>
  optional(
    `the public can write kind ${kind}`,
    ({ client, newcomer }) => take(client, draft(kind, '', { by: newcomer(), tags: [['test']] })),
    { tester: [tester] },
  );

const ofTime = (says: string, ago: number, tester: number): Case =>
  optional(
    `takes an event ${says}`,
    ({ client, newcomer }) => take(client, draft(1, says, { by: newcomer(), ago })),
    { tester: [tester] },
  );

/** Events that can only be written out; `createdAt` and `content` are JSON texts. */
type Written = { readonly createdAt?: string; readonly content?: string };

const asWritten = (says: string, written: Written, [tester, declined]: [number, string]): Case =>
  optional(
    `takes ${says}`,
    async ({ client, newcomer }) => {
      const text = { createdAt: `${present()}`, content: '"as written"', ...written };
      const event = literal(newcomer(), text);
      const { accepted, message } = await submitText(client, event.id, event.text);
      expect(accepted, `refused it: ${message}`);
    },
    { tester: [tester], declined },
  );

/** Takes an event with this content, and serves it as it was signed. */
async function keeps({ client, newcomer }: Peer, content: string): Promise<void> {
  const event = draft(1, content, { by: newcomer() });
  await take(client, event);
  await find(client, { ids: [event.id] }, event);
}

/** The tests of events. */
export const EVENTS: Chapter = {
  title: 'NIP-01: events',
  cases: [
    writable(1, 23),
    writable(10_002, 24),
    writable(10_050, 25),
    writable(23_195, 26),
    required(
      'answers an event with OK',
      async ({ client, newcomer }) => {
        const event = draft(1, 'hello', { by: newcomer() });
        client.send(['EVENT', event]);
        const [, , accepted, message] = await client.nextFrame(isOk(event.id));
        expect(typeof accepted === 'boolean', 'the third element of OK is no boolean');
        expect(typeof message === 'string', 'the fourth element of OK is no text');
      },
      { tester: [27] },
    ),
    required(
      'verifies signatures',
      async ({ client, newcomer }) => {
        const event = draft(1, 'unsigned', { by: newcomer() });
        await refuse(client, { ...event, sig: '0'.repeat(128) });
        await find(client, { ids: [event.id] });
      },
      { tester: [28] },
    ),
    required('verifies whose signature it is', async ({ client, newcomer }) => {
      const event = draft(1, 'forged', { by: newcomer() });
      const { sig } = draft(1, 'forged', { by: newcomer() });
      await refuse(client, { ...event, sig });
    }),
    required('refuses a pubkey that is no point of the curve', async ({ client, newcomer }) => {
      const off = { ...draft(1, 'off', { by: newcomer() }), pubkey: 'ff'.repeat(32) };
      await refuse(client, { ...off, id: eventId(off) });
    }),
    required(
      'verifies ids, and answers by the id that was sent',
      async ({ client, newcomer }) => {
        const id = 'cafebabe'.repeat(8);
        client.send(['EVENT', { ...draft(1, 'misnamed', { by: newcomer() }), id }]);
        const [, , accepted] = await client.nextFrame(isOk(id));
        expect(accepted === false, 'took it');
      },
      { tester: [29] },
    ),
    ...MALFORMED.map(refusesForm),
    optional('refuses a time in milliseconds', async ({ client, newcomer }) => {
      await refuse(client, draft(1, '', { by: newcomer(), ago: -999 * present() }));
    }),
    optional('refuses an event that is an hour ahead', async ({ client, newcomer }) => {
      await refuse(client, draft(1, '', { by: newcomer(), ago: -3_700 }));
    }),
    optional('begins the text of a refusal with a prefix', async ({ client, newcomer }) => {
      const event = { ...draft(1, 'prefix', { by: newcomer() }), sig: '0'.repeat(128) };
      const { message } = await submit(client, event);
      expect(/^(invalid|error): \S/.test(message), `it was ${message}`);
    }),
    required(
      'takes the seven escapes of NIP-01',
      (peer) => keeps(peer, 'linebreak\ndoublequote"backslash\\\r\t\b\f'),
      { tester: [30] },
    ),
    asWritten('other escapes, hashed as written', { content: '"\\u0041\\/"' }, [
      31,
      HASHED_AS_PARSED,
    ]),
    asWritten('literal control characters', { content: '"\n\t"' }, [32, 'it is no JSON']),
    required('takes what Unicode calls no characters', (peer) => keeps(peer, '\ufdd1 \u{10fff2}'), {
      tester: [33],
    }),
    required('serves emoji and combined characters as signed', (peer) => keeps(peer, '🤙é👩‍👧')),
    required('serves line separators and markup as signed', (peer) =>
      keeps(peer, '/<&>\u2028\u2029'),
    ),
    optional('serves control characters as signed', (peer) =>
      keeps(peer, '\u0000\u0001\u001f\u007f'),
    ),
    required(
      'takes an event that is a week old',
      ({ client, newcomer }) => take(client, draft(1, '', { by: newcomer(), ago: 7 * DAY })),
      { tester: [34] },
    ),
    ofTime('that is four weeks old', 28 * DAY, 35),
    ofTime('that is a year old', YEAR, 36),
    optional('takes an event of 2015', (peer) => takesAt(peer, 1_420_070_400), { tester: [37] }),
    optional('takes an event of 1999', (peer) => takesAt(peer, 915_148_800), { tester: [38] }),
    optional('takes an event of the first second', (peer) => takesAt(peer, 0), { tester: [39] }),
    asWritten('an event from before 1970', { createdAt: '-200' }, [
      40,
      'times are not negative; negentropy (NIP-77) cannot name such a time',
    ]),
    asWritten('an event of next year', { createdAt: `${present() + YEAR}` }, [41, NO_HISTORY]),
    asWritten('an event of the last second of 64 bits', { createdAt: '9223372036854775807' }, [
      42,
      NO_HISTORY,
    ]),
    asWritten('an event of 2^31 + 1', { createdAt: '2147483649' }, [43, NO_HISTORY]),
    asWritten('an event of 2^32 + 1', { createdAt: '4294967297' }, [44, NO_HISTORY]),
    asWritten('a time with an exponent', { createdAt: '1e+10' }, [45, NO_HISTORY]),
    optional(
      'takes empty tags',
      ({ client, newcomer }) => take(client, draft(1, '', { by: newcomer(), tags: [[], []] })),
      { tester: [46] },
    ),
    required('keeps tags in order, with all their elements', async ({ client, newcomer }) => {
      const tags = [['t', 'b'], ['x'], ['t', 'a', '', 'more'], ['long', 'y'.repeat(2_000)]];
      const event = draft(1, 'tags', { by: newcomer(), tags });
      await take(client, event);
      await find(client, { ids: [event.id] }, event);
    }),
  ],
};

function takesAt({ client, newcomer }: Peer, at: number): Promise<void> {
  return take(client, draft(1, `${at}`, { by: newcomer(), ago: present() - at }));
}
