/**
 * Negentropy (NIP-77): the vectors on record, and random sets that are reconciled over the client
 * class of nostr-tools and over our own initiator.
 *
 * The sets have many equal times and ids that share bytes, so that bounds need their prefixes. What
 * nostr-tools cannot do is to read times beyond 2^31; those are left to our own.
 */

import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import fc from 'fast-check';
import { nip77 } from 'nostr-tools';
import { describe, expect, it } from 'vitest';
import {
  FRAME_BYTES_MIN,
  type NegentropyProblem,
  openingMessage,
  proceed,
  respond,
} from '../../src/nostr/negentropy.ts';
import { makeRecords, type Records } from '../../src/nostr/negentropy-records.ts';
import { encodeVarint, readBytes } from '../../src/nostr/negentropy-wire.ts';
import { type Random, randomFrom } from '../support/random.ts';

type Item = readonly [time: number, id: string];

const id = (byte: string): string => byte.repeat(32);
const SERVER: readonly Item[] = [
  [1_000, id('11')],
  [1_000, id('12')],
  [2_000, id('ff')],
];
const CLIENT: readonly Item[] = [
  [1_000, id('11')],
  [3_000, id('ee')],
];
const NO_LIMIT = 10_000_000;
/** Seconds on a machine that has nothing else to do. */
const SLOW = { timeout: 120_000 };

function recordsOf(items: readonly Item[]): Records {
  const ids = new Uint8Array(items.length * 32);
  for (const [i, [, hex]] of items.entries()) ids.set(hexToBytes(hex), i * 32);
  return makeRecords(
    Float64Array.from(items, ([time]) => time),
    ids,
  );
}

function hex(answer: Uint8Array | NegentropyProblem | undefined): string {
  if (answer === undefined) return 'done';
  return 'problem' in answer ? answer.problem : bytesToHex(answer);
}

const answerTo = (message: string, items = SERVER): string =>
  hex(respond(recordsOf(items), hexToBytes(message), NO_LIMIT));

describe('a responder', () => {
  const WHOLE = `6100000203${id('11')}${id('12')}${id('ff')}`;

  it.each([
    ['a list with its own', `6100000202${id('11')}${id('ee')}`, WHOLE],
    ['an empty list with its own', '6100000200', WHOLE],
    ['another version with its own version', '62aabbccddeeff', '61'],
    ['a message that says nothing with its version', '61', '61'],
    [
      'the fingerprint of the same set with its version',
      `61000001${'a012a8fb7e05afd7484e0bff38d16b2e'}`,
      '61',
    ],
  ])('answers %s', (_, message, answer) => {
    expect(answerTo(message)).toBe(answer);
  });

  it.each([
    ['nothing at all', ''],
    ['another protocol', '70'],
    ['a truncated list', `6100000202${id('11')}`],
    ['a truncated fingerprint', '610000010011'],
    ['an unknown mode', '61000003'],
    ['an id prefix of 33 bytes', `610021${'00'.repeat(33)}00`],
    ['a number beyond the safe integers', `61${'ff'.repeat(9)}7f0000`],
    ['a number without an end', '61ff'],
    ['a list longer than memory', '61000002ffffffffffff7f'],
  ])('refuses %s', (_, message) => {
    expect(answerTo(message)).toMatch(/^(not a negentropy message|the message is malformed)$/);
  });

  it('answers or refuses whatever bytes it is sent, within its limit', () => {
    const items = randomItems(randomFrom(4), { size: 500, seconds: 50 });
    const records = recordsOf(items);
    const sent = fc.uint8Array({ maxLength: 400 }).map((bytes) => Uint8Array.of(0x61, ...bytes));
    fc.assert(
      fc.property(sent, (message) => {
        const answer = respond(records, message, FRAME_BYTES_MIN);
        expect('problem' in answer || answer.length <= FRAME_BYTES_MIN).toBe(true);
      }),
    );
  });

  it('treats every bound behind infinity as infinity', () => {
    expect(answerTo('61000000050002' + '00')).toBe('61000000' + '00000200');
  });

  it('keeps every answer within its limit, and says what did not fit', () => {
    const items = randomItems(randomFrom(1), { size: 3_000, seconds: 5 });
    const listed = respond(recordsOf(items), hexToBytes('6100000200'), FRAME_BYTES_MIN);
    expect(hex(listed).length / 2).toBeLessThanOrEqual(FRAME_BYTES_MIN);
    expect(hex(listed).length / 2).toBeGreaterThan(FRAME_BYTES_MIN - 400);
  });
});

