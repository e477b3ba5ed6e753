/**
 * How far a long command is: one line that is written over on a terminal, else a line now and then.
 *
 * On stderr, so that stdout is for results alone.
 */

/** Tells of progress; `end` clears the line before something else is printed. */
export type Progress = {
  readonly tell: (text: string) => void;
  readonly end: () => void;
};

/** A stream that progress goes to. */
export type ProgressSink = { readonly isTTY?: boolean; readonly write: (text: string) => unknown };

const ON_TERMINAL_MS = 100;
const ELSEWHERE_MS = 5_000;
const CLEAR_LINE = '\r\u001b[K';

/** Progress on a stream, which is stderr unless another is given; `nowMs` is a clock. */
export function showProgress(
  sink: ProgressSink = process.stderr,
  nowMs: () => number = () => performance.now(),
): Progress {
  const isTerminal = sink.isTTY === true;
  const everyMs = isTerminal ? ON_TERMINAL_MS : ELSEWHERE_MS;
  let toldMs = isTerminal ? Number.NEGATIVE_INFINITY : nowMs();
  let isShown = false;
  return {
    tell: (text) => {
      if (nowMs() - toldMs < everyMs) return;
      toldMs = nowMs();
      isShown = isTerminal;
      sink.write(isTerminal ? `${CLEAR_LINE}${text}` : `${text}\n`);
    },
    end: () => {
      if (isShown) sink.write(CLEAR_LINE);
      isShown = false;
    },
  };
}
