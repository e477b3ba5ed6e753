/**
 * Filters over a socket (NIP-01): which events they find, stored and live, and in which order.
 *
 * Every filter of the table is asked twice: as a subscription opened before the first event came,
 * and as a query after the last. Both must find the same. Events are called by their content.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import type { NostrEvent } from '../../src/nostr/event.ts';
import type { FilterJson, Frame } from '../support/client.ts';
import { C, NOW, note, R, X, Z } from '../support/machines.ts';
import { setStage } from '../support/stage.ts';

const stage = setStage();
const T = NOW - 1_000;
const E = 'e'.repeat(64);

const EVENTS: readonly NostrEvent[] = [
  note(1, 'first', { at: 0, tags: [['t', '']] }),
  note(1, 'b', { by: X, at: T + 2, tags: [['t', 'y'], P(C.pubkey), ['t', 'z', 'x']] }),
  note(1, 'a', { by: C, at: T + 1, tags: [['t', 'x'], ['e', E], P(R.pubkey)] }),
  note(7, 'c', { by: C, at: T + 3, tags: [['t', 'x'], ['t', 'y'], P(R.pubkey)] }),
  note(7, 'd', {
    by: X,
    at: T + 3,
    tags: [
      ['T', 'x'],
      ['k', 'n', 'm'],
      ['E', E],
      ['e', '', E],
    ],
  }),
  note(1, 'e', { by: C, at: T + 4, tags: [['t'], ['tt', 'x'], ['x', 't'], ['d', '']] }),
  note(9, 'f', {
    by: Z,
    at: T + 5,
    tags: [
      ['t', 'x"]'],
      ['t', 'é'],
      ['K', 'n'],
      ['k', 'o'],
    ],
  }),
];

function P(pubkey: string): readonly string[] {
  return ['p', pubkey];
}

const named = (names: string): readonly NostrEvent[] =>
  EVENTS.filter(({ content }) => names.split(' ').includes(content));

/** Newest first, then the lowest id. */
const inOrder = (events: readonly NostrEvent[]): readonly NostrEvent[] =>
  [...events].sort((a, b) => b.created_at - a.created_at || (a.id < b.id ? -1 : 1));

const idsOf = (names: string): readonly string[] => named(names).map(({ id }) => id);

/** What is asked, and which events are found. */
type Row = readonly [says: string, filters: readonly FilterJson[], finds: string];

