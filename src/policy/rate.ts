/**
 * Token buckets per address: how many events a second, how many connections at a time.
 *
 * Buckets exist only for addresses that hold a connection, so their number is bounded by the
 * bound on connections.
 */

/** What each address may still do. */
export type AddressLimits = {
  /** Takes a place for a connection; false when the address has as many as it may. */
  readonly connect: (address: string) => boolean;
  readonly disconnect: (address: string) => void;
  /** Takes one token; false when the bucket is empty. Times are milliseconds. */
  readonly takeEvent: (address: string, nowMs: number) => boolean;
};

type Bucket = { connections: number; tokens: number; filledMs: number };

/** Limits per address; with `enabled` false everything passes. */
export function limitAddresses(options: {
  readonly enabled: boolean;
  readonly eventsPerSecond: number;
  readonly connectionsMax: number;
}): AddressLimits {
  const { enabled, eventsPerSecond, connectionsMax } = options;
  const buckets = new Map<string, Bucket>();
  return {
    connect: (address) => {
      const bucket = buckets.get(address) ?? {
        connections: 0,
        tokens: eventsPerSecond,
        filledMs: 0,
      };
      if (enabled && bucket.connections >= connectionsMax) return false;
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
