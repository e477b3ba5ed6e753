/**
 * Token buckets by name: so much at once, refilled so fast.
 *
 * A bucket is one number, the moment at which it will be full again, so that a full one is nothing
 * at all and need not be kept. Buckets outlive connections; their number is bounded, and at the
 * bound those go first that were used longest ago, which then are full again.
 */

/** A bucket: how much it holds, and how long one unit takes to come back, in milliseconds. */
export type BucketSize = { readonly capacity: number; readonly unitMs: number };

/** Differences of times are exact to far less than this. */
const ROUNDING_MS = 1e-6;

/** Buckets of one size. Times are milliseconds of any one clock. */
export type Buckets = {
  /** Takes one unit; false when there is none. */
  readonly take: (name: string, nowMs: number) => boolean;
  /** Milliseconds until there is a unit; 0 when there is one now. */
  readonly wait: (name: string, nowMs: number) => number;
  /** How many are kept. */
  readonly size: () => number;
};

/** When a bucket is full again after one unit was taken at a time. */
export function fullAfterTaking(fullAt: number, nowMs: number, { unitMs }: BucketSize): number {
  return Math.max(fullAt, nowMs) + unitMs;
}

/** Milliseconds until a bucket that is full at `fullAt` has a unit; 0 when it has one now. */
export function waitFor(fullAt: number, nowMs: number, { capacity, unitMs }: BucketSize): number {
  const wait = Math.max(0, fullAt - nowMs) - (capacity - 1) * unitMs;
  // Less than that is the rounding of a clock with fractions.
  return wait < ROUNDING_MS ? 0 : wait;
}

/** Buckets of a size, at most so many. */
export function createBuckets(size: BucketSize, keptMax: number): Buckets {
  const fullAt = new Map<string, number>();

  const wait = (name: string, nowMs: number): number =>
    waitFor(fullAt.get(name) ?? nowMs, nowMs, size);

  /** Looked through from the longest unused on: mostly these are full. */
  const makeRoom = (nowMs: number): void => {
    for (const [name, at] of fullAt) {
      if (at > nowMs && fullAt.size < keptMax) return;
      fullAt.delete(name);
    }
  };

  return {
    wait,
    take: (name, nowMs) => {
      if (wait(name, nowMs) > 0) return false;
      const at = fullAfterTaking(fullAt.get(name) ?? nowMs, nowMs, size);
      fullAt.delete(name);
      if (fullAt.size >= keptMax) makeRoom(nowMs);
      fullAt.set(name, at);
      return true;
    },
    size: () => fullAt.size,
  };
}