describe('an initiator', () => {
  it('opens with its list, learns what either side lacks, and then is done', () => {
    const records = recordsOf(CLIENT);
    const opening = openingMessage(records);
    expect(hex(opening)).toBe(`6100000202${id('11')}${id('ee')}`);
    const have: string[] = [];
    const need: string[] = [];
    const findings = {
      have: (known: string) => void have.push(known),
      need: (missing: string) => void need.push(missing),
    };
    const answer = hexToBytes(answerTo(hex(opening)));
    expect(hex(proceed(records, answer, { frameBytesMax: NO_LIMIT, findings }))).toBe('done');
    expect({ have, need }).toEqual({ have: [id('ee')], need: [id('12'), id('ff')] });
  });

  it('refuses an answer in another version', () => {
    const findings = { have: () => {}, need: () => {} };
    const next = proceed(recordsOf(CLIENT), hexToBytes('62'), {
      ...{ frameBytesMax: NO_LIMIT, findings },
    });
    expect(hex(next)).toBe('not a negentropy message of version 1');
  });
});

describe('a fingerprint', () => {
  it.each([
    ['three records', SERVER, 'a012a8fb7e05afd7484e0bff38d16b2e'],
    ['two records', SERVER.slice(0, 2), '1b3faf13785b65bf5c6debbef6eb3b8b'],
    ['no record', [], '7f9c9e31ac8256ca2f258583df262dbc'],
  ])('of %s is the one on record', (_, items, fingerprint) => {
    expect(bytesToHex(recordsOf(items).fingerprint(0, items.length))).toBe(fingerprint);
  });

  it('of any stretch of a large set is that of a set of those records alone', () => {
    const random = randomFrom(2);
    const records = recordsOf(randomItems(random, { size: 2_000, seconds: 100 }));
    for (let i = 0; i < 200; i++) {
      const from = random.below(2_001);
      const to = from + random.below(2_001 - from);
      const items = Array.from({ length: to - from }, (_, at): Item => {
        return [records.time(from + at), bytesToHex(records.id(from + at))];
      });
      expect(records.fingerprint(from, to)).toEqual(recordsOf(items).fingerprint(0, to - from));
    }
  });
});

describe('a number on the wire', () => {
  it.each([
    [0, '00'],
    [127, '7f'],
    [128, '8100'],
    [2 ** 31, '8880808000'],
    [Number.MAX_SAFE_INTEGER, '8fffffffffffff7f'],
  ])('%i is %s, and reads as itself', (value, bytes) => {
    expect(bytesToHex(encodeVarint(value))).toBe(bytes);
    expect(readBytes(hexToBytes(bytes)).varint()).toBe(value);
  });
});

describe('a sync', () => {
  it('finds what 600 random pairs of sets differ in, with nostr-tools asking', SLOW, () => {
    for (let seed = 1; seed <= 600; seed++) {
      const { ours, theirs, frameBytesMax } = randomPair(seed, 2 ** 30);
      expect({ seed, ...askedByNostrTools(ours, theirs, frameBytesMax) }).toEqual({
        ...{ seed, have: only(ours, theirs), need: only(theirs, ours) },
      });
    }
  });

  it('finds what random pairs of sets differ in, with our initiator, up to any time', () => {
    for (let seed = 1; seed <= 150; seed++) {
      const { ours, theirs, frameBytesMax } = randomPair(seed, Number.MAX_SAFE_INTEGER - 10_000);
      expect({ seed, ...askedByUs(ours, theirs, frameBytesMax) }).toEqual({
        ...{ seed, have: only(ours, theirs), need: only(theirs, ours) },
      });
    }
  });
});

