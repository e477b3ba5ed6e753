/**
 * A subscription of a connection, while its stored events are being sent and after.
 *
 * What comes live meanwhile waits, and counts against the reader like everything else that waits.
 */
import type { Connection } from './connection.ts';
import type { Subscription } from './subscriptions.ts';

/** A subscription as its connection keeps it. */
export type OpenSubscription = Subscription<Connection> & {
  /** Live events that came while stored ones are still being sent; null once EOSE is out. */
  backlog: string[] | null;
  /** Their length together. */
  backlogLength: number;
  /** Sequence number up to which events are stored ones. */
  upTo: number;
  closed: boolean;
  /** When it was asked for, as `performance.now` tells. */
  readonly startedMs: number;
};
