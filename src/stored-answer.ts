/**
 * The stored part of a subscription: rows at the pace of the reader, in turns with everybody else.
 */
import { secondsSince } from './metrics/count.ts';
import type { Metrics } from './metrics/registry.ts';
import type { EventRow } from './store/events.ts';
import type { Answer } from './store/query.ts';
import type { Store } from './store/store.ts';
import type { Turns } from './turns.ts';

/** Who is answered, and how. */
export type Reader = {
  /** False once nobody waits for the answer any more. */
  readonly isOpen: () => boolean;
  /** True while the reader has enough to read. */
  readonly isFull: () => boolean;
  readonly send: (rows: readonly EventRow[]) => void;
  /** Sends the last rows, and says that these were all. */
  readonly end: (rows: readonly EventRow[]) => void;
  readonly fail: (fault: unknown) => void;
};

/** What an answer is made with; `now` is the clock, in Unix seconds. */
export type AnswerParts = {
  readonly store: Pick<Store, 'reading'>;
  readonly turns: Turns;
  readonly metrics: Metrics;
  readonly now: () => number;
};

/** How long a full reader is left alone, in milliseconds. */
const PATIENCE_MS = 20;

/** Sends all rows of an answer, then ends it. */
export function sendStored(
  answer: Answer,
  { store, turns, metrics, now }: AnswerParts,
  reader: Reader,
): void {
  const startedMs = performance.now();
  const portion = (): number => {
    try {
      answer.resume(now());
      store.reading(sendTurn);
    } catch (fault) {
      reader.fail(fault);
    }
    return answer.spent();
  };
  const sendTurn = (): void => {
    if (!reader.isOpen()) return;
    if (reader.isFull()) {
      setTimeout(() => turns.take(portion), PATIENCE_MS);
      return;
    }
    const rows: EventRow[] = [];
    let row = answer.next();
    for (; row; row = answer.next()) rows.push(row);
    if (row === null) {
      reader.send(rows);
      return turns.later(portion);
    }
    metrics.observe('nsm_eose_duration_seconds', secondsSince(startedMs));
    reader.end(rows);
  };
  turns.take(portion);
}
