/**
 * Pubkeys in a context (PROTOCOL §3.5): an npub would never match an author and brick the contract.
 */

import { describe, expect, it } from 'vitest';
import { pubkeyProblems, pubkeysIn } from '../../src/nsm/pubkeys.ts';
import { ALICE, BOB } from './machine-events.ts';

const NPUB = 'npub1sn0wdenkukak0d9dfczzeacvhkrgz92ak56egt7vdgzn8pv2wfqqhrjdv9';

const paths = (context: Parameters<typeof pubkeyProblems>[0]) =>
  pubkeyProblems(context, '/context').map(({ code, details }) => `${code} ${details.path}`);

describe('the pubkeys of a context', () => {
  it.each<[string, Parameters<typeof pubkeyProblems>[0]]>([
    ['hex', { pubkey: ALICE, creatorPubKey: BOB, PUBKEY: ALICE }],
    ['null', { executorPubKey: null }],
    ['lists of hex', { pubkeys: [ALICE, BOB], signerPubkeys: [], pubkey: [ALICE] }],
    ['other names', { pubkeyHint: NPUB, key: NPUB, pub_key: NPUB, pubkeysets: 7 }],
    ['a list, whose indexes are no names', { list: [NPUB, { key: NPUB }] }],
  ])('may be %s', (_, context) => {
    expect(paths(context)).toEqual([]);
  });

  it.each([
    NPUB,
    ALICE.toUpperCase(),
    ALICE.slice(1),
    `${ALICE}0`,
    '',
    0,
    false,
    {},
    [null],
    [[ALICE]],
  ])('may not be %j', (value) => {
    expect(paths({ ownerPubkey: value as string })).toEqual(['pubkey-format /context/ownerPubkey']);
  });

  it('are looked for at any depth', () => {
    const deep = { a: [{ b: { 'c/d': [{ voterPubKeys: [ALICE, NPUB] }] } }], pubkey: {} };
    expect(paths(deep)).toEqual([
      'pubkey-format /context/a/0/b/c~1d/0/voterPubKeys',
      'pubkey-format /context/pubkey',
    ]);
  });

  it('are whatever has their form, wherever it stands', () => {
    expect(pubkeysIn({ a: [ALICE, { b: BOB }], c: NPUB, d: null, [ALICE]: 1, e: ALICE })).toEqual([
      ...[ALICE, BOB, ALICE],
    ]);
  });
});
