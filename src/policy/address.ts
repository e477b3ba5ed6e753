/**
 * Addresses of clients: their one spelling, what counts as one client, and ranges of them.
 *
 * A relay behind a proxy sees the proxy. Who the client is says a header, which anybody can write:
 * only what a trusted hop has put there counts, so the header is read from the right, and the first
 * address that is not a trusted hop's is the client's.
 */
import { BlockList, isIP } from 'node:net';

/** Ranges of addresses; what it is asked about is in normal form. */
export type Ranges = { readonly has: (address: string) => boolean };

/** How the address of a client is found. */
export type ProxyRules = {
  /** The header that trusted proxies write; `none` takes the address of the connection. */
  readonly proxyHeader: 'none' | 'x-forwarded-for' | 'forwarded';
  readonly trustedProxies: readonly string[];
};

/** What of a request tells who sent it. */
export type Hop = {
  readonly peer: string;
  /** The value of a header; several of the same name are joined by commas. */
  readonly header: (name: string) => string | undefined;
};

/** An address in its one spelling, IPv4 within IPv6 as IPv4; undefined when it is none. */
export function normalAddress(text: string): string | undefined {
  const bare = text.trim().replace(/%.*$/, '');
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1];
  if (mapped !== undefined) return isIP(mapped) === 4 ? mapped : undefined;
  if (isIP(bare) === 4) return bare;
  return isIP(bare) === 6 ? new URL(`http://[${bare}]`).hostname.slice(1, -1) : undefined;
}

/** Who counts as one client: an IPv4 address, or the 64 bits of IPv6 that one customer gets. */
export function addressGroup(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = tail === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...Array<string>(gap).fill('0'), ...right];
  return `${groups.slice(0, 4).join(':')}::/64`;
}

/** An address or `<address>/<bits>` in normal form; undefined when it is neither. */
export function normalRange(text: string): string | undefined {
  const [written = '', bits, ...rest] = text.trim().split('/');
  const address = normalAddress(written);
  if (address === undefined || rest.length > 0) return undefined;
  if (bits === undefined) return address;
  const most = isIP(address) === 4 ? 32 : 128;
  const isLength = /^\d{1,3}$/.test(bits) && Number(bits) <= most;
  return isLength ? `${address}/${Number(bits)}` : undefined;
}

/** A set of addresses and ranges; what is neither is passed over. */
export function rangesOf(texts: Iterable<string>): Ranges {
  const list = new BlockList();
  let isEmpty = true;
  for (const text of texts) {
    const [address, bits] = normalRange(text)?.split('/') ?? [];
    if (address === undefined) continue;
    isEmpty = false;
    const family = familyOf(address);
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return {
    has: (address) => !isEmpty && isIP(address) > 0 && list.check(address, familyOf(address)),
  };
}

/** Finds the address of a client, in normal form; empty when the connection has none. */
export function clientAddresses({ proxyHeader, trustedProxies }: ProxyRules): (hop: Hop) => string {
  const trusted = rangesOf(trustedProxies);
  return ({ peer, header }) => {
    let address = normalAddress(peer) ?? '';
    if (proxyHeader === 'none') return address;
    const named = addressesIn(header(proxyHeader) ?? '', proxyHeader);
    while (trusted.has(address)) {
      const next = normalAddress(named.pop() ?? '');
      // What a trusted hop cannot say leaves that hop itself, never what stands further left.
      if (next === undefined) return address;
      address = next;
    }
    return address;
  };
}

/** What a header names, client first; entries that are no addresses are there as they are. */
function addressesIn(value: string, header: 'x-forwarded-for' | 'forwarded'): string[] {
  if (value.trim() === '') return [];
  const hops = value.split(',').map((hop) => hop.trim());
  if (header === 'x-forwarded-for') return hops.map(withoutPort);
  return hops.map((hop) => withoutPort(/(?:^|;)\s*for="?([^";]*)"?/i.exec(hop)?.[1] ?? ''));
}

/** `[2001:db8::1]:4711` and `192.0.2.1:4711` name a port too. */
function withoutPort(text: string): string {
  const bracketed = /^\[([^\]]*)\](:\d+)?$/.exec(text)?.[1];
  return bracketed ?? text.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1');
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 4 ? 'ipv4' : 'ipv6');
