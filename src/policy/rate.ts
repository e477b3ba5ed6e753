/**
 * How much each address and each key may do at a time: events, requests, connections.
 *
 * A bucket outlives the connection, so coming back does not fill it; it is full again a second
 * after its last use, and then forgotten, which bounds how many there are. Keys have buckets of
 * their own, drawn on only by events that carry their signature: nobody can empty another's.
 */
import type { Config } from '../config.ts';
import { addressGroup } from './address.ts';
import { createBuckets } from './buckets.ts';

/** How many addresses, and how many keys, are remembered when all of them are busy. */
export const BUCKETS_MAX = 100_000;

/** What each address may still do. Times are milliseconds of one clock that never goes back. */
export type AddressLimits = {
  /** Takes a place for a connection; false when the address has as many as it may. */
  readonly connect: (address: string) => boolean;
  readonly disconnect: (address: string) => void;
  /** Takes one token for an event; false when the bucket is empty. */
  readonly takeEvent: (address: string, nowMs: number) => boolean;
  /** The same for anything else a client may ask. */
  readonly takeRequest: (address: string, nowMs: number) => boolean;
};

/** What each key may still do. */
export type KeyLimits = {
  /** Takes a place for a connection on which a key is authenticated. */
  readonly connect: (pubkey: string) => boolean;
  readonly disconnect: (pubkey: string) => void;
  /** Takes one token for an event that the key has signed. */
  readonly takeEvent: (pubkey: string, nowMs: number) => boolean;
};

/** Limits per address (of IPv6, per /64); with `rate.enabled` false everything passes. */
export function limitAddresses({ rate, limits }: Config): AddressLimits {
  const { enabled, eventsPerSecond, requestsPerSecond } = rate;
  const events = perSecond(eventsPerSecond);
  const requests = perSecond(requestsPerSecond);
  const places = countPlaces(enabled ? limits.connectionsPerAddressMax : Infinity);
  return {
    connect: (address) => places.take(addressGroup(address)),
    disconnect: (address) => places.leave(addressGroup(address)),
    takeEvent: (address, nowMs) => !enabled || events.take(addressGroup(address), nowMs),
    takeRequest: (address, nowMs) => !enabled || requests.take(addressGroup(address), nowMs),
  };
}

/** Limits per key; with `rate.enabled` false everything passes. */
export function limitKeys({ rate, limits }: Config): KeyLimits {
  const { enabled, eventsPerSecondPerAuthor } = rate;
  const events = perSecond(eventsPerSecondPerAuthor);
  const places = countPlaces(enabled ? limits.connectionsPerKeyMax : Infinity);
  return {
    connect: places.take,
    disconnect: places.leave,
    takeEvent: (pubkey, nowMs) => !enabled || events.take(pubkey, nowMs),
  };
}

const perSecond = (count: number) =>
  createBuckets({ capacity: count, unitMs: 1_000 / count }, BUCKETS_MAX);

/** Counts who holds how many places; as many names as places are held. */
function countPlaces(most: number) {
  const held = new Map<string, number>();
  return {
    take: (name: string): boolean => {
      const count = held.get(name) ?? 0;
      if (count >= most) return false;
      held.set(name, count + 1);
      return true;
    },
    leave: (name: string): void => {
      const count = (held.get(name) ?? 0) - 1;
      if (count > 0) held.set(name, count);
      else held.delete(name);
    },
  };
}
