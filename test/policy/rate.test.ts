/**
 * Limits per address and per key, with the time passed in.
 */

import { describe, expect, it } from 'vitest';
import { type ConfigInput, makeConfig } from '../../src/config.ts';
import { limitAddresses, limitKeys } from '../../src/policy/rate.ts';

const config = (rate: ConfigInput['rate'] = {}, limits: ConfigInput['limits'] = {}) =>
  makeConfig({ rate: { eventsPerSecond: 2, ...rate }, limits });

const HERE = '192.0.2.1';

describe('an address', () => {
  it('does not get a full bucket by coming back', () => {
    const addresses = limitAddresses(config());
    addresses.connect(HERE);
    expect([1, 2, 3].map(() => addresses.takeEvent(HERE, 0))).toEqual([true, true, false]);
    addresses.disconnect(HERE);
    addresses.connect(HERE);
    expect(addresses.takeEvent(HERE, 499)).toBe(false);
    expect(addresses.takeEvent(HERE, 500)).toBe(true);
  });

  it('of IPv6 shares everything with its neighbours in the same /64', () => {
    const addresses = limitAddresses(config({}, { connectionsPerAddressMax: 1 }));
    expect(addresses.connect('2001:db8::1')).toBe(true);
    expect(addresses.connect('2001:db8::2')).toBe(false);
    expect(addresses.connect('2001:db8:0:1::1')).toBe(true);
    expect([1, 2, 3].map((i) => addresses.takeEvent(`2001:db8::${i}`, 0))).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('has as many places as it may, and another when one is free', () => {
    const addresses = limitAddresses(config({}, { connectionsPerAddressMax: 2 }));
    expect([1, 2, 3].map(() => addresses.connect(HERE))).toEqual([true, true, false]);
    expect(addresses.connect('192.0.2.2')).toBe(true);
    addresses.disconnect(HERE);
    expect(addresses.connect(HERE)).toBe(true);
  });

  it('has events and requests counted apart', () => {
    const addresses = limitAddresses(config({ requestsPerSecond: 1 }));
    expect([1, 2].map(() => addresses.takeRequest(HERE, 0))).toEqual([true, false]);
    expect(addresses.takeEvent(HERE, 0)).toBe(true);
  });

  it('may do anything when rates are switched off', () => {
    const off = config({ enabled: false, requestsPerSecond: 1 }, { connectionsPerAddressMax: 1 });
    const addresses = limitAddresses(off);
    for (let i = 0; i < 10; i++) {
      expect(addresses.connect(HERE)).toBe(true);
      expect(addresses.takeEvent(HERE, 0) && addresses.takeRequest(HERE, 0)).toBe(true);
    }
  });
});

describe('a key', () => {
  it('has a bucket and places of its own', () => {
    const few = config({ eventsPerSecondPerAuthor: 1 }, { connectionsPerKeyMax: 1 });
    const keys = limitKeys(few);
    expect([keys.takeEvent('a', 0), keys.takeEvent('a', 0), keys.takeEvent('b', 0)]).toEqual([
      true,
      false,
      true,
    ]);
    expect([keys.connect('a'), keys.connect('a'), keys.connect('b')]).toEqual([true, false, true]);
    keys.disconnect('a');
    expect(keys.connect('a')).toBe(true);
  });

  it('may do anything when rates are switched off', () => {
    const off = { enabled: false, eventsPerSecondPerAuthor: 1 };
    const keys = limitKeys(config(off, { connectionsPerKeyMax: 1 }));
    expect([1, 2].map(() => keys.takeEvent('a', 0) && keys.connect('a'))).toEqual([true, true]);
  });
});
