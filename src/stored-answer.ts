/**
 * The stored part of a subscription: rows at the pace of the reader, in turns with everybody else.
 */
import type { EventRow } from './store/events.ts';
import type { Answer } from './store/query.ts';
import type { Turns } from './turns.ts';

/** Who is answered, and how. */
export type Reader = {
  /** False once nobody waits for the answer any more. */
  readonly isOpen: () => boolean;
  /** True while the reader has enough to read. */
  readonly isFull: () => boolean;
  readonly send: (row: EventRow) => void;
  readonly end: () => void;
  readonly fail: (fault: unknown) => void;
};

/** How long a full reader is left alone, in milliseconds. */
const PATIENCE_MS = 20;

/** Sends all rows of an answer, then ends it. `now` is the clock, in Unix seconds. */
export function sendStored(
  answer: Answer,
  { turns, now }: { readonly turns: Turns; readonly now: () => number },
  reader: Reader,
): void {
  const portion = (): number => {
    try {
      answer.resume(now());
      sendTurn();
    } catch (fault) {
      reader.fail(fault);
    }
    return answer.spent();
  };
  const sendTurn = (): void => {
    while (reader.isOpen()) {
      if (reader.isFull()) {
        setTimeout(() => turns.take(portion), PATIENCE_MS);
        return;
      }
      const row = answer.next();
      if (row === undefined) return reader.end();
      if (row === null) return turns.later(portion);
      reader.send(row);
    }
  };
  turns.take(portion);
}
