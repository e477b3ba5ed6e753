/**
 * How far a long command is: one line on stderr, rewritten on a terminal, else a new one now and
 * then.
 */

/** Shows progress, and ends the line. */
export type ProgressLine = {
  readonly show: (doing: string, count: number) => void;
  readonly end: () => void;
};

const TERMINAL_MS = 100;
const LOG_MS = 5_000;

/** Progress of the process. */
export function progressLine(): ProgressLine {
  const { stderr } = process;
  const interval = stderr.isTTY ? TERMINAL_MS : LOG_MS;
  let shownAt = performance.now();
  let isShown = false;
  return {
    show: (doing, count) => {
      const time = performance.now();
      if (time - shownAt < interval) return;
      shownAt = time;
      isShown = true;
      stderr.write(stderr.isTTY ? `\r\x1b[K${doing} ${count}` : `${doing} ${count}\n`);
    },
    end: () => {
      if (isShown && stderr.isTTY) stderr.write('\r\x1b[K');
    },
  };
}