const FOUND: readonly Row[] = [
  ['everything with the empty filter', [{}], 'first a b c d e f'],
  ['an id', [{ ids: idsOf('b') }], 'b'],
  ['several ids', [{ ids: idsOf('a c f') }], 'a c f'],
  ['nothing for an unknown id', [{ ids: [E] }], ''],
  ['an id that is named twice once', [{ ids: [...idsOf('a'), ...idsOf('a')] }], 'a'],
  ['an author', [{ authors: [X.pubkey] }], 'b d'],
  ['several authors', [{ authors: [X.pubkey, Z.pubkey] }], 'first b d f'],
  ['nothing of an unknown author', [{ authors: [E] }], ''],
  ['a kind', [{ kinds: [7] }], 'c d'],
  ['several kinds', [{ kinds: [7, 9, 65_535] }], 'c d f'],
  ['what fits author and kind', [{ authors: [C.pubkey], kinds: [1] }], 'a e'],
  ['what fits id and kind', [{ ids: idsOf('a c'), kinds: [7] }], 'c'],
  ['nothing where id and author differ', [{ ids: idsOf('a'), authors: [X.pubkey] }], ''],
  ['a tag', [{ '#t': ['x'] }], 'a c'],
  ['several values of a tag, each event once', [{ '#t': ['x', 'y', 'nope'] }], 'a b c'],
  ['what has both tags', [{ '#t': ['x', 'y'], '#p': [R.pubkey] }], 'a c'],
  ['what has both tags, if one is rare', [{ '#t': ['x'], '#e': [E] }], 'a'],
  ['what fits tag and kind', [{ '#t': ['x', 'y'], kinds: [7] }], 'c'],
  ['what fits tag and author', [{ '#t': ['x', 'y'], authors: [X.pubkey] }], 'b'],
  ['what fits tag, id and time', [{ '#t': ['x'], ids: idsOf('a c'), since: T + 2 }], 'c'],
  ['what fits id and until', [{ ids: idsOf('a c'), until: T + 2 }], 'a'],
  ['t and T apart', [{ '#T': ['x'] }], 'd'],
  ['t and T apart, beside another tag', [{ '#p': [R.pubkey], '#T': ['x'] }], ''],
  ['e and E apart', [{ '#E': [E] }], 'd'],
  ['k and K apart', [{ '#K': ['n'] }], 'f'],
  ['the second element of a tag', [{ '#k': ['n', 'o'] }], 'd f'],
  ['no third element of a tag', [{ '#k': ['m'] }], ''],
  ['no third element of an e tag', [{ '#e': [E] }], 'a'],
  ['no value by its start', [{ '#t': ['x"'] }], ''],
  ['an empty value, but not a missing one', [{ '#t': [''] }], 'first'],
  ['an empty d', [{ '#d': [''] }], 'e'],
  ['no name of several letters by its first', [{ '#t': ['x'], kinds: [1] }], 'a'],
  ['a value that needs escapes', [{ '#t': ['x"]'] }], 'f'],
  ['a value beyond ASCII', [{ '#t': ['é'] }], 'f'],
  ['nothing for names every object has', [{ '#t': ['__proto__', 'constructor'] }], ''],
  ['one of nine values', [{ '#t': [...'ghijklmn', 'x'] }], 'a c'],
  ['since, inclusive', [{ since: T + 4 }], 'e f'],
  ['until, inclusive', [{ until: T + 1 }], 'first a'],
  ['one second', [{ since: T + 3, until: T + 3 }], 'c d'],
  ['the first second of all', [{ until: 0 }], 'first'],
  ['everything since 0', [{ since: 0 }], 'first a b c d e f'],
  ['everything until 2^53 - 1', [{ until: Number.MAX_SAFE_INTEGER }], 'first a b c d e f'],
  ['nothing since after until', [{ since: T + 3, until: T + 2 }], ''],
  ['nothing for no ids', [{ ids: [] }], ''],
  ['nothing for no authors', [{ authors: [], kinds: [1] }], ''],
  ['nothing for no kinds', [{ kinds: [], authors: [C.pubkey] }], ''],
  ['nothing for no values of a tag', [{ '#t': [], kinds: [1] }], ''],
  ['what fits one filter or another', [{ kinds: [9] }, { '#e': [E] }], 'a f'],
  ['what fits several filters once', [{ kinds: [7] }, { '#t': ['x'] }, { kinds: [7] }], 'a c d'],
  ['what fits the one filter that can be', [{ ids: [] }, { '#t': ['y'] }, { kinds: [] }], 'b c'],
  ['nothing where no filter can be', [{ ids: [] }, { since: 2, until: 1 }], ''],
];

describe('a filter finds', () => {
  let live: readonly Frame[];

  beforeAll(async () => {
    const reader = await stage.another();
    for (const [says, filters] of FOUND) await reader.subscribe(says, ...filters).stored();
    for (const event of EVENTS) {
      expect(await stage.client.publish(event)).toEqual({ accepted: true, message: '' });
    }
    live = await reader.unread();
  });

  it.each(FOUND)('%s', async (says, filters, finds) => {
    expect(await stage.client.query(...filters)).toEqual(inOrder(named(finds)));
    const heard = live.filter(([, id]) => id === says).map(([, , event]) => event);
    expect(heard).toEqual(named(finds));
  });
});

