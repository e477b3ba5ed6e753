/**
 * Random events and filters for property tests.
 *
 * Alphabets are small on purpose: filters then match about a third of the events, seconds and tags
 * collide, and shrunk counterexamples are readable. Ids are drawn from a small set too and are not
 * the hash of the event; for lists use `fc.uniqueArray(…, { selector: (event) => event.id })`.
 */

import fc from 'fast-check';
import type { NostrEvent } from '../../src/nostr/event.ts';

const idArbitrary = fc.integer({ min: 0, max: 63 }).map((n) => hexOf(n).repeat(32));
const pubkeyArbitrary = fc.constantFrom('a', 'b', 'c').map((digit) => digit.repeat(64));
const kindArbitrary = fc.constantFrom(0, 1, 7, 1059, 7501, 10_002, 20_001, 30_078);
const timeArbitrary = fc.integer({ min: 1_700_000_000, max: 1_700_000_007 });
const wordArbitrary = fc.constantFrom('', 'a', 'b', 'a:b', 'é🤙');

const tagArbitrary = fc.oneof(
  idArbitrary.map((id) => ['e', id]),
  pubkeyArbitrary.map((pubkey) => ['p', pubkey]),
  fc.tuple(fc.constantFrom('t', 'T', 'd', 'e', 'tt', '-'), wordArbitrary),
  // The third element must never be matched, and a name alone has no value.
  wordArbitrary.map((word) => ['t', 'c', word]),
  fc.constantFrom<string[]>([], ['t'], ['d']),
);

/** An event in strict form, whose id and signature are made up; it never expires. */
export const eventArbitrary: fc.Arbitrary<NostrEvent> = fc.record({
  id: idArbitrary,
  pubkey: pubkeyArbitrary,
  created_at: timeArbitrary,
  kind: kindArbitrary,
  tags: fc.array(tagArbitrary, { maxLength: 4 }),
  content: fc.oneof(wordArbitrary, fc.string({ unit: 'binary' })),
  sig: idArbitrary.map((id) => id + id),
});

/** A filter as a client would send it: valid, plain JSON, sometimes with an empty list. */
export const filterArbitrary: fc.Arbitrary<Readonly<Record<string, unknown>>> = fc
  .record({
    ids: sometimes(listOf(idArbitrary, 48)),
    authors: sometimes(listOf(pubkeyArbitrary)),
    kinds: sometimes(listOf(kindArbitrary, 6)),
    since: sometimes(timeArbitrary),
    until: sometimes(timeArbitrary),
    limit: sometimes(fc.integer({ min: 0, max: 5 })),
    '#e': sometimes(listOf(idArbitrary, 48)),
    '#p': sometimes(listOf(pubkeyArbitrary)),
    '#t': sometimes(listOf(wordArbitrary)),
    '#T': sometimes(listOf(wordArbitrary)),
    '#d': sometimes(listOf(wordArbitrary)),
  })
  .map((members) =>
    Object.fromEntries(Object.entries(members).filter(([, member]) => member !== undefined)),
  );

function sometimes<T>(member: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof(
    { weight: 7, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: member },
  );
}

function listOf<T>(item: fc.Arbitrary<T>, maxLength = 3): fc.Arbitrary<T[]> {
  return fc.oneof(
    { weight: 9, arbitrary: fc.array(item, { minLength: 1, maxLength, size: 'max' }) },
    { weight: 1, arbitrary: fc.constant<T[]>([]) },
  );
}

function hexOf(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
