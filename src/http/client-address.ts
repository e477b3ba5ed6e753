/**
 * The address of who sent an HTTP request, upgrades to websockets included.
 */
import type { IncomingMessage } from 'node:http';
import { clientAddresses, type ProxyRules } from '../policy/address.ts';

/** Reads addresses by the rules of a configuration; in normal form, empty when there is none. */
export function addressReader(rules: ProxyRules): (request: IncomingMessage) => string {
  const addressOf = clientAddresses(rules);
  return ({ socket, headers }) =>
    addressOf({
      peer: socket.remoteAddress ?? '',
      header: (name) => {
        const value = headers[name];
        return Array.isArray(value) ? value.join(',') : value;
      },
    });
}
