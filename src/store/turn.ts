/**
 * How long a query may hold the thread: its work is counted, and it pauses when a turn is spent.
 *
 * The unit is about the time it takes to read one row of an index, some microseconds. Counting
 * instead of timing keeps answers the same from run to run, and tests able to see the pauses.
 */

/** What is left of a query's turn; `now` is the clock (Unix seconds) by which events expire. */
export type Turn = { left: number; now: number };

/** Work that one turn may hold: a few milliseconds. */
export const WORK_PER_TURN = 400;

/** A statement costs as much as so many rows. */
export const STATEMENT_WORK = 5;

/** So many UTF-16 units of text are read at the price of a row. */
const TEXT_PER_WORK = 1_024;

/** The price of so many UTF-16 units of text that are there already. */
export function lengthWork(length: number): number {
  return length / TEXT_PER_WORK;
}

/** The price of reading a text. */
export function textWork({ length }: { readonly length: number }): number {
  return 1 + lengthWork(length);
}
