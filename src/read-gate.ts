/**
 * Stops reading from a client for whom too much waits for its signature check or its commit.
 *
 * What is not read stays in the buffers of the network, and with that the sender waits.
 */

/** Counts what waits; a socket pauses at the bound and goes on at half of it. */
export type ReadGate = {
  readonly begin: () => void;
  readonly end: () => void;
  readonly isEmpty: () => boolean;
};

type Pausable = {
  readonly isPaused: boolean;
  readonly pause: () => void;
  readonly resume: () => void;
};

/** The gate of a socket: at most so many things wait. */
export function createReadGate(socket: Pausable, most: number): ReadGate {
  let pending = 0;
  return {
    begin: () => {
      pending++;
      if (pending >= most) socket.pause();
    },
    end: () => {
      pending--;
      if (socket.isPaused && pending <= most / 2) socket.resume();
    },
    isEmpty: () => pending === 0,
  };
}
