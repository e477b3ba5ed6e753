/**
 * Turns of the thread, shared by all who read much: REQ, COUNT, and what is done in the background.
 *
 * Work comes in portions that say what they cost (store/turn.ts). What fits into the present turn
 * of the event loop is done at once, the rest waits in line, so that sockets are read in between
 * however many clients ask for much at the same time.
 */
import { WORK_PER_TURN } from './store/turn.ts';

/** Does a portion of some work; returns what it cost. */
export type Portion = () => number;

/** The line in which work waits. */
export type Turns = {
  /** Does a portion now if this turn has room for it, else when it is in turn. */
  readonly take: (portion: Portion) => void;
  /** Does a portion in a later turn. */
  readonly later: (portion: Portion) => void;
  /** Drops what waits, and whatever comes. */
  readonly stop: () => void;
};

/** An empty line. A portion that throws costs the others nothing. */
export function createTurns(onFault: (fault: unknown) => void): Turns {
  const line: Portion[] = [];
  let spent = 0;
  let isScheduled = false;
  let isStopped = false;

  const run = (portion: Portion) => {
    if (isStopped) return;
    try {
      spent += portion();
    } catch (fault) {
      onFault(fault);
    }
  };
  const schedule = () => {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(() => {
      isScheduled = false;
      spent = 0;
      while (spent < WORK_PER_TURN) {
        const portion = line.shift();
        if (!portion) return;
        run(portion);
      }
      schedule();
    });
  };
  const later = (portion: Portion) => {
    line.push(portion);
    schedule();
  };
  return {
    later,
    take: (portion) => {
      if (spent >= WORK_PER_TURN || line.length > 0) return later(portion);
      schedule();
      run(portion);
    },
    stop: () => {
      isStopped = true;
    },
  };
}
