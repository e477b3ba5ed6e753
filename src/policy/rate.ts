/**
 * Token buckets per address: how many events a second, how many connections at a time.
 *
 * Buckets exist only for addresses that hold a connection, so their number is bounded by the
 * bound on connections.
 */

import type { Config } from '../config.ts';

/** What each address may still do. */
export type AddressLimits = {
  /** Takes a place for a connection; false when the address has as many as it may. */
  readonly connect: (address: string) => boolean;
  readonly disconnect: (address: string) => void;
  /** Takes one token; false when the bucket is empty. Times are milliseconds. */
  readonly takeEvent: (address: string, nowMs: number) => boolean;
};

type Bucket = { connections: number; tokens: number; filledMs: number };

/** The bounds of an address. */
export type AddressBounds = {
  readonly enabled: boolean;
  readonly eventsPerSecond: number;
  readonly connectionsMax: number;
};

/** The bounds that a configuration sets, as it is when they are read. */
export function addressBounds(config: Config): AddressBounds {
  return {
    get enabled() {
      return config.rate.enabled;
    },
    get eventsPerSecond() {
      return config.rate.eventsPerSecond;
    },
    get connectionsMax() {
      return config.limits.connectionsPerAddressMax;
    },
  };
}

/** Limits per address, read when they are needed; with `enabled` false everything passes. */
export function limitAddresses(limits: AddressBounds): AddressLimits {
  const buckets = new Map<string, Bucket>();
  return {
    connect: (address) => {
      const bucket = buckets.get(address) ?? {
        connections: 0,
        tokens: limits.eventsPerSecond,
        filledMs: 0,
      };
      if (limits.enabled && bucket.connections >= limits.connectionsMax) return false;
      bucket.connections++;
      buckets.set(address, bucket);
      return true;
    },
    disconnect: (address) => {
      const bucket = buckets.get(address);
      if (bucket && --bucket.connections === 0) buckets.delete(address);
    },
    takeEvent: (address, nowMs) => {
      const bucket = buckets.get(address);
      const { enabled, eventsPerSecond } = limits;
      if (!enabled || bucket === undefined) return true;
      const gained = Math.max(0, nowMs - bucket.filledMs) * (eventsPerSecond / 1_000);
      bucket.tokens = Math.min(eventsPerSecond, bucket.tokens + gained);
      bucket.filledMs = nowMs;
      if (bucket.tokens < 1) return false;
      bucket.tokens--;
      return true;
    },
  };
}
