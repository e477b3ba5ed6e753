/**
 * What waits for all slow readers together, and who is given up when it is too much.
 *
 * Each connection has a bound of its own; thousands of them, each just below it, would still fill
 * the memory. Short queues do not count: they are what a network is. What was noted may be out of
 * date when queues have emptied since, so before anybody is given up all are looked at again.
 */

/** A connection, as far as this is concerned. */
export type Reader = {
  /** Bytes that wait for it now. */
  readonly waiting: () => number;
  /** Ends it, and with that frees what waits. */
  readonly giveUp: () => void;
};

/** The common budget of all readers. */
export type SendBudget = {
  /** Notes how much waits for a reader; may give up that one or another. */
  readonly note: (reader: Reader, bytes: number) => void;
  readonly forget: (reader: Reader) => void;
};

/** A queue below this many bytes is not counted. */
const COUNTED_BYTES = 65_536;

/** A budget of so many bytes; beyond it the reader for whom most waits is given up. */
export function createSendBudget(bytesMax: number): SendBudget {
  const noted = new Map<Reader, number>();
  let total = 0;

  const set = (reader: Reader, bytes: number): void => {
    total -= noted.get(reader) ?? 0;
    noted.delete(reader);
    if (bytes < COUNTED_BYTES) return;
    noted.set(reader, bytes);
    total += bytes;
  };

  const slowest = (): Reader | undefined => {
    let found: readonly [Reader, number] | undefined;
    for (const entry of noted) if (found === undefined || entry[1] > found[1]) found = entry;
    return found?.[0];
  };

  return {
    note: (reader, bytes) => {
      if (bytes < COUNTED_BYTES && noted.size === 0) return;
      set(reader, bytes);
      if (total <= bytesMax) return;
      for (const other of [...noted.keys()]) set(other, other.waiting());
      for (let worst = slowest(); total > bytesMax && worst; worst = slowest()) {
        set(worst, 0);
        worst.giveUp();
      }
    },
    forget: (reader) => set(reader, 0),
  };
}
