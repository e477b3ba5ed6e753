/**
 * Live events of a subscription that came while its stored ones are still being sent: held back
 * until EOSE is out, then sent in their order. After that nothing is held.
 */
import type { Live } from './subscriptions.ts';

/** What is held back for a subscription. */
export type Backlog = {
  /** Holds an event back, or sends it when nothing is held any more. */
  readonly take: (live: Live) => void;
  /** Sends what was held from behind a sequence number, and from then on all that comes. */
  readonly release: (upTo: number) => void;
  /** Characters of JSON that are held. */
  readonly length: () => number;
};

/** An empty backlog that holds. */
export function createBacklog(send: (live: Live) => void): Backlog {
  let held: Live[] | null = [];
  let length = 0;
  return {
    take: (live) => {
      if (held === null) return send(live);
      held.push(live);
      length += live.json.length;
    },
    release: (upTo) => {
      const waiting = held ?? [];
      held = null;
      length = 0;
      for (const live of waiting) if (live.n > upTo) send(live);
    },
    length: () => length,
  };
}
