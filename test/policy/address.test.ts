/**
 * Addresses: one spelling, one client, and who the client is behind proxies.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addressGroup,
  clientAddresses,
  normalAddress,
  normalRange,
  rangesOf,
} from '../../src/policy/address.ts';

describe('an address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:192.0.2.1', '192.0.2.1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    [' ::1 ', '::1'],
  ])('%s is written %s', (text, normal) => {
    expect(normalAddress(text)).toBe(normal);
  });

  it.each(['', 'unknown', '_hidden', '192.0.2', '192.0.2.256', '1.2.3.4, 5.6.7.8', '[::1]', 'x:y'])(
    'is not "%s"',
    (text) => {
      expect(normalAddress(text)).toBeUndefined();
    },
  );

  it('of IPv6 is one client with all others of its /64', () => {
    const one = addressGroup('2001:db8:1:2:3:4:5:6');
    expect(addressGroup('2001:db8:1:2::9')).toBe(one);
    expect(addressGroup('2001:db8:1:3::9')).not.toBe(one);
    expect(addressGroup('::1')).toBe(addressGroup('::2'));
    expect(addressGroup('192.0.2.1')).not.toBe(addressGroup('192.0.2.2'));
  });

  it('of IPv6 has one group however it is abbreviated', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const normal = normalAddress(text);
        if (normal === undefined || !normal.includes(':')) return;
        const long = normal.includes('::') ? normal : normal.replace(/:0:/, ':0000:');
        expect(addressGroup(normalAddress(long) ?? '')).toBe(addressGroup(normal));
        expect(addressGroup(normal).split(':').length).toBe(6);
      }),
    );
  });
});

describe('ranges', () => {
  it('hold their addresses and no others', () => {
    const ranges = rangesOf(['10.0.0.0/8', '2001:db8::/32', '192.0.2.7', 'nonsense']);
    for (const inside of ['10.1.2.3', '2001:db8::5', '192.0.2.7']) {
      expect(ranges.has(inside), inside).toBe(true);
    }
    for (const outside of ['11.0.0.1', '2001:db9::1', '192.0.2.8', '', 'x']) {
      expect(ranges.has(outside), outside).toBe(false);
    }
  });

  it.each(['10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/8/8', '10/8', '/8', '1.2.3.4/-1'])(
    'are not written %s',
    (text) => {
      expect(normalRange(text)).toBeUndefined();
    },
  );
});

describe('a client behind proxies', () => {
  const header = (value: string | undefined) => () => value;
  const behind = (proxyHeader: 'none' | 'x-forwarded-for' | 'forwarded') =>
    clientAddresses({ proxyHeader, trustedProxies: ['127.0.0.1', '10.0.0.0/8', '::1'] });

  it('is the connection itself unless the operator says otherwise', () => {
    const told = { peer: '127.0.0.1', header: header('192.0.2.1') };
    expect(behind('none')(told)).toBe('127.0.0.1');
    expect(behind('x-forwarded-for')(told)).toBe('192.0.2.1');
  });

  it('is not believed when it is no proxy', () => {
    const forged = { peer: '198.51.100.9', header: header('192.0.2.1') };
    expect(behind('x-forwarded-for')(forged)).toBe('198.51.100.9');
    expect(behind('forwarded')({ ...forged, header: header('for=192.0.2.1') })).toBe(
      '198.51.100.9',
    );
  });

  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['203.0.113.66, 192.0.2.1', '192.0.2.1'],
    ['203.0.113.66, 192.0.2.1, 10.9.9.9', '192.0.2.1'],
    ['192.0.2.1:4711', '192.0.2.1'],
    ['[2001:db8::1]:4711', '2001:db8::1'],
    ['2001:db8::1', '2001:db8::1'],
    ['192.0.2.1, unknown', '127.0.0.1'],
    ['192.0.2.1, unknown, 10.9.9.9', '10.9.9.9'],
    ['', '127.0.0.1'],
    [',,,', '127.0.0.1'],
    ['10.1.1.1', '10.1.1.1'],
  ])('is found in X-Forwarded-For: %s', (value, client) => {
    expect(behind('x-forwarded-for')({ peer: '::ffff:127.0.0.1', header: header(value) })).toBe(
      client,
    );
  });

  it.each([
    ['for=192.0.2.1', '192.0.2.1'],
    ['For="[2001:db8:cafe::17]:4711"', '2001:db8:cafe::17'],
    ['for=203.0.113.66, for=192.0.2.60;proto=http;by=203.0.113.43', '192.0.2.60'],
    ['for=192.0.2.43, for="10.9.9.9:80";proto=https', '192.0.2.43'],
    ['proto=https; for=192.0.2.1', '192.0.2.1'],
    ['for=unknown', '127.0.0.1'],
    ['for=192.0.2.1, proto=https', '127.0.0.1'],
  ])('is found in Forwarded: %s', (value, client) => {
    expect(behind('forwarded')({ peer: '127.0.0.1', header: header(value) })).toBe(client);
  });

  it('cannot change what its proxies say, whatever it writes itself', () => {
    fc.assert(
      fc.property(fc.string(), (forged) => {
        const value = `${forged}, 192.0.2.1`;
        const address = behind('x-forwarded-for')({ peer: '127.0.0.1', header: header(value) });
        expect(address).toBe('192.0.2.1');
      }),
    );
  });
});
