/**
 * The relay information document (NIP-11).
 */

import { describe, expect, it } from 'vitest';
import { type RelayInfo, relayInfo } from '../../src/nostr/info.ts';

const FULL: RelayInfo = {
  name: 'Headkeeper',
  description: 'keeps heads',
  contact: 'mailto:keeper@relay.example',
  pubkey: 'a'.repeat(64),
  icon: 'https://relay.example/icon.png',
  self: 'b'.repeat(64),
  software: 'https://relay.example/source',
  version: '0.1.0',
  supportedNips: [11, 1, 9, 42, 1],
  limitation: {
    max_message_length: 131_072,
    max_subscriptions: 20,
    max_limit: 500,
    max_subid_length: 64,
    max_event_tags: 2000,
    max_content_length: 65_536,
    min_pow_difficulty: 0,
    auth_required: false,
    restricted_writes: true,
    created_at_upper_limit: 900,
    default_limit: 100,
  },
  nsm: { kinds: [7500, 7501], links: 'strict' },
};

describe('the relay information document', () => {
  it('holds every given value under its NIP-11 name', () => {
    const { supportedNips, limitation, ...same } = FULL;
    expect(relayInfo(FULL)).toEqual({
      ...same,
      supported_nips: [1, 9, 11, 42],
      limitation: { ...limitation, payment_required: false },
    });
  });

  it('leaves out what is undefined or empty, but not what is 0 or false', () => {
    const limitation = { auth_required: false, min_pow_difficulty: 0, max_limit: undefined };
    const info = { name: '', icon: undefined, supportedNips: [], limitation };
    expect(JSON.stringify(relayInfo(info))).toBe(
      '{"supported_nips":[],"limitation":' +
        '{"payment_required":false,"auth_required":false,"min_pow_difficulty":0}}',
    );
  });

  it('does not change what it was given', () => {
    const supportedNips = Object.freeze([2, 1]);
    expect(relayInfo({ supportedNips, limitation: {} })).toMatchObject({ supported_nips: [1, 2] });
    expect(supportedNips).toEqual([2, 1]);
  });
});
