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
  readonly send: (row: EventRow) => void;
  readonly end: () => void;
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
    while (reader.isOpen()) {
      if (reader.isFull()) {
        setTimeout(() => turns.take(portion), PATIENCE_MS);
        return;
      }
      const row = answer.next();
      if (row === undefined) return end();
      if (row === null) return turns.later(portion);
      reader.send(row);
    }
  };
  const end = (): void => {
    metrics.observe('nsm_eose_duration_seconds', secondsSince(startedMs));
    reader.end();
  };
  turns.take(portion);
}
