/**
 * How far a long command is: one line on stderr, rewritten on a terminal, else a new one now and
 * then.
 */

/** Shows progress, and ends the line. */
export type ProgressLine = {
  readonly show: (doing: string, count: number) => void;
  readonly end: () => void;
};

/** A stream that progress goes to. */
export type ProgressSink = { readonly isTTY?: boolean; readonly write: (text: string) => unknown };

const TERMINAL_MS = 100;
const LOG_MS = 5_000;
const CLEAR_LINE = '\r\u001b[K';

/** Progress of the process, on stderr unless another stream is given; `nowMs` is a clock. */
export function progressLine(
  sink: ProgressSink = process.stderr,
  nowMs: () => number = () => performance.now(),
): ProgressLine {
  const isTerminal = sink.isTTY === true;
  const interval = isTerminal ? TERMINAL_MS : LOG_MS;
  let shownAt = nowMs();
  let isShown = false;
  return {
    show: (doing, count) => {
      const time = nowMs();
      if (time - shownAt < interval) return;
      shownAt = time;
      isShown = true;
      sink.write(isTerminal ? `${CLEAR_LINE}${doing} ${count}` : `${doing} ${count}\n`);
    },
    end: () => {
      if (isShown && isTerminal) sink.write(CLEAR_LINE);
      isShown = false;
    },
  };
}