describe('a limit', () => {
  it.each<Row>([
    ['takes the newest', [{ limit: 2 }], 'e f'],
    ['may be more than there is', [{ kinds: [7], limit: 500 }], 'c d'],
    ['counts what fits the whole filter', [{ '#t': ['x', 'y'], kinds: [1], limit: 1 }], 'b'],
    ['of 0 finds nothing', [{ limit: 0 }], ''],
    ['belongs to its own filter', [{ kinds: [1], limit: 1 }, { kinds: [7] }], 'c d e'],
    ['of 0 beside another filter finds what that one does', [{ limit: 0 }, { kinds: [9] }], 'f'],
    [
      'does not hold back what another filter finds',
      [1, 2, 3].map((limit) => ({ ids: idsOf('a b e'), limit })),
      'a b e',
    ],
    [
      'is merged with others in one order',
      [
        { authors: [C.pubkey], limit: 2 },
        { authors: [X.pubkey], limit: 1 },
        { '#t': ['x'], limit: 2 },
      ],
      'a c d e',
    ],
  ])('%s', async (_, filters, finds) => {
    expect(await stage.client.query(...filters)).toEqual(inOrder(named(finds)));
  });

  it('takes the lowest ids of one second', async () => {
    const at = T - 10;
    const events = [...'123456'].map((name) => note(20, name, { at }));
    for (const event of events) await stage.client.publish(event);
    const lowest = inOrder(events).slice(0, 3);
    expect(await stage.client.query({ kinds: [20], limit: 3 })).toEqual(lowest);
    expect(await stage.client.query({ since: at, until: at, limit: 3 })).toEqual(lowest);
  });
});

describe('a REQ is answered with CLOSED and nothing else when a filter', () => {
  const closedFor = async (filter: unknown): Promise<string> => {
    const client = await stage.another();
    client.send(['REQ', 'a', { kinds: [1] }, filter]);
    const [[verb, id, reason] = [], ...more] = await client.unread();
    expect([verb, id, more]).toEqual(['CLOSED', 'a', []]);
    return String(reason);
  };

  it.each(['search', 'foo', '#tt', '#', '#é', '#9', '#-', '&t', 'KINDS', 'kind', 'constructor'])(
    'has the unknown element %s (unsupported)',
    async (name) => {
      expect(await closedFor({ [name]: ['x'] })).toMatch(/^unsupported: \S/);
    },
  );

  it('has an own __proto__ (unsupported)', async () => {
    expect(await closedFor(JSON.parse('{"__proto__":{"kinds":[1]}}'))).toMatch(/^unsupported: \S/);
  });

  it.each<readonly [string, unknown]>([
    ['is null', null],
    ['is a list', []],
    ['is a text', '{}'],
    ['is a number', 1],
    ['has ids that are null', { ids: null }],
    ['has an id that is not in a list', { ids: E }],
    ['has an id that is null', { ids: [null] }],
    ['has an id that is empty', { ids: [''] }],
    ['has the start of an id', { ids: [E.slice(1)] }],
    ['has an id in upper case', { ids: [E.toUpperCase()] }],
    ['has an author that is no hex', { authors: ['g'.repeat(64)] }],
    ['has an author that is an npub', { authors: [`npub1${'q'.repeat(58)}`] }],
    ['has authors that are null', { authors: null }],
    ['has kinds that are null', { kinds: null }],
    ['has a kind that is not in a list', { kinds: 1 }],
    ['has a kind that is a text', { kinds: ['1'] }],
    ['has a kind that is negative', { kinds: [-1] }],
    ['has a kind that is a fraction', { kinds: [Math.PI] }],
    ['has a kind above 65535', { kinds: [65_536] }],
    ['has an e that is the start of an id', { '#e': [E.slice(1)] }],
    ['has a p in upper case', { '#p': [E.toUpperCase()] }],
    ['has tag values that are null', { '#t': null }],
    ['has a tag value that is null', { '#t': [null] }],
    ['has a tag value that is a number', { '#t': [1] }],
    ['has a tag value that is half a surrogate pair', { '#t': ['\ud800'] }],
    ...['since', 'until', 'limit'].flatMap((name) =>
      [null, -1, Math.PI, '1', 2 ** 53].map(
        (value) => [`has ${name}: ${JSON.stringify(value)}`, { [name]: value }] as const,
      ),
    ),
  ])('%s (invalid)', async (_, filter) => {
    expect(await closedFor(filter)).toMatch(/^invalid: \S/);
  });
});