type Found = { readonly have: readonly string[]; readonly need: readonly string[] };

const ROUNDS_MAX = 200;

/** Our responder has `theirs`. */
function askedByNostrTools(ours: readonly Item[], theirs: readonly Item[], max: number): Found {
  const storage = new nip77.NegentropyStorageVector();
  for (const [time, hexId] of ours) storage.insert(time, hexId);
  storage.seal();
  const client = new nip77.Negentropy(storage);
  const records = recordsOf(theirs);
  const have = new Set<string>();
  const need = new Set<string>();
  let message: string | null = client.initiate();
  for (let round = 0; message !== null; round++) {
    if (round === ROUNDS_MAX) throw new Error('the sync does not end');
    const answer = hex(respond(records, hexToBytes(message), max));
    expect(answer.length / 2).toBeLessThanOrEqual(max);
    message = client.reconcile(
      answer,
      (known) => have.add(known),
      (missing) => need.add(missing),
    );
  }
  return { have: [...have].sort(), need: [...need].sort() };
}

function askedByUs(ours: readonly Item[], theirs: readonly Item[], max: number): Found {
  const mine = recordsOf(ours);
  const records = recordsOf(theirs);
  const have = new Set<string>();
  const need = new Set<string>();
  const findings = {
    have: (known: string) => have.add(known),
    need: (missing: string) => need.add(missing),
  };
  let message: Uint8Array | undefined = openingMessage(mine);
  for (let round = 0; message !== undefined; round++) {
    if (round === ROUNDS_MAX) throw new Error('the sync does not end');
    const answer = bytesOf(respond(records, message, max));
    const next = proceed(mine, answer ?? new Uint8Array(), { frameBytesMax: max, findings });
    message = bytesOf(next);
  }
  return { have: [...have].sort(), need: [...need].sort() };
}

function bytesOf(message: Uint8Array | NegentropyProblem | undefined): Uint8Array | undefined {
  if (message !== undefined && 'problem' in message) throw new Error(message.problem);
  return message;
}

/** Two sets that share most, some or nothing, in few or many seconds. */
function randomPair(seed: number, latest: number) {
  const random = randomFrom(seed);
  const size = random.pick([0, 1, 31, 32, 33, 200, 200, 600, 1_500]);
  const seconds = random.pick([1, 3, 50, 5_000]);
  const start = random.below(latest);
  const shared = randomItems(random, { size: random.below(size + 1), seconds, start });
  const ours = randomItems(random, { size: random.below(1 + size / 10), seconds, start });
  const theirs = randomItems(random, { size: random.below(1 + size / 5), seconds, start });
  const frameBytesMax = random.pick([FRAME_BYTES_MIN, 20_000, NO_LIMIT]);
  return { ours: [...shared, ...ours], theirs: [...theirs, ...shared], frameBytesMax };
}

type Shape = { readonly size: number; readonly seconds: number; readonly start?: number };

/** Records of some seconds; half of the ids share their first bytes. */
function randomItems(random: Random, { size, seconds, start = 1_000 }: Shape): readonly Item[] {
  return Array.from({ length: size }, () => {
    const bytes = Uint8Array.from({ length: 32 }, () => random.below(256));
    if (random.chance(50)) bytes.fill(7, 0, 1 + random.below(26));
    return [start + random.below(seconds), bytesToHex(bytes)] as const;
  });
}

function only(items: readonly Item[], others: readonly Item[]): readonly string[] {
  const known = new Set(others.map(([, hexId]) => hexId));
  return items
    .map(([, hexId]) => hexId)
    .filter((hexId) => !known.has(hexId))
    .sort();
}
